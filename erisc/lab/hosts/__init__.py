"""Emulated hosts of a lab: network namespaces with their own processes, files and sshd, in racks (docs/zone.md)."""
