"""Hosts for the tests of actions."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from erisc.base import environments
from tests.executor.actions.hosts import SHELLS, Place, join, namespace_host, needs_namespaces


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[-1])
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Each sh that recipes are written for."""
    found: list[str] = request.param
    return found


@pytest.fixture(scope="module")
def one() -> Iterator[Place]:
    """A host for the tests of a module."""
    needs_namespaces()
    with namespace_host("h1") as place:
        yield place


@pytest.fixture(scope="module")
def pair() -> Iterator[list[Place]]:
    """Two hosts on one wire."""
    needs_namespaces()
    with namespace_host("h1") as first, namespace_host("h2") as second:
        yield join([first, second])


@pytest.fixture(scope="session")
def supervisord() -> str:
    """A real supervisord: on the PATH, or the zone's environment has one."""
    daemon = shutil.which("supervisord")
    if not daemon and environments.is_complete("zone"):
        daemon = os.path.join(os.path.dirname(environments.python_of("zone")), "supervisord")
    if not daemon:
        pytest.skip("there is no supervisord (the zone's environment has one)")
    return daemon
