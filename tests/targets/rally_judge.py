"""Rally itself as the judge of task files, in the drivers' environment: one JSON object a line in, one a line out.

Asked `{"task": text, "args": {…}}` it renders and reads the text as `rally task start` does, and checks its syntax as
`rally task validate` does before it looks for a cloud. It answers `{"config": …}` or `{"error": …}`.
"""

import copy
import json
import os
import sys
from typing import Any


def main() -> None:
    """Answer until standard input ends. The first argument is the folder of the runner plug-in."""
    answers, sys.stdout = sys.stdout, sys.stderr
    from rally import api, plugins
    from rally.cli import yamlutils
    from rally.common.plugin import discover
    from rally.task import engine, task_cfg

    plugins.load()
    discover.load_plugins(sys.argv[1])
    judge = engine.TaskEngine.__new__(engine.TaskEngine)
    judge.task = {"uuid": "none"}

    def ask(task: str, args: dict[str, Any]) -> dict[str, Any]:
        rendered = api._Task.render_template(Api(), task_template=task, **args)
        config = yamlutils.safe_load(rendered)
        judge._validate_config_syntax(task_cfg.TaskConfig(copy.deepcopy(config)))
        return {"config": config}

    class Api(api._Task):  # type: ignore[misc]
        def __init__(self) -> None:
            pass

    for line in sys.stdin:
        try:
            answer = ask(**json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
