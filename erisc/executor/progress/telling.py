"""Events of faults as lines, for a log that nobody redraws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "fault_triggered": "is triggered",
    "fault_called": "is called",
    "fault_effective": "is in effect",
    "fault_healed": "is healed",
    "fault_failed": "failed",
    "fault_heal_failed": "could not be healed",
    "fault_withheld": "is withheld",
}


def told(event: Mapping[str, Any], planned: Mapping[tuple[str, int], float]) -> str:
    """`t 20.003 s  crash #0 is in effect: kill rabbitmq on c1 (3 ms after plan)`; "" for what is not told.

    planned: instants by fault and instance, s from t = 0.
    """
    word = _WORDS.get(str(event["type"]), "")
    if not word or event["type"] == "fault_called":
        return ""
    at = float(event.get("at", 0.0))
    what = " ".join(str(each) for each in (event.get("action"), event.get("service")) if each)
    hosts = ", ".join(str(each) for each in event.get("hosts", ()))
    said = [what + (f" on {hosts}" if hosts else "")] if what else []
    said += [str(event[key]) for key in ("by", "error", "reason") if event.get(key)]
    due = planned.get((str(event.get("fault")), int(event.get("instance", 0))))
    late = ""
    if event["type"] == "fault_effective" and due is not None and not event.get("step"):
        late = f" ({(at - due) * 1000:.0f} ms after plan)"
    more = f": {'; '.join(said)}" if said else ""
    return f"t {at:.3f} s  {event.get('fault')} #{event.get('instance', 0)} {word}{more}{late}"
