"""Which code a generator runs: the load drivers must be the executor's own to the byte, or shards would not fit."""

from __future__ import annotations

import hashlib
import os
from functools import cache

from erisc.base.home import package_root


@cache
def digest_of_code() -> str:
    """Of all that a load process is made of, hex."""
    digest = hashlib.sha256()
    for folder, _, names in sorted(os.walk(os.path.join(package_root(), "executor"))):
        for name in sorted(names):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    digest.update(name.encode() + b"\0" + file.read())
    return digest.hexdigest()[:16]
