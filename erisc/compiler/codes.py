"""The catalogue of the compiler's diagnostics: what each means, an example, and the mend.

The families: E1 syntax, E2 names, E3 units and types, E4 timeline, E6 statistics, W lint; E5 is `erisc.targets.codes`.
"""

from __future__ import annotations

from erisc.base.record import record


@record
class Code:
    """One kind of finding.

    example: statements that yield it in an otherwise sound spec; mended: the same, mended. setting: what `--set` says
    in the example. Both are empty where the matter is not in the text of a spec.
    """

    code: str
    title: str
    explanation: str
    mend: str
    example: str = ""
    mended: str = ""
    setting: str = ""
    mended_setting: str = ""


def catalogue() -> dict[str, Code]:
    """All codes of the compiler."""
    return {code.code: code for code in entries()}


def entries() -> tuple[Code, ...]:
    """The entries of all the files they are written in."""
    from erisc.compiler import lint
    from erisc.compiler.codes_of_faults import FAULTS
    from erisc.compiler.codes_of_load import LOAD
    from erisc.compiler.codes_of_names import NAMES
    from erisc.compiler.codes_of_statistics import STATISTICS
    from erisc.compiler.codes_of_structure import STRUCTURE
    from erisc.compiler.codes_of_syntax import SYNTAX
    from erisc.compiler.codes_of_time import TIMELINE
    from erisc.compiler.codes_of_types import TYPES

    return (*SYNTAX, *NAMES, *TYPES, *STRUCTURE, *TIMELINE, *FAULTS, *LOAD, *STATISTICS, *lint.catalogue())
