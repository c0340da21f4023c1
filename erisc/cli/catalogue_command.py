"""`erisc catalogue`: the scenarios of an installed set of Rally plug-ins, as a file that a spec imports."""

from __future__ import annotations

import os
import sys

from erisc.base.failure import BROKEN_BED, WRONG_CALL, Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

LONGEST = 300
"""s that Rally may take to load its plug-ins."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", metavar="NAME", help='what the load is called, e.g. acme: acme("Scenario.name")')
    parser.add_argument(
        "--plugins",
        metavar="PATH",
        action="append",
        default=[],
        help="a file or folder of plug-ins to load; repeatable",
    )
    parser.add_argument(
        "--python", metavar="PYTHON", help="the Python that has Rally (default: erisc's own environment)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="where to (default: NAME.eris, `-` for standard output)")


def run(arguments: argparse.Namespace) -> int:
    """Record and write. Raises Failure when there is nothing to record, or Rally cannot be asked."""
    if not (arguments.name.isidentifier() and arguments.name.isascii()):
        raise Failure(f"{arguments.name!r} is no name of a load", mend="e.g. acme", exit_code=WRONG_CALL)
    missing = next((path for path in arguments.plugins if not os.path.exists(path)), None)
    if missing is not None:
        raise Failure(f"there are no plug-ins at {missing}", exit_code=WRONG_CALL)
    recorded = _recorded(arguments.python or _python(), [os.path.abspath(path) for path in arguments.plugins])
    text, count = _text(arguments.name, recorded)
    if arguments.output == "-":
        sys.stdout.write(text)
        return 0
    path = arguments.output or f"{arguments.name}.eris"
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}", exit_code=WRONG_CALL) from error
    print(f"{path}: {count} scenarios")
    return 0


def _python() -> str:
    from erisc.base.environments import ensure
    from erisc.base.progress import Lines

    with Lines() as lines:
        return ensure("drivers", report=lines)


def _recorded(python: str, plugins: list[str]) -> dict[str, object]:
    import json
    import subprocess

    from erisc.base.environments import run_variables
    from erisc.base.home import package_root

    script = os.path.join(package_root(), "targets", "rally", "record_catalogue.py")
    try:
        done = subprocess.run(
            [python, "-W", "ignore", script, *plugins],
            env=run_variables(), capture_output=True, text=True, check=False, timeout=LONGEST,
        )  # fmt: skip
        found: dict[str, object] = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"Rally cannot be asked: {error}", exit_code=BROKEN_BED) from error
    except ValueError as error:
        mend = "name a Python that has rally with --python"
        raise Failure("Rally cannot be asked", mend=mend, detail=done.stderr[-2000:], exit_code=BROKEN_BED) from error
    return found


def _text(name: str, recorded: dict[str, object]) -> tuple[str, int]:
    """The file, and how many scenarios it has: those that Rally and rally-openstack do not ship."""
    from erisc.targets.rally.catalogue import scenarios

    known, found = scenarios(), recorded["scenarios"]
    assert isinstance(found, dict)
    own = {scenario: takes for scenario, takes in found.items() if scenario not in known}
    if not own:
        mend = "install the plug-ins beside Rally and name its Python with --python, or their files with --plugins"
        raise Failure("Rally finds no scenarios but its own", mend=mend, exit_code=WRONG_CALL)
    rows = "".join(f'    "{scenario}" = "{takes}"\n' for scenario, takes in own.items())
    versions = f"rally {recorded['rally']}, rally-openstack {recorded['rally_openstack']}"
    return (
        f"// Scenarios of plug-ins, recorded beside {versions} by `erisc catalogue {name}`.\n"
        f'edition 2026\n\nload {name}(scenario: string) {{\n  driver = "rally"\n  models = ["open", "closed"]\n'
        f"  scenarios {{\n{rows}  }}\n}}\n"
    ), len(own)
