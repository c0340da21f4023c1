"""Where a fault strikes: a service on hosts, or hosts, picked from a node set of the architecture."""

from __future__ import annotations

from erisc.base.record import record
from erisc.compiler import ast
from erisc.compiler.constants import Constants
from erisc.compiler.context import Context
from erisc.compiler.lasting import fitting
from erisc.compiler.plan import Architecture, Argument, Filter, Mapping, Node, Target
from erisc.compiler.source import did_you_mean, nearest
from erisc.compiler.topologies import build_topology

PLAIN = ("one", "all", "minority", "majority", "each")
"""Selectors of a node set alone; `any` takes a number besides, `primary` a service."""
OF_SERVERS = ("one", "all", "each")
"""Selectors of servers; `any` takes a number besides."""
_FORMS = (
    "`one(controller)`, `any(2, controller)`, `all(controller)`, `minority(controller)`, `majority(controller)`, "
    "`each(controller)`, `primary(rabbitmq)`"
)


@record
class Place:
    """Where names are looked up. architecture: None when it is broken, so that nothing can be said about hosts."""

    context: Context
    constants: Constants
    architecture: Architecture | None


@record
class _Picked:
    """selector, count, primary and where as in the Plan; nodes: where the set is named."""

    selector: str
    nodes: str
    named: ast.Word
    count: int
    primary: str
    where: tuple[Filter, ...]


def service_target(place: Place, node: ast.Placed) -> Target | None:
    """`rabbitmq on one(controller)`."""
    if not isinstance(node.what, ast.Name):
        span = place.constants.source.span(node.what)
        place.context.findings.add("E0309", "the name of a service is due here", span, help=_example(place))
        return None
    picked = _picked(place, node.where)
    if picked is None or place.architecture is None or not _runs_there(place, node.what.word, picked):
        return None
    return Target(node.what.word.text, picked.nodes, picked.selector, picked.count, picked.primary, picked.where)


def hosts_target(place: Place, node: ast.Node) -> Target | None:
    """`one(controller)`: the hosts themselves."""
    picked = _picked(place, node)
    if picked is None or place.architecture is None:
        return None
    return Target("", picked.nodes, picked.selector, picked.count, picked.primary, picked.where)


def servers_target(place: Place, node: ast.Node) -> Target | None:
    """`one(tenant.web)`, `any(2, tenant.web)`, `each(tenant.web)`, `tenant.web`: servers of a topology."""
    selector, count, of = "all", 0, node
    if isinstance(node, ast.Call):
        selector, arguments = node.function.word.text, node.arguments
        if selector == "any" and len(arguments) == 2:
            number = place.constants.whole(arguments[0], what="the number of servers", low=1, high=100_000)
            if number is None:
                return None
            count, of = number, arguments[1]
        elif selector in OF_SERVERS and len(arguments) == 1:
            count, of = int(selector == "one"), arguments[0]
    if not isinstance(of, ast.Attribute) or not isinstance(of.of, ast.Name):
        span = place.constants.source.span(node)
        help_ = "servers are `one(tenant.web)`, `any(2, tenant.web)`, `each(tenant.web)`, or all of `tenant.web`"
        place.context.findings.add("E0309", "this does not select servers of a topology", span, help=help_)
        return None
    return _of_servers(place, selector, count, of.of.word, of.name)


def _of_servers(place: Place, selector: str, count: int, topology: ast.Word, word: ast.Word) -> Target | None:
    context, source = place.context, place.constants.source
    declared = context.find("topology", topology, source)
    if declared is None:
        return None
    servers = {one.name: one for one in build_topology(context, declared).servers}
    span = source.span(word)
    if word.text not in servers:
        guess = nearest(word.text, servers)
        summary, fix = f"topology `{topology.text}` has no servers `{word.text}`", (span, guess) if guess else None
        context.findings.add("E0201", summary, span, help=did_you_mean(word.text, servers), fix=fix)
        return None
    there = servers[word.text]
    if count > there.count:
        labels = [(there.span, f"{there.count} server{'' if there.count == 1 else 's'}")]
        context.findings.add("E0306", f"there are fewer than {count} servers in `{word.text}`", span, labels=labels)
        return None
    return Target("", word.text, selector, count, "", (), topology.text)


def hosts_argument(place: Place, node: ast.Node) -> Argument | None:
    """Hosts as an argument of an action: the fields of a Target as a mapping."""
    target = hosts_target(place, node)
    if target is None:
        return None
    where = tuple(
        Mapping((("column", one.column), ("operator", one.operator), ("value", one.value))) for one in target.where
    )
    pairs: tuple[tuple[str, Argument], ...] = (
        ("nodes", target.nodes), ("selector", target.selector), ("count", target.count),
        ("primary", target.primary), ("where", where),
    )  # fmt: skip
    return Mapping(pairs)


def _example(place: Place) -> str:
    services = place.architecture.services if place.architecture else ()
    home = services[0] if services else None
    return f"e.g. {home.name} on one({home.on})" if home else "e.g. rabbitmq on one(controller)"


def _picked(place: Place, node: ast.Node) -> _Picked | None:
    if isinstance(node, ast.Name | ast.Pick):
        return _of_set(place, "all", 0, node, node)
    name = node.function.word.text if isinstance(node, ast.Call) else ""
    arguments = node.arguments if isinstance(node, ast.Call) else ()
    if name in PLAIN and len(arguments) == 1:
        return _of_set(place, name, 1 if name == "one" else 0, arguments[0], node)
    if name == "any" and len(arguments) == 2:
        count = place.constants.whole(arguments[0], what="the number of hosts", low=1, high=100_000)
        return None if count is None else _of_set(place, "any", count, arguments[1], node)
    if name == "primary" and len(arguments) == 1 and isinstance(arguments[0], ast.Name):
        return _primary(place, arguments[0].word)
    findings, span = place.context.findings, place.constants.source.span(node)
    known = (*PLAIN, "any", "primary")
    if name and name not in known and (guess := nearest(name, known)):
        word = place.constants.source.span(node.function)  # type: ignore[attr-defined]
        help_ = f"did you mean `{guess}`?"
        findings.add("E0309", f"there is no selector `{name}`", span, help=help_, fix=(word, guess))
    else:
        findings.add("E0309", "this does not select hosts", span, help=f"hosts are {_FORMS}, or the name of a set")
    return None


def _of_set(place: Place, selector: str, count: int, node: ast.Node, whole: ast.Node) -> _Picked | None:
    """A selector of a node set, or of its part that `[label == "value"]` leaves."""
    of = node.of if isinstance(node, ast.Pick) else node
    if not isinstance(of, ast.Name):
        span = place.constants.source.span(node)
        help_ = f'write e.g. {selector}(controller), {selector}(compute[az == "az1"])'
        place.context.findings.add("E0309", "the name of a node set is due here", span, help=help_)
        return None
    if place.architecture is None:
        return None
    found = {one.name: one for one in place.architecture.nodes}
    if not known_in(place, of.word, list(found)):
        return None
    nodes = found[of.word.text]
    where = _filters(place, node, nodes) if isinstance(node, ast.Pick) else ()
    if where is None or not _enough(place, selector, count, nodes, fitting(nodes, where), whole):
        return None
    return _Picked(selector, nodes.name, of.word, count, "", where)


def _primary(place: Place, word: ast.Word) -> _Picked | None:
    if place.architecture is None:
        return None
    services = {one.name: one for one in place.architecture.services}
    if not known_in(place, word, list(services), "service"):
        return None
    return _Picked("primary", services[word.text].on, word, 0, word.text, ())


def known_in(place: Place, word: ast.Word, known: list[str], kind: str = "node set") -> bool:
    """Whether the architecture has what a word names; says so when it has not."""
    assert place.architecture is not None
    if word.text not in known and word.text not in place.context.program.lost:
        summary = f"architecture `{place.architecture.name}` has no {kind} `{word.text}`"
        span, guess = place.constants.source.span(word), nearest(word.text, known)
        fix = (span, guess) if guess else None
        place.context.findings.add("E0201", summary, span, help=did_you_mean(word.text, known), fix=fix)
    return word.text in known


def _filters(place: Place, node: ast.Pick, nodes: Node) -> tuple[Filter, ...] | None:
    made = [_filter(place, item, nodes) for item in node.filters]
    kept = tuple(one for one in made if one is not None)
    if len(kept) < len(made):
        return None
    if not fitting(nodes, kept):
        labels = ", ".join(f'{name} = "{value}"' for name, value in nodes.labels)
        span = place.constants.source.span(node)
        summary = f"no host of `{nodes.name}` fits this filter"
        place.context.findings.add("E0411", summary, span, labels=[(nodes.span, f"its labels: {labels}")])
        return None
    return kept


def _filter(place: Place, node: ast.Node, nodes: Node) -> Filter | None:
    source, findings = place.constants.source, place.context.findings
    if not isinstance(node, ast.Comparison) or not isinstance(node.left, ast.Name):
        findings.add("E0309", "a filter compares a label", source.span(node), help='e.g. [az == "az1"]')
        return None
    label, span = node.left.word.text, source.span(node.left)
    known = [name for name, _ in nodes.labels]
    if label not in known:
        guess = nearest(label, known)
        help_ = did_you_mean(label, known) or f'`node {nodes.name} {{ labels {{ {label} = "…" }} }}` declares it'
        summary = f"node set `{nodes.name}` has no label `{label}`"
        findings.add("E0201", summary, span, help=help_, labels=[(nodes.span, "declared here")],
                     fix=(span, guess) if guess else None)  # fmt: skip
        return None
    if node.operator.text not in ("==", "!="):
        findings.add("E0301", "a label has no order", source.span(node.operator), help="use `==` or `!=`")
        return None
    text = place.constants.text(node.right, what=f"`{label}`")
    return None if text is None else Filter(label, node.operator.text, text, source.span(node))


def _enough(place: Place, selector: str, count: int, nodes: Node, there: int, node: ast.Node) -> bool:
    """Whether the set has as many hosts as the selector needs."""
    findings, span = place.context.findings, place.constants.source.span(node)
    labels = [(nodes.span, f"{there} host{'' if there == 1 else 's'}")]
    if count > there:
        findings.add("E0306", f"there are fewer than {count} hosts in `{nodes.name}`", span, labels=labels)
        return False
    if (selector == "minority" and there < 3) or (selector == "majority" and there < 2):
        few = "one host has" if there == 1 else f"{there} hosts have"
        findings.add("E0412", f"{few} no {selector}", span, labels=labels, help="use `one` or `all`, or more hosts")
        return False
    return True


def _runs_there(place: Place, service: ast.Word, picked: _Picked) -> bool:
    assert place.architecture is not None
    services = {one.name: one for one in place.architecture.services}
    if not known_in(place, service, list(services), "service"):
        return False
    home = services[service.text]
    if home.on == picked.nodes:
        return True
    span = place.constants.source.span(picked.named)
    fix = (span, home.on) if not picked.primary else (span, service.text)
    place.context.findings.add(
        "E0211", f"`{service.text}` does not run on `{picked.nodes}`", span,
        labels=[(home.span, f"it runs on `{home.on}`")], fix=fix,
    )  # fmt: skip
    return False
