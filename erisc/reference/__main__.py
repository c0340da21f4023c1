"""`python -m erisc.reference` (`make docs`): write what is made of the source. With --check, only say what is stale."""

from __future__ import annotations

import os
import sys

from erisc.base.home import package_root
from erisc.reference.editors import editor_files
from erisc.reference.faults import page
from erisc.reference.pages import pages


def generated() -> dict[str, str]:
    """Path below the checkout -> text."""
    return pages() | {"docs/faults.md": page()} | editor_files()


def main(words: list[str]) -> int:
    """Returns the exit code: with --check 1 when something is stale."""
    root = os.path.dirname(package_root())
    made = generated()
    stale = [path for path, text in made.items() if _read(os.path.join(root, path)) != text]
    if words == ["--check"]:
        for path in stale:
            print(f"{path} is stale: run `make docs`")
        return 1 if stale else 0
    for path in stale:
        whole = os.path.join(root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(made[path])
        print(f"wrote {path}")
    return 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
