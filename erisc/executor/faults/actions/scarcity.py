"""Faults of scarcity: burn_cpu, fill_memory, burn_io, fill_disk. Plain sh and dd, which are everywhere."""

from __future__ import annotations

import os

from erisc.base.failure import WRONG_CALL, Failure
from erisc.executor.faults.actions.shell import (
    NOT_ARMED,
    REFUSE,
    ROOT,
    WORKERS,
    WORKERS_LEFT,
    WORKERS_NEED,
    name_of,
    need,
    quote,
    script,
    share_of,
)
from erisc.executor.faults.protocol import HostAction, Recipe, Strike

CHUNK = 1 << 30
"""Bytes that one process holds at most: what one read of /dev/zero gives."""
WRITTEN = 64
"""MiB that a writer writes again and again."""
KEPT = 256
"""MiB of memory that stay free whatever is asked for."""


def _workers(count: str, text: str) -> str:
    """Starts so many processes that wait for `go`, and then run the text. What they start has the strike's mark."""
    worker = f"""[ -e "$ERISC/gone" ] || read -r erisc_word <"$ERISC/go"
{text}"""
    return f"""
mkfifo "$ERISC/go"
printf %s {quote(worker)} >"$ERISC/worker.sh"
: >"$ERISC/workers"
erisc_number=0
while [ "$erisc_number" -lt {count} ]; do
    erisc_number=$((erisc_number + 1))
    ERISC_STRIKE=$ERISC ERISC=$ERISC sh "$ERISC/worker.sh" "$erisc_number" </dev/null >"$ERISC/worker.log" 2>&1 &
    echo $! >>"$ERISC/workers"
done
"""


GO = ': >"$ERISC/gone"\n: 1<>"$ERISC/go"\n'
"""Whoever waits at the pipe goes on when it is opened for writing; this blocks for nobody."""

NEEDS = script(ROOT, WORKERS_NEED, need("mkfifo", "install coreutils"))
HEAL = script(WORKERS, NOT_ARMED, "erisc_end_workers")
LEFT = script(WORKERS, NOT_ARMED, WORKERS_LEFT)


def own_boot() -> str:
    """The boot id of the machine that the executor runs on: a host that has the same one shares its kernel."""
    path = "/proc/sys/kernel/random/boot_id"
    if not os.path.exists(path):
        return ""
    with open(path, encoding="ascii") as file:
        return file.read().strip()


# --- processors ---------------------------------------------------------------------------------------


def _burn_cpu(strike: Strike) -> Recipe:
    """Each loop works while it has had less than its share since the last full second, and sleeps while it has had
    more: on a busy machine, too, it gets what it asks for, and not what is left of it.
    """
    text = f"""
erisc_look() {{
    read -r erisc_now erisc_rest </proc/uptime
    erisc_now=${{erisc_now%.*}}${{erisc_now#*.}}
    read -r erisc_line </proc/$$/stat
    set -- ${{erisc_line##*) }}
    erisc_used=$((${{12}} + ${{13}} + ${{14}} + ${{15}}))
}}
erisc_since=0
while [ -e "$ERISC/go" ]; do
    erisc_look
    if [ $((erisc_now - erisc_since)) -ge 100 ]; then erisc_since=$erisc_now erisc_before=$erisc_used; fi
    erisc_due=$(((erisc_now - erisc_since) * {round(share_of(strike.arguments) * 1000)} / 1000))
    if [ $((erisc_used - erisc_before)) -le "$erisc_due" ]; then
        erisc_i=0
        while [ "$erisc_i" -lt 3000 ]; do erisc_i=$((erisc_i + 1)); done
    else
        sleep 0.01
    fi
done"""
    return Recipe(NEEDS, script(REFUSE, _workers("$(grep -c ^processor /proc/cpuinfo)", text)), GO, "", HEAL, LEFT)


# --- memory ---------------------------------------------------------------------------------------

_MEMORY = """
erisc_memory() {
    erisc_total=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
    erisc_free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    erisc_bound=
    while IFS=: read -r erisc_number erisc_kinds erisc_path; do
        case $erisc_kinds in
        '') erisc_limit=/sys/fs/cgroup$erisc_path/memory.max erisc_used=/sys/fs/cgroup$erisc_path/memory.current ;;
        memory) erisc_limit=/sys/fs/cgroup/memory$erisc_path/memory.limit_in_bytes
            erisc_used=/sys/fs/cgroup/memory$erisc_path/memory.usage_in_bytes ;;
        *) continue ;;
        esac
        [ -r "$erisc_limit" ] && read -r erisc_most <"$erisc_limit" || continue
        case $erisc_most in max | ????????????????*) continue ;; esac
        read -r erisc_taken <"$erisc_used"
        erisc_bound=1
        [ $((erisc_most / 1048576)) -ge "$erisc_total" ] || erisc_total=$((erisc_most / 1048576))
        erisc_left=$(((erisc_most - erisc_taken) / 1048576))
        [ "$erisc_left" -ge "$erisc_free" ] || erisc_free=$erisc_left
    done </proc/self/cgroup
}
"""
"""`erisc_total` and `erisc_free` in MiB: those of the machine, or of the control group where it has less."""


def _fill_memory(strike: Strike) -> Recipe:
    share = share_of(strike.arguments)
    return Recipe(
        needs=script(NEEDS, need("dd", "install coreutils"), _MEMORY, "erisc_memory", _bound(share, "echo")),
        arm=script(REFUSE, _MEMORY, "erisc_memory", _bound(share, "erisc_no"), _holders()),
        inject=script(GO, _FILLED),
        hold="",
        heal=HEAL,
        left=LEFT,
    )


def _bound(share: float, say: str) -> str:
    """Never so much that the kernel would have to end processes for it; less where others' memory is the same."""
    return f"""
erisc_want=$((erisc_total * {round(share * 10000)} / 10000))
erisc_keep=$((erisc_total / 10))
read -r erisc_boot </proc/sys/kernel/random/boot_id
[ "$erisc_boot" != {quote(own_boot())} ] || [ -n "$erisc_bound" ] || erisc_keep=$((erisc_total / 4))
[ "$erisc_keep" -ge {KEPT} ] || erisc_keep={KEPT}
[ "$erisc_want" -le $((erisc_free - erisc_keep)) ] || {say} \
    "fill_memory would take $erisc_want of $erisc_free free MiB and leave fewer than $erisc_keep: take a smaller share"
"""


def _holders() -> str:
    """dd keeps what it has read until somebody takes it. The kernel would end it first."""
    text = f"""(echo 1000 >/proc/self/oom_score_adj) 2>/dev/null
echo 1000 >/proc/$$/oom_score_adj
erisc_size={CHUNK >> 20}
[ "$1" -gt "$ERISC_WHOLE" ] && erisc_size=$ERISC_REST
exec dd if=/dev/zero bs="${{erisc_size}}M" count=1 1<>"$ERISC/kept"
"""
    return f"""
mkfifo "$ERISC/kept"
export ERISC_WHOLE=$((erisc_want / {CHUNK >> 20})) ERISC_REST=$((erisc_want % {CHUNK >> 20}))
erisc_holders=$ERISC_WHOLE
[ "$ERISC_REST" -eq 0 ] || erisc_holders=$((erisc_holders + 1))
echo "$erisc_want" >"$ERISC/want"
{_workers('"$erisc_holders"', text)}
"""


_FILLED = """
read -r erisc_want <"$ERISC/want"
erisc_want=$((erisc_want * 250))
erisc_turn=0
while :; do
    erisc_has=0 erisc_pids=0
    while read -r erisc_pid; do
        read -r erisc_size erisc_resident erisc_rest 2>/dev/null <"/proc/$erisc_pid/statm" || continue
        erisc_has=$((erisc_has + erisc_resident)) erisc_pids=1
    done <"$ERISC/workers"
    [ "$erisc_has" -lt "$erisc_want" ] || exit 0
    erisc_turn=$((erisc_turn + 1))
    [ "$erisc_pids" = 1 ] && [ "$erisc_turn" -lt 3000 ] || { echo "the memory could not be taken" >&2; exit 1; }
    sleep 0.01
done
"""
"""Until what was asked for is resident, but for 2 %: 250 of the 256 pages of a MiB."""


# --- disks ---------------------------------------------------------------------------------------


def _burn_io(strike: Strike) -> Recipe:
    writers = strike.arguments.get("writers", 4)
    if not isinstance(writers, int) or isinstance(writers, bool) or not 1 <= writers <= 64:
        raise Failure(f"burn_io: {writers!r} is no number of writers", mend="1 to 64", exit_code=WRONG_CALL)
    base = quote(f"/var/tmp/.{name_of(strike.id)}")
    text = f"""while [ -e "$ERISC/go" ]; do
    dd if=/dev/zero of={base}."$1" bs=1M count={WRITTEN} conv=notrunc,fsync || sleep 1
done"""
    room = _room("/var/tmp", writers * WRITTEN * 2)
    return Recipe(
        needs=script(NEEDS, need("dd", "install coreutils"), room),
        arm=script(REFUSE, _workers(str(writers), text)),
        inject=GO,
        hold="",
        heal=script(HEAL, f"rm -f {base}.*"),
        left=script(
            LEFT, f'for erisc_file in {base}.*; do [ ! -e "$erisc_file" ] || echo "$erisc_file is there"; done'
        ),
    )


def _room(path: str, mib: int) -> str:
    say = quote(f"fewer than {mib} MiB are free at {path}: free some")
    return f"[ \"$(df -Pk {quote(path)} | awk 'NR == 2 {{ print int($4 / 1024) }}')\" -ge {mib} ] || echo {say}"


def _fill_disk(strike: Strike) -> Recipe:
    share = share_of({"share": 1.0} | strike.arguments)
    path = strike.arguments.get("path", "/")
    if not isinstance(path, str) or not path.startswith("/") or "\0" in path or "\n" in path:
        raise Failure(f"fill_disk: {path!r} is no absolute path", exit_code=WRONG_CALL)
    there = quote(path)
    place = f'erisc_at={there}\n[ -d "$erisc_at" ] || erisc_at=$(dirname "$erisc_at")\n'
    place += f"erisc_own=$erisc_at/.{name_of(strike.id)}\nerisc_file=$erisc_own/full\n"
    missing = quote(f"there is no {path}")
    return Recipe(
        needs=script(ROOT, WORKERS_NEED, need("fallocate", "install util-linux"), f"[ -e {there} ] || echo {missing}"),
        arm=script(REFUSE, place, f"[ -e {there} ] || erisc_no {missing}", _NOT_OURS, _OWN_FOLDER),
        inject=script(place, _fill(share)),
        hold="",
        heal=script(WORKERS, NOT_ARMED, place, _emptied(), "erisc_end_workers", _emptied()),
        left=script(NOT_ARMED, place, '[ ! -e "$erisc_own" ] || echo "$erisc_own is still there"'),
    )


_NOT_OURS = """
erisc_disk() { df -P "$1" | awk 'NR == 2 { print $1, $NF }'; }
[ "$(erisc_disk "$erisc_at")" != "$(erisc_disk "$ERISC")" ] || erisc_no "the heal of the fault itself needs $erisc_at"
"""


_OWN_FOLDER = 'mkdir "$erisc_own" || erisc_no "$erisc_own cannot be made"'
"""Without it nothing can be filled any more, not even by a program that is only about to start."""


def _emptied() -> str:
    return """
erisc_turn=0
while [ -e "$erisc_own" ] && [ "$erisc_turn" -lt 50 ]; do
    erisc_turn=$((erisc_turn + 1))
    rm -rf "$erisc_own" 2>/dev/null
done
"""


def _fill(share: float) -> str:
    """One allocation, which is there at once; then ever smaller ones, until the last block is taken. A file system that
    allocates nothing ahead gets zeros written.
    """
    rest = """
erisc_step=$((erisc_more / 2))
while [ "$erisc_step" -ge 4 ]; do
    erisc_more_of=$((erisc_has + erisc_step))
    if ERISC_STRIKE=$ERISC fallocate -l "${erisc_more_of}K" "$erisc_file" 2>/dev/null; then
        erisc_has=$erisc_more_of
    else
        erisc_step=$((erisc_step / 2))
    fi
done
"""
    return f"""
set -- $(df -Pk "$erisc_at" | awk 'NR == 2 {{ print $2, $3, $4 }}')
erisc_more=$(($1 / 10000 * {round(share * 10000)} - $2))
[ {round(share * 10000)} -lt 10000 ] || erisc_more=$3
[ "$erisc_more" -gt 0 ] || {{ echo "$erisc_at is that full already" >&2; exit 1; }}
erisc_has=$erisc_more
if ! ERISC_STRIKE=$ERISC fallocate -l "${{erisc_more}}K" "$erisc_file" 2>/dev/null; then
    erisc_has=0
    ERISC_STRIKE=$ERISC dd if=/dev/zero of="$erisc_file" bs=1M count=$((erisc_more / 1024)) 2>/dev/null
    erisc_has=$(($(wc -c <"$erisc_file") / 1024))
    [ "$erisc_has" -gt 0 ] || {{ echo "$erisc_at cannot be filled" >&2; exit 1; }}
fi
{rest if share > 0.9999 else ":"}
:
"""


BURN_CPU = HostAction("burn_cpu", "hosts", _burn_cpu)
FILL_MEMORY = HostAction("fill_memory", "hosts", _fill_memory)
BURN_IO = HostAction("burn_io", "hosts", _burn_io)
FILL_DISK = HostAction("fill_disk", "hosts", _fill_disk)
