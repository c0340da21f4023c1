"""The generated pages of docs/: what every code means, and what the standard library holds."""

from __future__ import annotations

import json
from collections.abc import Iterable

from erisc.base.home import data_file
from erisc.compiler.chance import DISTRIBUTIONS
from erisc.compiler.functions import FUNCTIONS, find, names, signature
from erisc.compiler.tables import load_tables
from erisc.reference.code_page import markdown
from erisc.reference.codes import FAMILIES, every_code, family
from erisc.reference.fields import FIELDS, SELECTORS
from erisc.reference.library import Entry, about, entries, module_names

_MADE = "<!-- Made by `make docs` from the source; edit that. -->\n\n"


def pages() -> dict[str, str]:
    """Path below the checkout -> text."""
    made = {"docs/errors/README.md": _codes_index(), "docs/stdlib.md": _stdlib()}
    return made | {f"docs/errors/{name}.md": _codes_page(key, title) for key, (name, title) in FAMILIES.items()}


# --- codes ------------------------------------------------------------------------------------------------------------


def _codes_index() -> str:
    parts = [
        f"{_MADE}# What erisc's codes mean\n\n`erisc explain CODE` prints the same. Errors (E) stop the compilation; "
        "warnings (W) do not, and `// erisc: allow CODE` at the end of a line or on the line before says that one is "
        "meant.\n"
    ]
    for key, (name, title) in FAMILIES.items():
        rows = [
            f"| [{code.code}]({name}.md#{_anchor(f'{code.code}: {code.title}')}) | {_cell(code.title)} |"
            for code in every_code().values()
            if family(code.code) == key
        ]
        parts.append(f"\n## {title}\n\n| code | |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "".join(parts)


def _codes_page(key: str, title: str) -> str:
    codes = [code for code in every_code().values() if family(code.code) == key]
    return f"{_MADE}# {title}\n\n" + "\n".join(markdown(code, 2) for code in codes)


def _anchor(heading: str) -> str:
    """As GitHub makes it: lower case, spaces to hyphens, other punctuation dropped."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


# --- the standard library ---------------------------------------------------------------------------------------------


def _stdlib() -> str:
    parts = [
        f"{_MADE}# The standard library, edition 2026\n",
        *(_module(module) for module in module_names()),
        _functions(),
        _types(),
        _selectors(),
        _fields(),
        _keywords(),
    ]
    return "\n".join(parts)


def _module(module: str) -> str:
    found = entries(module)
    rows = [f"## `{module}`\n", about(module) + "\n"]
    if all(entry.kind in ("table", "architecture") for entry in found):
        return "\n".join([*rows, *(_whole(entry) for entry in found)])
    table = [(f"`{entry.head.removeprefix(f'{entry.kind} ')}`", entry.doc) for entry in found]
    return "\n".join([*rows, _table(("", ""), table)])


def _whole(entry: Entry) -> str:
    heads = ("column", "type", "") if entry.kind == "table" else ("", "", "")
    if entry.kind == "table":
        cells = [(f"`{part.name}`", f"`{part.type}`", part.doc) for part in entry.parts]
        return f"### `{entry.name}`\n\n{entry.doc}\n\n{_table(heads, cells)}"
    return f"```text\n{entry.head} {{\n" + "".join(f"  {part.type}\n" for part in entry.parts) + "}\n```\n"


def _functions() -> str:
    shown = [*FUNCTIONS, *(find(name) for name in names() if name not in {one.name for one in FUNCTIONS})]
    rows = []
    for function in shown:
        if function is None:
            continue
        options = "; ".join(f"`{option.name}`: {option.meaning}" for option in function.options)
        meaning = function.meaning + (f"; {options}" if options else "")
        rows.append((f"`{signature(function)}`", meaning, function.source))
    return "## Functions of KPIs\n\n" + _table(("", "meaning", "source"), rows)


def _types() -> str:
    tables = load_tables().units
    rows = []
    for name, entry in tables["types"].items():
        units = [f"`{unit}`" for unit, one in tables["units"].items() if one["type"] == name]
        rows.append((f"`{name}`", f"`{entry['unit']}`" if entry.get("unit") else "", " ".join(units)))
    return "## Types and units\n\n" + _table(("type", "base unit", "units"), rows)


def _selectors() -> str:
    rows = [(f"`{form}`", meaning) for form, meaning in SELECTORS.values()]
    random = [(f"`{one.name}({one.parameter}: {one.type})`", one.doc) for one in DISTRIBUTIONS]
    return "## Which hosts, and when\n\n" + _table(("hosts", ""), rows) + "\n" + _table(("`random`", ""), random)


def _fields() -> str:
    rows = [
        (f"`{block}`", f"`{name}`", type_, meaning)
        for block, fields in FIELDS.items()
        for name, (type_, meaning) in fields.items()
    ]
    return "## Fields\n\n" + _table(("block", "field", "type", "meaning"), rows)


def _keywords() -> str:
    with open(data_file("grammar", "keywords.json"), encoding="utf-8") as file:
        statements = json.load(file)["statements"]
    return "## Statements\n\n" + _table(("", ""), [(f"`{word}`", meaning) for word, meaning in statements.items()])


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *(tuple(_cell(cell) for cell in row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
