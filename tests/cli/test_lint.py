"""`erisc lint` as it is called: every format, every way to name files, the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from erisc.reference.sample import frame, patched
from tests.support import erisc

BROKEN = patched("slo available: sucess >= 50 s\nparam spare: int = 3")
WARNED = patched("param spare: int = 3")
FORMATS = ("full", "concise", "json", "sarif", "junit", "gitlab")


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """good.eris, broken.eris, inner/warned.eris."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "good.eris").write_text(frame())
    (tmp_path / "broken.eris").write_text(BROKEN)
    (tmp_path / "inner" / "warned.eris").write_text(WARNED)
    return tmp_path


def linted(folder: Path, *words: str, code: int, **options: Any) -> str:
    done = erisc("lint", *words, cwd=folder, **options)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", FORMATS)
def test_exit_codes_are_those_of_the_worst_finding(kind: str, specs: Path) -> None:
    linted(specs, "good.eris", "--format", kind, code=0)
    linted(specs, "inner/warned.eris", "good.eris", "--format", kind, code=1)
    linted(specs, "inner/warned.eris", "broken.eris", "--format", kind, code=2)


def test_full_shows_paths_as_they_were_given(specs: Path) -> None:
    shown = linted(specs, "inner/warned.eris", "good.eris", code=1)
    assert "--> inner/warned.eris:" in shown
    assert shown.endswith("inner/warned.eris: 0 errors, 1 warning\ngood.eris: clean\n")
    assert "\x1b" not in shown
    here = linted(specs, "./broken.eris", code=2)
    assert "--> ./broken.eris:" in here
    above = linted(specs / "inner", "../broken.eris", code=2)
    assert "--> ../broken.eris:" in above
    whole = linted(specs, str(specs / "broken.eris"), code=2)
    assert f"--> {specs}/broken.eris:" in whole


def test_concise_is_a_line_a_finding(specs: Path) -> None:
    shown = linted(specs, "inner/warned.eris", "--format", "concise", code=1)
    (line,) = shown.splitlines()
    number = WARNED[: WARNED.index("spare")].count("\n") + 1
    assert line == f"inner/warned.eris:{number}:7: W0201 parameter `spare` is never used"
    assert linted(specs, "good.eris", "--format", "concise", code=0) == ""


def test_json_is_what_the_formats_page_says(specs: Path) -> None:
    document = json.loads(linted(specs, "good.eris", "broken.eris", "--json", code=2))
    assert document["format"] == 1
    assert [file["path"] for file in document["files"]] == ["good.eris", "broken.eris"]
    assert document["files"][0]["diagnostics"] == []
    found = document["files"][1]["diagnostics"][0]
    keys = {"code", "severity", "summary", "span", "note", "labels", "help", "fix", "fingerprint"}
    assert set(found) == keys
    assert (found["code"], found["severity"], found["span"]["file"]) == ("E0201", "error", "broken.eris")
    assert found["fix"]["replacement"] == "success"
    schema = json.loads(erisc("schema", "lint").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)


def test_standard_input_and_settings(specs: Path) -> None:
    assert linted(specs, "-", code=0, input=frame(), stdin=None) == "<stdin>: clean\n"
    assert "<stdin>:" in linted(specs, "-", "--format", "concise", code=2, input=BROKEN, stdin=None)
    assert "E0306" in linted(specs, "-", "--set", "load=9 s", code=2, stdin=None, input=patched(
        "param load: duration = 60 s in 10 s .. 2 min"))  # fmt: skip
    linted(specs, "good.eris", "--set", "load", code=2)


def test_a_folder_is_every_spec_below_it(specs: Path) -> None:
    (specs / ".hidden").mkdir()
    (specs / ".hidden" / "no.eris").write_text("nonsense")
    document = json.loads(linted(specs, ".", "--json", code=2))
    assert [os.path.normpath(file["path"]) for file in document["files"]] == [
        "broken.eris",
        "good.eris",
        "inner/warned.eris",
    ]
    (specs / "empty").mkdir()
    linted(specs, "empty", code=2)


def test_what_several_specs_import_is_reported_once(specs: Path) -> None:
    (specs / "shared.eris").write_text("edition 2026\nparam pause: duration = 5 req/s\n")
    text = frame().replace("seed 1\n", 'seed 1\nimport "shared.eris"\n').replace("for 5 s", "for pause")
    (specs / "one.eris").write_text(text)
    (specs / "two.eris").write_text(text)
    shown = linted(specs, "one.eris", "two.eris", "./shared.eris", "--format", "concise", code=2)
    assert shown.count("E0302") == 1
    assert shown.startswith("shared.eris:2:")


# --- SARIF ------------------------------------------------------------------------------------------------------------


def test_sarif_has_what_code_scanning_needs(specs: Path) -> None:
    """Every property by its name and type in the SARIF 2.1.0 standard (OASIS); ERISC_SARIF_SCHEMA names its schema."""
    log = json.loads(linted(specs, "broken.eris", "inner/warned.eris", "--format", "sarif", code=2))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert {"text"} <= set(rule["shortDescription"]) & set(rule["fullDescription"])
        assert "```eris" in rule["help"]["markdown"]
        assert result["level"] == ("error" if result["ruleId"].startswith("E") else "warning")
        assert result["message"]["text"]
        (place,) = result["locations"]
        region = place["physicalLocation"]["region"]
        assert all(isinstance(value, int) and value >= 1 for value in region.values())
        assert place["physicalLocation"]["artifactLocation"]["uri"] in ("broken.eris", "inner/warned.eris")
        assert len(result["partialFingerprints"]["eriscFinding/v1"]) == 64
    (fix,) = next(result["fixes"] for result in run["results"] if "fixes" in result)
    (change,) = fix["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "success"}
    if os.environ.get("ERISC_SARIF_SCHEMA"):
        jsonschema.validate(log, json.loads(Path(os.environ["ERISC_SARIF_SCHEMA"]).read_text()))


def test_sarif_relates_other_places(specs: Path) -> None:
    (specs / "twice.eris").write_text(patched("kpi success: ratio = 1\nkpi load: ratio = 1"))
    log = json.loads(linted(specs, "twice.eris", "--format", "sarif", code=2))
    related = [result["relatedLocations"] for result in log["runs"][0]["results"] if "relatedLocations" in result]
    assert related
    assert related[0][0]["message"]["text"]


def test_uris_are_escaped(specs: Path) -> None:
    (specs / "a b%.eris").write_text(BROKEN)
    log = json.loads(linted(specs, "a b%.eris", "--format", "sarif", code=2))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b%25.eris"


def marks(folder: Path, name: str, text: str) -> dict[str, list[str]]:
    (folder / name).write_text(text)
    log = json.loads(linted(folder, name, "--format", "sarif", code=2))
    found: dict[str, list[str]] = {}
    for result in log["runs"][0]["results"]:
        found.setdefault(result["ruleId"], []).append(result["partialFingerprints"]["eriscFinding/v1"])
    return found


def test_fingerprints_stay_when_lines_come_and_go(specs: Path) -> None:
    text = patched("slo available: sucess >= 50 %\nparam a: int = 3 s\nparam b: int = 3 s")
    before = marks(specs, "one.eris", text)
    assert len({mark for found in before.values() for mark in found}) == sum(map(len, before.values()))
    moved = text.replace("edition 2026\n", "edition 2026\n\n// a comment\n").replace("param a: int", "param a:   int")
    assert marks(specs, "one.eris", moved) == before
    changed = marks(specs, "one.eris", text.replace("sucess", "succes"))
    assert changed["E0201"] != before["E0201"]
    assert changed["E0302"] == before["E0302"]


def test_equal_lines_have_fingerprints_of_their_own(specs: Path) -> None:
    stages = "  hold 2 req/s for 5\n" * 2
    text = patched(
        f'workload boot on site {{\n  run rally("Dummy.dummy")\n{stages}  hold 2 req/s for load as steady\n}}'
    )
    assert len(set(marks(specs, "one.eris", text)["E0305"])) == 2


# --- other CI ---------------------------------------------------------------------------------------------------------


def test_gitlab(specs: Path) -> None:
    found = json.loads(linted(specs, "broken.eris", "inner/warned.eris", "--format", "gitlab", code=2))
    assert {issue["severity"] for issue in found} == {"critical", "minor"}
    for issue in found:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in found}) == len(found)
    assert json.loads(linted(specs, "good.eris", "--format", "gitlab", code=0)) == []


def test_junit(specs: Path) -> None:
    root = ElementTree.fromstring(linted(specs, "good.eris", "broken.eris", "--format", "junit", code=2))
    good, broken = root.findall("testsuite")
    assert (good.get("name"), good.get("tests"), good.get("failures")) == ("good.eris", "1", "0")
    assert broken.get("tests") == broken.get("failures") == str(len(broken.findall("testcase")))
    failures = [case.find("failure") for case in broken.findall("testcase")]
    assert all(failure is not None and failure.text and failure.get("message") for failure in failures)
    assert root.get("failures") == broken.get("failures")


@pytest.mark.parametrize("kind", FORMATS)
def test_hostile_text_breaks_no_format(kind: str, specs: Path) -> None:
    text = 'edition 2026\nslo "]]>&\x1b[31m\x07 <b>\u2028 é𝄞: 5\nkpi é: ratio = 1 + "x"\n'
    (specs / "hostile.eris").write_text(text)
    shown = linted(specs, "hostile.eris", "none.eris", "--format", kind, code=2)
    assert "\x1b" not in shown
    if kind == "junit":
        ElementTree.fromstring(shown)
    elif kind not in ("full", "concise"):
        json.loads(shown)


# --- what a clean lint costs ------------------------------------------------------------------------------------------

HEAVY = (
    "argparse", "asyncio", "attr", "collections", "contextlib", "dataclasses", "datetime", "decimal", "difflib", "enum",
    "fractions", "functools", "gettext", "importlib.metadata", "inspect", "json", "jsonschema", "lark", "locale",
    "logging", "lsprotocol", "pathlib", "pygls", "random", "re", "subprocess", "tempfile", "types", "typing", "xml",
    "yaml", "erisc.compiler.codes_of_names", "erisc.compiler.lint.allow", "erisc.compiler.lint.w0206_idle_sweep",
    "erisc.compiler.lint.w0407_never_fires", "erisc.compiler.problems", "erisc.compiler.render",
    "erisc.language_server", "erisc.reference", "erisc.targets",
)  # fmt: skip


def test_a_clean_lint_loads_only_what_it_needs(specs: Path) -> None:
    script = (
        "import sys; before = set(sys.modules); from erisc.cli import main; code = main(['lint', 'good.eris']);"
        f"print(code, [name for name in {HEAVY!r} if name in set(sys.modules) - before])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], cwd=specs, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout == "good.eris: clean\n0 []\n", done.stdout + done.stderr
