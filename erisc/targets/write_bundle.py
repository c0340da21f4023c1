"""A bundle, or a suite of them, is written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping

from erisc.base.failure import BROKEN_BED, WRONG_CALL, Failure

_RENAME_EXCHANGE = 2
"""renameat2(2)"""

_AT_FDCWD = -100

_LISTS = ("manifest.json", "suite.json")

_BROKEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
"""The machine's fault; any other error is one of the path that was given."""

_MENDS = {
    errno.ENOSPC: "free some space and compile again",
    errno.EDQUOT: "free some space and compile again",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.EROFS: "choose a folder on a file system that can be written",
}


def write(files: Mapping[str, bytes], directory: str) -> None:
    """Write the bundle to `directory`: new, empty, or an older bundle, which is replaced in one step.

    Parents are made. Modes are 0755 for folders and `run`, 0644 for files, whatever the umask. Raises Failure (exit
    code 2 when the folder holds something else or may not be written, 4 for a full or broken disk), and leaves the
    folder as it was.
    """
    target = os.path.realpath(directory)
    fresh = os.path.join(os.path.dirname(target), f".{os.path.basename(target)[:200]}.erisc-{os.getpid()}")
    try:
        replaces = _must_replace(target, directory)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _fill(fresh, files)
        _put(fresh, target, replaces)
    except OSError as error:
        raise Failure(
            f"the bundle cannot be written to {directory}: {error.strerror or error}",
            mend=_MENDS.get(error.errno or 0, "choose another folder"),
            exit_code=BROKEN_BED if error.errno in _BROKEN else WRONG_CALL,
        ) from error
    finally:
        _remove(fresh)


def _must_replace(target: str, shown: str) -> bool:
    """Whether an older bundle is there. Raises Failure when it is something that is not ours to remove."""
    if not os.path.lexists(target):
        return False
    if not os.path.isdir(target):
        raise _not_ours(shown, "is not a folder")
    if not os.listdir(target):
        return False
    known = _files_of_bundle(target)
    if known is None:
        raise _not_ours(shown, "is not empty and is not a bundle of erisc's")
    extra = sorted(set(_walk(target)) - known)
    if extra:
        raise _not_ours(shown, f"holds {extra[0]!a}, which is not part of the bundle")
    return True


def _not_ours(shown: str, why: str) -> Failure:
    mend = "choose another folder, or move what is there away"
    return Failure(f"the bundle cannot be written: {shown} {why}", mend=mend, exit_code=WRONG_CALL)


def _files_of_bundle(folder: str) -> set[str] | None:
    """What the manifest of a bundle, or the index of a suite, lists; None when there is none of erisc's."""
    for name in _LISTS:
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                manifest = json.load(file)
            if isinstance(manifest["format"], int) and isinstance(manifest["erisc"], str):
                return {name, *manifest["files"]}
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            continue
    return None


def _walk(folder: str) -> Iterator[str]:
    """Everything but folders, relative, with `/`; not the bytecode that Python leaves beside Rally's plug-in."""
    for parent, folders, names in os.walk(folder):
        if os.path.basename(parent) == "__pycache__":
            continue
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        for name in names + links:
            yield os.path.relpath(os.path.join(parent, name), folder)


def _fill(folder: str, files: Mapping[str, bytes]) -> None:
    made: set[str] = set()
    _make_folder(folder, made)
    for path, content in files.items():
        full = os.path.join(folder, path)
        _make_folder(os.path.dirname(full), made)
        handle = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(content)
            os.fchmod(handle, 0o755 if os.path.basename(path) == "run" else 0o644)


def _make_folder(folder: str, made: set[str]) -> None:
    if folder in made:
        return
    if made:
        _make_folder(os.path.dirname(folder), made)
    os.mkdir(folder, 0o700)
    os.chmod(folder, 0o755)
    made.add(folder)


def _put(fresh: str, target: str, replaces: bool) -> None:
    if not replaces:
        try:
            os.rename(fresh, target)  # also over an empty folder, rename(2)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not _must_replace(target, target):
                raise
            _put(fresh, target, True)  # somebody else wrote a bundle meanwhile
    elif not _exchange(fresh, target):
        old = f"{fresh}-old"
        os.rename(target, old)
        try:
            os.rename(fresh, target)
        except BaseException:
            os.rename(old, target)
            raise
        _remove(old)


def _exchange(one: str, other: str) -> bool:
    """Swap two folders in one step; False where the system or the file system cannot."""
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), other)


def _remove(folder: str) -> None:
    for parent, folders, names in os.walk(folder, topdown=False):
        for name in names:
            os.unlink(os.path.join(parent, name))
        for name in folders:
            path = os.path.join(parent, name)
            os.unlink(path) if os.path.islink(path) else os.rmdir(path)
        if parent == folder:
            os.rmdir(folder)
