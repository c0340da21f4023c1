"""Bringing a zone up: from nothing, from a half-made state, from a state whose processes are down, or not at all."""

from __future__ import annotations

import os
import shutil
import threading

from erisc.base import environments
from erisc.base.home import package_root
from erisc.base.steps import Report, Silent, step
from erisc.lab import (
    config,
    database,
    fixtures,
    identity,
    packages,
    processes,
    readiness,
    resolve,
    site_files,
    supervisor,
)
from erisc.lab.programs import API_GROUP, BASE_GROUP, EARLY_APIS, RPC_GROUP, SLOW_WORKERS, Program, names, programs
from erisc.lab.settings import Settings
from erisc.lab.state import State, read, write
from erisc.lab.tasks import Crew, Job

ONCE = ("server", "schemas", "identity", "fixtures")
"""What only the first boot does."""


def up(name: str, state: State, computes: int | None, port_base: int | None, report: Report) -> None:
    """Bring the lab's OpenStack services up; the caller holds the lab."""
    if not _is_up(state, computes, port_base):
        _boot(name, state, computes, port_base, report)


def _is_up(state: State, computes: int | None, port_base: int | None) -> bool:
    """Whether the zone runs as asked, made by this very erisc; the quick answer of a second `up`."""
    known = state.record()
    if not known or computes not in (None, known["computes"]) or port_base not in (None, known["port_base"]):
        return False
    if not state.is_done("up", _fingerprint()):
        return False
    running = supervisor.Supervisor(state).processes()
    if any(name not in running or running[name].state != "RUNNING" for name in names()):
        return False
    return all(readiness.port_open(port) for role, port in known["ports"].items() if role != "rabbitmq_dist")


def _fingerprint() -> str:
    """Of the code that makes zones and the packages they are made of."""
    import hashlib

    digest = hashlib.sha256(environments.python_of("zone").encode())
    for folder, _, files in sorted(os.walk(os.path.join(package_root(), "lab"))):
        for name in sorted(files):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    digest.update(file.read())
    return digest.hexdigest()[:16]


def _boot(name: str, state: State, computes: int | None, port_base: int | None, report: Report) -> None:
    processes.end(state.folder, tasks_only=True)
    if not supervisor.Supervisor(state).answers():
        # Services whose supervisord was killed cannot be taken over by another.
        processes.end(state.folder, patience=15.0)
    report.planned(1 + len(names()) + sum(not state.is_done(done) for done in ONCE))
    packages.ensure(report)
    python = environments.ensure("zone", report=report)
    zone = resolve.settings(name, state, computes, port_base, os.path.dirname(os.path.dirname(python)))
    state.undo("up")
    Boot(state, zone, report).run()
    state.mark_done("up", _fingerprint())


class Boot:
    """One boot: the steps, and what they share."""

    def __init__(self, state: State, zone: Settings, report: Report) -> None:
        self.state = state
        self.zone = zone
        self.report = report
        self.variables = supervisor.variables(zone, environments.run_variables())
        self.crew = Crew()
        self._seeded = threading.Event()
        self.supervisor = supervisor.Supervisor(state)
        self.database = database.Database(state, zone, self.variables, self.crew)
        self.programs: tuple[Program, ...] = programs(zone, root=os.geteuid() == 0)

    def run(self) -> None:
        """Everything, in the order that the parts need each other."""
        self._configure()
        self._create_server()
        self.supervisor.launch(self.zone, self.variables)
        self._start(BASE_GROUP)
        self._waiter("mariadb")()
        self._schemas()
        # The broker needs a core for some seconds, so that only what the workers wait for starts beside it.
        self._start(EARLY_APIS)
        waiters = map(self._waiter, ("epmd", "memcached", *EARLY_APIS))
        self.crew.together(*waiters, self._identity, self._broker_and_the_rest)
        self._fixtures()
        site_files.write_all(self.state, self.zone)

    def _configure(self) -> None:
        with step(self.report, "configuration"):
            files = config.files(self.zone)
            for path, text in files.items():
                write(self.state.path("etc", path), text)
            for folder in config.FOLDERS:
                os.makedirs(self.state.path(folder), exist_ok=True)
            shutil.copyfile(self.zone.shipped("nova", "api-paste.ini"), self.state.path("etc", "nova", "api-paste.ini"))
            self._zone_side()
            identity.make_keys(self.state)
            cookie = self.state.path("home", ".erlang.cookie")
            if not read(cookie):
                write(cookie, self.zone.passwords["cookie"], mode=0o400)
            self.supervisor.configure(supervisor.configuration(self.zone, self.programs, files))

    def _zone_side(self) -> None:
        """The package `erisc_zone` on the zone's import path, and the entry point by which Neutron finds our driver."""
        source = os.path.join(package_root(), "lab", "zone_side")
        target = self.state.path("python", "erisc_zone")
        os.makedirs(target, exist_ok=True)
        for name in os.listdir(source):
            if name.endswith(".py"):
                shutil.copyfile(os.path.join(source, name), os.path.join(target, name))
        info = self.state.path("python", "erisc_zone-1.dist-info")
        write(f"{info}/METADATA", "Metadata-Version: 2.1\nName: erisc-zone\nVersion: 1\n")
        write(
            f"{info}/entry_points.txt",
            "[neutron.ml2.mechanism_drivers]\nerisc_zone = erisc_zone.ml2:ZoneMechanismDriver\n",
        )

    def _create_server(self) -> None:
        if self.state.is_done("server"):
            return
        processes.end(self.state.folder, patience=5.0)
        with step(self.report, "create the database server"):
            self.database.create_server()
        self.state.undo("schemas")
        self.state.mark_done("server")

    def _schemas(self) -> None:
        if not self.state.is_done("schemas"):
            with step(self.report, "database schemas") as note:
                for done in ("identity", "fixtures"):
                    self.state.undo(done)
                note.text = self.database.create_schemas()
            self.state.mark_done("schemas")
        else:
            self.database.map_cells()
        self.database.map_hosts()

    def _identity(self) -> None:
        wanted = identity.digest(self.zone)
        if not self.state.is_done("identity", wanted):
            with step(self.report, "identity and catalogue"):
                identity.seed(self.state, self.zone, self.variables, self.crew)
            self.state.mark_done("identity", wanted)
        self._seeded.set()

    def _broker_and_the_rest(self) -> None:
        """Workers log in as soon as they start, so that their users must be there."""
        self._waiter("rabbitmq")()
        while not self._seeded.is_set():
            self.crew.sleep(0.1)
        self._start(SLOW_WORKERS)
        rest = tuple(name for name in API_GROUP + RPC_GROUP if name not in EARLY_APIS + SLOW_WORKERS)
        self.crew.together(*map(self._waiter, SLOW_WORKERS), lambda: self._after("nova-conductor", rest))

    def _after(self, first: str, rest: tuple[str, ...]) -> None:
        self._waiter(first, quiet=True)()
        self._start(rest)
        self.crew.together(*map(self._waiter, rest))

    def _fixtures(self) -> None:
        if not self.state.is_done("fixtures"):
            with step(self.report, "flavors, image, networks"):
                fixtures.seed(self.zone)
            self.state.mark_done("fixtures")

    def _start(self, group: tuple[str, ...]) -> None:
        """Start programs; what an earlier process of theirs left behind goes first."""
        running = self.supervisor.processes()
        for name in group:
            if running[name].state != "RUNNING":
                processes.kill(processes.of_lab(self.state.folder, service=name))
                self.supervisor.start(name)

    def _waiter(self, name: str, *, quiet: bool = False) -> Job:
        """What waits until a started program is ready; `quiet` when somebody else reports it."""
        program = next(program for program in self.programs if program.name == name)

        def wait() -> None:
            check = self._check(program)
            report = Silent() if quiet else self.report
            readiness.wait_for(self.state, self.supervisor, report, self.crew, name, check)

        return wait

    def _check(self, program: Program) -> readiness.Check:
        name, port = program.name, self.zone.ports.get(program.role, 0)
        if name == "mariadb":
            return self.database.answers
        if name == "rabbitmq":
            return lambda: readiness.has_consumers(self.zone, [])
        if name in readiness.QUEUES:
            return lambda: readiness.has_consumers(self.zone, [readiness.QUEUES[name]])
        if name in RPC_GROUP:
            since = self.supervisor.processes()[name].since
            hosts = self.zone.computes if name == "nova-compute" else 1
            return lambda: readiness.reported(self.database, name, since, hosts)
        if name in API_GROUP:
            return lambda: readiness.answers_http(port)
        return lambda: readiness.port_open(port)
