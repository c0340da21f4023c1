"""A site that is there already: an Ansible inventory, static or dynamic, and a cloud of clouds.yaml if it has one."""

from __future__ import annotations

import os

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.cloud import clouds_files, region_of
from erisc.executor.zones import Zone, ZoneCall
from erisc.executor.zones.inventory import read_inventory


def open_zone(call: ZoneCall) -> Zone:
    """The hosts that the call names, and the cloud if it names one. Raises Failure when they are missing or wrong."""
    if call.name:
        raise Failure(
            f"a zone `existing` has no name: {call.name!r}", mend="name the cloud: --cloud", exit_code=WRONG_CALL
        )
    if not call.inventory:
        raise Failure("--zone existing needs --inventory", mend=_MEND, exit_code=WRONG_CALL)
    files = clouds_files() if call.cloud else ()
    if call.cloud:
        region_of(call.cloud, files)
    hosts, groups = read_inventory(call.inventory)
    return Zone(f"existing:{call.cloud or os.path.basename(call.inventory)}", call.cloud, files, hosts, groups)


_MEND = "give an Ansible inventory: a YAML file, or an executable that prints one as JSON"
