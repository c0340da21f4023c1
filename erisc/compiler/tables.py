"""The parser's tables: made once from grammar/ by lark, kept in the user's cache, never needed twice.

lark costs 90 ms to import and 300 ms to analyse the grammar; the tables load in under a millisecond. A cache that is
missing, damaged or cannot be written costs time, never a failure.
"""

from __future__ import annotations

import marshal
import os
import sys

from erisc.base.home import cache_home, data_file
from erisc.base.record import record
from erisc.compiler.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from erisc.compiler.lexing import Token

FORMAT = 2
"""Goes up when the layout of `Tables` changes."""


Rule = tuple[str, str, int, tuple[int | None, ...], bool, bool]
"""One production: its origin; its name (alias or origin); its length; the positions of the children that count, None
for an absent option; whether its children are its parent's; whether it stands for its only child."""


@record
class Tables:
    """LALR(1) tables. actions: per state, terminal -> next state (>= 0) or ~rule (< 0). gotos: per state, by origin.

    words, marks: text of a keyword or a punctuation mark -> its terminal. patterns: terminal -> regular expression.
    token: all of them in one, compiled (erisc.compiler.lexing).
    statements: keywords that begin a statement. units: grammar/units.json.
    """

    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]
    rules: tuple[Rule, ...]
    start: int
    end: int
    words: dict[str, str]
    marks: dict[str, str]
    patterns: dict[str, str]
    token: Token
    statements: tuple[str, ...]
    units: dict[str, Any]


def load_tables() -> Tables:
    """The tables of the grammar that ships with erisc, from the cache or made anew."""
    texts = [_read(data_file("grammar", name)) for name in ("erisc.lark", "keywords.json", "units.json")]
    path = _cache_path(texts)
    packed = _load(path)
    if packed is None:
        from erisc.compiler.grammar import build

        packed = build(*(text.decode("utf-8") for text in texts))
        _store(path, packed)
    return Tables(**packed)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _cache_path(texts: list[bytes]) -> str:
    digest = sha256(b"\0".join(texts)).hexdigest()[:16]
    return os.path.join(cache_home(), f"grammar-{FORMAT}-{sys.implementation.cache_tag}-{digest}.tables")


def _load(path: str) -> dict[str, Any] | None:
    try:
        data = _read(path)
        # marshal trusts its input, so the digest is looked at first.
        if sha256(data[32:]).digest() != data[:32]:
            return None
        packed: dict[str, Any] = marshal.loads(data[32:])
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return packed


def _store(path: str, packed: dict[str, Any]) -> None:
    data = marshal.dumps(packed)
    scratch = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(scratch, "wb") as file:
            file.write(sha256(data).digest() + data)
        os.replace(scratch, path)
    except OSError:
        try:
            os.unlink(scratch)
        except OSError:
            return
