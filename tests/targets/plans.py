"""Plans made by hand: the smallest that say something, and hostile ones."""

from erisc.base.record import replace
from erisc.compiler import plan as p

SPEC = "// storm.eris\nedition 2026\n"


def span(line: int, column: int = 1) -> p.Span:
    return p.Span("storm.eris", line, column, line, column + 10)


def network(name: str = "apps", cidr: str = "10.20.0.0/24") -> p.TenantNetwork:
    return p.TenantNetwork(name, cidr, True, span(12, 3))


def server(name: str = "canary", count: int = 1, networks: tuple[str, ...] = ("apps",), **texts: str) -> p.TenantServer:
    return p.TenantServer(
        name, count, texts.get("image", "cirros-fake"), texts.get("flavor", "m1.nano"), networks, span(13, 3)
    )


def topology(
    *servers: p.TenantServer, networks: tuple[p.TenantNetwork, ...] | None = None, name: str = "tenant"
) -> p.Topology:
    return p.Topology(name, (network(),) if networks is None else networks, (), servers, (), span(11))


def router(connects: tuple[str, ...] = ("apps",), gateway: str = "", name: str = "edge") -> p.Router:
    return p.Router(name, connects, gateway, span(14, 3))


def routed(gateway: str = "") -> p.Topology:
    """A server on a network behind a router."""
    return replace(topology(server()), routers=(router(gateway=gateway),))


def placed(*accommodations: str | int) -> p.Topology:
    """Pairs of servers, so many as the number says, in every accommodation."""
    count = next(one for one in accommodations if isinstance(one, int))
    words = [one for one in accommodations if isinstance(one, str)]
    places = tuple(p.Placement("pair", ("gen", "sink"), word, span(15, 3)) for word in words)
    return replace(topology(server("gen", count), server("sink", count)), placements=places)


def workload(
    scenario: str = "Authenticate.keystone", *arguments: tuple[str, p.Argument], name: str = "login"
) -> p.Workload:
    stages = (
        p.Stage("ramp", "", 0.0, 10.0, None, 0.0, 2.5, None, None, span(18, 3)),
        p.Stage("hold", "steady", 10.0, 60.0, None, 2.5, 2.5, None, None, span(19, 3)),
    )
    return p.Workload(name, "rally", scenario, p.Mapping(arguments), "open", stages, span(16))


BOOT = workload(
    "NovaServers.boot_and_delete_server",
    ("image", "cirros-fake"),
    ("flavor", "m1.nano"),
    ("nics", (p.Mapping((("net-id", p.OutputRef("tenant", "apps")),)),)),
    ("force_delete", True),
    ("min_sleep", 1e-05),
    name="boot",
)
LOGIN = workload()


def later(one: p.Workload, offset: float) -> p.Workload:
    """The same, begun later."""
    return replace(one, stages=tuple(replace(stage, start=(stage.start or 0.0) + offset) for stage in one.stages))


LOT = replace(
    LOGIN,
    model="closed",
    stages=(
        p.Stage(
            "ramp", "up", 0.0, 6.0, None, 0.0, 2.0, None, None, span(18, 3),
            (p.Dealt(0.0, 0.0), p.Dealt(1.5, 1.0), p.Dealt(3.5, 2.0)),
        ),
    ),
)  # fmt: skip
"""A part of a mix of users, who come one by one."""


def target(service: str, nodes: str, selector: str = "one", count: int = 1) -> p.Target:
    return p.Target(service, nodes, selector, count, "", ())


def fault(name: str = "mq_crash", instance: int = 0, at: float = 20.0, **changes: object) -> p.Fault:
    """A fault of one effect; changes are of the effect."""
    where = target("rabbitmq", "controller")
    effect = p.Effect("kill", where, p.Mapping(()), 8.0, 0x9F3C6D0A1B2C3D4E, span(24, 3))
    return p.Fault(name, instance, at, ((replace(effect, **changes),),), span(24, 3))


FAULTS = (
    fault(),
    fault("api_flap", instance=1, at=30.0, target=target("nova_api", "controller", "all", 0), choice=1),
    fault("api_flap", at=20.0, target=target("nova_api", "controller", "all", 0), duration=None, action="restart"),
)


def cell(
    identity: str = "0001",
    topologies: tuple[p.Topology, ...] = (topology(server(), server("web", 2)),),
    workloads: tuple[p.Workload, ...] = (LOGIN, BOOT),
    faults: tuple[p.Fault, ...] = FAULTS,
    load: int = 60,
) -> p.Cell:
    return p.Cell(identity, (("load", load),), 1, 0, 0, topologies, workloads, faults, ())


def plan(*cells: p.Cell) -> p.Plan:
    controller = p.Node("controller", 1, (("ram", 16 * 2**30),), (("az", "az1"),), span(6, 3))
    rabbitmq = p.Service("rabbitmq", "controller", (("port", 5672),), span(7, 3))
    success = p.Selection("iterations", "boot", "", (p.Filter("ok", "==", True, span(28)),), None, span(28))
    rate = p.Kpi("served", "count", "1", p.Aggregate("count", success, (), span(28)), (), "count(boot[ok])", span(28))
    available = p.Slo("available", "served", ">=", 100.0, "100", "critical", 0.95, None, span(30))
    return p.Plan(
        edition=2026,
        spec="storm.eris",
        experiment="storm",
        seed=20261121,
        parameters=(("load", 60),),
        architectures=(p.Architecture("region", (controller,), (rabbitmq,), (), span(5)),),
        criteria=(p.Criteria((rate,), (available,)),),
        images=(),
        metrics=(),
        search=None,
        cells=cells or (cell(), cell("0002", load=120)),
        span=span(32),
    )
