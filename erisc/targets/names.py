"""How things of the spec are called in the files of every target."""

from __future__ import annotations

from collections.abc import Iterator

from erisc.compiler.diagnostics import Diagnostic
from erisc.compiler.plan import Cell, OutputRef, Placement, Span, TenantNetwork, TenantServer, Topology

LONGEST = 100
"""Characters; Rally's titles take 128, file names 255 bytes with their suffix."""


MOST_SERVERS = 1000
"""Servers of one kind: `max_resources_per_stack`, Heat's default limit."""


def is_usable(name: str) -> bool:
    """Whether a name can be a file name, a Heat resource and a Jinja2 variable as it is."""
    return len(name) <= LONGEST and name.isascii() and name.isidentifier()


def shown(text: str) -> str:
    """The author's text for a message: in backticks, on one line, without invisible marks, at most 60 characters."""
    cut = text if len(text) <= 60 else f"{text[:57]}..."
    return "`" + "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut) + "`"


def check_name(kind: str, name: str, span: Span) -> tuple[Diagnostic, ...]:
    """E0501 when the name cannot be used; `kind` says what it names."""
    if is_usable(name):
        return ()
    summary = f"the {kind} {shown(name)} cannot keep its name in the generated files"
    help_text = f"rename it: ASCII letters, digits and underscores, at most {LONGEST} characters, no digit first"
    return (Diagnostic("E0501", summary, span, help=help_text),)


def server_names(server: TenantServer) -> tuple[str, ...]:
    """The resources of a server set: `web`, or `web_0`, `web_1`, … when there are several (as many as Heat takes)."""
    if server.count == 1:
        return (server.name,)
    return tuple(f"{server.name}_{index}" for index in range(min(server.count, MOST_SERVERS)))


def outputs(topology: Topology) -> Iterator[tuple[str, TenantNetwork | TenantServer]]:
    """What a deployed topology tells: ids of networks and servers, first addresses of servers."""
    for network in topology.networks:
        yield network.name, network
    for server in topology.servers:
        for name in server_names(server):
            yield name, server
            yield f"{name}_addresses", server
            if gateway(server, topology):
                yield f"{name}_floating", server


def gateway(server: TenantServer, topology: Topology) -> tuple[str, str, str] | None:
    """Network, router and external network over which a server gets a floating address; None when it gets none."""
    floating = {network.name for network in topology.networks if network.floating}
    for name in server.networks:
        for router in topology.routers:
            if router.gateway and name in floating and name in router.connects:
                return name, router.name, router.gateway
    return None


def group_name(placement: Placement) -> str:
    """The server group of a placement: `gen_sink_single_room`."""
    return "_".join((*placement.servers, placement.accommodation))


def output_names(cell: Cell) -> frozenset[tuple[str, str]]:
    """Topology and name of every output of a cell."""
    return frozenset((topology.name, name) for topology in cell.topologies for name, _ in outputs(topology))


def variable(reference: OutputRef) -> str:
    """The template variable that carries a tenant resource: `tenant__apps`."""
    return f"{reference.topology}__{reference.resource}"


def closest(word: str, known: frozenset[str] | tuple[str, ...]) -> str:
    """`did you mean X?` for the known word nearest to `word`, else an empty string."""
    from difflib import get_close_matches  # only when something is wrong: it costs an interpreter start-up's tenth

    near = get_close_matches(word[:200], sorted(known), 1, 0.6)
    return f"did you mean {shown(near[0])}?" if near else ""
