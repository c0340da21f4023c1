"""What a comment in a spec says about the thing below or before it."""

from __future__ import annotations


def above(text: str, start: int) -> str:
    """The comment lines that stand directly above the statement at `start`, run together; "" when there are none.

    Rulers (`// --- …`) and `// erisc:` directives are no part of it.
    """
    lines = text[:start].split("\n")
    own = lines.pop()
    if own.strip():
        return ""
    found: list[str] = []
    while lines and lines[-1].lstrip().startswith("//"):
        words = lines.pop().lstrip()[2:].strip()
        if words.startswith("---"):
            break
        if not words.startswith("erisc:"):
            found.append(words)
    return " ".join(reversed(found))


def behind(text: str, end: int) -> str:
    """The comment that ends the line on which something ends; "" when there is none."""
    stop = text.find("\n", end)
    rest = text[end : stop if stop >= 0 else len(text)]
    before, mark, words = rest.partition("//")
    return words.strip() if mark and not before.strip(" ,}") else ""
