"""E05, what no target can do with topologies, metrics, searches and large sweeps yet."""

from __future__ import annotations

from erisc.compiler.codes import Code


def _tenant(rest: str, before: str = "") -> str:
    return (
        f'{before}topology tenant on site {{\n  network apps {{ cidr = "10.20.0.0/24" }}\n  {rest}\n}}\n'
        "experiment trial {\n  use site, tenant, boot, storm\n  check available\n}"
    )


def _server(count: int, name: str = "gen", image: str = '"cirros"') -> str:
    return f'server {name} * {count} {{ image = {image}, flavor = "m1.nano", networks = [apps] }}'


_TOOLS = 'image tools { base = "debian-12", packages = ["iperf3"] }\n'
_PAIR = f"{_server(2)}\n  {_server(2, 'sink')}\n  place pair(gen, sink) "
_EDGE = "router east { connects = [apps] }"
_METRIC = 'metric queues: count from prometheus("rabbitmq_queue_messages") every 5 s\n'


def _trial(more: str = "") -> str:
    return f"experiment trial {{\n  use site, boot, storm{more}\n  check available\n}}"


STRUCTURE_CODES = (
    Code(
        "E0518",
        "an image that has to be built",
        "The server uses an image that the spec or `std.images` declares. Nothing builds it yet, and an image of that "
        "name in the cloud need not have what is declared.",
        "Build it by other means and name it as a string, which means an image of the cloud.",
        _tenant(_server(1, image="tools"), _TOOLS),
        _tenant(_server(1, image='"tools-of-may"')),
    ),
    Code(
        "E0519",
        "a placement that Heat cannot promise",
        "Server groups of Nova hold servers together or apart, and a server is in one group. So `single_room` is "
        "anti-affinity, `best_effort` soft anti-affinity, a single pair is affinity in a `double_room` and "
        "anti-affinity in a `mixed_room`. Several pairs to a room, or a pair in two zones, cannot be said.",
        "Use `single_room` or `best_effort`, or place single pairs.",
        _tenant(f"{_PAIR}double_room"),
        _tenant(f"{_PAIR}single_room"),
    ),
    Code(
        "E0520",
        "a network on two routers",
        "A router takes the gateway's address of every network it connects, so a network has one router.",
        "Connect it to one of them.",
        _tenant(f"{_EDGE}\n  router west {{ connects = [apps] }}"),
        _tenant(_EDGE),
    ),
    Code(
        "E0533",
        "more cells than a bundle holds",
        "A bundle has a folder for every cell, at most 5000. `erisc plan` and `erisc lint` take larger sweeps.",
        "Sweep or repeat less, or fix a swept parameter with `--set` and compile several bundles.",
        "experiment trial {\n  use site, boot, storm\n  repeat 5001\n  check available\n}",
        "experiment trial {\n  use site, boot, storm\n  repeat 2\n  check available\n}",
    ),
    Code(
        "E0551",
        "a metric that nothing records",
        "No installed package records metrics of this source (entry-point group `erisc.sources`).",
        "Install one, or leave the metric out of what is used and checked.",
        _METRIC + _trial(", queues"),
        _trial(),
    ),
    Code(
        "E0552",
        "a search that nothing drives",
        "A `limit` looks for the largest value of a parameter: what runs next depends on what was seen. The executor "
        "runs the cells of a bundle and does not search yet.",
        "Sweep the parameter instead and look at the first value that fails.",
    ),
)
