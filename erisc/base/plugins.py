"""Plug-ins by entry point, read without `importlib.metadata` (whose import alone costs two interpreter starts).

The format is that of the entry points specification (packaging.python.org/specifications/entry-points):
`entry_points.txt` in every `*.dist-info` folder on the import path.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from erisc.base.failure import Failure
from erisc.base.record import record


@record
class EntryPoint:
    """One registered object: `target` is `module:attribute`, `package` the distribution that offers it."""

    group: str
    name: str
    target: str
    package: str

    def load(self) -> object:
        """Import and return the object. Raises Failure naming the package when that does not work."""
        module, _, attribute = self.target.partition(":")
        try:
            found: object = import_module(module)
            for part in attribute.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError) as error:
            raise Failure(
                f"the plug-in {self.name!r} of group {self.group!r} cannot be loaded: {error}",
                mend=f"reinstall or remove the package {self.package!r}",
            ) from error
        return found


def entry_points(group: str) -> dict[str, EntryPoint]:
    """Entry points of one group by name, sorted by name; the first on the import path wins."""
    found: dict[str, EntryPoint] = {}
    for folder in sys.path:
        for package, text in _metadata(folder or "."):
            for name, target in _section(text, group):
                found.setdefault(name, EntryPoint(group, name, target, package))
    return dict(sorted(found.items()))


def _metadata(folder: str) -> list[tuple[str, str]]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".dist-info"))
    except OSError:
        return []
    texts = []
    for name in names:
        try:
            with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as file:
                texts.append((name.removesuffix(".dist-info"), file.read()))
        except OSError:
            continue
    return texts


def _section(text: str, group: str) -> list[tuple[str, str]]:
    current = ""
    pairs = []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip()
        elif current == group and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            pairs.append((name.strip(), target.split("[")[0].strip()))
    return pairs
