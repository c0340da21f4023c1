"""One Rally workload in one process: database, environment, validation, load.

Started by `erisc.executor.loads.rally` as a script with one JSON object on standard input:
`{"task": file, "task_args": {...}, "plugins": folder, "env_spec": {...}, "config": file}`. `config` is a rally.conf
that names the database; secrets (the environment's specification) come this way and stay in that database. Imports
nothing of erisc. Exit code 0: the load ran; what it did is in ERISC_ITERATIONS, which the runner plug-in writes.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any


def main() -> int:
    """Read the order, run it. Rally's messages go to standard error."""
    _die_with_parent()
    order = json.load(sys.stdin)
    api = _api(order)
    env = _environment(order["env_spec"])
    return _run_task(api, env, order)


def _die_with_parent() -> None:
    """PR_SET_PDEATHSIG (prctl(2)): load must not outlive an executor that was killed."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit("the executor is gone")


def _api(order: dict[str, Any]) -> Any:
    from rally import api, plugins
    from rally.common import db
    from rally.common.plugin import discover

    made = api.API(config_file=order["config"], skip_db_check=True)
    db.schema.schema_create()
    plugins.load()
    discover.load_plugins(order["plugins"])
    for path in filter(None, os.environ.get("RALLY_PLUGIN_PATHS", "").split(",")):  # as Rally's own command has it
        discover.load_plugins(path)
    return made


def _environment(spec: dict[str, Any]) -> str:
    from rally.env import env_mgr

    env = env_mgr.EnvManager.create("erisc", spec, "", {}, {})
    if env.status != env_mgr.STATUS.READY:
        raise SystemExit(f"Rally could not use the cloud: its environment is {env.status}")
    return str(env.uuid)


def _run_task(api: Any, env: str, order: dict[str, Any]) -> int:
    import yaml

    with open(order["task"], encoding="utf-8") as file:
        text = file.read()
    config = yaml.safe_load(api.task.render_template(text, os.path.dirname(order["task"]), **order["task_args"]))
    task = api.task.create(deployment=env)["uuid"]
    api.task.start(deployment=env, config=config, task=task)
    return 0 if api.task.get(task_id=task)["status"] == "finished" and _recorded() else 1


def _recorded() -> bool:
    """Whether the runner plug-in says that all is recorded: Rally takes a runner that failed for one that finished."""
    folder = os.environ.get("ERISC_RENDEZVOUS")
    return not folder or os.path.exists(os.path.join(folder, f"done-{os.environ.get('ERISC_WORKLOAD', '')}"))


def _report(error: BaseException) -> int:
    print(f"erisc: {type(error).__name__}: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        code = main()
    except Exception as error:
        code = _report(error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # iterations that never came back hold threads; they must not hold the process
