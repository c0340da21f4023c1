"""The open documents, and the analyses of them and of the specs that import them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable

from erisc.language_server.analysis import Analysis

MAX_FILES = 200
"""Specs on disk that are searched for importers."""
MAX_FOLDERS = 2000


class Workspace:
    """texts: unsaved ones by absolute path. An analysis is kept until any text changes."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}
        self.folders: tuple[str, ...] = ()
        self._kept: dict[str, Analysis] = {}
        self._lock = threading.Lock()

    def open(self, path: str, text: str) -> None:
        """Take a text in place of the file. Lone surrogates, which no file can hold, become `?`."""
        with self._lock:
            self.texts = {**self.texts, path: text.encode("utf-8", "replace")}
            self._kept = {}

    def close(self, path: str) -> None:
        """Read the file itself again."""
        with self._lock:
            self.texts = {name: text for name, text in self.texts.items() if name != path}
            self._kept = {}

    def forget(self) -> None:
        """Files changed on disk."""
        with self._lock:
            self._kept = {}

    def analysis(self, path: str) -> Analysis:
        """Of a spec as a root."""
        with self._lock:
            if path not in self._kept:
                self._kept[path] = Analysis(path, self.texts)
            return self._kept[path]

    def roots(self, path: str) -> list[Analysis]:
        """The spec itself, and the other specs that read its file."""
        others = [self.analysis(other) for other in self._candidates(path)]
        return [self.analysis(path), *(one for one in others if path in {one.path_of(file) for file in one.trees})]

    def _candidates(self, path: str) -> list[str]:
        """Specs that import a file: open ones, and those in the editor's folders or beside the spec."""
        places = self.folders or (os.path.dirname(path),)
        found = dict.fromkeys((*self.texts, *_specs(places)))
        return [one for one in found if one != path and b'import "' in self._text(one)]

    def _text(self, path: str) -> bytes:
        if path in self.texts:
            return self.texts[path]
        try:
            with open(path, "rb") as file:
                return file.read(1 << 21)
        except OSError:
            return b""


def _specs(folders: Iterable[str]) -> list[str]:
    found: list[str] = []
    seen = 0
    for folder in folders:
        for where, below, names in os.walk(folder):
            below[:] = sorted(name for name in below if not name.startswith(".") and name != "node_modules")
            found += [os.path.join(where, name) for name in sorted(names) if name.endswith(".eris")]
            seen += 1
            if len(found) >= MAX_FILES or seen >= MAX_FOLDERS:
                return found[:MAX_FILES]
    return found
