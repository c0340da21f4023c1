"""Events and values as a person would write them in a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = {"last": "duration", "quantile": "ratio"}


def call(event: str, arguments: Mapping[str, Any]) -> str:
    """`error_rate(boot, last = 30 s)`: the first argument stands without its name."""
    words = [
        _argument(name, value) if index == 0 else f"{name} = {_argument(name, value)}"
        for index, (name, value) in enumerate(arguments.items())
    ]
    return f"{event}({', '.join(words)})"


def _argument(name: str, value: Any) -> str:
    if name == "query":
        return f'"{value}"'
    return shown(float(value), _TYPES[name]) if name in _TYPES else str(value)


def shown(value: float, kind: str) -> str:
    """A value in base units with the unit that its type is told in: `7.1 %`, `30 s`, `12.5/s`, `40`."""
    if kind == "ratio":
        return f"{value * 100:.4g} %"
    if kind == "duration":
        return f"{value * 1000:.4g} ms" if 0 < abs(value) < 1 else f"{value:.4g} s"
    if kind == "rate":
        return f"{value:.4g}/s"
    return f"{value:.6g}"
