"""`erisc doctor`: every check names a thing, and whatever lacks comes with what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from erisc.base import system


def test_every_check_is_told_once_and_what_lacks_can_be_mended() -> None:
    found = system.checks()
    labels = [(check.name, check.what) for check in found]
    assert len(set(labels)) == len(labels)
    assert not [check for check in found if check.state != "ok" and not check.mend]
    assert {"python", "uv", "memory", "disk", "environment zone", "rabbitmq-server"} <= {check.name for check in found}


def test_a_fresh_home_lacks_its_environments_and_a_package_without_its_program_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERISC_HOME", str(tmp_path / "new" / "home"))
    monkeypatch.setitem(system.ZONE_PACKAGES, "memcached", str(tmp_path / "memcached"))
    states = {check.name: check for check in system.checks()}
    assert states["environment zone"].state == "missing"
    assert "erisc lab up" in states["environment zone"].mend
    assert states["memcached"].state == "missing"
    assert "apt-get install" in states["memcached"].mend
    assert not (tmp_path / "new").exists()


def test_what_only_hosts_and_controllers_need_is_optional_and_told_with_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(system.HOST_PACKAGES, "nftables", str(tmp_path / "nft"))
    monkeypatch.setitem(system.CONTROLLER_PACKAGES, "haproxy", str(tmp_path / "haproxy"))
    found = {check.name: check for check in system.checks()}
    for name, up in (("nftables", "erisc lab up --hosts"), ("haproxy", "erisc lab up --controllers 3")):
        assert found[name].state == "optional"
        assert found[name].mend.startswith(f"`{up}` installs it, or: sudo apt-get install")
        assert found[name].mend.endswith(name)


def test_too_little_memory_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_available_memory", lambda: 1 << 30)
    assert {check.name: check.state for check in system.checks()}["memory"] == "missing"
