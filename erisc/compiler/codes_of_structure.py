"""Imports, topologies and suites: codes of E2, E3 and E4 that are about what a spec is made of."""

from __future__ import annotations

from erisc.compiler.codes import Code

_APPS = 'network apps { cidr = "10.20.0.0/24"'
_SERVERS = """\
topology tenant on site {{
  network apps {{ cidr = "10.20.0.0/24" }}
  server gen * 2 {{ image = "cirros", flavor = "m1.nano", networks = [apps] }}
  server sink * {} {{ image = "cirros", flavor = "m1.nano", networks = [apps] }}
  place pair(gen, sink) single_room
}}"""

_CHAIN = "\n".join(
    ["architecture b0 extends single {}", *(f"architecture b{n} extends b{n - 1} {{}}" for n in range(1, 22))]
)

STRUCTURE = (
    Code(
        "E0216",
        "an import that cannot be read",
        "The file is not there, is no file, or is one too many: a spec reads at most 64 files, 16 deep.",
        "Correct the path; the message lists what is beside it.",
        'import "common.eris"',
        "seed 2",
    ),
    Code(
        "E0217",
        "a seed in an imported file",
        "All chance is drawn from one seed, which the spec itself gives: otherwise an import would change it.",
        "Move the `seed` to the spec.",
    ),
    Code(
        "E0218",
        "an architecture that goes back too far",
        "An architecture extends another, which extends another, … at most 20 times.",
        "Extend one that is nearer to the first.",
        _CHAIN,
        "architecture b0 extends single {}",
    ),
    Code(
        "E0313",
        "floating addresses without a way to them",
        "A network says `floating = true`, but no router leads from it to a gateway, so its servers would get none.",
        "Add a router with a `gateway`, the name of the cloud's external network.",
        f"topology tenant on site {{\n  {_APPS}, floating = true }}\n}}",
        f"topology tenant on site {{\n  {_APPS}, floating = true }}\n"
        '  router edge { connects = [apps], gateway = "public" }\n}',
    ),
    Code(
        "E0312",
        "servers that cannot be placed so",
        "`pair(a, b)` takes the n-th server of two sets of the same size; `mixed_room` and `cross_az` are for pairs.",
        "Make the sets equal, or choose another accommodation.",
        _SERVERS.format(3),
        _SERVERS.format(2),
    ),
    Code(
        "E0418",
        "a load model that the driver does not have",
        "The unit of a stage tells the model: req/s is open, users is closed, bit/s is traffic. The library says which "
        "models a driver can make.",
        "Write the load in a unit of a model that the driver has, or use another driver.",
        'workload boot on site {\n  run rally("Dummy.dummy")\n  hold 4 Gbit/s for 60 s as steady\n}',
        'workload boot on site {\n  run rally("Dummy.dummy")\n  hold 4 req/s for 60 s as steady\n}',
    ),
    Code(
        "E0420",
        "a suite that does not fit into its budget",
        "The load of its runs, one after the other, takes longer than the budget, before anything is deployed.",
        "A larger budget, fewer runs, or shorter ones.",
        "suite all {\n  budget = 10 s\n  run trial\n}",
        "suite all {\n  budget = 30 min\n  run trial\n}",
    ),
)
