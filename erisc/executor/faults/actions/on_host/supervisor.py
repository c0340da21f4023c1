"""Asks supervisord one thing over its local socket: SOCKET METHOD PROGRAM. Prints the program's process id, if asked.

supervisord.org, "XML-RPC API Documentation". Runs on the host by any Python 3; only `socket` is imported, so that it
costs some milliseconds and not those of xmlrpc.client.
"""

import socket
import sys

TOLERATED = {"startProcess": "ALREADY_STARTED", "stopProcess": "NOT_RUNNING"}


def between(text: str, before: str, after: str) -> str:
    """What stands between the two."""
    return text.partition(before)[2].partition(after)[0]


def request(method: str, program: str, wait: bool) -> bytes:
    """The HTTP request of one call."""
    name = program.replace("&", "&amp;").replace("<", "&lt;")
    params = f"<param><value><string>{name}</string></value></param>"
    if method != "getProcessInfo":
        params += f"<param><value><boolean>{wait:d}</boolean></value></param>"
    call = f"<methodName>supervisor.{method}</methodName><params>{params}</params>"
    body = f"<?xml version='1.0'?><methodCall>{call}</methodCall>".encode()
    head = f"POST /RPC2 HTTP/1.0\r\nHost: supervisor\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def answer(path: str, said: bytes) -> str:
    """All that comes back."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(60)
        sock.connect(path)
        sock.sendall(said)
        parts = []
        while part := sock.recv(65536):
            parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")


def main(path: str, method: str, program: str) -> "str | None":
    """None, or what went wrong. `stopAndWait` is stopProcess that returns when the program is gone."""
    wait = method == "stopAndWait"
    method = "stopProcess" if wait else method
    text = answer(path, request(method, program, wait))
    if "<fault>" in text:
        said = between(text.partition("faultString")[2], "<string>", "</string>")
        if not said.startswith(TOLERATED.get(method, "\0")):
            return f"supervisord refused {method} of {program}: {said}"
    elif "<methodResponse>" not in text:
        return f"supervisord does not answer as it should: {text[:80]}"
    elif method == "getProcessInfo":
        pid = between(text.partition("<name>pid</name>")[2], "<int>", "</int>")
        print("" if pid == "0" else pid)
    return None


try:
    sys.exit(main(*sys.argv[1:]))
except OSError as error:
    sys.exit(f"supervisord does not answer at {sys.argv[1]}: {error}")
