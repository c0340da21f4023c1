"""How every command of erisc ends: an exit code, and a message in place of whatever went wrong."""

from __future__ import annotations

import os
import sys

from erisc.base import failure
from erisc.base.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def ending(work: Callable[[], int], *, as_json: bool) -> int:
    """Do `work`, which returns an exit code. Never raises but SystemExit.

    A Failure, an error of the operating system, an interrupt or a fault of erisc's own becomes a message on stderr
    and the exit code that belongs to it; as_json: also an object `{"error": …}` on stdout.
    """
    try:
        return work()
    except Failure as error:
        return _say(error, as_json)
    except KeyboardInterrupt:
        print("\nerisc: interrupted", file=sys.stderr)
        return failure.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failure.PASS
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _say(Failure(f"{where}{error.strerror or error}"), as_json)
    except Exception as error:
        return _say(_internal(error), as_json)


def _say(error: Failure, as_json: bool) -> int:
    print(f"erisc: error: {error}", file=sys.stderr)
    if as_json:
        import json

        document = {"what": error.what, "help": error.mend, "detail": error.detail, "exit_code": error.exit_code}
        print(json.dumps({"error": document}, indent=2, ensure_ascii=False))
    return error.exit_code


def _internal(error: Exception) -> Failure:
    import tempfile
    import traceback

    what = f"a fault of erisc itself: {type(error).__name__}: {error}"
    try:
        with tempfile.NamedTemporaryFile("w", prefix="erisc-crash-", suffix=".txt", delete=False) as file:
            file.write(" ".join(sys.argv) + "\n")
            traceback.print_exception(error, file=file)
    except OSError:
        return Failure(what, mend="please report it")
    return Failure(what, mend=f"please report it with the file {file.name}")
