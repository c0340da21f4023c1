"""The protocol: requests and notifications to functions of an analysis, and back."""

from __future__ import annotations

import asyncio

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from erisc import __version__
from erisc.compiler.formatting import UnformattableError, format_source
from erisc.language_server.analysis import Analysis, Place
from erisc.language_server.completion import complete
from erisc.language_server.hover import hover
from erisc.language_server.messages import actions, by_file, uri_of
from erisc.language_server.outline import outline
from erisc.language_server.positions import Positions
from erisc.language_server.rename import RefusedError, everywhere, renameable, renamed
from erisc.language_server.workspace import Workspace

DEBOUNCE = 0.2
"""Seconds of rest after a change before the text is checked."""


class Server(LanguageServer):
    """One client. waiting: path -> the check that is due. said: root -> the URIs it spoke of."""

    def __init__(self) -> None:
        super().__init__("erisc", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
        self.files = Workspace()
        self.waiting: dict[str, asyncio.Task[None]] = {}
        self.said: dict[str, dict[str, list[types.Diagnostic]]] = {}

    @property
    def encoding(self) -> str:
        """What positions count in."""
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding) or "utf-16")

    def positions(self, text: str) -> Positions:
        """Of a text, in the client's encoding."""
        return Positions(text, self.encoding)

    def look(self, uri: str, position: types.Position) -> tuple[Analysis, int]:
        """The analysis of a document and the character that a position means."""
        analysis = self.files.analysis(path_of(uri))
        return analysis, self.positions(analysis.source.text).offset(position)

    def location(self, place: Place) -> types.Location:
        """Of a place."""
        return types.Location(uri_of(place.path), self.positions(place.text).range(place.start, place.end))

    # --- checking ---

    def changed(self, uri: str) -> None:
        """Take the text as it stands in the editor, and check it and what imports it when it rests."""
        path = path_of(uri)
        self.files.open(path, self.workspace.get_text_document(uri).source)
        for root in {path, *(other for other in self.files.texts if other in self.said)}:
            if root in self.waiting:
                self.waiting[root].cancel()
            self.waiting[root] = asyncio.ensure_future(self._check(root))

    def closed(self, uri: str) -> None:
        """Let go of a text; what was said about it is taken back."""
        path = path_of(uri)
        self.files.close(path)
        if path in self.waiting:
            self.waiting.pop(path).cancel()
        gone = self.said.pop(path, {})
        self._publish(set(gone))

    async def _check(self, path: str) -> None:
        await asyncio.sleep(DEBOUNCE)
        analysis, loop = self.files.analysis(path), asyncio.get_running_loop()
        found = await loop.run_in_executor(None, by_file, analysis, self.encoding)
        if path in self.files.texts:
            before = self.said.get(path, {})
            self.said[path] = found
            self._publish({*before, *found})

    def _publish(self, those: set[str]) -> None:
        """What all roots say about the files, each finding once."""
        for uri in sorted(those):
            said = [one for root in self.said.values() for one in root.get(uri, ())]
            unique = {(one.code, one.message, repr(one.range)): one for one in said}
            params = types.PublishDiagnosticsParams(uri=uri, diagnostics=list(unique.values()))
            self.text_document_publish_diagnostics(params)


def path_of(uri: str) -> str:
    """A document's absolute path; one that is no file stands in the working folder under its own name."""
    return uris.to_fs_path(uri) or "/" + uri.rpartition("/")[2]


def make_server() -> Server:
    """With all its features; `start_io()` serves."""
    server = Server()
    for register in (_documents, _reading, _writing):
        register(server)
    return server


def _documents(server: Server) -> None:
    @server.feature(types.INITIALIZED)
    def initialized(ls: Server, params: types.InitializedParams) -> None:
        folders = ls.workspace.folders.values()
        ls.files.folders = tuple(path_of(folder.uri) for folder in folders)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
        ls.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
        ls.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
        ls.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
        ls.files.forget()


def _reading(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(ls: Server, params: types.HoverParams) -> types.Hover | None:
        analysis, offset = ls.look(params.text_document.uri, params.position)
        found = hover(analysis, offset)
        if found is None:
            return None
        text, start, end = found
        content = types.MarkupContent(types.MarkupKind.Markdown, text)
        return types.Hover(content, ls.positions(analysis.source.text).range(start, end))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(ls: Server, params: types.DefinitionParams) -> list[types.Location]:
        analysis, offset = ls.look(params.text_document.uri, params.position)
        found = analysis.at(offset)
        return [ls.location(place) for place in analysis.definitions(found.key)] if found else []

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(ls: Server, params: types.ReferenceParams) -> list[types.Location]:
        analysis, offset = ls.look(params.text_document.uri, params.position)
        found = analysis.at(offset)
        if found is None:
            return []
        places = everywhere(ls.files.roots(analysis.path), found.key)
        if not params.context.include_declaration:
            declared = {(place.path, place.start) for place in analysis.definitions(found.key)}
            places = [place for place in places if (place.path, place.start) not in declared]
        return [ls.location(place) for place in places]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(ls: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        analysis = ls.files.analysis(path_of(params.text_document.uri))
        return outline(analysis, ls.positions(analysis.source.text))

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", "[", " ", "("]))
    def completed(ls: Server, params: types.CompletionParams) -> types.CompletionList:
        analysis, offset = ls.look(params.text_document.uri, params.position)
        items = [
            types.CompletionItem(
                label=one.label,
                kind=one.kind,
                detail=one.detail or None,
                documentation=types.MarkupContent(types.MarkupKind.Markdown, one.doc) if one.doc else None,
                sort_text=f"{number:04d}",
            )
            for number, one in enumerate(complete(analysis, offset))
        ]
        return types.CompletionList(is_incomplete=False, items=items)


def _writing(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(ls: Server, params: types.PrepareRenameParams) -> types.Range | None:
        analysis, offset = ls.look(params.text_document.uri, params.position)
        found = analysis.at(offset)
        if found is None or not renameable(analysis, found.key):
            return None
        return ls.positions(analysis.source.text).range(found.start, found.end)

    @server.feature(types.TEXT_DOCUMENT_RENAME)
    def rename(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit:
        analysis, offset = ls.look(params.text_document.uri, params.position)
        found = analysis.at(offset)
        if found is None:
            raise JsonRpcInvalidParams("there is nothing to rename here")
        try:
            places = renamed(ls.files.roots(analysis.path), found.key, params.new_name)
        except RefusedError as error:
            raise JsonRpcInvalidParams(str(error)) from None
        changes: dict[str, list[types.TextEdit]] = {}
        for place in places:
            location = ls.location(place)
            changes.setdefault(location.uri, []).append(types.TextEdit(location.range, params.new_name))
        return types.WorkspaceEdit(changes=dict(changes))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    def fixes(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        analysis = ls.files.analysis(path_of(uri))
        return list(actions(analysis, uri_of(analysis.path), params.range, ls.encoding))

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatted(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        return _formatted(ls, params.text_document.uri)


def _formatted(ls: Server, uri: str) -> list[types.TextEdit]:
    """One edit of the whole text; none when it is canonical, or broken."""
    analysis = ls.files.analysis(path_of(uri))
    text = ls.workspace.get_text_document(uri).source
    try:
        made = format_source(analysis.source.text, analysis.name)
    except UnformattableError as error:
        raise JsonRpcInvalidParams(f"a spec with errors of syntax is not formatted: {error}") from None
    positions = ls.positions(text)
    return [] if made == text else [types.TextEdit(positions.range(0, len(text)), made)]
