"""Faults: actions on services of hosts, planned instants, and their undo. Entry-point group `erisc.faults`."""
