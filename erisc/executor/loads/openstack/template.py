"""Requests with variables in them, and values out of answers. Pure functions; the forms are those of operations.json.

`"{x}"` alone is the variable with its type, within a longer text its text. `{"$times": n, "$of": y}` is a list of n of
y. `{"$if": x, "$then": y, "$else": z}` is y when the variable x is set, else z.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

Variables = dict[str, Any]
_WHOLE = re.compile(r"\{(\w+)\}")


class UnknownError(Exception):
    """A variable has no value; the answer that should give it never came."""


def fill(form: Any, known: Variables) -> Any:
    """The form with its variables filled in. Raises UnknownError."""
    if isinstance(form, str):
        return _text(form, known)
    if isinstance(form, list):
        return [fill(one, known) for one in form]
    if not isinstance(form, dict):
        return form
    if "$times" in form:
        return [fill(form["$of"], known) for _ in range(int(fill(form["$times"], known)))]
    if "$if" in form:
        return fill(form["$then"] if known.get(form["$if"]) is not None else form["$else"], known)
    return {key: fill(one, known) for key, one in form.items()}


def _text(form: str, known: Variables) -> Any:
    whole = _WHOLE.fullmatch(form)
    if whole:
        return _value(whole[1], known)
    return _WHOLE.sub(lambda found: str(_value(found[1], known)), form)


def path(form: str, known: Variables) -> str:
    """A path, with the variables' texts escaped."""
    return _WHOLE.sub(lambda found: quote(str(_value(found[1], known)), safe=""), form)


def _value(name: str, known: Variables) -> Any:
    if known.get(name) is None:
        raise UnknownError(name)
    return known[name]


def pick(answer: Any, place: str, known: Variables) -> Any:
    """The value at a place of an answer: keys with dots between; `*` all items of a list; `list[a,b=text]` the item
    whose `a`, or else whose `b`, is the text. Raises UnknownError when there is none.
    """
    head, _, rest = place.partition(".") if "[" not in place.split(".")[0] else _bracket(place)
    if head == "*":
        return [pick(one, rest, known) if rest else one for one in answer]
    found = _item(answer, head, known)
    return pick(found, rest, known) if rest else found


def _bracket(place: str) -> tuple[str, str, str]:
    end = place.index("]") + 1
    return place[:end], ".", place[end + 1 :]


def _item(answer: Any, head: str, known: Variables) -> Any:
    name, _, choice = head.partition("[")
    if not isinstance(answer, dict) or answer.get(name) is None:
        raise UnknownError(head)
    if not choice:
        return answer[name]
    keys, _, wanted = choice.removesuffix("]").partition("=")
    text = str(fill(wanted, known))
    for key in keys.split(","):
        for one in answer[name]:
            if str(one.get(key)) == text:
                return one
    raise UnknownError(f"{name} {text!r}")
