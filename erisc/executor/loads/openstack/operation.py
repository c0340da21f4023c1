"""The driver `openstack`: operations of operations.json as raw requests, without a client library on the way.

What an iteration makes is called `erisc-<run>-<iteration>` and is in the cell's project, which goes with the cell.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.loads.catalogue import Request, arguments, sequence
from erisc.executor.loads.engine import OperationError
from erisc.executor.loads.http.client import Response
from erisc.executor.loads.openstack.session import Session
from erisc.executor.loads.openstack.template import UnknownError, Variables, fill, path, pick
from erisc.executor.loads.order import Order
from erisc.executor.loads.recording import Action
from erisc.executor.loads.task import Task


class OpenstackOperation:
    """One operation with its arguments, as the cell's user; single requests as the admin."""

    def __init__(self, order: Order, task: Task) -> None:
        self._given = arguments("openstack", task.scenario, task.arguments)
        self._steps = sequence(task.scenario)
        self._prefix = "erisc-" + re.sub(r"[^\w-]", "-", order.run)
        self._known: Variables = {}
        every = (*self._steps.before, *self._steps.requests, *self._steps.after)
        self._services = sorted({(one.service, one.admin) for one in every})
        self._sessions = {admin: Session(order.cloud["admin" if admin else "user"]) for _, admin in self._services}

    async def prepare(self) -> None:
        """As in Operation: log in, find the services, make and look up what all iterations share."""
        await asyncio.to_thread(self._log_in)
        shared = f"{self._prefix}-{os.environ.get('ERISC_SHARD', '').replace('/', 'of') or 'shared'}"
        user = self._sessions.get(False) or self._sessions[True]
        self._known = {**self._given, "project": user.project, "credentials": user.credentials(), "name": shared}
        try:
            for request in self._wanted(self._steps.before):
                await self._perform(request, self._known, [])
        except (OperationError, UnknownError) as error:
            raise Failure(f"{request.name} before the load: {error}") from error

    def _log_in(self) -> None:
        for session in self._sessions.values():
            session.log_in()
        for service, admin in self._services:
            self._sessions[admin].find(service)

    def _wanted(self, requests: tuple[Request, ...]) -> list[Request]:
        return [one for one in requests if not one.unless or self._given.get(one.unless) is None]

    async def run(self, i: int, actions: list[Action]) -> None:
        """As in Operation. After a failure only what takes back is still done."""
        known = {**self._known, "name": f"{self._prefix}-{i}"}
        failed: OperationError | None = None
        for request in self._steps.requests:
            if failed and not request.always:
                continue
            try:
                await self._perform(request, known, actions)
            except UnknownError as error:
                failed = failed or OperationError("answer", f"{request.name}: the answers before have no {error}")
            except OperationError as error:
                failed = failed or error
        if failed:
            raise failed

    async def _perform(self, request: Request, known: Variables, actions: list[Action]) -> None:
        for item in known.get(request.each, ()) if request.each else (None,):
            values = known if item is None else {**known, "each": item}
            answer = await (self._poll if request.until else self._send)(request, values, actions)
            for name, place in request.keep:
                known[name] = pick(_document(request, answer), place, known)

    async def _poll(self, request: Request, known: Variables, actions: list[Action]) -> Response:
        """Ask until the state is there: one action, however many requests it takes."""
        until = request.until
        assert until is not None
        begin, ok = time.monotonic(), False
        try:
            while True:
                answer = await self._send(request, known, [])
                if until.status is not None and answer.status == until.status:
                    ok = True
                    return answer
                state = str(pick(_document(request, answer), until.value, known))
                if state in until.wanted:
                    ok = True
                    return answer
                if state in until.never:
                    raise OperationError("state", f"{request.name}: it became {state}")
                if time.monotonic() - begin > self._given["wait"]:
                    what = f"{request.name}: still {state} after {self._given['wait']:g} s"
                    raise OperationError("timeout", what)
                await asyncio.sleep(self._given["poll"])
        finally:
            actions.append(Action(request.name, begin, time.monotonic(), ok))

    async def _send(self, request: Request, known: Variables, actions: list[Action]) -> Response:
        session = self._sessions[request.admin]
        endpoint, base = session.place(request.service)
        target = base + path(request.path, known)
        body = None if request.body is None else json.dumps(fill(request.body, known)).encode()
        for again in (True, False):
            token = "" if request.plain else await _token(session, actions)
            data = _wire(request, target, endpoint.authority, token, body)
            answer = await endpoint.request(data, self._given["timeout"], actions, request.name)
            if answer.status != 401 or request.plain or not again:
                break
            await _renew(session, token, actions)
        if answer.status not in request.expect:
            actions[-1:] = [one._replace(ok=False) for one in actions[-1:]]
            raise OperationError("status", f"{request.name}: {answer.status}{_said(answer)}")
        return answer

    async def close(self) -> None:
        """As in Operation: take back what all iterations shared; what does not go goes with the project."""
        for request in self._wanted(self._steps.after):
            try:
                await self._perform(request, self._known, [])
            except (OperationError, UnknownError):
                continue
        for session in self._sessions.values():
            session.close()


async def _token(session: Session, actions: list[Action]) -> str:
    try:
        return await session.fresh(actions)
    except Failure as error:
        raise OperationError("token", error.what) from error


async def _renew(session: Session, token: str, actions: list[Action]) -> None:
    try:
        await session.renew(token, actions)
    except Failure as error:
        raise OperationError("token", error.what) from error


def _wire(request: Request, target: str, authority: str, token: str, body: bytes | None) -> bytes:
    fields = [f"{request.method} {target} HTTP/1.1", f"Host: {authority}", "User-Agent: erisc"]
    fields.append("Accept: application/json")
    if token:
        fields.append(f"X-Auth-Token: {token}")
    if request.microversion:
        fields.append(f"OpenStack-API-Version: {request.microversion}")
    if body is not None:
        fields += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*fields, "", ""]).encode() + (body or b"")


def _document(request: Request, answer: Response) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise OperationError("answer", f"{request.name}: the answer is no JSON") from error


def _said(answer: Response) -> str:
    """What an error says, on one line."""
    text = " ".join(answer.body[:2000].decode(errors="replace").split())
    return f": {text[:500]}" if text else ""
