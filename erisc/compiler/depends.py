"""Which parameters a declaration depends on: whatever it mentions, and what their defaults mention."""

from __future__ import annotations

from erisc.compiler.imports import mentioned
from erisc.compiler.program import Declared, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def bases(names: Mapping[str, Declared], declared: Declared) -> list[Declared]:
    """An architecture and what it extends, one after the other; a circle ends."""
    chain = [declared]
    while chain[-1].node.base is not None:
        found = names.get(chain[-1].node.base.text)
        if found is None or found in chain:
            break
        chain.append(found)
    return chain


class Dependence:
    """Looks words up. One that only happens to be a parameter's name counts as well, which costs nothing but time."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._closed: dict[str, frozenset[str]] = {}

    def of(self, declared: Iterable[Declared]) -> frozenset[str]:
        """Names of parameters."""
        found: set[str] = set()
        for one in declared:
            for word in mentioned(one.node):
                found |= self.param(word)
        return frozenset(found)

    def architecture(self, declared: Declared) -> frozenset[str]:
        """With all that it extends."""
        return self.of(bases(self._program.names["architecture"], declared))

    def param(self, name: str) -> frozenset[str]:
        """A parameter and those behind it; nothing when it is none."""
        declared = self._program.names["param"].get(name)
        if declared is None:
            return frozenset()
        if name not in self._closed:
            self._closed[name] = frozenset((name,))  # a circle of defaults is refused elsewhere
            self._closed[name] |= self.of([Declared(declared.node.default, declared.source)])
        return self._closed[name]
