"""A client of the Language Server Protocol: messages over the pipes of a real `erisc lsp`."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

ERISC = str(Path(sys.executable).parent / "erisc")


class ServerError(Exception):
    """The server answered with an error."""


class Client:
    """Starts the server for a folder. diagnostics: URI -> what was last published."""

    def __init__(self, folder: Path, **capabilities: Any) -> None:
        self.folder = folder
        self.process = subprocess.Popen([ERISC, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.published: queue.Queue[dict[str, Any]] = queue.Queue()
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.number = 0
        self.versions: dict[str, int] = {}
        threading.Thread(target=self._read, daemon=True).start()
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        self.capabilities = self.request(
            "initialize",
            {"processId": None, "rootUri": folder.as_uri(), "workspaceFolders": folders, "capabilities": capabilities},
        )["capabilities"]
        self.notify("initialized", {})

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.request("shutdown", None)
        self.notify("exit", None)
        assert self.process.wait(timeout=20) == 0

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
                header = stream.readline()
            message = json.loads(stream.read(length))
            if message.get("method") == "textDocument/publishDiagnostics":
                self.published.put(message["params"])
            elif "id" in message and "method" not in message:
                self.answers.put(message)

    def _send(self, message: dict[str, Any]) -> None:
        stream = self.process.stdin
        assert stream is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def notify(self, method: str, params: Any) -> None:
        """Send what has no answer."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Any:
        """Send a request; returns its result. Raises ServerError."""
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        answer = self.answers.get(timeout=30)
        assert answer["id"] == self.number
        if "error" in answer:
            raise ServerError(answer["error"]["message"])
        return answer["result"]

    # --- documents ---

    def uri(self, name: str) -> str:
        """Of a file of the folder."""
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> list[dict[str, Any]]:
        """Open a document; returns what is said about it."""
        self.versions[name] = 1
        document = {"uri": self.uri(name), "languageId": "eris", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return self.said(name)

    def change(self, name: str, text: str) -> list[dict[str, Any]]:
        """Replace its text; returns what is said then."""
        self.edit(name, {"text": text})
        return self.said(name)

    def edit(self, name: str, *changes: dict[str, Any]) -> None:
        """Send changes, as an editor does with every key."""
        self.versions[name] += 1
        document = {"uri": self.uri(name), "version": self.versions[name]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def said(self, name: str) -> list[dict[str, Any]]:
        """The next diagnostics of a document."""
        while True:
            params = self.published.get(timeout=30)
            self.diagnostics[params["uri"]] = params["diagnostics"]
            if params["uri"] == self.uri(name):
                return list(params["diagnostics"])

    def at(self, method: str, name: str, place: tuple[int, int], **more: Any) -> Any:
        """A request about a place: line and character, both from 0."""
        position = {"line": place[0], "character": place[1]}
        return self.request(
            f"textDocument/{method}", {"textDocument": {"uri": self.uri(name)}, "position": position, **more}
        )


def place_of(text: str, mark: str, within: int = 0, nth: int = 1) -> tuple[int, int]:
    """Line and character (of ASCII text) where `mark` stands for the nth time, and so many characters on."""
    offset = -1
    for _ in range(nth):
        offset = text.index(mark, offset + 1)
    before = text[: offset + within]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """A text with edits of ASCII positions."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines) + 1)]

    def offset(position: dict[str, int]) -> int:
        return min(starts[min(position["line"], len(lines))] + position["character"], len(text))

    for edit in sorted(edits, key=lambda one: -offset(one["range"]["start"])):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text
