"""Python environments that erisc makes for itself: exactly the pinned packages of `constraints/NAME.txt`.

An environment is a folder named after the digest of its pins and the Python it is made for, so new pins make a new one
and all labs and runs share it. It counts as done when its marker file is there, which is written last; whatever an
interrupted install left behind is finished by the next one.
"""

from __future__ import annotations

import hashlib
import os
import sys

from erisc.base.failure import Failure
from erisc.base.home import data_file, data_home, environments_home, package_root
from erisc.base.steps import Report, step

NAMES = ("drivers", "zone", "ansible", "history")
_MARKER = "erisc-complete"
NEEDED = {"drivers": 1500, "zone": 1200, "ansible": 1200, "history": 900}
"""MiB of disk that an install takes at its peak, the installer's cache included."""


def python_of(name: str) -> str:
    """Where the Python of environment `name` is, or will be. Raises Failure when erisc lacks the pins."""
    pins = constraints_file(name)
    try:
        with open(pins, "rb") as file:
            text = file.read()
    except OSError as error:
        raise Failure(f"{pins} cannot be read: {error.strerror}", mend="install erisc again") from error
    version = f"{sys.implementation.cache_tag} {sys.version_info[:3]}"
    digest = hashlib.sha256(text + version.encode()).hexdigest()[:16]
    return os.path.join(environments_home(), f"{name}-{digest}", "bin", "python")


def constraints_file(name: str) -> str:
    """The pins of environment `name`: versions and hashes. Raises ValueError for a name that is none of `NAMES`."""
    if name not in NAMES:
        raise ValueError(f"no environment is called {name!r}")
    return data_file("constraints", f"{name}.txt")


def is_complete(name: str) -> bool:
    """Whether environment `name` is installed to the end."""
    return os.path.exists(os.path.join(_folder(python_of(name)), _MARKER))


def ensure(name: str, *, report: Report) -> str:
    """The path of the environment's Python, installing it first when it is not there.

    Safe to call from several processes at once: one installs, the others wait. Raises Failure on a full disk, without
    a network, and when a package is not the one that was pinned; what was fetched by then is kept for the next try.
    """
    python = python_of(name)
    if is_complete(name):
        return python
    folder = _folder(python)
    _make(environments_home())
    with open(f"{folder}.lock", "w", encoding="utf-8") as lock:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_complete(name):
            with step(report, f"install the {name} environment") as note:
                _install(name, folder)
                note.text = f"in {folder}"
    return python


def run_variables() -> dict[str, str]:
    """The environment variables for what runs in a managed environment: this process's own, and bytecode is kept."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
    }


def import_path() -> str:
    """A folder that, on PYTHONPATH, makes this very erisc importable in a managed environment, and nothing else.

    It links the package and its metadata (for entry points), at `lib/<digest>` of the data home.
    """
    package = package_root()
    metadata = _metadata_folders()
    digest = hashlib.sha256("\n".join([package, *metadata]).encode()).hexdigest()[:16]
    folder = os.path.join(data_home(), "lib", digest)
    _make(folder)
    for target in (package, *metadata):
        _link(target, os.path.join(folder, os.path.basename(target)))
    return folder


def _metadata_folders() -> list[str]:
    found = []
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            continue
        inside = [name for name in names if name.startswith("erisc-") and name.endswith(".dist-info")]
        found += [os.path.realpath(os.path.join(folder, name)) for name in inside]
    return found[:1]


def _link(target: str, path: str) -> None:
    if os.path.lexists(path) and os.path.realpath(path) == target:
        return
    new = f"{path}.{os.getpid()}"
    os.symlink(target, new)
    os.replace(new, path)


def _install(name: str, folder: str) -> None:
    import subprocess

    from erisc.base.installer import find_uv, pip_settings, uv_variables

    _check_space(name)
    variables = run_variables()
    variables |= uv_variables(pip_settings(variables), variables)
    uv = find_uv()
    venv = [uv, "venv", "--quiet", "--allow-existing", "--no-project", "--python", sys.executable, folder]
    pip = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", f"{folder}/bin/python"]
    for command in (venv, [*pip, "-r", constraints_file(name)]):
        done = subprocess.run(
            command, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise _explain(name, done.stderr or done.stdout)
    _compile(folder, variables)
    _mark(os.path.join(folder, _MARKER))


def _compile(folder: str, variables: dict[str, str]) -> None:
    """Write bytecode, in which half of a service's start-up lies; tests, half of all files, are left out."""
    import subprocess

    words = [f"{folder}/bin/python", "-m", "compileall", "-q", "-q", "-j", "0", "-x", "/tests?/", f"{folder}/lib"]
    # What cannot be compiled (templates, other Pythons' code) does not matter until it is imported.
    subprocess.run(words, env=variables, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _mark(path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write("complete\n")
        file.flush()
        os.fsync(file.fileno())


def _check_space(name: str) -> None:
    import shutil

    free = shutil.disk_usage(environments_home()).free >> 20
    if free < NEEDED[name]:
        raise _full_disk(name, f"{free} MiB are free on the disk of {environments_home()}")


def _full_disk(name: str, detail: str) -> Failure:
    return Failure(
        f"the disk is too full for the {name} environment, which takes {NEEDED[name]} MiB",
        mend="free some space, or set ERISC_HOME to a folder on another disk; then run the same command again",
        detail=detail,
    )


def _explain(name: str, output: str) -> Failure:
    """What the installer said, as something a user can mend."""
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith("warning:")]
    detail = "\n".join(lines[-8:])
    low = output.lower()
    if "no space left" in low or "disk quota" in low or "os error 28" in low:
        return _full_disk(name, detail)
    if "hash mismatch" in low or "hashes are required" in low:
        return Failure(
            f"a package of the {name} environment is not the one that erisc was tested with",
            mend="check the package index that pip is set to; erisc takes only files whose hash it knows",
            detail=detail,
        )
    if any(word in low for word in ("dns", "connect", "timed out", "network", "request failed", "failed to fetch")):
        return Failure(
            f"the packages of the {name} environment cannot be fetched",
            mend="check the network, or point pip to an index that is reachable (pip config set global.index-url …), "
            "then run the same command again: it goes on where it stopped",
            detail=detail,
        )
    return Failure(
        f"the {name} environment cannot be installed", mend="see the installer's own message above", detail=detail
    )


def _folder(python: str) -> str:
    return os.path.dirname(os.path.dirname(python))


def _make(folder: str) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise Failure(
            f"{folder} cannot be made: {error.strerror}", mend="set ERISC_HOME to a folder that can be written"
        ) from error
