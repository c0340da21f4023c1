"""Architectures: hosts, services and networks of a site, with what is inherited."""

from __future__ import annotations

from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context, field_key
from erisc.compiler.images import ImageNames
from erisc.compiler.plan import Architecture, Link, Node, Scalar, Service
from erisc.compiler.program import Declared
from erisc.compiler.source import Source, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_COUNT = 100_000
"""Hosts of a node set, or servers of one declaration."""
_MAX_BASES = 20

_NODE_TYPES = {"vcpus": "int", "ram": "size", "disk": "size", "image": "string"}
_SERVICE_TYPES = {"port": "int", "processes": "int", "cluster": "bool", "vip": "string", "version": "string"}
_LINK_TYPES = {
    "bandwidth": "bitrate", "delay": "duration", "jitter": "duration", "loss": "ratio", "mtu": "size", "cidr": "string",
    "vlan": "int",
}  # fmt: skip
_HIGHEST = {"port": 65535, "vlan": 4094, "loss": 1}


def build_architecture(context: Context, declared: Declared, seen: tuple[str, ...] = ()) -> Architecture | None:
    """The architecture with what it inherits, refined by what it declares again. None: its base is unknown."""
    node, source = declared.node, declared.source
    base = _base(context, node, source, (*seen, node.name.text))
    if node.base is not None and base is None:
        return None
    nodes = {one.name: one for one in base.nodes} if base else {}
    services = {one.name: one for one in base.services} if base else {}
    links = {one.name: one for one in base.links} if base else {}
    own: dict[str, ast.Word] = {}
    # A service may be written above the hosts it runs on.
    for item in sorted(node.items, key=lambda one: not isinstance(one, ast.NodeSet)):
        name = item.name.text
        if own.setdefault(name, item.name) is not item.name or _is_other(item, name, nodes, services, links):
            _twice(context, item.name, own[name], source)
        elif isinstance(item, ast.NodeSet):
            nodes[name] = _node(context, item, source, nodes.get(name))
        elif isinstance(item, ast.Link):
            links[name] = _link(context, item, source, links.get(name))
        else:
            services[name] = _service(context, item, source, services.get(name), nodes)
    parts = tuple(nodes.values()), tuple(services.values()), tuple(links.values())
    return Architecture(node.name.text, *parts, source.span(node))


def _is_other(
    item: Any, name: str, nodes: dict[str, Node], services: dict[str, Service], links: Mapping[str, Link]
) -> bool:
    """Whether the base has something of another kind under the name."""
    kinds: dict[type, Mapping[str, object]] = {ast.NodeSet: nodes, ast.Service: services, ast.Link: links}
    return any(name in known for kind, known in kinds.items() if kind is not type(item))


def _twice(context: Context, word: ast.Word, first: ast.Word, source: Source) -> None:
    labels = [(source.span(first), "the first")] if first is not word else []
    note = "" if labels else "what it extends has something else of the name"
    context.findings.add("E0204", f"`{word.text}` is declared twice", source.span(word), labels=labels, note=note)


def _base(context: Context, node: ast.Architecture, source: Source, seen: tuple[str, ...]) -> Architecture | None:
    if node.base is None:
        return None
    found = context.find("architecture", node.base, source)
    if found is None:
        return None
    if node.base.text in seen:
        note = " -> ".join((*seen, node.base.text))
        context.findings.add("E0215", f"`{node.name.text}` extends itself", source.span(node.base), note=note)
        return None
    if len(seen) > _MAX_BASES:
        if not _is_extended(context, seen[0]):
            note = " -> ".join((*seen, "…"))
            summary = f"`{seen[0]}` goes back over more than {_MAX_BASES} architectures"
            context.findings.add("E0218", summary, source.span(node.base), note=note, help="extend one nearer to it")
        return None
    return build_architecture(context, found, seen)


def _is_extended(context: Context, name: str) -> bool:
    """Whether another architecture extends it, and so reports for it what is wrong further back."""
    bases = (one.node.base for one in context.program.names["architecture"].values())
    return any(base is not None and base.text == name for base in bases)


def _node(context: Context, item: ast.NodeSet, source: Source, base: Node | None) -> Node:
    constants = context.constants(source)
    count = base.count if base else 1
    if item.count is not None:
        count = constants.whole(item.count, what="the number of hosts", low=1, high=MAX_COUNT) or count
    fields = context.fields(item.block, source, (*_NODE_TYPES, "labels"), "a node")
    labels = dict(base.labels if base else ())
    if "labels" in fields:
        labels |= _labels(context, fields.pop("labels"), source)
    order, image = tuple(fields), fields.pop("image", None)
    made = _properties(constants, fields, _NODE_TYPES)
    if image is not None and (name := ImageNames(context).name(image.value, source)) is not None:
        made["image"] = name
    properties = dict(base.properties if base else ()) | {key: made[key] for key in order if key in made}
    return Node(item.name.text, count, tuple(properties.items()), tuple(labels.items()), source.span(item))


def _properties(constants: Constants, fields: dict[str, ast.Field], types: dict[str, str]) -> dict[str, Scalar]:
    made: dict[str, Scalar] = {}
    for key, field in fields.items():
        value = constants.due(field.value, types[key], what=f"`{key}`")
        if value is None:
            continue
        span = constants.source.span(field.value)
        if value.dimension is not None and value.data < 0:
            constants.findings.add("E0306", f"`{key}` cannot be negative", span)
        elif value.dimension is not None and value.data > _HIGHEST.get(key, value.data):
            constants.findings.add("E0306", f"`{key}` must be at most {_HIGHEST[key]}", span)
        else:
            made[key] = value.data
    return made


def _labels(context: Context, field: ast.Field, source: Source) -> dict[str, str]:
    if not isinstance(field.value, ast.Block):
        span = source.span(field.value)
        context.findings.add("E0301", "`labels` is a block", span, help='write labels { az = "az1" }')
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
    if item.on.text not in nodes and item.on.text not in context.program.lost:
        help_ = did_you_mean(item.on.text, nodes)
        context.findings.add("E0201", f"there is no node set `{item.on.text}`", source.span(item.on), help=help_)
    fields = context.fields(item.block, source, _SERVICE_TYPES, "a service")
    properties = dict(base.properties if base else ()) | _properties(context.constants(source), fields, _SERVICE_TYPES)
    return Service(item.name.text, item.on.text, tuple(properties.items()), source.span(item))


def _link(context: Context, item: ast.Link, source: Source, base: Link | None) -> Link:
    fields = context.fields(item.block, source, _LINK_TYPES, "a network of an architecture")
    properties = dict(base.properties if base else ()) | _properties(context.constants(source), fields, _LINK_TYPES)
    return Link(item.name.text, tuple(properties.items()), source.span(item))


def links_of(context: Context, architecture: str) -> list[str]:
    """The names of an architecture's networks, inherited ones included; nothing is reported."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    while architecture and architecture not in seen:
        seen.add(architecture)
        declared = context.program.names["architecture"].get(architecture)
        if declared is None:
            break
        found |= {item.name.text: None for item in declared.node.items if isinstance(item, ast.Link)}
        architecture = declared.node.base.text if declared.node.base else ""
    return list(found)
