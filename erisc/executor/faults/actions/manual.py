"""What the manual says of every built-in action: what it needs, how it heals, and how the effect was seen in tests."""

from __future__ import annotations

from erisc.base.record import record


@record
class About:
    """needs: beside root and sh. how: the way it is done. heals: what takes it back. seen: the evidence of its test."""

    needs: str
    how: str
    heals: str
    seen: str


_DEAD = "the service's processes are gone from /proc, and stay gone"
_NFT = "`nft`"
_EGRESS = "`nft` and the egress hook of Linux 5.16"
_WIRE = "netem, or `python3`, /dev/net/tun and nftables' egress hook"
_TABLE = "the table goes, in one transaction"

ACTIONS: dict[str, About] = {
    "kill": About(
        "awk",
        "SIGSTOP to the whole tree, what it forks meanwhile too, then SIGKILL; another signal as it is, until "
        "nothing is left",
        "what is left of the tree ends, the manager starts the service",
        _DEAD,
    ),
    "terminate": About("awk", "SIGTERM to every process; 30 s to end", "as `kill`", _DEAD),
    "freeze": About(
        "awk",
        "SIGSTOP to the whole tree",
        "SIGCONT, until none of it is stopped",
        "state T in /proc, the same processes go on",
    ),
    "restart": About("awk", "as `stop`", "the manager starts it at once", "other processes than before"),
    "stop": About(
        "awk", "the manager's stop; where it has none SIGTERM, after 30 s SIGKILL", "the manager starts it", _DEAD
    ),
    "start": About("awk", "the manager's start, where it is down", "with a `for`, its stop", "processes are there"),
    "partition": About(
        f"{_EGRESS}; without the hook UDP senders see EPERM",
        "both directions dropped, by the others' addresses",
        _TABLE,
        "paced UDP packets from both sides: none comes through, no sender sees an error",
    ),
    "drop": About(
        _NFT, "what comes from the others' addresses is dropped", _TABLE, "packets sent arrive, answers do not"
    ),
    "block_port": About(
        _NFT, "TCP and UDP to the port dropped", _TABLE, "packets to the port are lost, to another one not"
    ),
    "break_dns": About(
        _NFT,
        "what comes from ports 53 and 853 is dropped",
        _TABLE,
        "a name server is not heard",
    ),
    "interface_down": About(
        "`ip`",
        "`ip link set down`",
        "up, with the routes and IPv6 addresses that went with it",
        "no packet comes through; routes and addresses are the same afterwards",
    ),
    "loss": About(
        f"{_EGRESS}, or netem", "packets are thrown away by chance as they leave", _TABLE, "1000 paced packets"
    ),
    "duplicate": About(f"{_EGRESS}, or netem", "packets leave twice by chance", _TABLE, "400 paced packets"),
    "delay": About(
        _WIRE,
        "netem at the root of the interface, else packets take the way through a program that holds them",
        "the qdisc that was there comes back",
        "round trips of paced packets",
    ),
    "reorder": About(_WIRE, "as `delay`: the others are 10 ms late", "as `delay`", "packets that overtake"),
    "throttle": About(
        "`tc` with tbf", "a token bucket at the root of the interface", "as `delay`", "bytes sent in a second"
    ),
    "burn_cpu": About(
        "",
        "a loop on every processor that works while it has had less than its share",
        "the loops end",
        "processor time that the loops got",
    ),
    "fill_memory": About(
        "dd", "processes that hold it; the kernel would end them first", "they end", "their resident memory"
    ),
    "burn_io": About(
        "dd", "writers in /var/tmp, 64 MiB again and again, synced", "they end, their files go", "what is written"
    ),
    "fill_disk": About(
        "fallocate", "one file, as large as there is room", "the file goes", "`df`, and a write that fails"
    ),
    "exhaust_files": About(
        "prlimit",
        "the soft limit becomes the lowest number that is free",
        "the limits that were",
        "the service's own open() fails, and works again",
    ),
    "exhaust_processes": About(
        "control groups with the pids controller",
        "a group with room for no more",
        "every process goes back to its group",
        "the service's own fork() fails, and works again",
    ),
    "skew_clock": About(
        "a kernel of its own: no container",
        "CLOCK_REALTIME is set; set again where a time daemon sets it right",
        "set to what it should be by now",
        "the refusal, and the times that would be set",
    ),
    "reboot": About(
        "systemd, busybox or sysvinit", "the init process is told", "by itself", "the refusal on the run's machine"
    ),
    "reset": About(
        "SysRq; in a container its own PID namespace",
        "SysRq b; in a container reboot(2)",
        "by itself",
        "a container ends, the machine does not",
    ),
    "power_off": About(
        "`erisc_power`",
        "os-faults (IPMI, libvirt) or the site's commands",
        "power on, until it answers",
        "a simulated BMC that speaks IPMI",
    ),
    "power_on": About("`erisc_power`", "as `power_off`", "it stays on", "as `power_off`"),
    "reboot_server": About("a cloud", "Nova's hard reboot", "waits until it is active", "the emulated zone"),
    "stop_server": About("a cloud", "Nova's stop", "Nova's start, until it is active", "the emulated zone"),
    "port_down": About("a cloud", "`admin_state_up` of the first port", "true again", "the emulated zone"),
    "detach_volume": About(
        "a cloud with volumes",
        "Nova detaches the first volume that is no boot volume",
        "attached again as the same device",
        "not tried against a real cloud",
    ),
}
"""By name, in the order of the manual. `seen` is as honest as it is short."""
