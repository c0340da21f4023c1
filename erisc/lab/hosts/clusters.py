"""Whether the controllers' clusters are whole, asked of each controller itself."""

from __future__ import annotations

import http.client
import time
import urllib.request
from collections.abc import Sequence

from erisc.base.failure import Failure
from erisc.lab.hosts.controllers import STATE_PORT
from erisc.lab.hosts.layout import EmulatedHost

_PATIENCE = 240.0
_PAUSE = 0.5


def wait_whole(controllers: Sequence[EmulatedHost]) -> None:
    """Wait until both clusters have every controller. Raises Failure with what lacked last."""
    until = time.monotonic() + _PATIENCE
    while lacking := what_lacks(controllers):
        if time.monotonic() > until:
            name = controllers[0].name
            raise Failure(
                f"the clusters of the controllers are not whole: {lacking}",
                mend=f"see the logs of every controller, `erisc lab logs {name}/mariadb` and `…/rabbitmq`",
            )
        time.sleep(_PAUSE)


def what_lacks(controllers: Sequence[EmulatedHost]) -> str:
    """What keeps the clusters from having each of the controllers; "" when nothing does."""
    for host in controllers:
        if (galera := _ask(host, "mariadb")) != f"primary synced {len(controllers)}":
            return f"mariadb on {host.name} is {galera or 'silent'}"
        if not (broker := _ask(host, "cgi-bin/rabbitmq")).startswith("running"):
            return f"rabbitmq on {host.name} is {broker or 'silent'}"
    # One broker is asked for all: its own tool takes two seconds to start.
    brokers = _ask(controllers[0], "cgi-bin/members")
    return "" if brokers == str(len(controllers)) else f"rabbitmq on {controllers[0].name} sees {brokers or 'no'} nodes"


def _ask(host: EmulatedHost, what: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{host.management}:{STATE_PORT}/{what}", timeout=15) as answer:
            return str(answer.read().decode().strip())
    except (OSError, http.client.HTTPException):
        return ""
