"""Renaming: every place that names a thing and no other, checked by compiling what would come of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from erisc.language_server.analysis import Analysis, Place
from erisc.language_server.occurrences import Key

NAMED = ("top", "stage", "fault", "resource", "variable", "host", "service", "link")
"""Kinds of things that a spec names itself."""

_NAME = re.compile(r"[^\W\d]\w*")


class RefusedError(Exception):
    """Why a thing cannot be renamed, in a sentence for the user."""


def renamed(roots: list[Analysis], key: Key, name: str) -> list[Place]:
    """The places to write `name` at, for a thing of the first root and of those that import its file.

    Raises RefusedError: it is not the spec's own, the name is none, or the specs would no longer mean the same.
    """
    if not renameable(roots[0], key):
        raise RefusedError("this is not declared in a spec of yours")
    if not _NAME.fullmatch(name):
        raise RefusedError(f"`{name}` is no name: letters, digits and underscores, not a digit first")
    places = everywhere(roots, key)
    _check(roots, key, name, _texts(places, name))
    return places


def renameable(analysis: Analysis, key: Key) -> bool:
    """Whether a spec declares it, and only specs do."""
    declared = analysis.definitions(key)
    own = {analysis.path_of(file) for file in analysis.trees}
    inherited = key[0] in ("host", "service", "link") and analysis.inherited(key[-1])
    return key[0] in NAMED and bool(declared) and all(place.path in own for place in declared) and not inherited


def everywhere(roots: list[Analysis], key: Key) -> list[Place]:
    """References in all roots, each place once."""
    found = {(place.path, place.start): place for root in roots for place in root.references(key)}
    return list(found.values())


def _texts(places: list[Place], name: str) -> dict[str, bytes]:
    """Path -> the text with the new name at its places."""
    made = {place.path: place.text for place in places}
    for place in sorted(places, key=lambda one: -one.start):
        text = made[place.path]
        made[place.path] = text[: place.start] + name + text[place.end :]
    return {path: text.encode("utf-8", "replace") for path, text in made.items()}


def _check(roots: list[Analysis], key: Key, name: str, texts: Mapping[str, bytes]) -> None:
    """The new names are those that were renamed, as many as before, and nothing is wrong that was not."""
    new = (*key[:-1], name)
    for root in roots:
        after = Analysis(root.path, {**root.texts, **texts})
        if root.references(new):
            raise RefusedError(f"there is a `{name}` already")
        if _shape(after) != _shape(root) or len(after.references(new)) != len(root.references(key)):
            raise RefusedError(f"`{name}` would change what the spec means: there is something of that name")


def _shape(analysis: Analysis) -> tuple[list[str], dict[str, list[tuple[str, bool]]]]:
    """What stays the same when a name changes: the codes of the findings, and the kind of every occurrence."""
    kinds = {file: [(one.key[0], one.definition) for one in found] for file, found in analysis.found.items()}
    return sorted(found.code for found in analysis.compilation.diagnostics), kinds
