"""The E05 family: what a target cannot express. `erisc explain` reads this."""

from __future__ import annotations

from erisc.compiler.codes import Code
from erisc.targets.codes_of_load import LOAD_CODES
from erisc.targets.codes_of_structure import STRUCTURE_CODES
from erisc.targets.codes_of_timeline import TIMELINE_CODES

_CODES = (
    Code(
        "E0501",
        "a name that a generated file cannot carry",
        "Names of topologies, networks, servers and workloads become file names, Heat resources, Rally titles and "
        "template variables. They consist of ASCII letters, digits and underscores, start with a letter or an "
        "underscore, and have at most 100 characters.",
        "Rename it.",
        example="""\
topology größe on site {
  network apps { cidr = "10.20.0.0/24" }
}
experiment trial {
  use site, größe, boot, storm
  check available
}
""",
        mended="""\
topology size on site {
  network apps { cidr = "10.20.0.0/24" }
}
experiment trial {
  use site, size, boot, storm
  check available
}
""",
    ),
    Code(
        "E0502",
        "no target for this load driver",
        "A workload names the tool that makes the load, and no installed target emits files for that tool.",
        "Use `rally`, or install a package that offers a target for the driver (entry-point group `erisc.targets`).",
    ),
    Code(
        "E0503",
        "a Rally scenario that does not exist",
        "The scenario is not among those that Rally and rally-openstack ship. Rally would refuse the task when "
        "the zone is already deployed.",
        "Correct the name; `rally plugin list --plugin-base Scenario` shows them all.",
        example="""\
workload boot on site {
  run rally("Dummy.dumy")
  hold 2 req/s for load as steady
}
""",
        mended="""\
workload boot on site {
  run rally("Dummy.dummy")
  hold 2 req/s for load as steady
}
""",
    ),
    Code(
        "E0504",
        "an argument the Rally scenario does not take",
        "Rally hands the arguments to the scenario by name, and this scenario has no argument of that name.",
        "Remove it or correct its name; `rally plugin show SCENARIO` lists the arguments.",
        example="""\
workload boot on site {
  run rally("Authenticate.keystone") { retries = 1 }
  hold 2 req/s for load as steady
}
""",
        mended="""\
workload boot on site {
  run rally("Authenticate.keystone")
  hold 2 req/s for load as steady
}
""",
    ),
    Code(
        "E0505",
        "an argument the Rally scenario needs is missing",
        "The scenario has no default for this argument.",
        "Give it in the braces after the scenario.",
        example="""\
workload boot on site {
  run rally("CinderVolumes.create_volume")
  hold 2 req/s for load as steady
}
""",
        mended="""\
workload boot on site {
  run rally("CinderVolumes.create_volume") { size = 1 }
  hold 2 req/s for load as steady
}
""",
    ),
    Code(
        "E0506",
        "a reference to something the topology does not give",
        "An argument refers to a tenant resource: a network, a single server (`web`), one of several (`web_0`), or a "
        "server's first address (`web_addresses`). The cell's topologies have no resource of that name.",
        "Correct the reference, or add the topology to the experiment's `use`.",
        example="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/24" }
  server web * 2 { image = "cirros", flavor = "m1.nano", networks = [apps] }
}
workload boot on site {
  run rally("Dummy.dummy") { sleep = tenant.web }
  hold 2 req/s for load as steady
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
        mended="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/24" }
  server web { image = "cirros", flavor = "m1.nano", networks = [apps] }
}
workload boot on site {
  run rally("Dummy.dummy") { sleep = tenant.web }
  hold 2 req/s for load as steady
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
    ),
    Code(
        "E0507",
        "an argument that Rally's task format cannot carry",
        "A Rally task is read as YAML: keys of one mapping must differ, and a key has at most 128 characters.",
        "Shorten or remove the key.",
        example="""\
workload boot on site {
  run rally("Dummy.dummy") { sleep = { "long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_long_" = 1 } }
  hold 2 req/s for load as steady
}
""",
        mended="""\
workload boot on site {
  run rally("Dummy.dummy") { sleep = 1 }
  hold 2 req/s for load as steady
}
""",
    ),
    Code(
        "E0511",
        "an address range that is none",
        "Neutron takes an IPv4 network in CIDR form with no host bits set, /1 to /30, outside 127.0.0.0/8 and below "
        "224.0.0.0.",
        'Write the range of the network, e.g. `cidr = "10.20.0.0/24"`.',
        example="""\
topology tenant on site {
  network apps { cidr = "127.0.0.0/24" }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
        mended="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/24" }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
    ),
    Code(
        "E0512",
        "a server on a network that its topology does not have",
        "Heat wires a server to networks of the same template.",
        "Declare the network in the topology, or correct the name.",
    ),
    Code(
        "E0513",
        "two resources of one template with the same name",
        "Network `a` gives the Heat resources `a` and `a_subnet`; server `b` gives `b`, or `b_0`, `b_1`, … when there "
        "are several; a server's first address is the output `b_addresses`. Two of these coincide.",
        "Rename one of the two.",
        example="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/24" }
  network apps_subnet { cidr = "10.21.0.0/24" }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
        mended="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/24" }
  network more { cidr = "10.21.0.0/24" }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
    ),
    Code(
        "E0514",
        "a server set that cannot be deployed",
        "A topology deploys at least one and at most 1000 servers of a kind (Heat's own limit for a stack).",
        "Change the count.",
        example="""\
topology tenant on site {
  network apps { cidr = "10.0.0.0/16" }
  server web * 2000 { image = "cirros", flavor = "m1.nano", networks = [apps] }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
        mended="""\
topology tenant on site {
  network apps { cidr = "10.0.0.0/16" }
  server web * 200 { image = "cirros", flavor = "m1.nano", networks = [apps] }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
    ),
    Code(
        "E0515",
        "overlapping address ranges in one topology",
        "A server on two networks whose subnets overlap could not tell them apart, and Neutron refuses the router.",
        "Give the networks ranges that do not overlap.",
        example="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/24" }
  network more { cidr = "10.20.0.0/16" }
  server web { image = "cirros", flavor = "m1.nano", networks = [apps, more] }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
        mended="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/24" }
  network more { cidr = "10.21.0.0/24" }
  server web { image = "cirros", flavor = "m1.nano", networks = [apps, more] }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
    ),
    Code(
        "E0516",
        "a server without a network",
        "A server is reached over its networks; without one it can take no part in the test.",
        "Give it at least one: `networks = [apps]`.",
    ),
    Code(
        "E0517",
        "more servers than addresses",
        "Of a network's range the first and the last address, the gateway's and the DHCP server's are taken; the "
        "servers of the topology do not fit into the rest.",
        "Give the network a wider range, or have fewer servers on it.",
        example="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/28" }
  server web * 20 { image = "cirros", flavor = "m1.nano", networks = [apps] }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
        mended="""\
topology tenant on site {
  network apps { cidr = "10.20.0.0/28" }
  server web * 10 { image = "cirros", flavor = "m1.nano", networks = [apps] }
}
experiment trial {
  use site, tenant, boot, storm
  check available
}
""",
    ),
    Code(
        "E0531",
        "a file that is written twice",
        "Two installed targets, or a target and the bundle itself, produce a file of the same path, so one would "
        "silently replace the other.",
        "Remove one of the two packages.",
    ),
    Code(
        "E0532",
        "a value that JSON cannot carry",
        "Infinities and NaN have no JSON form.",
        "Correct the expression that gives the value.",
    ),
    Code(
        "E0541",
        "a table or column that is not recorded",
        "docs/formats.md lists the tables of a run and their columns. A time's `_s` may be left out; a `metric` has "
        "`value` and the columns that it is told apart by.",
        "Correct the name.",
    ),
    Code(
        "E0542",
        "an aggregate that has no meaning here",
        "`count`, `rate` and `ratio` look at rows; `sum`, `mean`, `min`, `max`, `stddev` and quantiles (`p50`, "
        "`p99_9`) need a column of numbers; a rate is averaged over a window with `mean`; `apdex` and `throughput_at` "
        "need a table that says what failed.",
        "Name a column of numbers, or use an aggregate that fits.",
    ),
    Code(
        "E0543",
        "a recovery that cannot be told",
        "`recover` watches the rate of one workload after a fault of the experiment, within a tolerance of 0 to 100 %; "
        "`mttr`, `recovery` and their kin look at the time after a fault as well.",
        "Write `recover(WORKLOAD.rate, within = 5 %) after FAULT for 10 min`.",
    ),
    Code(
        "E0544",
        "a label that the rows do not have",
        "`by` gives one value for every text that a column takes; the column must be one of texts, in every table that "
        "the formula reads, and a metric must be declared `by` it.",
        "Name a column that all of these tables have, or declare the metric with it.",
    ),
)

_ALL = (*_CODES, *LOAD_CODES, *STRUCTURE_CODES, *TIMELINE_CODES)

CATALOGUE = {code.code: code for code in sorted(_ALL, key=lambda code: code.code)}
"""Every code of this family."""
