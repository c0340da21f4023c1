"""`erisc compile`: a spec becomes a bundle, or a suite of them."""

from __future__ import annotations

from erisc.cli.specs import add_spec_options, bundle_files
from erisc.cli.suites import add_suite, suite_digest, suite_files
from erisc.targets.bundle import bundle_digest, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", metavar="SPEC", help="the spec")
    parser.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="the folder of the bundle, or of the suite"
    )
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    parser.add_argument(
        "--export",
        metavar="NAME",
        action="append",
        dest="exports",
        help="also write the faults for other tools: osfaults, ansible, rally-hooks, rally-plain (again for more)",
    )
    add_spec_options(parser)
    add_suite(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile and write; nothing is written when the spec is refused."""
    files = suite_files(arguments) if arguments.suite else bundle_files(arguments)
    write(files, arguments.output)
    digest = suite_digest(files) if arguments.suite else bundle_digest(files["manifest.json"])
    what = "suite" if arguments.suite else "bundle"
    if arguments.json:
        import json

        document = {what: arguments.output, f"{what}_sha256": digest, "files": sorted(files)}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print(f"{arguments.output}: {len(files)} files, {what} {digest[:12]}")
    return 0
