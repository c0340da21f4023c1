"""`erisc compile`: a spec becomes a bundle."""

from __future__ import annotations

import argparse

from erisc.cli.specs import add_spec_options, bundle_files
from erisc.targets.bundle import bundle_digest, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", metavar="SPEC", help="the spec")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="the bundle's folder")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    add_spec_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compile and write; nothing is written when the spec is refused."""
    files = bundle_files(arguments)
    write(files, arguments.output)
    digest = bundle_digest(files["manifest.json"])
    if arguments.json:
        import json

        document = {"bundle": arguments.output, "bundle_sha256": digest, "files": sorted(files)}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print(f"{arguments.output}: {len(files)} files, bundle {digest[:12]}")
    return 0
