"""Files beside the spec: what they bring, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from erisc.compiler import compile_spec, lint_spec
from erisc.compiler.pipeline import Compilation
from erisc.compiler.render import render

COMMON = """\
edition 2026
import std.arch.single
import std.load { rally }
param load: duration = 30 s in 1 s .. 1 h
param spare: int = 1
architecture site extends single {}
workload login on site {
  run rally("Authenticate.keystone")
  hold 1 users for load as steady
}
kpi success: ratio = count(login[ok] during login.steady) / count(login during login.steady)
slo available: success >= 50 %
"""
ROOT = """\
edition 2026
{}
experiment trial {{
  use site, login
  check available
}}
"""


def files(folder: Path, **texts: str) -> str:
    """The path of `spec`, with other files beside it; `__` in a name is a folder."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.eris"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return str(folder / "spec.eris")


def found(result: Compilation) -> list[tuple[str, str, int]]:
    return [(one.code, one.span.file, one.span.line) for one in result.diagnostics]


def test_a_file_brings_all_its_names(tmp_path: Path) -> None:
    result = lint_spec(files(tmp_path, common=COMMON, spec=ROOT.format('import "common.eris"')))
    assert found(result) == []
    assert result.plan is not None
    assert {"spec.eris", "common.eris", "std:arch/single"} <= set(result.sources)
    assert result.plan.cells[0].workloads[0].span.file == "common.eris"


def test_its_parameters_are_the_specs(tmp_path: Path) -> None:
    path = files(tmp_path, common=COMMON, spec=ROOT.format('import "common.eris"'))
    plan = compile_spec(path, settings={"load": "2 min"}).plan
    assert plan is not None
    assert dict(plan.parameters)["load"] == 120
    (wrong,) = compile_spec(path, settings={"load": "2 h"}).diagnostics
    assert (wrong.code, wrong.span.file) == ("E0306", "common.eris")


def test_braces_take_names_and_what_they_need(tmp_path: Path) -> None:
    path = files(tmp_path, common=COMMON, spec=ROOT.format('import "common.eris" { available }'))
    plan = lint_spec(path).plan
    assert plan is not None
    assert "spare" not in dict(plan.parameters)
    free = ROOT.format('import "common.eris" { available }') + "\nparam spare: ratio = 5 %\nslo other: success > spare"
    assert "E0204" not in [code for code, _, _ in found(lint_spec(files(tmp_path, common=COMMON, spec=free)))]


def test_what_braces_leave_is_named(tmp_path: Path) -> None:
    root = ROOT.format('import "common.eris" { site }').replace("check available", "check available\n  repeat spare")
    result = lint_spec(files(tmp_path, common=COMMON, spec=root))
    assert ("E0203", "spec.eris", 6) in found(result) or ("E0201", "spec.eris", 4) in found(result)


def test_imports_nest_and_a_file_is_read_once(tmp_path: Path) -> None:
    path = files(
        tmp_path,
        parts__common=COMMON,
        parts__all='edition 2026\nimport "common.eris"\n',
        spec=ROOT.format('import "parts/all.eris"\nimport "parts/common.eris"'),
    )
    result = lint_spec(path)
    assert found(result) == []
    assert list(result.sources)[:3] == ["spec.eris", "parts/all.eris", "parts/common.eris"]


def test_a_name_has_one_meaning_over_all_files(tmp_path: Path) -> None:
    root = ROOT.format('import "common.eris"') + "kpi success: ratio = 1"
    (one,) = lint_spec(files(tmp_path, common=COMMON, spec=root)).diagnostics
    assert (one.code, one.span.file, one.labels[0].span.file) == ("E0204", "spec.eris", "common.eris")


def test_a_file_may_be_refined_by_extends(tmp_path: Path) -> None:
    root = ROOT.format('import "common.eris"\narchitecture big extends site { node compute * 5 }')
    root = root.replace("use site, login", "use big, hello").replace("experiment", "WORK\nexperiment")
    work = 'workload hello on big {\n  run rally("Authenticate.keystone")\n  hold 1 users for load as steady\n}'
    root = root.replace("WORK", work).replace("  check available\n", "")
    plan = compile_spec(files(tmp_path, common=COMMON, spec=root)).plan
    assert plan is not None
    assert {node.name: node.count for node in plan.architectures[0].nodes}["compute"] == 5


def test_errors_in_a_file_are_shown_where_they_are(tmp_path: Path) -> None:
    common = COMMON.replace("hold 1 users", "hold 1 user s").replace("50 %", "50 s")
    result = lint_spec(files(tmp_path, common=common, spec=ROOT.format('import "common.eris"')))
    assert {file for _, file, _ in found(result)} == {"common.eris"}
    shown = render(result.diagnostics, result.sources, color=False)
    assert "--> common.eris:8:8" in shown or "--> common.eris:9" in shown
    assert "hold 1 user s for load as steady" in shown


LINES = {
    'import "none.eris"': "E0216",
    'import "folder.eris"': "E0216",
    'import "../common.eris"': "E0206",
    'import "/etc/passwd"': "E0206",
    'import "~/common.eris"': "E0206",
    'import "a//b.eris"': "E0206",
    'import "./common.eris"': "E0206",
    'import "common.txt"': "E0206",
    'import "std/faults.eris"': "E0206",
    'import "out.eris"': "E0206",
    'import "spec.eris"': "E0215",
    'import "broken.eris"': "E0107",
    'import "common.eris" { sucess }': "E0202",
}


@pytest.mark.parametrize("line", LINES)
def test_what_cannot_be_imported(line: str, tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "folder.eris").mkdir()
    (tmp_path / "common.eris").write_text(COMMON)
    (folder / "out.eris").symlink_to(tmp_path / "common.eris")
    (folder / "broken.eris").write_bytes(b"edition 2026\n\xff")
    result = lint_spec(files(folder, common=COMMON, spec=ROOT.format(line)))
    errors = [one for one in result.diagnostics if one.is_error]
    assert errors[0].code == LINES[line]
    if "spec.eris" not in line and "sucess" not in line:
        assert len(errors) == 1, errors  # no name that the file may have had is reported as well
    assert errors[0].span.file == "spec.eris"
    assert errors[0].span.line == 2


def test_a_circle_is_shown_whole(tmp_path: Path) -> None:
    path = files(
        tmp_path,
        spec='edition 2026\nimport "a.eris"\n',
        a='edition 2026\nimport "b.eris"\n',
        b='edition 2026\nimport "a.eris"\n',
    )
    errors = [one for one in lint_spec(path).diagnostics if one.code == "E0215"]
    assert [(one.note, one.span.file) for one in errors] == [("a.eris -> b.eris -> a.eris", "b.eris")]


def test_imports_end(tmp_path: Path) -> None:
    deep = {f"f{n}": f'edition 2026\nimport "f{n + 1}.eris"\n' for n in range(40)}
    path = files(tmp_path, spec='edition 2026\nimport "f0.eris"\n', **deep)
    errors = [one for one in lint_spec(path).diagnostics if one.code == "E0216"]
    assert [one.summary for one in errors] == ["imports go deeper than 16 files"]
    wide = "".join(f'import "f{n}.eris"\n' for n in range(70))
    flat = {f"f{n}": "edition 2026\n" for n in range(70)}
    path = files(tmp_path, spec=f"edition 2026\n{wide}", **flat)
    assert "E0216" in [one.code for one in lint_spec(path).diagnostics]


def test_only_the_spec_gives_the_seed_and_every_file_its_edition(tmp_path: Path) -> None:
    common = COMMON.replace("edition 2026\n", "") + "seed 3\n"
    result = lint_spec(files(tmp_path, common=common, spec=ROOT.format('import "common.eris"')))
    assert [(code, file) for code, file, _ in found(result)] == [("E0108", "common.eris"), ("E0217", "common.eris")]


def test_an_import_without_a_use_is_told(tmp_path: Path) -> None:
    root = ROOT.format('import "common.eris"\nimport "other.eris"\nimport std.faults { kill }')
    result = lint_spec(files(tmp_path, common=COMMON, other="edition 2026\nparam x: int = 1\n", spec=root))
    assert found(result) == [("W0201", "spec.eris", 3), ("W0201", "spec.eris", 4)]


def test_an_allow_of_an_imported_file_may_have_its_cause_elsewhere(tmp_path: Path) -> None:
    common = COMMON.replace("param spare: int = 1", "param spare: int = 1 // erisc: allow W0201")
    assert found(lint_spec(files(tmp_path, common=common, spec=ROOT.format('import "common.eris"')))) == []


def test_an_unsaved_text_stands_in_for_an_imported_file(tmp_path: Path) -> None:
    path = files(tmp_path, common="nonsense", spec=ROOT.format('import "common.eris"'))
    assert found(lint_spec(path, texts={str(tmp_path / "common.eris"): COMMON.encode()})) == []
