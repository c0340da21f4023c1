"""Before any load: every generator answers, runs this very code, and has a clock to rely on."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from erisc.base import environments
from erisc.base.failure import Failure
from erisc.base.record import record
from erisc.executor.generators import setup
from erisc.executor.generators.clocks import Reading, objection
from erisc.executor.generators.code import digest_of_code
from erisc.executor.generators.group import Site
from erisc.executor.generators.remote import Place, Remote
from erisc.executor.zones import Host

_PATIENCE = 30.0
_SSH_FAILED = 255
"""Exit code of ssh for an error of its own (ssh(1))."""


@record
class Proof:
    """What a host showed. reached: whether there was a shell. code: of the erisc it runs, "" when it has none. words:
    what it said instead.
    """

    reached: bool
    code: str
    reading: Reading | None
    words: str


def prove_generators(hosts: tuple[Host, ...], folder: str) -> Site:
    """Where each host has erisc; those without it are set up first. folder: of the run, for the log of that.

    Raises Failure naming every host that cannot be a generator, and why.
    """
    places: dict[str, Place] = {}
    proofs: dict[str, Proof] = {}
    for found in (Place(sys.executable, environments.import_path()), setup.place()):
        bare = _bare(hosts, proofs)
        places |= dict.fromkeys((host.name for host in bare), found)
        proofs |= _prove(bare, places)
    bare = _bare(hosts, proofs)
    if bare and all(proof.reached for proof in proofs.values()):
        setup.set_up(bare, folder)
        proofs |= _prove(bare, places)
    wrong = [text for host in hosts if (text := _wrong(host.name, proofs[host.name]))]
    if wrong:
        raise Failure(
            "load cannot be generated as the zone's group `generators` says",
            detail="\n".join(wrong),
            mend="mend the hosts or the group, or load from here with --local-load",
        )
    return Site(hosts, places)


def _bare(hosts: tuple[Host, ...], proofs: dict[str, Proof]) -> tuple[Host, ...]:
    """Those of which it is not known yet that they run this very code."""
    code = digest_of_code()
    return tuple(host for host in hosts if host.name not in proofs or proofs[host.name].code != code)


def _wrong(name: str, proof: Proof) -> str:
    if not proof.reached:
        return f"generator {name} cannot be reached: {proof.words}"
    if not proof.code:
        return f"generator {name}: erisc does not start there: {proof.words}"
    if proof.code != digest_of_code():
        return f"generator {name}: its erisc is another than this one ({proof.code}, here {digest_of_code()})"
    return objection(name, proof.reading)


def _prove(hosts: tuple[Host, ...], places: dict[str, Place]) -> dict[str, Proof]:
    with ThreadPoolExecutor(32) as pool:
        return dict(pool.map(lambda host: (host.name, _proof(host, places[host.name])), hosts))


def _proof(host: Host, place: Place) -> Proof:
    with tempfile.TemporaryDirectory(prefix="erisc-") as folder:
        log = os.path.join(folder, "log")
        remote = Remote(host, place, log)
        try:
            until = time.monotonic() + _PATIENCE
            while not remote.settled() and remote.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
        finally:
            remote.stop()
        with open(log, encoding="utf-8", errors="replace") as file:
            words = file.read().strip()[-300:] or f"no answer within {_PATIENCE:g} s"
        lost = host.connection != "local" and remote.poll() == _SSH_FAILED and not remote.hello
        return Proof(not lost, str(remote.hello.get("code", "")), remote.reading(), words)
