"""The hooks of Rally's results: when each struck, what it was called, how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from erisc.base.record import record
from erisc.verdict.readers import number

LONGEST = 200
"""Characters kept of an error's message."""


@record
class Hook:
    """One time a hook ran; s since the epoch, None where the format does not say. error: "" when it succeeded."""

    names: tuple[str, ...]
    action: str
    started: float | None
    finished: float | None
    error: str


def hooks_of(about: dict[str, Any]) -> Iterator[tuple[int, Hook]]:
    """Every time that a hook ran, with the hook's place in the run, from 1. about: the run's members."""
    hooks, declared = about.get("hooks"), _declared(about)
    for place, hook in enumerate(hooks if isinstance(hooks, list) else [], 1):
        for result in _results(hook):
            yield place, _hook(hook, result, declared[place - 1] if place <= len(declared) else None)


def error_text(error: Any) -> str | None:
    """`[]` or `[type, message, traceback]`, of a hook an object; the traceback is left where it is."""
    if not error:
        return None
    if isinstance(error, dict):
        error = [error.get("etype"), error.get("msg") or error.get("details")]
    parts = error[:2] if isinstance(error, list) else [error]
    said = ": ".join(str(part).strip().split("\n")[0] for part in parts if part)
    return said[:LONGEST].encode("utf-8", "replace").decode() or "failed"


def _declared(about: dict[str, Any]) -> list[Any]:
    """The hooks as the task declared them, where the results of 2016 only name their plug-in."""
    words = about["key"].get("kw") if isinstance(about.get("key"), dict) else None
    hooks = words.get("hooks") if isinstance(words, dict) else None
    return hooks if isinstance(hooks, list) else []


def _results(hook: Any) -> list[dict[str, Any]]:
    """A hook of 2016 is one result itself; newer ones have a list of them."""
    if not isinstance(hook, dict):
        return []
    results = hook.get("results", [hook])
    return [result for result in results if isinstance(result, dict)] if isinstance(results, list) else []


def _hook(hook: dict[str, Any], result: dict[str, Any], declared: Any) -> Hook:
    config: Any = hook.get("config", declared)
    config = config if isinstance(config, dict) else {}
    action = config.get("action")
    named = next(iter(action), "") if isinstance(action, dict) else ""
    names = (config.get("description"), hook.get("description"), config.get("name"), hook.get("hook"), named)
    known = tuple(dict.fromkeys(str(name) for name in names if name and name != "n/a"))
    return Hook(known, _said(config, named), _time(result, "started_at"), _time(result, "finished_at"), _failed(result))


def _said(config: dict[str, Any], named: str) -> str:
    """What the hook did, in its own words."""
    words = config["action"][named] if named else config.get("args", "")
    if isinstance(words, dict):
        words = words.get("action", words)
    return str(words)[:LONGEST]


def _failed(result: dict[str, Any]) -> str:
    status = result.get("status", "success")
    if status == "success":
        return ""
    return error_text(result.get("error")) or f"the hook ended as {status}"


def _time(result: dict[str, Any], column: str) -> float | None:
    try:
        return number(result, column)
    except ValueError:
        return None
