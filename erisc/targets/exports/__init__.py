"""Exports: faults for third parties who run them without erisc. Emitted on request, `erisc compile --export NAME`."""
