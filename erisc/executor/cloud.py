"""The cloud of a zone over openstacksdk: connections, and its errors as messages."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openstack
import yaml
from keystoneauth1 import exceptions as keystone_errors
from openstack import exceptions as sdk_errors
from openstack.config import loader

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.zones import Zone

Cloud = Any
"""An `openstack.connection.Connection`; the SDK is not typed."""

_TIMEOUT = 30.0
logging.getLogger("keystoneauth").setLevel(logging.ERROR)  # what it warns of, it raises as well


class BusyError(Failure):
    """The cloud was there and did not answer in time, or with a 5xx: after a fault it may well, a little later."""


def connect(cloud: str, clouds_files: tuple[str, ...]) -> Cloud:
    """A connection as the cloud's own user. Raises Failure when the cloud cannot be reached or refuses the log-in."""
    config = region_of(cloud, clouds_files)
    made = openstack.connection.Connection(config=config)
    with errors(f"cloud {cloud!r}"):
        made.session.get_token()  # not authorize(): it hides what went wrong
    return made


def connect_zone(zone: Zone) -> Cloud:
    """A connection to the zone's cloud."""
    return connect(zone.cloud, zone.clouds_files)


def clouds_files() -> tuple[str, ...]:
    """The clouds.yaml files that openstacksdk reads from here, absolute: a heal may be called from elsewhere. With none
    of them there, all the places it looks in.
    """
    places = [str(path) for path in loader.CONFIG_FILES]
    if named := os.environ.get("OS_CLIENT_CONFIG_FILE"):
        places.insert(0, named)
    absolute = tuple(dict.fromkeys(os.path.abspath(path) for path in places))
    return tuple(path for path in absolute if os.path.exists(path)) or absolute


def region_of(cloud: str, files: tuple[str, ...]) -> Any:
    """The cloud's configuration. Raises Failure naming the clouds there are and the files looked in."""
    try:
        config = loader.OpenStackConfig(config_files=list(files), load_envvars=False)
        known = sorted(set(config.get_cloud_names()) & set(config.cloud_config.get("clouds", {})))
        known = [name for name in known if name != "defaults"]
        if cloud not in known:
            raise unknown_cloud(cloud, known, files)
        return config.get_one(cloud=cloud, api_timeout=_TIMEOUT)
    except (sdk_errors.ConfigException, yaml.YAMLError) as error:
        raise Failure(f"clouds.yaml cannot be read: {_short(error)}", exit_code=WRONG_CALL) from error


def unknown_cloud(cloud: str, known: list[str], files: tuple[str, ...]) -> Failure:
    """There is no such cloud. files: where it was looked for."""
    there = f"there are: {', '.join(known)}" if known else "no cloud is defined"
    return Failure(
        f"there is no cloud {cloud!r}; {there}",
        detail="looked in " + ", ".join(files),
        mend="write it into a clouds.yaml, or name another with --cloud",
        exit_code=WRONG_CALL,
    )


@contextmanager
def errors(what: str) -> Iterator[None]:
    """Turn what the SDK raises inside into a Failure that begins with `what`."""
    try:
        yield
    except (keystone_errors.Unauthorized, keystone_errors.MissingRequiredOptions) as error:
        mend = "check username, password and project in clouds.yaml"
        raise Failure(f"{what} refused the log-in: {_short(error)}", mend=mend) from error
    except keystone_errors.ConnectTimeout as error:
        raise BusyError(f"{what}: {_short(error)}", mend="try again in a while") from error
    except keystone_errors.ConnectFailure as error:
        raise Failure(
            f"{what} cannot be reached: {_short(error).split(': HTTP')[0]}", mend="is the zone up? `erisc lab status`"
        ) from error
    except (keystone_errors.HttpServerError, sdk_errors.HttpException) as error:
        status = getattr(error, "status_code", None) or getattr(error, "http_status", None) or 0
        kind = BusyError if status >= 500 else Failure
        raise kind(f"{what}: {_short(error)}") from error
    except (keystone_errors.ClientException, sdk_errors.SDKException) as error:
        raise Failure(f"{what}: {_short(error)}") from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:600] or type(error).__name__


def in_project(cloud: Cloud, project_id: str) -> Cloud:
    """The same user, scoped to another project in which it has a role."""
    return cloud.connect_as_project({"id": project_id})


def as_user(cloud: Cloud, user: dict[str, str]) -> Cloud:
    """A connection as a user of `erisc.executor.tenancy` (username, password, project and domain names)."""
    auth = {
        "auth_url": cloud.config.config["auth"]["auth_url"],
        "username": user["username"],
        "password": user["password"],
        "project_name": user["project_name"],
        "user_domain_name": user["user_domain_name"],
        "project_domain_name": user["project_domain_name"],
    }
    return openstack.connection.Connection(
        auth=auth,
        auth_type="password",
        region_name=cloud.config.region_name,
        interface=cloud.config.get_interface() or "public",
        verify=cloud.config.config.get("verify", True),
        cacert=cloud.config.config.get("cacert"),
        api_timeout=_TIMEOUT,
    )


def rally_spec(cloud: Cloud, user: dict[str, str]) -> dict[str, Any]:
    """Rally's environment specification (platform existing@openstack): the admin, and the run's own user as the only
    one that workloads act as. Raises Failure when the admin's log-in is not by password.
    """
    auth = cloud.config.config["auth"]
    if not auth.get("username") or not auth.get("password"):
        raise Failure(
            f"cloud {cloud.config.name!r} does not log in by username and password, which Rally needs",
            mend="give an admin user with a password in clouds.yaml",
        )
    admin = {
        "username": auth["username"],
        "password": auth["password"],
        "project_name": auth.get("project_name", "admin"),
        "user_domain_name": domain_name(cloud, "user"),
        "project_domain_name": domain_name(cloud, "project"),
    }
    verify = cloud.config.config.get("verify", True)
    cacert = cloud.config.config.get("cacert")
    spec = {
        "auth_url": auth["auth_url"],
        "region_name": cloud.config.region_name,
        "endpoint_type": cloud.config.get_interface() or "public",
        "https_insecure": verify is False or str(verify).lower() == "false",
        "admin": admin,
        "users": [user],
    }
    return {"existing@openstack": spec | ({"https_cacert": cacert} if cacert else {})}


def domain_name(cloud: Cloud, of: str) -> str:
    """The name of the admin's user or project domain; clouds.yaml may give its id."""
    auth = cloud.config.config["auth"]
    if name := auth.get(f"{of}_domain_name") or auth.get("domain_name"):
        return str(name)
    identity = auth.get(f"{of}_domain_id") or "default"
    with errors("the identity service"):
        return str(cloud.identity.get_domain(identity).name)
