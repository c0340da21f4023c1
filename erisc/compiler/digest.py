"""SHA-256 without the price of `hashlib`, whose import loads OpenSSL (4 ms of every command)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class _Hash(Protocol):
        def digest(self) -> bytes: ...
        def hexdigest(self) -> str: ...


def sha256(data: bytes) -> _Hash:
    """The SHA-256 of `data` (FIPS 180-4), by the interpreter's own implementation where it has one."""
    try:
        from _sha256 import sha256 as own  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from hashlib import sha256 as own
    made: _Hash = own(data)
    return made
