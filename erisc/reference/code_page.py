"""The page of a code: what it means, an example, what erisc says to it, and the mend."""

from __future__ import annotations

from collections.abc import Iterator

from erisc.compiler.codes import Code
from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.render import render
from erisc.reference.sample import NAME, as_written, patched, tried
from erisc.targets.bundle import assemble


def markdown(code: Code, level: int = 1) -> str:
    """As a section of a page."""
    parts = [f"{'#' * level} {code.code}: {code.title}", code.explanation]
    if code.example:
        parts += [_fenced("eris", code.example), *_call(code.setting), _fenced("text", printed(code))]
    parts.append(f"**Mend.** {code.mend}")
    if code.mended:
        parts += [_fenced("eris", code.mended), *_call(code.mended_setting)]
    return "\n\n".join(parts) + "\n"


def plain(code: Code) -> str:
    """For a terminal."""
    parts = [f"{code.code}: {code.title}", _filled(code.explanation)]
    if code.example:
        call = f" with --set '{code.setting}'" if code.setting else ""
        parts += [f"For example{call}:", _indented(code.example), "erisc says:", _indented(printed(code))]
    parts.append(_filled(f"Mend: {code.mend}"))
    if code.mended:
        parts.append(_indented(code.mended))
        parts += [f"with --set '{code.mended_setting}'"] if code.mended_setting else []
    return "\n\n".join(parts) + "\n"


def findings(code: Code, *, mended: bool = False) -> tuple[Diagnostic, ...]:
    """All that is said about a code's example, or its mended one: by lint, by compiling, and by the targets."""
    text, setting = (code.mended, code.mended_setting) if mended else (code.example, code.setting)
    return tuple(dict.fromkeys(_findings(text, setting)))


def _findings(text: str, setting: str) -> Iterator[Diagnostic]:
    yield from tried(text, {}, every=True).diagnostics
    name, equals, value = setting.partition("=")
    chosen = tried(text, {name: value} if equals else {}, every=False)
    yield from chosen.diagnostics
    if chosen.plan is not None:
        yield from assemble(chosen.plan, chosen.sources)[1]


def printed(code: Code) -> str:
    """What erisc says about the example, this code only.

    Lines count from the example's first, unless the finding is in the sound spec around it.
    """
    found = next((one for one in _findings(code.example, code.setting) if one.code == code.code), None)
    if found is None:
        return ""
    own = as_written(found, code.example)
    if own.span.line < 1 or any(label.span.line < 1 for label in own.labels):
        return render((found,), {NAME: patched(code.example)}, color=False)
    return render((own,), {NAME: code.example}, color=False)


def _call(setting: str) -> list[str]:
    return [f"with `--set {setting}`"] if setting else []


def _fenced(kind: str, text: str) -> str:
    shown = "\n".join(line if len(line) <= 160 else f"{line[:159]}…" for line in text.rstrip("\n").split("\n"))
    return f"```{kind}\n{shown}\n```"


def _indented(text: str) -> str:
    shown = (line if len(line) <= 160 else f"{line[:159]}…" for line in text.rstrip("\n").split("\n"))
    return "\n".join(f"    {line}".rstrip() for line in shown)


def _filled(text: str) -> str:
    import textwrap

    return textwrap.fill(text, 100)
