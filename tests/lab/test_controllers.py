"""Controllers: what they are made of, and for real: clusters of three that lose a node and get it back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from erisc.base.failure import Failure
from erisc.base.home import package_root
from erisc.base.system import CONTROLLER_PACKAGES
from erisc.executor.faults.actions.managers import manager_of
from erisc.executor.zones.inventory import parse_inventory
from erisc.lab import Lab, Options, down, open_lab, packages, status, up, wipe
from erisc.lab.hosts import clusters, controllers, galera_scripts, power, render
from erisc.lab.hosts.layout import Network, hosts_of, parse_layout
from erisc.lab.hosts.records import emulated_hosts
from erisc.lab.hosts.services import plain_services
from tests.lab.machine import ssh, traces, unable

LACKS = unable() or " ".join(
    f"{package} is not installed; `erisc lab up --controllers 3` installs it"
    for package in packages.missing(CONTROLLER_PACKAGES)
)
real = [pytest.mark.slow, pytest.mark.skipif(bool(LACKS), reason=LACKS)]
SERVICES = ("controller_state", "epmd", "haproxy", "mariadb", "memcached", "rabbitmq", "web")
SPEC = """\
edition 2026
import std.faults { kill }
import std.load { http }
seed 7
architecture control {
  node controller * 3
  service mariadb on controller
  service rabbitmq on controller
  service web on controller { port = 80 }
}
workload pages on control {
  run http("GET http://{web}/index.html") { timeout = 2 s }
  hold 10 req/s for 40 s as steady
}
faults blows on control {
  fault database: at 5 s do kill(mariadb on primary(mariadb)) for 4 s
  fault broker: at 20 s do kill(rabbitmq on one(controller)) for 4 s
}
kpi success: ratio = ratio(pages[ok] during pages.steady)
slo served: success >= 90 % severity critical
experiment losses {
  use control, pages, blows
  check served
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", (("controller", 3),)),
        ("5", (("controller", 3), ("compute", 2))),
        ("compute=2", (("controller", 3), ("compute", 2))),
        ("controller=3,generators=1", (("controller", 3), ("generators", 1))),
    ],
)
def test_controllers_are_among_the_hosts(text: str, expected: Any) -> None:
    assert parse_layout(text, with_cloud=False, controllers=3) == expected


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"controllers": 2}, "a lab has 1 or 3 controllers, not 2"),
        ({"controllers": 0}, "a lab has 1 or 3 controllers, not 0"),
        ({"controllers": 3, "hosts": "2"}, "2 hosts cannot have 3 controllers among them"),
        (
            {"controllers": 3, "hosts": "controller=1"},
            "--controllers 3 and 1 hosts of the group controller contradict each other",
        ),
        (
            {"controllers": 3, "cloud": True},
            "controllers are for a lab without OpenStack's services: those stay on 127.0.0.1, on a database and a "
            "broker of their own, and would use neither the clusters nor HAProxy",
        ),
    ],
)
def test_what_controllers_cannot_be_is_refused_before_anything_is_made(
    options: dict[str, Any], says: str, tmp_path: Path
) -> None:
    lab = open_lab("x", str(tmp_path / "lab"))
    with pytest.raises(Failure) as caught:
        up(lab, Options(**options))
    assert (caught.value.what, caught.value.exit_code) == (says, 2)
    assert not (tmp_path / "lab").exists()


def test_faults_find_the_clusters_services_in_the_inventory() -> None:
    hosts = hosts_of((("controller", 3),), Network("a1b2c3", "10.77.4.0"))
    secrets = controllers.Secrets("db", "mq", "cookie")
    services = {one.name: plain_services(one.name) + controllers.services(one, hosts, secrets) for one in hosts}
    known, _ = parse_inventory({"all": {"children": render.inventory("/lab", hosts, services)}}, "inventory.yaml")
    for host in known.values():
        assert sorted(host.services) == sorted(SERVICES)
        assert all(manager_of(host, service).start for service in host.services)
    bus = known["controller-2"].services["rabbitmq"]["transport_url"]
    assert bus == "rabbit://erisc:mq@10.77.6.11:5672,erisc:mq@10.77.7.12:5672,erisc:mq@10.77.6.13:5672/"


def test_every_script_of_controllers_is_a_shells() -> None:
    folder = Path(package_root()) / "lab" / "hosts" / "host_side"
    for name in galera_scripts.PLACES:
        done = subprocess.run(["sh", "-n", str(folder / name)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_haproxy_takes_its_configuration(tmp_path: Path) -> None:
    if not shutil.which("haproxy", path="/usr/sbin:/usr/bin"):
        pytest.skip("haproxy is not installed")
    file = tmp_path / "haproxy.cfg"
    file.write_text(controllers.haproxy(hosts_of((("controller", 3),), Network("a1b2c3", "10.77.4.0"))))
    done = subprocess.run(["/usr/sbin/haproxy", "-c", "-f", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = open_lab("controllers", str(tmp_path_factory.mktemp("c") / "lab"))
    try:
        up(made, Options(controllers=3))
        yield made
    finally:
        wipe(made)


def sql(lab: Lab, place: int, statement: str) -> str:
    """Asked of a controller's own MariaDB, over its socket."""
    address = status(lab).hosts[place].management
    return ssh(lab.state_dir, address, f'mariadb -N -B -e "{statement}"').stdout.strip()


def whole(lab: Lab) -> None:
    """Within two minutes every node sees all the others."""
    until = time.monotonic() + 120
    while lacking := clusters.what_lacks(emulated_hosts(lab.state_dir)):
        assert time.monotonic() < until, lacking
        time.sleep(0.5)


class TestReal:
    pytestmark = real

    def test_three_nodes_are_one_database_and_one_broker(self, lab: Lab) -> None:
        found = status(lab)
        assert found.state == "up"
        assert all(host.services == tuple((name, True) for name in SERVICES) for host in found.hosts)
        sql(lab, 1, "CREATE TABLE erisc.kept (x INT PRIMARY KEY); INSERT INTO erisc.kept VALUES (42)")
        assert [sql(lab, place, "SELECT x FROM erisc.kept") for place in range(3)] == ["42"] * 3

    def test_haproxy_leads_to_the_first_synced_node(self, lab: Lab) -> None:
        password = json.loads(Path(lab.state_dir, "passwords.json").read_text())["database"]
        asked = "mariadb -N -B -u erisc -h {} -P 3307 -p{} -e 'SELECT @@wsrep_node_name'"
        for host in status(lab).hosts:
            done = ssh(lab.state_dir, host.management, asked.format(host.data, password))
            assert done.stdout == "controller-1\n", done.stderr

    def test_up_of_a_lab_that_is_up_changes_nothing(self, lab: Lab) -> None:
        first = sql(lab, 2, "SHOW STATUS LIKE 'wsrep_cluster_conf_id'")
        assert up(lab, Options(controllers=3)).state == "up"
        assert sql(lab, 2, "SHOW STATUS LIKE 'wsrep_cluster_conf_id'") == first

    def test_a_run_kills_the_primary_of_the_database_and_a_broker_and_heals_both(
        self, lab: Lab, tmp_path: Path
    ) -> None:
        (tmp_path / "losses.eris").write_text(SPEC)
        done = subprocess.run(
            [sys.executable, "-m", "erisc.cli", "run", str(tmp_path / "losses.eris"), "--zone", "existing",
             "--inventory", f"{lab.state_dir}/inventory.yaml", "--run-dir", str(tmp_path / "run"), "--json"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        events = [json.loads(line) for file in (tmp_path / "run").rglob("events.jsonl") for line in file.open()]
        for kind in ("fault_effective", "fault_healed"):
            struck = {event["fault"]: event for event in events if event["type"] == kind}
            assert set(struck) == {"database", "broker"}
        whole(lab)

    def test_a_controller_that_lost_its_disk_joins_again(self, lab: Lab) -> None:
        power.press(lab.state_dir, "controller-1", "reset")
        time.sleep(5)
        whole(lab)
        assert up(lab).state == "up"
        assert sql(lab, 0, "SELECT x FROM erisc.kept") == "42"

    def test_up_starts_what_died(self, lab: Lab) -> None:
        address = status(lab).hosts[1].management
        ssh(lab.state_dir, address, "kill -9 $(erisc-service mariadb pids) $(erisc-service web pids)")
        assert ("web", False) in status(lab).hosts[1].services
        assert up(lab).state == "up"

    @pytest.mark.parametrize(
        "how", ["kill -9 $(erisc-service mariadb pids) $(erisc-service rabbitmq pids)", "erisc-service mariadb stop"]
    )
    def test_clusters_whose_nodes_all_died_come_back_with_what_they_had(self, lab: Lab, how: str) -> None:
        hosts = status(lab).hosts
        for host in hosts:
            ssh(lab.state_dir, host.management, how)
        for host in hosts:
            ssh(lab.state_dir, host.management, "erisc-service mariadb start; erisc-service rabbitmq start")
        whole(lab)
        assert [sql(lab, place, "SELECT x FROM erisc.kept") for place in range(3)] == ["42"] * 3

    def test_down_leaves_nothing(self, lab: Lab) -> None:
        assert down(lab) > 0
        assert traces(lab.state_dir) == []
