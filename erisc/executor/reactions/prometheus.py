"""Instant queries of Prometheus while a run goes on (prometheus.io, "HTTP API", `GET /api/v1/query`)."""

from __future__ import annotations

import http.client
import json
import math
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection
from typing import Any

from erisc.base.failure import Failure

EVERY = 1.0
"""s between queries."""
WITHIN = 5.0
"""s an answer has."""
STALE = 10.0
"""s after which a value is no longer known."""


def query(address: str, expression: str) -> float | None:
    """The value of the expression now, the largest when it yields several, None when it yields none.

    address: `http://host:9090`. NaN is no value. Raises Failure quoting Prometheus when it does not answer with a
    number.
    """
    url = f"{address.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    try:
        with _OPENER.open(url, timeout=WITHIN) as answer:
            return largest(json.load(answer))
    except urllib.error.HTTPError as error:
        raise _failed(address, expression, _complaint(error)) from error
    except (OSError, ValueError, KeyError, TypeError, IndexError, http.client.HTTPException) as error:
        raise _failed(address, expression, str(getattr(error, "reason", error))) from error


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without a proxy: the address is one of the site's own."""


def _complaint(error: urllib.error.HTTPError) -> str:
    try:
        return f"{error.code}: {json.load(error)['error']}"
    except (ValueError, KeyError, TypeError, OSError):
        return f"HTTP {error.code}"


def _failed(address: str, expression: str, why: str) -> Failure:
    return Failure(
        f"Prometheus at {address} does not answer `{expression}`: {why}",
        mend="check erisc_prometheus in the inventory, and the expression",
    )


def largest(answer: Any) -> float | None:
    """Of what /api/v1/query answers. Raises ValueError, KeyError, TypeError or IndexError for anything else."""
    data = answer["data"]
    if data["resultType"] == "vector":
        texts = [one["value"][1] for one in data["result"]]
    elif data["resultType"] == "scalar":
        texts = [data["result"][1]]
    else:
        raise ValueError(f"it yields a {data['resultType']}, not numbers of one instant")
    values = [value for value in map(float, texts) if not math.isnan(value)]
    return max(values, default=None)


class PrometheusWatch:
    """Expressions, each asked again and again in a thread of its own; an answer that does not come hides no other."""

    def __init__(self, address: str, expressions: Collection[str]) -> None:
        self._address = address
        self._over = threading.Event()
        self._last: dict[str, tuple[float, float | None]] = {}
        self.silent: dict[str, str] = {}
        self._threads = [
            threading.Thread(target=self._watch, args=(each,), name="prometheus", daemon=True)
            for each in dict.fromkeys(expressions)
        ]

    def start(self) -> None:
        """Ask from now on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No query begins after this."""
        self._over.set()

    def value(self, expression: str) -> float | None:
        """The last value, None when there was none or it is too old."""
        at, value = self._last.get(expression, (-math.inf, None))
        return value if time.monotonic() - at <= STALE else None

    def _watch(self, expression: str) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                self._last[expression] = (began, query(self._address, expression))
                self.silent.pop(expression, None)
            except Failure as error:
                self.silent[expression] = error.what
            self._over.wait(max(began + EVERY - time.monotonic(), 0.05))
