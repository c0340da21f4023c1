"""Tokens and endpoints for raw requests: keystoneauth logs in and finds the services, nothing of it is on the way of a
request."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from erisc.base.failure import Failure
from erisc.executor.cloud import errors
from erisc.executor.loads.http.client import Endpoint, tls_context
from erisc.executor.loads.recording import Action

MARGIN = 60.0
"""s before its end at which a token is renewed."""


class Session:
    """One user in one project. settings: what `openstack.connection.Connection` takes."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._connection: Any = None
        self._renewing: asyncio.Future[None] | None = None
        self._expires = 0.0
        self._tls = tls_context(settings.get("verify", True), settings.get("cacert"))
        self._endpoints: dict[tuple[str, str, int], Endpoint] = {}
        self._places: dict[str, tuple[Endpoint, str]] = {}
        self.token = ""
        self.project = ""

    def log_in(self) -> None:
        """Blocks; before the load. Raises Failure."""
        import openstack

        with errors("the identity service"):
            self._connection = openstack.connection.Connection(auth_type="password", **self._settings)
            self._take()
            self.project = str(self._connection.current_project_id)

    def _take(self) -> None:
        session = self._connection.session
        access = session.auth.get_access(session)
        self.token = str(access.auth_token)
        self._expires = time.time() + (access.expires - _now(access.expires)).total_seconds()

    def credentials(self) -> dict[str, Any]:
        """The body of a request for a token (Identity API v3, "Password authentication with scoped authorization")."""
        auth = self._settings["auth"]
        user = {
            "name": auth["username"], "password": auth["password"], "domain": {"name": auth["user_domain_name"]},
        }  # fmt: skip
        project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
        identity = {"methods": ["password"], "password": {"user": user}}
        return {"auth": {"identity": identity, "scope": {"project": project}}}

    def find(self, service: str) -> None:
        """Look a service up, so that `place` knows it. Blocks; before the load. Raises Failure when it is not there."""
        if service in self._places:
            return
        with errors(f"the {service} service"):
            found = getattr(self._connection, service.replace("-", "_")).get_endpoint_data()
        if found is None or not found.url:
            raise Failure(f"the cloud has no {service} service")
        self._places[service] = self._endpoint(str(found.url))

    def _endpoint(self, url: str) -> tuple[Endpoint, str]:
        from urllib.parse import urlsplit

        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        key = (parts.scheme, parts.hostname or "", port)
        if key not in self._endpoints:
            tls = self._tls if parts.scheme == "https" else None
            self._endpoints[key] = Endpoint(parts.hostname or "", port, tls)
        return self._endpoints[key], parts.path.rstrip("/")

    def place(self, service: str) -> tuple[Endpoint, str]:
        """Where a service is, and what its paths begin with."""
        return self._places[service]

    async def fresh(self, actions: list[Action]) -> str:
        """A token that is still good for a while."""
        if time.time() > self._expires - MARGIN:
            await self.renew(self.token, actions)
        return self.token

    async def renew(self, old: str, actions: list[Action]) -> None:
        """A new token in place of `old`, asked for once however many find it spent."""
        if self.token != old:
            return
        begin = time.monotonic()
        if self._renewing is None:
            self._renewing = asyncio.ensure_future(asyncio.to_thread(self._again))
            self._renewing.add_done_callback(self._renewed)
        ok = False
        try:
            await asyncio.shield(self._renewing)
            ok = True
        finally:
            actions.append(Action("keystone.renew_token", begin, time.monotonic(), ok))

    def _again(self) -> None:
        with errors("the identity service"):
            self._connection.session.auth.invalidate()
            self._take()

    def _renewed(self, done: asyncio.Future[None]) -> None:
        self._renewing = None
        if not done.cancelled():
            done.exception()  # whoever waits for it raises it

    def close(self) -> None:
        """Close the connections."""
        for endpoint in self._endpoints.values():
            endpoint.close()


def _now(like: Any) -> Any:
    from datetime import datetime

    return datetime.now(like.tzinfo)
