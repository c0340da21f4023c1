"""Hosts for the tests of actions."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from erisc.base import environments
from erisc.base.steps import Silent
from erisc.base.system import HOST_PACKAGES
from erisc.lab import packages
from tests.executor.actions.hosts import ASH, DASH, Place, join, namespace_host, needs_namespaces


@pytest.fixture(params=[DASH, pytest.param(ASH, marks=pytest.mark.slow)], ids=lambda shell: shell[-1])
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Each sh that recipes are written for; the second of them in the long run of the tests only."""
    found: list[str] = request.param
    return found


@pytest.fixture(params=[DASH, ASH], ids=lambda shell: shell[-1])
def each_shell(request: pytest.FixtureRequest) -> list[str]:
    """Each sh that recipes are written for, in every run of the tests."""
    found: list[str] = request.param
    return found


@pytest.fixture(scope="session")
def shells() -> list[list[str]]:
    """Both, or without root those that are here."""
    if os.geteuid() == 0:
        packages.ensure(Silent(), HOST_PACKAGES)
    return [shell for shell in (DASH, ASH) if shutil.which(shell[0])]


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
