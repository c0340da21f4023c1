"""What one zone's configuration is made from."""

from __future__ import annotations

import os

from erisc.base.record import record
from erisc.lab.ports import HOST

REGION = "RegionOne"
DATABASES = ("keystone", "glance", "placement", "nova_api", "nova", "nova_cell0", "neutron", "heat", "cinder")
SERVICE_USERS = ("glance", "placement", "nova", "neutron", "heat", "cinder")
DATABASE_USER = "openstack"
BROKER_USER = "openstack"
COMPUTE_PREFIX = "fake-"


@record
class Settings:
    """One zone: `folder` its state, `environment` the Python environment, ports by role, passwords by owner."""

    name: str
    folder: str
    environment: str
    ports: dict[str, int]
    passwords: dict[str, str]
    computes: int

    def path(self, *parts: str) -> str:
        """A path inside the lab's folder."""
        return os.path.join(self.folder, *parts)

    def tool(self, name: str) -> str:
        """A program of the Python environment."""
        return os.path.join(self.environment, "bin", name)

    def shipped(self, *parts: str) -> str:
        """A configuration file that the services ship themselves."""
        return os.path.join(self.environment, "etc", *parts)

    def url(self, role: str, path: str = "") -> str:
        """The HTTP address of a service."""
        return f"http://{HOST}:{self.ports[role]}{path}"

    @property
    def identity_url(self) -> str:
        """Keystone's v3 address."""
        return self.url("keystone", "/v3")

    @property
    def broker_url(self) -> str:
        """oslo.messaging's transport URL."""
        return f"rabbit://{BROKER_USER}:{self.passwords['rabbitmq']}@{HOST}:{self.ports['rabbitmq']}/"

    def database_url(self, database: str) -> str:
        """SQLAlchemy's URL of a database."""
        user = f"{DATABASE_USER}:{self.passwords['database']}"
        return f"mysql+pymysql://{user}@{HOST}:{self.ports['mariadb']}/{database}?charset=utf8"

    def compute_names(self) -> list[str]:
        """Host names of the emulated hypervisors."""
        return [f"{COMPUTE_PREFIX}{number:03d}" for number in range(1, self.computes + 1)]
