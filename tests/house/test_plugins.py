"""Our reader of entry points agrees with the standard library's."""

from __future__ import annotations

from importlib.metadata import entry_points as standard

import pytest

from erisc.base.failure import Failure
from erisc.base.plugins import EntryPoint, entry_points


@pytest.mark.parametrize("group", ["erisc.targets", "erisc.zones", "erisc.faults", "console_scripts", "pytest11"])
def test_same_as_importlib_metadata(group: str) -> None:
    ours = {(point.name, point.target) for point in entry_points(group).values()}
    theirs = {(point.name, point.value.split("[")[0].strip()) for point in standard(group=group)}
    assert ours == theirs


def test_a_broken_plugin_names_its_package() -> None:
    with pytest.raises(Failure, match="no_such_module") as caught:
        EntryPoint("erisc.targets", "broken", "no_such_module:TARGET", "broken-1.0").load()
    assert "broken-1.0" in str(caught.value)
