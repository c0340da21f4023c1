"""Rally as a judge, where its environment is installed."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from erisc.base import environments
from erisc.base.home import package_root

HERE = Path(__file__).parent
Judge = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def judge(drivers_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Hands a task file and its `--task-args` to Rally; returns `{"config": …}` or `{"error": …}`."""
    plugins = Path(package_root(), "targets", "rally", "plugin")
    home = tmp_path_factory.mktemp("rally")
    process = subprocess.Popen(
        [drivers_python, "-W", "ignore", str(HERE / "rally_judge.py"), str(plugins)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(home / "log").open("w"),
        text=True,
        env=environments.run_variables() | {"HOME": str(home)},
    )

    def ask(task: bytes, **arguments: str) -> dict[str, Any]:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"task": task.decode(), "args": arguments}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, (home / "log").read_text()
        answer: dict[str, Any] = json.loads(line)
        return answer

    yield ask
    process.communicate(timeout=20)
