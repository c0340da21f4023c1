"""Grammars for editors, made of the language's own tables: TextMate (VS Code and others) and Vim."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from erisc.base.record import record
from erisc.compiler.functions import names
from erisc.compiler.tables import load_tables

TEXTMATE = "grammar/editors/vscode/syntaxes/eris.tmLanguage.json"
VIM = "grammar/editors/vim/syntax/eris.vim"

_ITEMS = (
    "node", "service", "network", "router", "server", "place", "run", "arrivals", "think", "ramp", "hold", "step",
    "fault", "use", "sweep", "repeat", "check", "budget",
)  # fmt: skip
"""Keywords that begin a line of a block; all others stand within one."""
_CONSTANTS = ("true", "false")
_LEVELS = ("critical", "major", "minor")


@record
class Words:
    """The language's words by what they are."""

    statements: tuple[str, ...]
    items: tuple[str, ...]
    clauses: tuple[str, ...]
    types: tuple[str, ...]
    units: tuple[str, ...]
    functions: tuple[str, ...]


def words() -> Words:
    """From the grammar's tables and the catalogue of functions; longest first where that matters."""
    tables = load_tables()
    clauses = sorted(set(tables.words) - set(tables.statements) - set(_ITEMS))
    units = sorted(tables.units["units"], key=lambda unit: (-len(unit), unit))
    types = sorted(tables.units["types"])
    plain = sorted({name for name in names() if not re.fullmatch(r"p[\d_]+", name)})
    return Words(tables.statements, _ITEMS, tuple(clauses), tuple(types), tuple(units), tuple(plain))


def editor_files() -> dict[str, str]:
    """Path below the checkout -> text."""
    found = words()
    return {TEXTMATE: json.dumps(_textmate(found), indent=2, ensure_ascii=False) + "\n", VIM: _vim(found)}


# --- TextMate ---------------------------------------------------------------------------------------------------------


def _textmate(found: Words) -> dict[str, Any]:
    declared = [word for word in found.statements if word not in ("edition", "import", "seed")]
    not_key = r"(?!\s*(?:=(?!=)|\{))"
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Eris",
        "scopeName": "source.eris",
        "fileTypes": ["eris"],
        "patterns": [{"include": f"#{name}"} for name in _ORDER],
        "repository": {
            "comment": {
                "patterns": [
                    {
                        "match": r"(//\s*erisc:\s*allow\b)(.*)$",
                        "captures": {
                            "1": {"name": "comment.line.double-slash.eris keyword.control.directive.eris"},
                            "2": {"name": "comment.line.double-slash.eris"},
                        },
                    },
                    {"name": "comment.line.double-slash.eris", "match": "//.*$"},
                ]
            },
            "string": {
                "name": "string.quoted.double.eris",
                "begin": '"',
                "end": '"|$',
                "patterns": [{"name": "constant.character.escape.eris", "match": r"\\."}],
            },
            "declaration": {
                "match": rf"^({_any(declared)})\s+([^\W\d]\w*)",
                "captures": {"1": _name("keyword.declaration.eris"), "2": _name("entity.name.type.eris")},
            },
            "statement": {
                "match": rf"^({_any(found.statements)})\b",
                "captures": {"1": _name("keyword.control.eris")},
            },
            "item": {
                "match": rf"(?<=^|\{{)(\s*)({_any(found.items)})\b{not_key}",
                "captures": {"2": _name("keyword.other.item.eris")},
            },
            "field": {
                "match": r"\b([^\W\d]\w*)(?=\s*=(?!=))",
                "captures": {"1": _name("variable.other.property.eris")},
            },
            "quantity": {
                "match": rf"\b(\d[\d_]*(?:\.\d+)?)[ \t]*({_units(found.units)})(?![\w%])",
                "captures": {"1": _name("constant.numeric.eris"), "2": _name("keyword.other.unit.eris")},
            },
            "number": _name("constant.numeric.eris") | {"match": r"\b\d[\d_]*(?:\.\d+)?\b"},
            "type": {
                "match": rf"(?<=:)\s*({_any(found.types)})\b",
                "captures": {"1": _name("storage.type.eris")},
            },
            "severity": {
                "match": rf"\b(severity)\s+({_any(_LEVELS)})\b",
                "captures": {"1": _name("keyword.other.clause.eris"), "2": _name("constant.language.eris")},
            },
            "function": {
                "match": rf"\b({_any(found.functions)}|p\d{{1,2}}(?:_\d+)?)(?=\s*\()",
                "captures": {"1": _name("support.function.eris")},
            },
            "call": {"match": r"\b([^\W\d]\w*)(?=\s*\()", "captures": {"1": _name("entity.name.function.eris")}},
            "clause": {
                "match": rf"\b({_any(found.clauses)}|{_any(_AS_CLAUSES)})\b{not_key}",
                "captures": {"1": _name("keyword.other.clause.eris")},
            },
            "constant": _name("constant.language.eris") | {"match": rf"\b({_any(_CONSTANTS)})\b"},
            "operator": _name("keyword.operator.eris") | {"match": r"->|\.\.|[<>]=?|[=!]=|[=+\-*/^]"},
            "name": {"match": r"\b[^\W\d]\w*\b"},
        },
    }


_ORDER = (
    "comment", "string", "declaration", "statement", "item", "quantity", "number", "type", "severity", "function",
    "field", "clause", "constant", "call", "operator", "name",
)  # fmt: skip
_AS_CLAUSES = ("run", "step", "load")
"""Items and statements that also stand within a line."""


def _name(scope: str) -> dict[str, str]:
    return {"name": scope}


def _any(choices: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in choices)


def _units(units: Iterable[str]) -> str:
    return "|".join(re.escape(unit).replace(r"per\ ", r"per[ \t]+") for unit in units)


# --- Vim --------------------------------------------------------------------------------------------------------------


def _vim(found: Words) -> str:
    items, clauses = _vim_any(found.items), _vim_any((*found.clauses, *_AS_CLAUSES))
    units = "\\|".join(_vim_text(unit) for unit in found.units)
    functions = " ".join(found.functions)
    return f"""\
" Vim syntax of the Eris language. Made by `make docs` from the source; edit that.
if exists("b:current_syntax")
  finish
endif

syntax iskeyword @,48-57,_
syntax match erisName /\\<\\K\\k*\\>/
syntax match erisField /\\<\\K\\k*\\>\\ze\\s*=[^=]/
syntax match erisClause /\\<\\({clauses}\\)\\>\\(\\s*[={{]\\)\\@!/
syntax match erisItem /\\({{\\s*\\|^\\s\\+\\)\\@<=\\({items}\\)\\>\\(\\s*[={{]\\)\\@!/
syntax match erisCall /\\<\\K\\k*\\>\\ze\\s*(/
syntax match erisFunction /\\<\\({_vim_any(functions.split())}\\|p\\d\\d\\?\\(_\\d\\+\\)\\?\\)\\>\\ze\\s*(/
syntax match erisType /\\(:\\s*\\)\\@<=\\({_vim_any(found.types)}\\)\\>/
syntax keyword erisConstant {" ".join((*_CONSTANTS, *_LEVELS))}
syntax match erisStatement /^\\({_vim_any(found.statements)}\\)\\>/
syntax match erisOperator /->\\|\\.\\.\\|[<>]=\\?\\|[=!]=\\|[=+*^-]/
syntax match erisNumber /\\<\\d[0-9_]*\\(\\.\\d\\+\\)\\?\\>/
syntax match erisQuantity /\\<\\d[0-9_]*\\(\\.\\d\\+\\)\\?\\s*\\({units}\\)\\(\\k\\)\\@!/ contains=erisUnit
syntax match erisUnit /\\({units}\\)/ contained
syntax region erisString start=/"/ skip=/\\\\./ end=/"\\|$/
syntax match erisComment /\\/\\/.*/ contains=erisAllow,@Spell
syntax match erisAllow /erisc:\\s*allow\\>/ contained

highlight default link erisStatement Statement
highlight default link erisItem Keyword
highlight default link erisClause Keyword
highlight default link erisField Identifier
highlight default link erisType Type
highlight default link erisFunction Function
highlight default link erisCall Function
highlight default link erisConstant Constant
highlight default link erisNumber Number
highlight default link erisQuantity Number
highlight default link erisUnit Special
highlight default link erisString String
highlight default link erisOperator Operator
highlight default link erisComment Comment
highlight default link erisAllow SpecialComment

let b:current_syntax = "eris"
"""


def _vim_any(choices: Iterable[str]) -> str:
    return "\\|".join(choices)


def _vim_text(text: str) -> str:
    return text.replace("/", "\\/").replace("per ", "per\\s\\+")
