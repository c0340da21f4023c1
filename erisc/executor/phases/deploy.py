"""Deploy: a project and user for the cell, and its topologies as Heat stacks in it; nothing where there is no cloud."""

from __future__ import annotations

from typing import Any

from erisc.base.record import record
from erisc.executor import leftovers, stacks, tenancy
from erisc.executor.bundle import Cell, Topology
from erisc.executor.cloud import as_user
from erisc.executor.state import Run


@record
class Tenant:
    """user: see `tenancy.create`; empty without a cloud. outputs: `topology__resource` to its id, for --task-args."""

    user: dict[str, str]
    outputs: dict[str, Any]


def deploy(run: Run, cell: Cell) -> Tenant:
    """Make them. Raises Failure quoting Heat when a stack fails."""
    run.run_dir.make_private()
    run.undo.register("remove_private", {}, "passwords in the run directory", cell=cell.id)
    if run.cloud is None:
        return Tenant({}, {})
    project = tenancy.project_name(run.id, cell.id)
    arguments = run.cloud_arguments() | {"project": project}
    run.undo.register("delete_project", arguments, f"project {project} with all that is in it", cell=cell.id)
    given = leftovers.given_names(run.cloud, [load.task for load in cell.workloads if load.driver == "rally"])
    run.undo.register(
        "delete_named", arguments | {"given": given}, f"what the load makes outside {project}", cell=cell.id
    )
    user = tenancy.create(run.cloud, project)
    tenant = as_user(run.cloud, user)
    for topology in cell.topologies:
        stack = arguments | {"stack": topology.name}
        run.undo.register("delete_stack", stack, f"stack {topology.name} in {project}", cell=cell.id)
        stacks.create(tenant, topology.name, topology.template)
    return Tenant(user, _outputs(tenant, cell.topologies))


def _outputs(tenant: Any, topologies: tuple[Topology, ...]) -> dict[str, Any]:
    found = {}
    for topology in topologies:
        for key, value in stacks.wait_complete(tenant, topology.name).items():
            found[f"{topology.name}__{key}"] = value
    return found
