"""A cloud that is there already: a name of clouds.yaml and an Ansible inventory, static or dynamic."""

from __future__ import annotations

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.cloud import clouds_files, region_of
from erisc.executor.zones import Zone, ZoneCall
from erisc.executor.zones.inventory import read_inventory


def open_zone(call: ZoneCall) -> Zone:
    """The cloud and hosts that the call names. Raises Failure when one of the two is missing or wrong."""
    if call.name:
        raise Failure(
            f"a zone `existing` has no name: {call.name!r}", mend="name the cloud: --cloud", exit_code=WRONG_CALL
        )
    for option in ("cloud", "inventory"):
        if not getattr(call, option):
            raise Failure(f"--zone existing needs --{option}", mend=_MENDS[option], exit_code=WRONG_CALL)
    files = clouds_files()
    region_of(call.cloud, files)
    hosts, groups = read_inventory(call.inventory)
    return Zone(f"existing:{call.cloud}", call.cloud, files, hosts, groups)


_MENDS = {
    "cloud": "give the name of a cloud in your clouds.yaml",
    "inventory": "give an Ansible inventory: a YAML file, or an executable that prints one as JSON",
}
