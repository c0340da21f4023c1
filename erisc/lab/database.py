"""The zone's databases: made, filled by the services' own migrations, or restored from an earlier lab's.

The first lab of a version runs the migrations (about 30 s) and keeps their result, compressed and free of anything of
that lab's own, in the cache; later labs load it in seconds. Passwords, ports and the catalogue are seeded afterwards.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess

from erisc.base.environments import constraints_file
from erisc.base.failure import Failure
from erisc.base.home import cache_home, package_root
from erisc.lab import tasks
from erisc.lab.migrations import MIGRATIONS
from erisc.lab.ports import HOST
from erisc.lab.settings import DATABASE_USER, DATABASES, Settings
from erisc.lab.state import State

_CELL0 = "00000000-0000-0000-0000-000000000000"
_CELL1 = "5f0e3a52-0000-4000-8000-000000000001"


class Database:
    """The MariaDB of one lab, spoken to as its root over its own socket."""

    def __init__(self, state: State, zone: Settings, variables: dict[str, str], crew: tasks.Crew) -> None:
        self.state = state
        self.zone = zone
        self.variables = variables
        self.crew = crew

    def create_server(self) -> None:
        """Make the server's own tables; its root is whoever runs the lab, over the socket alone."""
        import pwd
        import shutil

        shutil.rmtree(self.state.path("db"), ignore_errors=True)
        user = pwd.getpwuid(os.geteuid()).pw_name
        options = [
            "--no-defaults", f"--user={user}", f"--datadir={self.state.path('db')}", "--skip-test-db",
            "--auth-root-authentication-method=socket", f"--auth-root-socket-user={user}", "--skip-name-resolve",
            "--innodb-flush-method=nosync", "--innodb-log-file-size=64M",
        ]  # fmt: skip
        self.crew.run(self.state, "mariadb-install-db", ["/usr/bin/mariadb-install-db", *options], self.variables)

    def answers(self) -> bool:
        """Whether the server takes queries."""
        return self._client("SELECT 1").returncode == 0

    def query(self, sql: str, database: str = "") -> list[list[str]]:
        """Rows of a query, as text. Raises Failure with the server's own words."""
        done = self._client(sql, database)
        if done.returncode:
            raise Failure("the zone's database refuses a query", detail=done.stderr.strip()[:800])
        return [line.split("\t") for line in done.stdout.splitlines()]

    def create_schemas(self) -> str:
        """Make all databases anew with their tables; returns how: `restored` or `migrated`."""
        password = self.zone.passwords["database"]
        statements = [
            f"DROP DATABASE IF EXISTS `{name}`; CREATE DATABASE `{name}` CHARACTER SET utf8mb3;" for name in DATABASES
        ]
        statements.append(f"CREATE OR REPLACE USER `{DATABASE_USER}`@`{HOST}` IDENTIFIED BY '{password}';")
        statements.append(f"GRANT ALL ON *.* TO `{DATABASE_USER}`@`{HOST}`;")
        self.query("\n".join(statements))
        folder = cache_folder(self.query("SELECT VERSION()")[0][0])
        if os.path.isdir(folder):
            self.crew.together(*(self._restorer(folder, name) for name in DATABASES))
            how = "restored"
        else:
            self._migrate()
            self._keep(folder)
            how = "migrated"
        self.map_cells()
        return how

    def map_cells(self) -> None:
        """Tell Nova where its cells are (`nova-manage cell_v2 map_cell0` and `create_cell`), without a process each."""
        cells = (
            (1, _CELL0, "cell0", "none:///", self.zone.database_url("nova_cell0")),
            (2, _CELL1, "cell1", self.zone.broker_url, self.zone.database_url("nova")),
        )
        rows = ",".join(f"(NOW(),{i},'{uuid}','{name}','{mq}','{db}',0)" for i, uuid, name, mq, db in cells)
        self.query(
            "INSERT INTO cell_mappings (created_at,id,uuid,name,transport_url,database_connection,disabled) "
            f"VALUES {rows} ON DUPLICATE KEY UPDATE transport_url=VALUES(transport_url), "
            "database_connection=VALUES(database_connection)",
            "nova_api",
        )

    def map_hosts(self) -> None:
        """Map the hypervisors to their cell (`nova-manage cell_v2 discover_hosts`), before they even report."""
        rows = ",".join(f"(NOW(),2,'{host}')" for host in self.zone.compute_names())
        self.query(f"INSERT IGNORE INTO host_mappings (created_at,cell_id,host) VALUES {rows}", "nova_api")

    def _client(self, sql: str, database: str = "") -> subprocess.CompletedProcess[str]:
        command = [
            "/usr/bin/mariadb", "--no-defaults", f"--socket={self.state.path('db.sock')}", "--batch",
            "--skip-column-names", "--connect-timeout=10", *([database] if database else []),
        ]  # fmt: skip
        return subprocess.run(command, input=sql, env=self.variables, capture_output=True, text=True, check=False)

    def _restorer(self, folder: str, name: str) -> tasks.Job:
        def restore() -> None:
            with gzip.open(os.path.join(folder, f"{name}.sql.gz"), "rt", encoding="utf-8") as file:
                self.query(file.read(), name)

        return restore

    def _migrate(self) -> None:
        self.crew.together(*(self._migrator(name, lines) for name, lines in MIGRATIONS.items()))

    def _migrator(self, name: str, lines: tuple[str, ...]) -> tasks.Job:
        def migrate() -> None:
            for number, line in enumerate(lines):
                if number:
                    self.map_cells()
                tool, *options = (word.format(etc=self.state.path("etc")) for word in line.split())
                command = [self.zone.tool("python"), self.zone.tool(tool), *options]
                self.crew.run(self.state, f"migrate-{name}-{number}", command, self.variables)

        return migrate

    def _keep(self, folder: str) -> None:
        """Put the fresh schemas into the cache; they appear there at once or not at all."""
        import shutil
        import tempfile

        self.query("DELETE FROM cell_mappings", "nova_api")
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        new = tempfile.mkdtemp(prefix=".new-", dir=os.path.dirname(folder))
        try:
            connection = {
                "host": HOST, "port": self.zone.ports["mariadb"], "user": DATABASE_USER,
                "password": self.zone.passwords["database"],
            }  # fmt: skip
            dump = [self.zone.tool("python"), "-m", "erisc_zone.dump_schemas", new, *DATABASES]
            self.crew.run(self.state, "dump-schemas", dump, self.variables, stdin=json.dumps(connection))
            for name in DATABASES:
                path = os.path.join(new, f"{name}.sql")
                with open(path, "rb") as source, gzip.open(f"{path}.gz", "wb") as target:
                    target.write(source.read())
                os.unlink(path)
            os.rename(new, folder)
        except OSError:
            shutil.rmtree(new, ignore_errors=True)


def cache_folder(server_version: str) -> str:
    """Where the schemas of exactly these packages, these migrations and this server are kept."""
    lab = os.path.join(package_root(), "lab")
    digest = hashlib.sha256(server_version.encode())
    for path in (
        constraints_file("zone"),
        os.path.join(lab, "migrations.py"),
        os.path.join(lab, "zone_side", "dump_schemas.py"),
    ):
        with open(path, "rb") as file:
            digest.update(file.read())
    return os.path.join(cache_home(), "zone-schemas", digest.hexdigest()[:16])
