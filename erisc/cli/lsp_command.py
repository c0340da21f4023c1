"""`erisc lsp`: the language server, over standard input and output."""

from __future__ import annotations

from importlib.util import find_spec

from erisc.base.failure import BROKEN_BED, Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--stdio", action="store_true", help="what it does anyhow; editors like to say it")


def run(arguments: argparse.Namespace) -> int:
    """Serve until the editor ends it. Raises Failure when pygls is not installed."""
    if find_spec("pygls") is None:
        mend = "pip install 'erisc[lsp]', or pip install --require-hashes -r constraints/lsp.txt in a checkout"
        raise Failure("the language server needs pygls, which is not installed", mend=mend, exit_code=BROKEN_BED)
    from erisc.language_server.server import make_server

    make_server().start_io()
    return 0
