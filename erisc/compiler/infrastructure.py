"""Architectures and topologies: declaration to Plan."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context, field_key
from erisc.compiler.plan import (
    Architecture,
    Node,
    Scalar,
    Service,
    TenantNetwork,
    TenantServer,
    Topology,
)
from erisc.compiler.program import Declared
from erisc.compiler.source import Source, did_you_mean

MAX_COUNT = 100_000
"""Hosts of a node set, or servers of one declaration."""

_NODE_TYPES = {"vcpus": "int", "ram": "size", "disk": "size", "image": "string"}
_SERVICE_TYPES = {"port": "int"}


def build_architecture(context: Context, declared: Declared, seen: tuple[str, ...] = ()) -> Architecture | None:
    """The architecture with what it inherits, refined by what it declares again. None: its base is unknown."""
    node, source = declared.node, declared.source
    _refuse_links(context, node, source)
    base = _base(context, node, source, (*seen, node.name.text))
    if node.base is not None and base is None:
        return None
    nodes = {one.name: one for one in base.nodes} if base else {}
    services = {one.name: one for one in base.services} if base else {}
    own: dict[str, ast.Word] = {}
    for item in node.items:
        if isinstance(item, ast.Link):
            continue
        if item.name.text in own:
            first = source.span(own[item.name.text])
            context.findings.add(
                "E0204", f"`{item.name.text}` is declared twice", source.span(item.name), labels=[(first, "the first")]
            )
            continue
        own[item.name.text] = item.name
        if isinstance(item, ast.NodeSet):
            made = _node(context, item, source, nodes.get(item.name.text))
            nodes[made.name] = made
        else:
            service = _service(context, item, source, services.get(item.name.text), nodes)
            services[service.name] = service
    return Architecture(node.name.text, tuple(nodes.values()), tuple(services.values()), (), source.span(node))


def _refuse_links(context: Context, node: ast.Architecture, source: Source) -> None:
    for item in node.items:
        if isinstance(item, ast.Link):
            span = source.between(item.start, item.name.end)
            summary = "networks of an architecture are not supported yet"
            context.findings.add("E0190", summary, span, help="leave it out for now")
            context.program.lost |= {item.name.text}


def _base(context: Context, node: ast.Architecture, source: Source, seen: tuple[str, ...]) -> Architecture | None:
    if node.base is None:
        return None
    found = context.find("architecture", node.base, source)
    if found is None:
        return None
    if node.base.text in seen or len(seen) > 20:
        context.findings.add(
            "E0215",
            f"`{node.name.text}` extends itself",
            source.span(node.base),
            note=" -> ".join((*seen, node.base.text)),
        )
        return None
    return build_architecture(context, found, seen)


def _node(context: Context, item: ast.NodeSet, source: Source, base: Node | None) -> Node:
    constants = context.constants(source)
    count = base.count if base else 1
    if item.count is not None:
        count = constants.whole(item.count, what="the number of hosts", low=1, high=MAX_COUNT) or count
    fields = context.fields(item.block, source, (*_NODE_TYPES, "labels"), "a node")
    labels = dict(base.labels if base else ())
    if "labels" in fields:
        labels |= _labels(context, fields.pop("labels"), source)
    properties = dict(base.properties if base else ()) | _properties(constants, fields, _NODE_TYPES)
    return Node(item.name.text, count, tuple(properties.items()), tuple(labels.items()), source.span(item))


def _properties(constants: Constants, fields: dict[str, ast.Field], types: dict[str, str]) -> dict[str, Scalar]:
    made: dict[str, Scalar] = {}
    for key, field in fields.items():
        value = constants.due(field.value, types[key], what=f"`{key}`")
        if value is None:
            continue
        if value.dimension is not None and value.data < 0:
            constants.findings.add("E0306", f"`{key}` cannot be negative", constants.source.span(field.value))
            continue
        made[key] = value.data
    return made


def _labels(context: Context, field: ast.Field, source: Source) -> dict[str, str]:
    if not isinstance(field.value, ast.Block):
        context.findings.add(
            "E0301", "`labels` is a block", source.span(field.value), help='write labels { az = "az1" }'
        )
        return {}
    constants = context.constants(source)
    made = {}
    for inner in context.fields(field.value, source, (), "labels").values():
        text = constants.text(inner.value, what="a label")
        if text is not None:
            made[field_key(inner)] = text
    return made


def _service(
    context: Context, item: ast.Service, source: Source, base: Service | None, nodes: dict[str, Node]
) -> Service:
    if item.on.text not in nodes:
        help_ = did_you_mean(item.on.text, nodes)
        if item.on.text not in context.program.lost:
            context.findings.add("E0201", f"there is no node set `{item.on.text}`", source.span(item.on), help=help_)
    fields = context.fields(item.block, source, _SERVICE_TYPES, "a service")
    properties = dict(base.properties if base else ()) | _properties(context.constants(source), fields, _SERVICE_TYPES)
    return Service(item.name.text, item.on.text, tuple(properties.items()), source.span(item))


def build_topology(context: Context, declared: Declared) -> Topology:
    """Networks and servers of tenant space."""
    node, source = declared.node, declared.source
    context.find("architecture", node.on, source)
    networks: dict[str, TenantNetwork] = {}
    servers: dict[str, TenantServer] = {}
    taken: dict[str, ast.Word] = {}
    for item in node.items:
        if isinstance(item, ast.Router | ast.Place):
            kind = type(item).__name__.lower()
            context.findings.add(
                "E0190", f"`{kind}` is not supported yet", source.span(item), help="leave it out for now"
            )
            continue
        if item.name.text in taken:
            first = source.span(taken[item.name.text])
            context.findings.add(
                "E0204", f"`{item.name.text}` is declared twice", source.span(item.name), labels=[(first, "the first")]
            )
            continue
        taken[item.name.text] = item.name
        if isinstance(item, ast.Network):
            network = _network(context, item, source)
            networks[item.name.text] = network
    for item in node.items:
        if isinstance(item, ast.Server) and taken[item.name.text] is item.name:
            servers[item.name.text] = _server(context, item, source, networks)
    return Topology(node.name.text, tuple(networks.values()), (), tuple(servers.values()), (), source.span(node))


def _network(context: Context, item: ast.Network, source: Source) -> TenantNetwork:
    fields = context.fields(item.block, source, ("cidr",), "a network")
    field = fields.get("cidr")
    cidr = context.constants(source).text(field.value, what="`cidr`") if field else None
    if field is None and item.name.text not in context.program.lost:
        help_ = f'write network {item.name.text} {{ cidr = "10.20.0.0/24" }}'
        context.findings.add("E0310", f"network `{item.name.text}` needs a `cidr`", source.span(item.name), help=help_)
    if field and cidr is not None and (why := _bad_cidr(cidr)):
        context.findings.add(
            "E0309", f"{cidr[:40]!r} is no IPv4 network: {why}", source.span(field.value), help='e.g. "10.20.0.0/24"'
        )
    return TenantNetwork(item.name.text, cidr or "", True, source.span(item))


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


def _server(context: Context, item: ast.Server, source: Source, networks: dict[str, TenantNetwork]) -> TenantServer:
    constants = context.constants(source)
    count = 1
    if item.count is not None:
        count = constants.whole(item.count, what="the number of servers", low=1, high=MAX_COUNT) or 1
    fields = context.fields(item.block, source, ("image", "flavor", "networks"), "a server")
    missing = [key for key in ("image", "flavor", "networks") if key not in fields]
    if missing:
        shown = ", ".join(f"`{key}`" for key in missing)
        context.findings.add("E0310", f"server `{item.name.text}` needs {shown}", source.span(item.name))
    texts = [
        constants.text(fields[key].value, what=f"`{key}`") or "" if key in fields else "" for key in ("image", "flavor")
    ]
    chosen = _networks(context, fields["networks"].value, source, networks) if "networks" in fields else ()
    return TenantServer(item.name.text, count, texts[0], texts[1], chosen, source.span(item))


def _networks(context: Context, node: ast.Node, source: Source, networks: dict[str, TenantNetwork]) -> tuple[str, ...]:
    if not isinstance(node, ast.ListOf) or not node.items:
        context.findings.add(
            "E0301", "`networks` is a list of networks", source.span(node), help="write networks = [apps]"
        )
        return ()
    chosen = []
    for item in node.items:
        name = item.word.text if isinstance(item, ast.Name) else ""
        if name in networks:
            chosen.append(name)
        elif name not in context.program.lost:
            context.findings.add(
                "E0201",
                f"there is no network `{source.quote(item)[:40]}`",
                source.span(item),
                help=did_you_mean(name, networks),
            )
    return tuple(chosen)
