"""The language server as an editor sees it: a real process, real messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from erisc.base.home import data_file
from erisc.reference.sample import frame, patched
from tests.language_server.client import Client, ServerError, applied, place_of

pytest.importorskip("pygls", reason="the extra erisc[lsp] is not installed")

SPEC = "spec.eris"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Client(tmp_path_factory.mktemp("specs")) as one:
        one.open(SPEC, frame())
        yield one


def labels(client: Client, text: str, mark: str, within: int = 0) -> list[str]:
    client.edit(SPEC, {"text": text})
    found = client.at("completion", SPEC, place_of(text, mark, within or len(mark)))
    return [item["label"] for item in found["items"]]


def hovered(client: Client, text: str, mark: str, within: int = 0, nth: int = 1) -> str:
    client.edit(SPEC, {"text": text})
    found = client.at("hover", SPEC, place_of(text, mark, within, nth))
    return found["contents"]["value"] if found else ""


# --- diagnostics and fixes ---


def test_what_is_wrong_is_said_of_the_unsaved_text(client: Client) -> None:
    text = patched("slo available: sucess >= 50 %")
    (found,) = client.change(SPEC, text)
    line, character = place_of(text, "sucess")
    assert found["code"] == "E0201"
    assert found["range"] == {
        "start": {"line": line, "character": character},
        "end": {"line": line, "character": character + 6},
    }
    assert client.change(SPEC, frame()) == []


def test_a_burst_of_keys_is_checked_once_it_rests(client: Client) -> None:
    for number in range(2, 12):
        client.edit(SPEC, {"text": patched(f"param spare{number}: int = 3")})
    found = client.change(SPEC, patched("param last: int = 3"))
    assert [one["code"] for one in found] == ["W0201"]
    assert "last" in found[0]["message"]
    assert client.published.empty()


def test_changes_of_a_range_are_followed(client: Client) -> None:
    client.change(SPEC, frame())
    line, character = place_of(frame(), "success >=", 0)
    span = {"start": {"line": line, "character": character}, "end": {"line": line, "character": character + 7}}
    client.edit(SPEC, {"range": span, "text": "sucess"})
    assert [one["code"] for one in client.said(SPEC)] == ["E0201"]


def test_a_quick_fix_mends(client: Client) -> None:
    text = patched("slo available: sucess >= 50 %")
    (found,) = client.change(SPEC, text)
    params = {"textDocument": {"uri": client.uri(SPEC)}, "range": found["range"], "context": {"diagnostics": [found]}}
    actions = client.request("textDocument/codeAction", params)
    fix = next(action for action in actions if action.get("isPreferred"))
    mended = applied(text, fix["edit"]["changes"][client.uri(SPEC)])
    assert client.change(SPEC, mended) == []


def test_a_warning_can_be_allowed(client: Client) -> None:
    text = patched("param spare: int = 3")
    (found,) = client.change(SPEC, text)
    params = {"textDocument": {"uri": client.uri(SPEC)}, "range": found["range"], "context": {"diagnostics": [found]}}
    (action,) = client.request("textDocument/codeAction", params)
    assert client.change(SPEC, applied(text, action["edit"]["changes"][client.uri(SPEC)])) == []


def test_positions_count_utf_16(client: Client) -> None:
    text = patched('kpi wide: count = count(api[op == "𝄞𝄞"] during boot.stead)\nslo wider: wide > 1')
    found = client.change(SPEC, text)
    (one,) = [diagnostic for diagnostic in found if diagnostic["code"] == "E0407"]
    line = next(line for line in text.split("\n") if "𝄞" in line)
    assert one["range"]["start"]["character"] == len(line[: line.index("boot.stead")].encode("utf-16-le")) // 2


def test_an_imported_file_is_read_from_the_editor(client: Client) -> None:
    (client.folder / "parts.eris").write_text("edition 2026\nparam pause: duration = 5 s\n")
    text = frame().replace("seed 1\n", 'seed 1\nimport "parts.eris"\n').replace("for 5 s", "for pause")
    assert client.change(SPEC, text) == []
    client.open("parts.eris", "edition 2026\nparam pause: duration = 5 req/s\n")
    while "E0302" not in [one["code"] for one in client.diagnostics.get(client.uri("parts.eris"), ())]:
        client.said("parts.eris")
    client.notify("textDocument/didClose", {"textDocument": {"uri": client.uri("parts.eris")}})


# --- hover ---


def test_hover_says_type_unit_value_and_comment(client: Client) -> None:
    text = frame().replace("param load", "// How long there is load.\nparam load")
    said = hovered(client, text, "load as steady", 1)
    assert "param load: duration = 60 s" in said
    assert "How long there is load." in said
    assert "in `s`" in said
    assert "60" in said
    assert "the default is 60 s" in said


@pytest.mark.parametrize(
    ("mark", "within", "expected"),
    [
        ("success >=", 2, "kpi success: ratio"),
        ("kill(rabbitmq", 1, "started again"),
        ("kill(rabbitmq", 6, "service rabbitmq on controller"),
        ("one(controller)", 5, "node controller"),
        ("count(boot[ok]", 1, "how many rows"),
        ("boot[ok]", 6, "`iterations.ok`: bool"),
        ("boot.steady)", 6, "from 0 s to 60 s"),
        ("duration = 60 s", 1, "type `duration`"),
        ("60 s", 3, "`s`: duration"),
        ("seed 1", 1, "all chance is derived"),
        ("one(controller)", 1, "one host, drawn from the seed"),
        ("crash: at", 1, "strikes at 20 s"),
        ("std.arch.single", 3, ""),
        ("extends single", 9, "std:arch/single"),
    ],
)
def test_hover_knows(client: Client, mark: str, within: int, expected: str) -> None:
    assert expected in hovered(client, frame(), mark, within)


# --- completion ---


@pytest.mark.parametrize(
    ("fragment", "mark", "due", "not_due"),
    [
        ("", "", ["workload", "kpi", "experiment"], ["hold", "during"]),
        ("workload extra on ", "extra on ", ["site"], ["boot", "storm"]),
        ("workload extra on site {\n  ho", "  ho", ["run", "hold", "ramp"], ["kpi"]),
        ("workload extra on site {\n  hold 5 ", "hold 5 ", ["users", "req/s"], ["load"]),
        ("faults more on site {\n  fault two: at 5 s do ", " do ", ["kill"], ["boot"]),
        ("faults more on site {\n  fault two: at 5 s do kill(", "do kill(", ["rabbitmq", "nova_api"], ["success"]),
        (
            "faults more on site {\n  fault two: at 5 s do kill(rabbitmq on ",
            "rabbitmq on ",
            ["one", "controller"],
            ["boot"],
        ),
        ("kpi extra: ", "extra: ", ["duration", "ratio"], ["boot"]),
        ("kpi extra: duration = ", "duration = ", ["p99", "count", "boot", "api"], ["users"]),
        ("kpi extra: duration = p50(boot.", "p50(boot.", ["duration", "rate"], ["site"]),
        ("kpi extra: count = count(boot[", "boot[", ["ok", "error"], ["site"]),
        ("kpi extra: count = count(boot during ", "during ", ["boot.steady", "crash"], ["ok"]),
        ("kpi extra: count = count(boot during boot.", "during boot.", ["steady"], ["duration"]),
        ("slo extra: ", "slo extra: ", ["success"], ["boot"]),
        ("slo extra: success >= 50 % ", "50 % ", ["severity", "confidence"], ["edition", "success"]),
        ("slo extra: success >= 50 % severity ", "severity ", ["critical", "minor"], ["boot"]),
        ("experiment more {\n  use ", "more {\n  use ", ["site", "boot", "storm"], ["success"]),
        ("experiment more {\n  use site, ", "use site, ", ["boot"], ["success"]),
        ("experiment more {\n  check ", "more {\n  check ", ["available"], ["boot"]),
        ("import std.", "import std.", ["faults", "load", "arch"], ["boot"]),
        ("import std.faults { ", "import std.faults { ", ["freeze", "kill"], ["boot"]),
        ("architecture other extends single {\n  node compute { ", "node compute { ", ["vcpus", "ram"], ["cidr"]),
        ("topology more on site {\n  network a { ", "network a { ", ["cidr"], ["vcpus"]),
    ],
)
def test_completion(client: Client, fragment: str, mark: str, due: list[str], not_due: list[str]) -> None:
    text = frame() + fragment
    client.edit(SPEC, {"text": text})
    end = (text.count("\n"), len(text) - text.rfind("\n") - 1)
    assert text.endswith(mark)
    found = [item["label"] for item in client.at("completion", SPEC, end)["items"]]
    assert set(due) <= set(found)
    assert not set(not_due) & set(found)


MIX = """workload clients on site {
  run 60 % rally("Dummy.dummy") as show
  run 40 % rally("Dummy.dummy") as list
  hold 10 req/s for load as held
}
kpi shown: ratio = ratio(show[ok] during clients.held)
experiment trial {
  use site, clients, boot, storm
  check available, shown
}
"""


def test_a_mix_is_known_by_its_names(client: Client) -> None:
    text = patched(MIX)
    found = labels(client, text, "during clients.held")
    assert "held" in found
    assert "show" not in found
    assert "clients" in labels(client, text, "use site, ")
    assert "level 6" in hovered(client, text, "clients.held", 9)
    definition = client.at("definition", SPEC, place_of(text, "show[ok]", 1))
    line = (definition[0] if isinstance(definition, list) else definition)["range"]["start"]["line"]
    assert text.split("\n")[line].strip().startswith("run 60 %")


def test_nothing_is_completed_in_comments_and_strings(client: Client) -> None:
    for fragment in ("// see ", 'import "par'):
        assert labels(client, frame() + fragment, fragment) == []


# --- definition, references, rename ---


def test_definition_leads_to_the_declaration(client: Client) -> None:
    client.edit(SPEC, {"text": frame()})
    (found,) = client.at("definition", SPEC, place_of(frame(), "load as steady", 1))
    assert found["uri"] == client.uri(SPEC)
    line, character = place_of(frame(), "load: duration")
    assert found["range"]["start"] == {"line": line, "character": character}


@pytest.mark.parametrize(
    ("mark", "within", "module", "text"),
    [
        ("kill(rabbitmq", 1, "faults", "kill(service"),
        ("kill(rabbitmq", 6, "arch/single", "rabbitmq"),
        ("extends single", 9, "arch/single", "single"),
        ("boot[ok]", 6, "tables", "ok: bool"),
    ],
)
def test_definition_leads_into_the_library(client: Client, mark: str, within: int, module: str, text: str) -> None:
    client.edit(SPEC, {"text": frame()})
    (found,) = client.at("definition", SPEC, place_of(frame(), mark, within))
    path = Path(data_file("stdlib", *module.split("/")) + ".eris")
    assert found["uri"] == path.as_uri()
    line = path.read_text().split("\n")[found["range"]["start"]["line"]]
    assert line[found["range"]["start"]["character"] :].startswith(text)


def test_references_are_all_and_only_those(client: Client) -> None:
    text = frame() + "// boot is no reference here\n"
    client.edit(SPEC, {"text": text})
    found = client.at("references", SPEC, place_of(text, "workload boot", 10), context={"includeDeclaration": True})
    lines = text.split("\n")
    places = [(one["range"]["start"]["line"], one["range"]["start"]["character"]) for one in found]
    assert all(lines[line][character:].startswith("boot") for line, character in places)
    assert len(places) == text.count("boot") - 1
    fewer = client.at("references", SPEC, place_of(text, "workload boot", 10), context={"includeDeclaration": False})
    assert len(fewer) == len(found) - 1


@pytest.mark.parametrize(
    ("mark", "within"),
    [
        ("workload boot", 10),
        ("as steady", 4),
        ("fault crash", 7),
        ("param load", 7),
        ("kpi success", 5),
        ("slo available", 5),
    ],
)
def test_rename_keeps_the_meaning(client: Client, mark: str, within: int) -> None:
    text = frame() + "// boot, steady, crash, load, success, available\n"
    client.change(SPEC, text)
    found = client.at("rename", SPEC, place_of(text, mark, within), newName="fresh")
    renamed = applied(text, found["changes"][client.uri(SPEC)])
    assert renamed.endswith("// boot, steady, crash, load, success, available\n")
    assert "fresh" in renamed
    assert client.change(SPEC, renamed) == []


@pytest.mark.parametrize(
    ("mark", "within", "name"),
    [
        ("workload boot", 10, "storm"),
        ("param load", 7, "success"),
        ("kpi success", 5, "a b"),
        ("kpi success", 5, "9a"),
        ("kill(rabbitmq", 1, "murder"),
        ("one(controller)", 5, "head"),
        ("boot[ok]", 6, "fine"),
    ],
)
def test_a_rename_that_collides_is_refused(client: Client, mark: str, within: int, name: str) -> None:
    client.edit(SPEC, {"text": frame()})
    with pytest.raises(ServerError):
        client.at("rename", SPEC, place_of(frame(), mark, within), newName=name)


def test_rename_reaches_the_specs_that_import(client: Client) -> None:
    shared = "edition 2026\nparam pause: duration = 5 s\n"
    (client.folder / "shared.eris").write_text(shared)
    other = frame().replace("seed 1\n", 'import "shared.eris"\nseed 1\n').replace("for 5 s", "for pause")
    (client.folder / "other.eris").write_text(other)
    client.open("shared.eris", shared)
    found = client.at("rename", "shared.eris", place_of(shared, "pause", 1), newName="rest")["changes"]
    assert set(found) == {client.uri("shared.eris"), client.uri("other.eris")}
    assert "for rest" in applied(other, found[client.uri("other.eris")])
    (client.folder / "other.eris").unlink()


# --- the rest ---


def test_symbols(client: Client) -> None:
    client.edit(SPEC, {"text": frame()})
    found = client.request("textDocument/documentSymbol", {"textDocument": {"uri": client.uri(SPEC)}})
    names = {one["name"]: [child["name"] for child in one["children"]] for one in found}
    assert names["boot"] == ["steady"]
    assert names["storm"] == ["crash"]
    assert {"site", "success", "available", "trial", "load"} <= set(names)


def test_formatting(client: Client) -> None:
    ragged = frame().replace("param load: duration = 60 s", "param   load :duration=60s")
    client.edit(SPEC, {"text": ragged})
    params = {"textDocument": {"uri": client.uri(SPEC)}, "options": {"tabSize": 2, "insertSpaces": True}}
    (edit,) = client.request("textDocument/formatting", params)
    assert "param load: duration = 60 s\n" in edit["newText"]
    client.edit(SPEC, {"text": edit["newText"]})
    assert client.request("textDocument/formatting", params) == []
    client.edit(SPEC, {"text": "workload {"})
    with pytest.raises(ServerError):
        client.request("textDocument/formatting", params)


@pytest.mark.parametrize("step", [83])
def test_half_written_text_is_answered(client: Client, step: int) -> None:
    text = frame()
    for stop in range(1, len(text), step):
        half = text[:stop]
        client.edit(SPEC, {"text": half})
        end = (half.count("\n"), len(half) - half.rfind("\n") - 1)
        for method in ("hover", "completion", "definition"):
            client.at(method, SPEC, end)
        client.request("textDocument/documentSymbol", {"textDocument": {"uri": client.uri(SPEC)}})
    client.edit(SPEC, {"text": "\0\ud800 kpi"})
    client.at("completion", SPEC, (0, 6))
    client.edit(SPEC, {"text": text})
    assert client.at("hover", SPEC, (400, 9000)) is None


def test_without_pygls_it_says_what_to_install(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'pygls' else find(name, *rest)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "erisc", "lsp"],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 4
    assert "erisc[lsp]" in done.stderr


@pytest.mark.parametrize(("encoding", "codec"), [("utf-8", "utf-8"), ("utf-32", "utf-32-le")])
def test_the_client_may_count_otherwise(encoding: str, codec: str, tmp_path: Path) -> None:
    text = patched('kpi wide: count = count(api[op == "𝄞𝄞"] during boot.stead)\nslo wider: wide > 1')
    with Client(tmp_path, general={"positionEncodings": [encoding]}) as client:
        assert client.capabilities["positionEncoding"] == encoding
        (one,) = [diagnostic for diagnostic in client.open(SPEC, text) if diagnostic["code"] == "E0407"]
    line = next(line for line in text.split("\n") if "𝄞" in line)
    width = 4 if encoding == "utf-32" else 1
    assert one["range"]["start"]["character"] == len(line[: line.index("boot.stead")].encode(codec)) // width
