"""The drivers' environment, and real processes to hurt."""

from __future__ import annotations

import os

import pytest

from erisc.base import environments


@pytest.fixture(scope="session")
def drivers_python() -> str:
    """The Python of the drivers' environment: `$ERISC_DRIVERS_PYTHON`, else erisc's own, where it is installed."""
    python = os.environ.get("ERISC_DRIVERS_PYTHON", "")
    if not python and environments.is_complete("drivers"):
        python = environments.python_of("drivers")
    if not python:
        pytest.skip("the drivers' environment is not installed (the first `erisc run` makes it)")
    return python
