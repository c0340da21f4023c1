"""What an action of a fault is. Entry-point group `erisc.faults`: a `HostAction` or a `CalledAction` under its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from erisc.base.record import record
from erisc.executor.zones import Host


@record
class Strike:
    """One effect on one host, ready to be armed.

    id: unique in the run and fit for a file name; names its folder on the host. service: a name of `host.services`, ""
    when the host itself is struck. others: for network actions, the hosts of the other side. arguments: the action's
    own, in base units. duration: s from effect to heal, None for an action that is over by itself.
    """

    id: str
    host: Host
    service: str
    others: tuple[Host, ...]
    arguments: dict[str, Any]
    duration: float | None


@record
class Recipe:
    """An action on one host as texts of POSIX sh (dash, busybox ash), run as root there.

    Every text finds in `$ERISC` a folder of the strike's own on a memory file system of the host, made before `arm`.
    Nothing of the author's is ever pasted unquoted.

    needs: prints a line for everything that lacks on the host, with the mend (`nft is missing: install nftables`), and
    nothing when the fault can be made; changes nothing. Run before any load.
    arm: some seconds before the instant: finds what is struck, refuses what must not be, and leaves in `$ERISC` what
    the other texts need. Ends with 0; else the last line of stderr says why not. `erisc_refuse PID…` is there to be
    called: it ends the text when one of the processes is init, the executor or a child of it, or the way to this host.
    inject: at the instant. Begins with its effect and returns when it is there. No fork that `arm` could have spared.
    What an arm or inject text leaves running must have let go of standard output and error. No text traps EXIT.
    hold: "" or what keeps the effect, run about twice a second.
    heal: takes the effect back and returns when it is gone. Looks before it acts: it runs twice, before `inject`, in
    the middle of it, from the host's own dead-man timer, after a reboot of the host with `$ERISC` empty.
    left: prints a line for everything of this strike that is still there; nothing after a good heal.
    """

    needs: str
    arm: str
    inject: str
    hold: str
    heal: str
    left: str


@record
class HostAction:
    """An action that is done on the host it strikes.

    strikes: `service` or `hosts`. recipe: pure; raises Failure for arguments that make no sense.
    down: the host itself goes away meanwhile (a reboot): no channel to it outlives `inject`, and none is expected to.
    """

    name: str
    strikes: str
    recipe: Callable[[Strike], Recipe]
    down: bool = False


class CalledAction(Protocol):
    """An action that is done from where the executor runs: power by os-faults, tenant resources by the cloud's API.

    Its undo is of kind `called`, with the arguments {"action": name} | `undo(strike)`; all of it JSON.
    """

    name: str
    strikes: str
    """`hosts` or `servers`: Strike.host is then the inventory's host, or a stand-in whose name is the server's id."""

    def lacks(self, strike: Strike, context: Context) -> list[str]:
        """Everything that keeps this from being done, each with its mend; changes nothing."""

    def undo(self, strike: Strike, context: Context) -> dict[str, Any]:
        """What `heal` must know, also on another day; asked before `inject`."""

    def inject(self, strike: Strike, context: Context) -> None:
        """Returns when the effect is there."""

    def heal(self, undo: dict[str, Any], context: Context) -> None:
        """Takes it back and waits until it is; idempotent, looks before it acts."""


@record
class Context:
    """cloud: the admin's connection (openstack.connection.Connection), None without a cloud. private: a folder for
    what must not travel. run: the run's id.
    """

    cloud: Any
    private: str
    run: str
