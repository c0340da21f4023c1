"""Reactions: faults whose instant only the run can tell, because they wait for an event of it (stdlib/events.eris)."""
