"""The driver `rpc`: calls, casts and fan-outs over the message bus, with the library that OpenStack's services use.

Servers and clients are threads of one process, so that a delivery is timed on one clock. A topic without a name of its
own is named after the run; its queues go with their last consumer.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import tempfile
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.loads.catalogue import arguments
from erisc.executor.loads.engine import OperationError
from erisc.executor.loads.order import Order
from erisc.executor.loads.recording import Action
from erisc.executor.loads.task import Task

_SETTINGS = """\
[DEFAULT]
executor_thread_pool_size = {threads}
rpc_conn_pool_size = {threads}
control_exchange = {exchange}
[oslo_messaging_rabbit]
amqp_auto_delete = true
"""
"""Of the library (docs.openstack.org/oslo.messaging, "Configuration Options"). The exchange is not that of the cloud's
services, which does not go with its last queue."""


STOPPING = 3.0
"""s that servers have to end."""


class Delivery:
    """A message on its way. at: when the last server that it is for had it, CLOCK_MONOTONIC s."""

    def __init__(self, servers: int) -> None:
        self.at = 0.0
        self.there = threading.Event()
        self._left = servers

    def arrived(self) -> None:
        """One more server has it; called from the servers' threads, one at a time."""
        self._left -= 1
        if self._left == 0:
            self.at = time.monotonic()
            self.there.set()


class Servers:
    """What the servers do with a message; an endpoint of oslo.messaging: its public methods are what may be called."""

    def __init__(self) -> None:
        self._under_way: dict[int, Delivery] = {}
        self._lock = threading.Lock()

    def echo(self, context: Any, i: int, payload: str) -> int:
        """A call's answer: how long the message was."""
        return len(payload)

    def deliver(self, context: Any, i: int, payload: str) -> None:
        """A cast or a fan-out has come."""
        with self._lock:
            delivery = self._under_way.get(i)
            if delivery:
                delivery.arrived()

    def _expect(self, i: int, servers: int) -> Delivery:
        with self._lock:
            self._under_way[i] = Delivery(servers)
            return self._under_way[i]

    def _forget(self, i: int) -> None:
        with self._lock:
            del self._under_way[i]


class RpcOperation:
    """`call`, `cast` or `fanout`."""

    def __init__(self, order: Order, task: Task) -> None:
        self._given = arguments("rpc", task.scenario, task.arguments)
        for name in ("servers", "clients", "threads"):
            if self._given[name] < 1:
                raise Failure(f"argument {name} of {task.scenario} is {self._given[name]}", exit_code=WRONG_CALL)
        shard = os.environ.get("ERISC_SHARD", "").replace("/", "of")
        self._topic = self._given["topic"] or re.sub(r"[^\w-]", "-", f"erisc-{order.run}-{shard}".rstrip("-"))
        self._url = order.transport_url
        self._act = {"call": self._call, "cast": self._cast, "fanout": self._fanout}[task.scenario]
        self._payload = "x" * self._given["size"]
        self._threads = ThreadPoolExecutor(self._given["threads"], thread_name_prefix="rpc")
        self._endpoint = Servers()
        self._servers: list[Any] = []
        self._clients: list[Any] = []

    async def prepare(self) -> None:
        """As in Operation: servers listen, and one message of every client has come through."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._start)

    def _start(self) -> None:
        warnings.simplefilter("ignore", DeprecationWarning)  # the library imports eventlet, which is not used here
        import oslo_messaging

        settings = _settings(self._given["threads"], self._topic)
        try:
            transport = oslo_messaging.get_rpc_transport(settings, url=self._url)
            for number in range(self._given["servers"]):
                target = oslo_messaging.Target(topic=self._topic, server=f"server-{number}")
                server = oslo_messaging.get_rpc_server(transport, target, [self._endpoint], executor="threading")
                server.start()
                self._servers.append(server)
            for _ in range(self._given["clients"]):
                transport = oslo_messaging.get_rpc_transport(settings, url=self._url)
                client = oslo_messaging.get_rpc_client(transport, oslo_messaging.Target(topic=self._topic))
                client.prepare(timeout=self._given["timeout"]).call({}, "echo", i=-1, payload="")
                self._clients.append(client)
        except Exception as error:
            raise Failure(f"the message bus cannot be used: {type(error).__name__}: {error}") from error
        self._turns = itertools.cycle(self._clients)

    async def run(self, i: int, actions: list[Action]) -> None:
        """As in Operation. What finds all threads busy waits, and its latency counts that."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._one, i, next(self._turns), actions)

    def _one(self, i: int, client: Any, actions: list[Action]) -> None:
        import oslo_messaging

        try:
            self._act(i, client, actions)
        except oslo_messaging.MessagingTimeout as error:
            raise OperationError("timeout", f"no answer within {self._given['timeout']:g} s") from error
        except oslo_messaging.MessageDeliveryFailure as error:
            raise OperationError("delivery", str(error)) from error

    def _call(self, i: int, client: Any, actions: list[Action]) -> None:
        bound = client.prepare(timeout=self._given["timeout"])
        answer = _timed(actions, "rpc.call", lambda: bound.call({}, "echo", i=i, payload=self._payload))
        if answer != len(self._payload):
            raise OperationError("answer", f"{answer!r} came back, {len(self._payload)} was expected")

    def _cast(self, i: int, client: Any, actions: list[Action]) -> None:
        self._send(i, client.prepare(), 1, "rpc.cast", actions)

    def _fanout(self, i: int, client: Any, actions: list[Action]) -> None:
        self._send(i, client.prepare(fanout=True), len(self._servers), "rpc.fanout", actions)

    def _send(self, i: int, bound: Any, servers: int, name: str, actions: list[Action]) -> None:
        """Send, and wait for the delivery; that is timed from before the sending."""
        begin = time.monotonic()
        delivery = self._endpoint._expect(i, servers)
        try:
            _timed(actions, name, lambda: bound.cast({}, "deliver", i=i, payload=self._payload))
            there = delivery.there.wait(max(begin + self._given["timeout"] - time.monotonic(), 0.0))
        finally:
            self._endpoint._forget(i)
        actions.append(Action("rpc.deliver", begin, delivery.at if there else time.monotonic(), there))
        if not there:
            raise OperationError("timeout", f"it was not delivered within {self._given['timeout']:g} s")

    async def close(self) -> None:
        """As in Operation."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        stopping = threading.Thread(target=self._stop, daemon=True)  # a broker that is gone may keep it for ever
        stopping.start()
        deadline = time.monotonic() + STOPPING
        while stopping.is_alive() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    def _stop(self) -> None:
        for server in self._servers:
            server.stop()
            server.wait()


def _timed(actions: list[Action], name: str, act: Any) -> Any:
    begin, ok = time.monotonic(), False
    try:
        answer = act()
        ok = True
        return answer
    finally:
        actions.append(Action(name, begin, time.monotonic(), ok))


def _settings(threads: int, exchange: str) -> Any:
    """The library's configuration, the global one: only that knows all its options. They come from a file, which is
    read before the options are known.
    """
    from oslo_config import cfg

    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(_SETTINGS.format(threads=threads, exchange=exchange))
        file.flush()
        cfg.CONF([], project="erisc", default_config_files=[file.name])
    return cfg.CONF
