"""What every lab holds from the start: flavors, an image, an external network; asked for over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from erisc.base.failure import Failure
from erisc.lab.settings import Settings

FLAVORS = (("m1.nano", 64), ("m1.tiny", 128), ("m1.small", 512))
"""Name and MiB of memory; each has one virtual CPU and a disk of 1 GiB."""
IMAGE = "cirros"
PUBLIC_NETWORK = "public"
PUBLIC_CIDR = "172.24.0.0/16"
_TIMEOUT = 60.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""The zone is on this machine: a proxy would look for it elsewhere."""


class Client:
    """The zone's APIs as its admin."""

    def __init__(self, zone: Settings) -> None:
        self.zone = zone
        self._token = ""

    def request(self, role: str, method: str, path: str, body: Any = None, *, raw: bytes | None = None) -> Any:
        """One call; the parsed answer, None when it is empty. Raises Failure with the service's own words."""
        headers = {"Content-Type": "application/json" if raw is None else "application/octet-stream"}
        if self._token:
            headers["X-Auth-Token"] = self._token
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        url = self.zone.url(role, path)
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with _DIRECT.open(request, timeout=_TIMEOUT) as answer:
                text = answer.read()
                self._token = answer.headers.get("X-Subject-Token", self._token)
        except urllib.error.HTTPError as error:
            words = error.read().decode(errors="replace")[:400]
            raise Failure(f"{method} {url} was answered with {error.code}", detail=words) from error
        except OSError as error:
            raise Failure(f"{method} {url} was not answered: {error}") from error
        return json.loads(text) if text else None

    def log_in(self) -> None:
        """Get a token of the project `admin`."""
        user = {"name": "admin", "domain": {"id": "default"}, "password": self.zone.passwords["admin"]}
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": user}}
        self.request("keystone", "POST", "/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}})


def seed(zone: Settings) -> None:
    """Make whatever of the fixtures is not there; may be repeated."""
    client = Client(zone)
    client.log_in()
    _flavors(client)
    _image(client)
    _network(client)


def _flavors(client: Client) -> None:
    known = {item["name"] for item in client.request("nova", "GET", "/v2.1/flavors")["flavors"]}
    for name, memory in FLAVORS:
        if name not in known:
            flavor = {"name": name, "ram": memory, "vcpus": 1, "disk": 1}
            client.request("nova", "POST", "/v2.1/flavors", {"flavor": flavor})


def _image(client: Client) -> None:
    found = client.request("glance", "GET", f"/v2/images?name={IMAGE}")["images"]
    if not found:
        image = {"name": IMAGE, "disk_format": "raw", "container_format": "bare", "visibility": "public"}
        found = [client.request("glance", "POST", "/v2/images", image)]
    if found[0]["status"] != "active":
        client.request("glance", "PUT", f"/v2/images/{found[0]['id']}/file", raw=bytes(4096))


def _network(client: Client) -> None:
    found = client.request("neutron", "GET", f"/v2.0/networks?name={PUBLIC_NETWORK}")["networks"]
    if not found:
        network = {
            "name": PUBLIC_NETWORK, "router:external": True, "provider:network_type": "flat",
            "provider:physical_network": PUBLIC_NETWORK,
        }  # fmt: skip
        found = [client.request("neutron", "POST", "/v2.0/networks", {"network": network})["network"]]
    if not client.request("neutron", "GET", f"/v2.0/subnets?network_id={found[0]['id']}")["subnets"]:
        subnet = {
            "network_id": found[0]["id"], "name": f"{PUBLIC_NETWORK}-subnet", "ip_version": 4, "cidr": PUBLIC_CIDR,
            "enable_dhcp": False,
        }  # fmt: skip
        client.request("neutron", "POST", "/v2.0/subnets", {"subnet": subnet})
