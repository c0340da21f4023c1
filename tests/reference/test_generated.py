"""What is made of the source is not stale, and editors read it as the compiler does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from erisc.base.home import package_root
from erisc.compiler.syntax import parser
from erisc.reference.__main__ import generated
from erisc.reference.editors import TEXTMATE
from erisc.reference.fields import FIELDS, SELECTORS
from erisc.reference.sample import frame, tried

ROOT = Path(package_root()).parent
MADE = generated()
EXAMPLES = sorted((ROOT / "examples").glob("*.eris"))


@pytest.mark.parametrize("path", sorted(MADE))
def test_generated_files_are_fresh(path: str) -> None:
    assert (ROOT / path).read_text() == MADE[path], "run `make docs`"


def test_nothing_else_lies_among_the_generated_pages() -> None:
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "errors").iterdir()}
    assert there == {path for path in MADE if path.startswith("docs/errors/")}


# --- the table of fields ----------------------------------------------------------------------------------------------

VALUES = {
    "int": "3",
    "size": "1 GiB",
    "bool": "true",
    "string": '"x"',
    "string or image": '"cirros"',
    "bitrate": "1 Gbit/s",
    "duration": "1 ms",
    "ratio": "1 %",
    "block": '{ az = "a" }',
    "list": "[lan]",
}
BLOCKS = {
    "node": "architecture other extends single {{ node compute {{ {} }} }}",
    "service": "architecture other extends single {{ service rabbitmq on controller {{ {} }} }}",
    "architecture network": "architecture other extends single {{ network lan {{ {} }} }}",
    "topology network": "topology other on site {{ network lan {{ {} }} }}",
    "router": 'topology other on site {{ network lan {{ cidr = "10.1.0.0/24" }} router r {{ {} }} }}',
    "server": 'topology other on site {{ network lan {{ cidr = "10.1.0.0/24" }} server s {{ {} }} }}',
    "image": "image other {{ {} }}",
}


@pytest.mark.parametrize(("block", "field"), [(block, field) for block, fields in FIELDS.items() for field in fields])
def test_the_compiler_knows_every_field(block: str, field: str) -> None:
    value = VALUES[FIELDS[block][field][0]]
    text = BLOCKS[block].format(f"{field} {value}" if value.startswith("{") else f"{field} = {value}")
    found = {diagnostic.code for diagnostic in tried(text, {}, every=True).diagnostics}
    assert not found & {"E0101", "E0208", "E0301", "E0302"}, found
    wrong = tried(BLOCKS[block].format(f"{field}x = 1"), {}, every=True)
    if block not in ("image",):
        assert "E0208" in {diagnostic.code for diagnostic in wrong.diagnostics}


@pytest.mark.parametrize("name", SELECTORS)
def test_the_compiler_knows_every_selector(name: str) -> None:
    form = SELECTORS[name][0].replace("set", "compute").replace("n,", "2,").replace("service", "nova_compute")
    text = f"""\
architecture site extends single {{
  node compute * 5
}}
faults storm on site {{
  at most all of compute
  fault crash: at 20 s do kill(nova_compute on {form}) for 2 s
}}
"""
    assert not tried(text, {}, every=True).diagnostics


# --- TextMate ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scopes() -> dict[str, list[list[list[str]]]]:
    """Example -> lines of [text, scopes]."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    environment = {**os.environ, "NODE_PATH": os.environ.get("ERISC_NODE_MODULES", "")}
    ask = 'require("vscode-textmate"); require("vscode-oniguruma")'
    if subprocess.run([node, "-e", ask], env=environment, capture_output=True, check=False).returncode:
        pytest.skip("vscode-textmate and vscode-oniguruma are not installed; ERISC_NODE_MODULES names their folder")
    found = {}
    for path in EXAMPLES:
        words = [node, str(Path(__file__).parent / "tokenise.cjs"), str(ROOT / TEXTMATE)]
        done = subprocess.run(
            words, input=path.read_text(), text=True, capture_output=True, check=True, env=environment
        )
        found[path.name] = json.loads(done.stdout)
    return found


def test_textmate_sees_what_the_parser_sees(scopes: dict[str, list[list[list[str]]]]) -> None:
    for path in EXAMPLES:
        lines = scopes[path.name]
        seen: list[tuple[int, int]] = []
        text = path.read_text()
        parser().parse(text, seen)
        for start, end in seen:
            _agrees(text[start:end], _scope_at(lines, text, start), f"{path.name}: {text[start - 10 : end]}")


def _scope_at(lines: list[list[list[str]]], text: str, offset: int) -> str:
    line, column = text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset) - 1
    for token, scope in lines[line]:
        column -= len(token)
        if column < 0:
            return scope
    return ""


def _agrees(token: str, scope: str, where: str) -> None:
    assert "comment" not in scope, where
    if token.startswith('"'):
        assert "string" in scope, where
    elif token[0].isdigit():
        assert "constant.numeric" in scope, where
    elif token in parser().tables.words and "property" not in scope and scope:
        known = ("keyword", "entity.name", "support.function", "storage.type")
        assert scope.startswith(known), f"{where}: {scope}"


# --- Vim --------------------------------------------------------------------------------------------------------------

VIM_EXPECTED = {
    "workload boot": "erisStatement",
    "hold 2": "erisItem",
    "for load": "erisClause",
    "2 req/s": "erisQuantity",
    "req/s": "erisUnit",
    "vcpus": "erisField",
    '"Dummy': "erisString",
    "count(": "erisFunction",
    "kill(": "erisCall",
    "duration": "erisType",
    "// why": "erisComment",
    "critical": "erisConstant",
}


def test_vim_colours_what_is_there(tmp_path: Path) -> None:
    vim = shutil.which("vim")
    if vim is None:
        pytest.skip("vim is not installed")
    text = (
        frame()
        .replace("compute * 2", "compute * 2 { vcpus = 4 } // why")
        .replace(">= 50 %", ">= 50 % severity critical")
    )
    spec, out, script = tmp_path / "spec.eris", tmp_path / "out", tmp_path / "script.vim"
    spec.write_text(text)
    places = {
        mark: (text.count("\n", 0, at := text.index(mark)) + 1, at - text.rfind("\n", 0, at)) for mark in VIM_EXPECTED
    }
    asks = "\n".join(
        f'call add(g:found, synIDattr(synID({line}, {column}, 1), "name"))' for line, column in places.values()
    )
    script.write_text(f"let g:found = [&filetype]\n{asks}\ncall writefile(g:found, '{out}')\nqall!\n")
    runtime = f"set runtimepath^={ROOT}/grammar/editors/vim"
    words = [vim, "-N", "-u", "NONE", "-i", "NONE", "-es", "--cmd", runtime, "-c", "filetype plugin on | syntax on"]
    subprocess.run(
        [*words, "-c", f"edit {spec}", "-c", f"source {script}"], check=False, timeout=30, stdin=subprocess.DEVNULL,
        env={**os.environ, "TERM": "dumb"},
    )  # fmt: skip
    assert out.exists(), "vim could not read the files"
    kind, *found = out.read_text().split("\n")[:-1]
    assert kind == "eris"
    assert dict(zip(VIM_EXPECTED, found, strict=True)) == VIM_EXPECTED
