"""The drivers' environment and the emulated zone, as fixtures."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest

from erisc.base import environments
from tests.support import LAB, erisc

# An example may take as long as a busy machine lets it: speed is measured in benchmarks/.
hypothesis.settings.register_profile("erisc", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("erisc")


@pytest.fixture(scope="session")
def drivers_python() -> str:
    """The Python of the drivers' environment: `$ERISC_DRIVERS_PYTHON`, else erisc's own, where it is installed."""
    python = os.environ.get("ERISC_DRIVERS_PYTHON", "")
    if not python and environments.is_complete("drivers"):
        python = environments.python_of("drivers")
    if not python:
        pytest.skip("the drivers' environment is not installed (the first `erisc run` makes it)")
    return python


@pytest.fixture(scope="session")
def lab_session() -> Iterator[str]:
    """Boots the tests' lab once (installing what it needs) and takes it down at the end."""
    if os.geteuid() != 0 and not os.environ.get("ERISC_TEST_ZONE"):
        pytest.skip("the zone's packages need root; set ERISC_TEST_ZONE=1 when they are installed")
    done = erisc("lab", "up", "--name", LAB, "--computes", "2", timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    yield LAB
    erisc("lab", "down", "--name", LAB)


@pytest.fixture
def zone(lab_session: str) -> str:
    """The `--zone` of a lab whose services all run: what an earlier test left dead is started again."""
    done = erisc("lab", "up", "--name", LAB, "--computes", "2", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return f"lab:{lab_session}"
