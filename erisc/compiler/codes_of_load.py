"""E4 again: mixes, arrivals and think time."""

from __future__ import annotations

from erisc.compiler.codes import Code


def _mix(*rows: str, hold: str = "hold 10 req/s for 60 s as steady") -> str:
    return "\n".join(("workload mixed on site {", *(f"  {row}" for row in (*rows, hold)), "}"))


def _trial(mix: str) -> str:
    return f"{mix}\nexperiment trial {{\n  use site, mixed, boot, storm\n  check available\n}}"


def _clause(row: str) -> str:
    return f'workload boot on site {{\n  run rally("Dummy.dummy")\n  {row}\n  hold 2 req/s for 60 s as steady\n}}'


def _bus(scenario: str) -> str:
    hold = "hold 2 req/s for 60 s as steady"
    return (
        f'import std.load {{ rally, rpc }}\nworkload bus on site {{\n  run rpc("{scenario}")\n  {hold}\n}}\n'
        "experiment trial {\n  use site, bus, boot, storm\n  check available\n}"
    )


_PLUGIN = """load acme(scenario: string) {{
  driver = "rally"
  scenarios {{ "Acme.boot" = "{takes}" }}
}}
workload more on site {{
  run acme("Acme.boot") {{ image = "cirros" }}
  hold 2 req/s for 60 s as steady
}}
experiment trial {{
  use site, more, boot, storm
  check available
}}
"""
_BOOT = 'run 60 % rally("Dummy.dummy") as show'
_LIST = 'run 40 % rally("Authenticate.keystone") as list'
_SOUND = _trial(_mix(_BOOT, _LIST))
_ALL = "\nkpi all: count = "

LOAD = (
    Code(
        "E0430",
        "a part of a mix without a share",
        "A workload that runs several things shares its load among them: `run 60 % …`. Every part has a share "
        "above zero.",
        "Write the share, or make it a workload of its own, `with` this one.",
        _trial(_mix('run rally("Dummy.dummy") as show', _LIST)),
        _SOUND,
    ),
    Code(
        "E0431",
        "shares that do not come to 100 %",
        "The parts of a mix have all of its load between them, no more and no less.",
        "Correct the shares.",
        _trial(_mix('run 50 % rally("Dummy.dummy") as show', _LIST)),
        _SOUND,
    ),
    Code(
        "E0432",
        "a part of a mix without a name",
        "Every part of a mix is a workload of its own, by whose name its iterations and its stages are found.",
        "Add `as NAME`.",
        _trial(_mix(_BOOT, 'run 40 % rally("Authenticate.keystone")')),
        _SOUND,
    ),
    Code(
        "E0433",
        "a stage that a mix cannot share",
        "The parts of a mix begin and end their stages together. Users that have so many iterations to do are through "
        "when the system lets them, every part at another time. Users are dealt to the parts one by one, in a ramp "
        "over at most 1000 of them, and change at most 10 000 times in all. A mix has at most 20 parts.",
        "Bound the stage by time, go by steps, or make the parts workloads of their own.",
        _trial(_mix(_BOOT, _LIST, hold="hold 10 users for 100 iterations as steady")),
        _trial(_mix(_BOOT, _LIST, hold="hold 10 users for 60 s as steady")),
    ),
    Code(
        "E0434",
        "a clause of the other load model",
        "`arrivals` says how the arrivals of the open model are spread; `think` how long a user of the closed model "
        "waits before the next iteration.",
        "Leave the clause out, or give the load in the unit of the other model.",
        _clause("think 2 s"),
        _clause("arrivals poisson"),
    ),
    Code(
        "E0436",
        "a scenario that a load driver does not have",
        "The library says what the driver can do.",
        "Correct the name.",
        _bus("cal"),
        _bus("call"),
    ),
    Code(
        "E0437",
        "a catalogue of scenarios that is none",
        "A spec may declare a `load` that lists the scenarios of plug-ins which are installed where the load runs: it "
        "names the driver, `rally`, and has for every scenario the names of its arguments, `!` after a required one, "
        "the type of what Rally looks up after a colon, and `**` when it takes more: `erisc catalogue` writes it.",
        "Record the catalogue anew.",
        _PLUGIN.format(takes="image,retries"),
        _PLUGIN.format(takes="image!:glance_image retries **"),
    ),
    Code(
        "E0435",
        "rows of a mix",
        "A mix has windows, `mixed.steady`, which are those of all its parts. Iterations are of one part: each runs "
        "something else, so that their durations are not of one kind.",
        "Name a part; add the counts of several.",
        _SOUND + _ALL + "count(mixed during mixed.steady)",
        _SOUND + _ALL + "count(show during mixed.steady) + count(list during mixed.steady)",
    ),
)
