"""Frozen value classes that cost nothing to define.

`dataclasses` compiles an `__init__` per class with `exec` (about 1 ms each here) and imports `inspect`; a command that
must answer in a few interpreter start-ups cannot pay for eighty of them. `record` keeps the semantics of
``@dataclass(frozen=True)`` (type checkers see it as such) with one shared `__init__`; the class stays the one that was
written, without slots, for which it would have to be made twice.
See docs/decisions/2026-11-21-records.md.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar, dataclass_transform

    T = TypeVar("T")
else:

    def dataclass_transform(**_):
        """What type checkers are told is of no account here (PEP 681)."""
        return lambda decorator: decorator


_set = object.__setattr__
_set_of_class = type.__setattr__


class FrozenRecordError(AttributeError):
    """Somebody assigned to a field of a record."""


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Make `cls` a frozen record of its annotated fields, in order; class attributes are the defaults.

    Fields of a record base class come first. Raises TypeError at construction when a field lacks a value or a name
    is unknown. Defaults stay attributes of the class, which all instances share, so they must be immutable.
    """
    own = cls.__dict__.get("__annotations__", {})
    names: tuple[str, ...] = getattr(cls, "__record_fields__", ())
    names += tuple(name for name in own if name not in names)
    defaults: frozenset[str] = getattr(cls, "__record_defaults__", frozenset())
    _set_of_class(cls, "__match_args__", names)
    _set_of_class(cls, "__record_fields__", names)
    _set_of_class(cls, "__record_defaults__", defaults.union(name for name in own if name in cls.__dict__))
    for key, method in _METHODS.items():
        if key not in cls.__dict__ and getattr(cls, key, None) is not method:
            _set_of_class(cls, key, method)
    return cls


def fields(value: object) -> tuple[str, ...]:
    """Field names of a record or of a record class, in order. Raises TypeError for anything else."""
    names = getattr(value, "__record_fields__", None)
    if names is None:
        raise TypeError(f"{value!r} is not a record")
    return tuple(names)


def is_record(value: object) -> bool:
    """Whether `value` is an instance of a record class."""
    return hasattr(type(value), "__record_fields__")


def replace(value: T, /, **changes: object) -> T:
    """A copy of the record with some fields changed."""
    return type(value)(**{name: getattr(value, name) for name in fields(value)} | changes)


def _init(self: Any, *args: object, **kwargs: object) -> None:
    names = self.__record_fields__
    if len(args) > len(names):
        raise TypeError(f"{type(self).__name__} takes {len(names)} values, not {len(args)}")
    for name, value in zip(names, args, strict=False):
        _set(self, name, value)
    if len(args) == len(names) and not kwargs:
        return
    for name in names[len(args) :]:
        if name in kwargs:
            _set(self, name, kwargs.pop(name))
        elif name not in self.__record_defaults__:
            raise TypeError(f"{type(self).__name__} needs a value for {name!r}")
    if kwargs:
        raise TypeError(f"{type(self).__name__} has no field {sorted(kwargs)[0]!r} left to set")


def _values(self: Any) -> tuple[object, ...]:
    return tuple(getattr(self, name) for name in self.__record_fields__)


def _repr(self: Any) -> str:
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__record_fields__)
    return f"{type(self).__qualname__}({inside})"


def _eq(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return _values(self) == _values(other)


def _hash(self: Any) -> int:
    return hash((type(self).__qualname__, _values(self)))


def _setattr(self: Any, name: str, value: object) -> None:
    raise FrozenRecordError(f"{type(self).__name__}.{name} cannot be set: records do not change")


def _delattr(self: Any, name: str) -> None:
    raise FrozenRecordError(f"{type(self).__name__}.{name} cannot be deleted: records do not change")


def _getstate(self: Any) -> tuple[object, ...]:
    return _values(self)


def _setstate(self: Any, state: tuple[object, ...]) -> None:
    for name, value in zip(self.__record_fields__, state, strict=True):
        _set(self, name, value)


_METHODS: dict[str, Any] = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
