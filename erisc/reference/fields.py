"""The fields of the language's blocks: what each takes and means. A test holds them against the compiler."""

from __future__ import annotations

FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "node": {
        "vcpus": ("int", "processors of each host, at least"),
        "ram": ("size", "memory of each host, at least"),
        "disk": ("size", "disk of each host, at least"),
        "image": ("string or image", "what the hosts run"),
        "labels": ("block", 'labels that selectors filter by: `compute[az == "az1"]`'),
    },
    "service": {
        "port": ("int", "the port it listens on"),
        "processes": ("int", "how many of it run on a host"),
        "cluster": ("bool", "whether its processes form a cluster"),
        "vip": ("string", "the address it is reached by"),
        "version": ("string", "what is demanded of it"),
    },
    "architecture network": {
        "bandwidth": ("bitrate", "of each link"),
        "delay": ("duration", "one way"),
        "jitter": ("duration", "by how much the delay varies"),
        "loss": ("ratio", "share of the packets that are lost"),
        "mtu": ("size", "the largest packet"),
        "cidr": ("string", "its address range"),
        "vlan": ("int", "its VLAN"),
    },
    "topology network": {
        "cidr": ("string", 'its IPv4 range, `"10.20.0.0/24"`'),
        "floating": ("bool", "whether its servers may get floating addresses"),
    },
    "router": {"connects": ("list", "the networks between which it routes")},
    "server": {
        "image": ("string or image", "what it boots"),
        "flavor": ("string", "its size, by the cloud's name"),
        "networks": ("list", "the networks it is on"),
    },
    "image": {
        "base": ("string", "what it is made from"),
        "packages": ("list", "what is installed"),
        "disk": ("size", "its disk"),
    },
}
"""Block -> field -> (type, meaning)."""

SELECTORS: dict[str, tuple[str, str]] = {
    "one": ("one(set)", "one host, drawn from the seed"),
    "any": ("any(n, set)", "so many hosts, drawn from the seed"),
    "all": ("all(set)", "every host of the set; so does its bare name"),
    "minority": ("minority(set)", "the most hosts that are less than half, drawn from the seed"),
    "majority": ("majority(set)", "the fewest hosts that are more than half, drawn from the seed"),
    "each": ("each(set)", "one host after the other, each for the fault's length"),
    "primary": ("primary(service)", "the host that is the service's primary when the fault strikes"),
}
"""Which hosts a fault strikes -> (how it is written, meaning). A set may be filtered: `compute[az == "az1"]`."""
