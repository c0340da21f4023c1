"""When a formula looks: windows on the recorded history, by the stages and faults they hang on."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.mixes import parts_of
from erisc.compiler.plan import Window
from erisc.compiler.source import Source, did_you_mean, nearest

WindowNode = ast.During | ast.Before | ast.After | ast.Between


class Windows:
    """The windows of one file."""

    def __init__(self, context: Context, source: Source, constants: Constants) -> None:
        self.context = context
        self.source = source
        self.constants = constants
        self.stages, self.faults = windows(context)

    def window(self, node: WindowNode) -> Window | None:
        """A window of the Plan; None when it was refused."""
        if isinstance(node, ast.Between):
            return self._between(node)
        of = self._anchor(node.of)
        length = None if isinstance(node, ast.During) else node.length
        seconds = None if length is None else self._length(length)
        if not of or (length is not None and seconds is None):
            return None
        return Window(type(node).__name__.lower(), of, "", seconds, self.source.span(node))

    def is_fault(self, name: str) -> bool:
        """Whether a window is that of a fault, as far as can be told."""
        return name in self.faults or name in self.context.program.lost

    def _length(self, node: ast.Node) -> float | None:
        seconds = self.constants.number(node, "duration", what="the length of a window", low=0)
        if seconds == 0:
            self.context.findings.add("E0404", "this window has no length", self.source.span(node))
            return None
        return seconds

    def _between(self, node: ast.Between) -> Window | None:
        first, second = self._anchor(node.first), self._anchor(node.second)
        if not first or not second or not self._in_order(node, first, second):
            return None
        return Window("between", first, second, None, self.source.span(node))

    def _in_order(self, node: ast.Between, first: str, second: str) -> bool:
        """Stages of one workload follow each other; of others only the run can tell."""
        stages = self.stages
        same = first.partition(".")[0] == second.partition(".")[0]
        if first != second and not (same and first in stages and second in stages):
            return True
        if first != second and stages.index(first) < stages.index(second):
            return True
        why = "there is nothing between a window and itself" if first == second else f"`{first}` comes after `{second}`"
        note = "`between A and B` goes from the end of A to the start of B"
        help_ = "" if first == second else f"write `between {second} and {first}`"
        self.context.findings.add("E0404", why, self.source.span(node), note=note, help=help_)
        return False

    def _anchor(self, path: ast.Path) -> str:
        """The stage or fault a window hangs on; "" when there is none."""
        text, used = path.text, self.context.program.used
        if text in self.stages:
            used.add(path.words[0].text)
            return self._of_part(text)
        if text in self.faults:
            used.add(self.faults[text])
        elif not self.context.program.lost & {word.text for word in path.words}:
            self._unknown(path)
            return ""
        return text

    def _of_part(self, text: str) -> str:
        """The parts of a mix begin and end their stages together: those of the first stand for all."""
        name, _, stage = text.partition(".")
        parts = parts_of(self.context.program, name)
        return f"{parts[0]}.{stage}" if parts else text

    def _unknown(self, path: ast.Path) -> None:
        text, words = path.text, [word.text for word in path.words]
        own = [stage for stage in self.stages if stage.startswith(f"{words[0]}.")]
        known = own if own and len(words) > 1 else [*self.stages, *self.faults]
        guess = nearest(text, known)
        help_ = did_you_mean(text, known)
        if own and len(words) == 1:
            help_ = f"name one of its stages: {', '.join(f'`{stage}`' for stage in own)}"
        note = "windows are named stages (`boot.steady`) and faults"
        span = self.source.span(path)
        fix = (span, guess) if guess and not (own and len(words) == 1) else None
        self.context.findings.add("E0407", f"there is no window `{text[:60]}`", span, help=help_, note=note, fix=fix)


def windows(context: Context) -> tuple[list[str], dict[str, str]]:
    """Stages by their full name (`boot.steady`), and faults with the set of faults each is in."""
    if context.windows is None:
        names = context.program.names
        stages = [
            f"{name}.{item.name.text}"
            for name, declared in (*names["workload"].items(), *names["mix"].items())
            for item in declared.node.stages
            if item.name is not None
        ]
        sets = names["faults"].items()
        faults = {item.name.text: name for name, declared in sets for item in declared.node.items}
        context.windows = stages, faults
    return context.windows
