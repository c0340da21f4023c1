"""JSON documents as a whole, when they are small; one that was cut off gives every complete member before the cut."""

from __future__ import annotations

from typing import Any

from erisc.base.failure import WRONG_CALL, Failure
from erisc.verdict.foreign import texts
from erisc.verdict.foreign.pull import PIECE, CutError, Pull


def load(path: str) -> tuple[Any, CutError | None]:
    """The document and where it was cut off, None when it was not. Raises Failure for a file without any JSON in it.

    What stands before the first brace or bracket, such as a tool's warnings, is passed over.
    """
    with texts.opened(path) as text:
        pieces = texts.pieces(text, PIECE)
        pull = Pull(_from_brace(pieces))
        cuts: list[CutError] = []
        value = _value(pull, cuts)
    if not isinstance(value, (dict, list)):
        raise Failure(f"{path} holds no JSON", mend="give the tool's JSON output", exit_code=WRONG_CALL)
    return value, cuts[0] if cuts else None


def _from_brace(pieces: Any) -> Any:
    for piece in pieces:
        places = [at for at in (piece.find("{"), piece.find("[")) if at >= 0]
        if places:
            yield piece[min(places) :]
            yield from pieces
            return


def _value(pull: Pull, cuts: list[CutError]) -> Any:
    """A value; a container that is cut off keeps its complete members."""
    mark = pull.peek()
    found: Any = {} if mark == "{" else []
    try:
        if mark == "{":
            for key in pull.members():
                found[key] = _value(pull, cuts)
                if cuts:
                    break
        elif mark == "[":
            for _ in pull.items():
                item = _value(pull, cuts)
                if item is not None or not cuts:
                    found.append(item)
                if cuts:
                    break
        else:
            return pull.value()
    except CutError as error:
        cuts.append(error)
        return found if mark in ("{", "[") else None
    return found
