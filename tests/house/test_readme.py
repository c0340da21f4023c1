"""The README shows what is there."""

from __future__ import annotations

import re
from pathlib import Path

from erisc.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def test_the_spec_shown_is_the_quickstart() -> None:
    shown = re.search(r"```eris\n(.*?)```", README, re.DOTALL)
    assert shown
    quickstart = (ROOT / "examples" / "quickstart.eris").read_text().splitlines()
    missing = [line for line in shown.group(1).splitlines() if line and line not in quickstart]
    assert missing == []


def test_every_command_is_named_and_no_other() -> None:
    named = set(re.findall(r"`erisc (\w+)", README))
    assert named == set(COMMANDS)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z][a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
