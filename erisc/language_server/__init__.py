"""The language server: what the compiler knows, offered to editors over the Language Server Protocol 3.17.

`server` speaks the protocol; every other module is a plain function of an `Analysis`. Needs pygls (`erisc[lsp]`).
"""
