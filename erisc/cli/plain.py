"""The arguments of a call that is plainly right, read without argparse.

argparse and what it imports (gettext, locale) are 6 % of a lint. A command declares its arguments once, by
`add_argument` as argparse has it; a call that these declarations plainly fit is read here. Whatever is wrong, unusual
or asks for help is argparse's, which then says so or reads it: `read` gives None.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_KNOWN = {"action", "choices", "const", "default", "dest", "help", "metavar", "nargs", "required"}
_ACTIONS = ("append", "store", "store_const", "store_true")


class NotPlainError(Exception):
    """Only argparse can tell."""


class _Read:
    """What was read, as `argparse.Namespace` has it."""

    def __init__(self, values: dict[str, Any]) -> None:
        vars(self).update(values)


class _Argument:
    """One declared argument. An option's value is `const` when it takes none."""

    def __init__(self, names: tuple[str, ...], how: dict[str, Any]) -> None:
        self.option = names[0].startswith("-")
        self.dest = how.get("dest") or _dest(names)
        self.action: str = how.get("action", "store")
        self.const = True if self.action == "store_true" else how.get("const")
        self.default = how.get("default", False if self.action == "store_true" else None)
        self.choices = how.get("choices")
        self.nargs = how.get("nargs")
        self.required = bool(how.get("required")) if self.option else self.nargs in (None, "+")
        if not how.keys() <= _KNOWN or self.action not in _ACTIONS or (self.option and self.nargs is not None):
            raise NotPlainError

    def checked(self, word: str) -> str:
        """A value that is one of the choices."""
        if self.choices is not None and word not in self.choices:
            raise NotPlainError
        return word


class _Declared:
    """Stands in for an `ArgumentParser` while a command declares its arguments."""

    def __init__(self) -> None:
        self.options: dict[str, _Argument] = {}
        self.places: list[_Argument] = []

    def add_argument(self, *names: str, **how: Any) -> None:
        """As argparse has it."""
        argument = _Argument(names, how)
        if argument.option:
            self.options |= dict.fromkeys(names, argument)
        else:
            self.places.append(argument)

    def add_argument_group(self, *about: str) -> _Declared:
        """A heading of the help, of no account here."""
        return self

    def add_mutually_exclusive_group(self) -> None:
        """Is argparse's."""
        raise NotPlainError

    def add_subparsers(self, **how: Any) -> None:
        """Is argparse's."""
        raise NotPlainError


def read(declare: Callable[[Any], None], words: list[str]) -> Any:
    """What argparse would read, as a namespace; None when only argparse can tell. declare: as for a parser."""
    declared = _Declared()
    try:
        declare(declared)
        found, placed = _taken_apart(declared, words)
        _place(declared.places, placed, found)
    except NotPlainError:
        return None
    arguments = [*declared.places, *declared.options.values()]
    if any(argument.required and argument.dest not in found for argument in arguments):
        return None
    for argument in arguments:
        found.setdefault(argument.dest, argument.default)
    return _Read(found)


def _taken_apart(declared: _Declared, words: list[str]) -> tuple[dict[str, Any], list[str]]:
    """The values of options by their name, and the words that are none, which must stand together."""
    found: dict[str, Any] = {}
    placed: list[str] = []
    waiting = iter(words)
    apart = False
    for word in waiting:
        if word == "-" or not word.startswith("-"):
            if apart:
                raise NotPlainError
            placed.append(word)
            continue
        apart = bool(placed)
        option = declared.options.get(word)
        if option is None:
            raise NotPlainError
        found[option.dest] = _value(option, waiting, found)
    return found, placed


def _value(option: _Argument, waiting: Any, found: dict[str, Any]) -> Any:
    if option.action in ("store_true", "store_const"):
        return option.const
    word = next(waiting, "-")
    if word.startswith("-"):
        raise NotPlainError
    value = option.checked(word)
    return [*found.get(option.dest, option.default or ()), value] if option.action == "append" else value


def _place(places: list[_Argument], words: list[str], found: dict[str, Any]) -> None:
    """One word for every place; the last may take more."""
    last = places[-1].nargs if places else None
    many = last in ("+", "*")
    if any(place.nargs is not None for place in places[:-1]) or last not in (None, "?", "+", "*"):
        raise NotPlainError
    if len(words) < len(places) or (len(words) > len(places) and not many):
        raise NotPlainError
    for index, place in enumerate(places):
        rest = words[index:] if many and place is places[-1] else [words[index]]
        values = [place.checked(word) for word in rest]
        found[place.dest] = values if many and place is places[-1] else values[0]


def _dest(names: tuple[str, ...]) -> str:
    long = next((name for name in names if name.startswith("--")), names[0])
    return long.lstrip("-").replace("-", "_") if names[0].startswith("-") else names[0]
