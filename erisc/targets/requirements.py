"""What a bundle needs to run, as `requirements.txt` states it."""

from __future__ import annotations

from erisc import __version__

DRIVERS = (
    "duckdb>=1.1",
    "httptools>=0.6",
    "openstacksdk>=4",
    "oslo.messaging>=16",
    "pyyaml>=6",
    "rally>=5",
    "rally-openstack>=4",
    "uvloop>=0.21",
)
"""The same as the extra `drivers` of erisc itself."""

REQUIREMENTS = (
    f"# What runs this bundle: Python 3.11 or later, erisc {__version__} or later of the same major version, and\n"
    + "".join(f"{requirement}\n" for requirement in DRIVERS)
)
