"""Topologies: networks, routers and servers of tenant space, and where the servers stand."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.images import ImageNames
from erisc.compiler.infrastructure import MAX_COUNT
from erisc.compiler.plan import Placement, Router, TenantNetwork, TenantServer, Topology
from erisc.compiler.program import Declared
from erisc.compiler.source import Source, did_you_mean, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOMMODATIONS = ("single_room", "double_room", "mixed_room", "cross_az", "best_effort")
"""Shaker's words, pyshaker 1.4.2."""
_KINDS = {"pair": 2, "alone": 1}


def build_topology(context: Context, declared: Declared) -> Topology:
    """The topology in the Plan."""
    node, source = declared.node, declared.source
    context.find("architecture", node.on, source)
    named = _named(context, node, source)
    networks = {item.name.text: _network(context, item, source) for item in named if isinstance(item, ast.Network)}
    routers = [_router(context, item, source, networks) for item in named if isinstance(item, ast.Router)]
    servers = {i.name.text: _server(context, i, source, networks) for i in named if isinstance(i, ast.Server)}
    places = [_place(context, item, source, servers) for item in node.items if isinstance(item, ast.Place)]
    _reached(context, named, source, routers)
    return Topology(
        node.name.text,
        tuple(networks.values()),
        tuple(routers),
        tuple(servers.values()),
        tuple(place for place in places if place is not None),
        source.span(node),
    )


def _named(context: Context, node: ast.Topology, source: Source) -> list[ast.Network | ast.Router | ast.Server]:
    """Everything with a name of its own; names that come again are reported and left out."""
    found: dict[str, ast.Network | ast.Router | ast.Server] = {}
    for item in node.items:
        if isinstance(item, ast.Place):
            continue
        first = found.setdefault(item.name.text, item)
        if first is not item:
            labels = [(source.span(first.name), "the first")]
            summary = f"`{item.name.text}` is declared twice"
            context.findings.add("E0204", summary, source.span(item.name), labels=labels)
    return list(found.values())


def _network(context: Context, item: ast.Network, source: Source) -> TenantNetwork:
    fields = context.fields(item.block, source, ("cidr", "floating"), "a network")
    field, constants = fields.get("cidr"), context.constants(source)
    cidr = constants.text(field.value, what="`cidr`") if field else None
    if field is None and item.name.text not in context.program.lost:
        help_ = f'write network {item.name.text} {{ cidr = "10.20.0.0/24" }}'
        context.findings.add("E0310", f"network `{item.name.text}` needs a `cidr`", source.span(item.name), help=help_)
    if field and cidr is not None and (why := _bad_cidr(cidr)):
        summary = f"{cidr[:40]!r} is no IPv4 network: {why}"
        context.findings.add("E0309", summary, source.span(field.value), help='e.g. "10.20.0.0/24"')
    floating = constants.due(fields["floating"].value, "bool", what="`floating`") if "floating" in fields else None
    return TenantNetwork(item.name.text, cidr or "", floating is None or bool(floating.data), source.span(item))


def _bad_cidr(cidr: str) -> str:
    address, slash, bits = cidr.partition("/")
    parts = address.split(".")
    if not slash or len(parts) != 4 or not all(p.isascii() and p.isdigit() and len(p) <= 3 for p in (*parts, bits)):
        return "four numbers, a slash and the length of the prefix are due"
    numbers = [int(part) for part in parts]
    if max(numbers) > 255 or int(bits) > 30:
        return "a number is too large" if max(numbers) > 255 else "the prefix must be at most 30"
    whole = sum(number << shift for number, shift in zip(numbers, (24, 16, 8, 0), strict=True))
    return "bits of the host are set" if whole & ((1 << (32 - int(bits))) - 1) else ""


def _router(context: Context, item: ast.Router, source: Source, networks: Mapping[str, TenantNetwork]) -> Router:
    fields = context.fields(item.block, source, ("connects", "gateway"), "a router")
    if "connects" not in fields:
        help_ = f"write router {item.name.text} {{ connects = [{', '.join(list(networks)[:2]) or 'left, right'}] }}"
        summary = f"router `{item.name.text}` needs `connects`"
        context.findings.add("E0310", summary, source.span(item.name), help=help_)
    chosen = _networks(context, fields["connects"], source, networks) if "connects" in fields else ()
    for name in {name for name in chosen if chosen.count(name) > 1}:
        context.findings.add("E0204", f"`{name}` is connected twice", source.span(fields["connects"].value))
    field = fields.get("gateway")
    gateway = context.constants(source).text(field.value, what="`gateway`") if field else ""
    return Router(item.name.text, chosen, gateway or "", source.span(item))


def _reached(
    context: Context, named: list[ast.Network | ast.Router | ast.Server], source: Source, routers: list[Router]
) -> None:
    """Who asks for floating addresses in so many words gets a router that can give them."""
    reached = {name for router in routers if router.gateway for name in router.connects}
    for item in named if not context.findings.broken else ():
        for field in item.block.fields if isinstance(item, ast.Network) and item.block else ():
            value = field.value
            asked = isinstance(value, ast.Name) and field.key.text == "floating" and value.word.text == "true"
            if asked and item.name.text not in reached:
                summary = f"no router leads from `{item.name.text}` to a gateway"
                help_ = f'add router NAME {{ connects = [{item.name.text}], gateway = "public" }}'
                context.findings.add("E0313", summary, source.span(field), help=help_)


def _server(context: Context, item: ast.Server, source: Source, networks: Mapping[str, TenantNetwork]) -> TenantServer:
    constants = context.constants(source)
    count = 1
    if item.count is not None:
        count = constants.whole(item.count, what="the number of servers", low=1, high=MAX_COUNT) or 1
    fields = context.fields(item.block, source, ("image", "flavor", "networks"), "a server")
    missing = [key for key in ("image", "flavor", "networks") if key not in fields]
    if missing:
        shown = ", ".join(f"`{key}`" for key in missing)
        context.findings.add("E0310", f"server `{item.name.text}` needs {shown}", source.span(item.name))
    image = ImageNames(context).name(fields["image"].value, source) if "image" in fields else None
    flavor = _text(constants, fields, "flavor")
    chosen = _networks(context, fields["networks"], source, networks) if "networks" in fields else ()
    return TenantServer(item.name.text, count, image or "", flavor, chosen, source.span(item))


def _text(constants: Constants, fields: dict[str, ast.Field], key: str) -> str:
    return constants.text(fields[key].value, what=f"`{key}`") or "" if key in fields else ""


def _networks(
    context: Context, field: ast.Field, source: Source, networks: Mapping[str, TenantNetwork]
) -> tuple[str, ...]:
    node, key = field.value, field.key.text
    if not isinstance(node, ast.ListOf) or not node.items:
        help_ = f"write {key} = [apps]"
        context.findings.add("E0301", f"`{key}` is a list of networks", source.span(node), help=help_)
        return ()
    chosen = []
    for item in node.items:
        name = item.word.text if isinstance(item, ast.Name) else ""
        if name in networks:
            chosen.append(name)
        elif name not in context.program.lost:
            summary = f"there is no network `{source.quote(item)[:40]}`"
            guess = nearest(name, networks)
            fix = (source.span(item), guess) if guess else None
            help_ = did_you_mean(name, networks)
            context.findings.add("E0201", summary, source.span(item), help=help_, fix=fix)
    return tuple(chosen)


# --- placement ---


def _place(context: Context, item: ast.Place, source: Source, servers: Mapping[str, TenantServer]) -> Placement | None:
    kind, how = item.what.function.word, item.how
    for word, known, what in ((kind, _KINDS, "placement"), (how, ACCOMMODATIONS, "accommodation")):
        if word.text not in known:
            guess = nearest(word.text, known)
            fix = (source.span(word), guess) if guess else None
            help_ = did_you_mean(word.text, known)
            context.findings.add("E0201", f"there is no {what} `{word.text}`", source.span(word), help=help_, fix=fix)
            return None
    names = [_placed(context, argument, source, servers) for argument in item.what.arguments]
    if len(names) != _KINDS[kind.text]:
        shown = "pair(gen, sink)" if kind.text == "pair" else "alone(gen)"
        context.findings.add("E0309", f"write {shown} {how.text}", source.span(item.what))
        return None
    if None in names or not _fits(context, item, source, [servers[name] for name in names if name]):
        return None
    return Placement(kind.text, tuple(name for name in names if name), how.text, source.span(item))


def _placed(context: Context, node: ast.Node, source: Source, servers: Mapping[str, TenantServer]) -> str | None:
    name = node.word.text if isinstance(node, ast.Name) else ""
    if name in servers:
        return name
    if name not in context.program.lost:
        summary, help_ = f"there is no server `{source.quote(node)[:40]}`", did_you_mean(name, servers)
        guess = nearest(name, servers)
        fix = (source.span(node), guess) if guess else None
        context.findings.add("E0201", summary, source.span(node), help=help_, fix=fix)
    return None


def _fits(context: Context, item: ast.Place, source: Source, placed: list[TenantServer]) -> bool:
    first, *others = placed
    for other in others:
        labels = [(one.span, f"{one.count} of them") for one in (first, other)]
        if other.name == first.name or other.count != first.count:
            summary = f"`{first.name}` and `{other.name}` do not make pairs"
            help_ = "a pair is the n-th server of each of two sets of the same size"
            context.findings.add("E0312", summary, source.span(item.what), labels=labels, help=help_)
            return False
    if not others and item.how.text in ("mixed_room", "cross_az"):
        summary = f"`{item.how.text}` is for pairs"
        context.findings.add("E0312", summary, source.span(item.how), help="write place pair(gen, sink)")
        return False
    return True
