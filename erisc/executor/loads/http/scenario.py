"""A request as a spec writes it: `GET http://{web}/index.html`."""

from __future__ import annotations

import re

from erisc.base.failure import WRONG_CALL, Failure
from erisc.base.record import record

_SCENARIO = re.compile(
    r"(?:(?P<method>[A-Z]+) )?(?P<scheme>https?)://"
    r"(?:\{(?P<service>[\w-]+)\}|(?P<host>[\w.-]+)|\[(?P<six>[0-9A-Fa-f:.]+)\])"
    r"(?::(?P<port>\d+))?(?P<path>/[^\s#]*)?"
)


@record
class Url:
    """service: "" where `host` is meant. port: None where the service or the scheme says it."""

    method: str
    scheme: str
    service: str
    host: str
    port: int | None
    path: str


def parse_scenario(text: str) -> Url:
    """`[METHOD ]http[s]://{service}|host[:port][/path]`. Raises Failure."""
    found = _SCENARIO.fullmatch(text)
    if not found:
        raise Failure(f"{text!r} is no request", mend="write e.g. `GET http://{web}/index.html`", exit_code=WRONG_CALL)
    return Url(
        method=found["method"] or "GET",
        scheme=found["scheme"],
        service=found["service"] or "",
        host=found["host"] or found["six"] or "",
        port=int(found["port"]) if found["port"] else None,
        path=found["path"] or "/",
    )
