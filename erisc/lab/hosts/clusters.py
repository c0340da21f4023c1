"""Whether the controllers' clusters are whole, asked of each controller itself."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Sequence

from erisc.base.failure import Failure
from erisc.lab.hosts.controllers import STATE_PORT
from erisc.lab.hosts.layout import EmulatedHost

_PATIENCE = 240.0
_PAUSE = 0.5


def wait_whole(controllers: Sequence[EmulatedHost]) -> None:
    """Wait until every node of both clusters has all the others. Raises Failure with what each said last."""
    until = time.monotonic() + _PATIENCE
    for host in controllers:
        while lacking := what_lacks(host, len(controllers)):
            if time.monotonic() > until:
                raise Failure(
                    f"the clusters of the controllers are not whole: {lacking}",
                    mend=f"`erisc lab logs {host.name}/mariadb`, `erisc lab logs {host.name}/rabbitmq`",
                )
            time.sleep(_PAUSE)


def what_lacks(host: EmulatedHost, count: int) -> str:
    """What keeps this controller's nodes from being two of clusters of `count`; "" when nothing does."""
    galera = _ask(host, "mariadb")
    if galera != f"primary synced {count}":
        return f"mariadb on {host.name} is {galera or 'silent'}"
    brokers = _ask(host, "cgi-bin/members")
    return "" if brokers == str(count) else f"rabbitmq on {host.name} sees {brokers or 'no'} nodes"


def _ask(host: EmulatedHost, what: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{host.management}:{STATE_PORT}/{what}", timeout=15) as answer:
            return str(answer.read().decode().strip())
    except OSError:
        return ""
