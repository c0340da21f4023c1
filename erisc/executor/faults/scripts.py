"""What a strike's texts are wrapped in on the host: its folder, its dead-man, and who may work on it at one time.

All of it is POSIX sh (dash, busybox ash). A strike has a folder on a memory file system, so that a full disk does not
matter, with some space set aside in it, so that a full memory file system does not matter either:

heal.sh      takes the effect back; the dead-man runs it
deadman.sh   sleeps until the planned end is past, and heals when nobody has closed the strike by then
deadman      its process id
armed        the arm text ended well
busy         the shell in which an arm, inject or hold text runs now; empty when none does
closed       healing has begun: nothing is injected or held any more

Beside the folders, `healing.TARGET` is held by the one that heals or closes, with its process id in it: two heals that
start one service at the same time would start it twice.

A text that injects first says that it is busy, then looks whether the strike is closed; one that heals first closes
the strike, then waits for the busy. So an effect can never come after its own heal (Dekker's order), even when the
executor died with the text on its way.
"""

from __future__ import annotations

import shlex

CLOSED = 75
"""Exit code of an inject or hold text that came after the heal (sysexits.h, EX_TEMPFAIL)."""

_PATH = "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH\n"

_FIND = """\
erisc_id={id}
ERISC=
for erisc_in in /run/erisc "/dev/shm/erisc-$(id -u)"; do
  if [ -d "$erisc_in/$erisc_id" ]; then ERISC=$erisc_in/$erisc_id; break; fi
done
"""

_MAKE = """\
if [ -z "$ERISC" ]; then
  for erisc_in in /run/erisc "/dev/shm/erisc-$(id -u)"; do
    if (umask 077; mkdir -p "$erisc_in/$erisc_id" && head -c 65536 /dev/zero > "$erisc_in/$erisc_id/reserve") \\
      2>/dev/null
    then ERISC=$erisc_in/$erisc_id; break
    else rm -rf "$erisc_in/$erisc_id" 2>/dev/null
    fi
  done
fi
"""

_DEADMAN = """\
trap 'kill "$!" 2>/dev/null; exit 0' TERM
trap '' HUP INT
ERISC=${0%/deadman.sh}
(echo -1000 > /proc/$$/oom_score_adj) 2>/dev/null
if [ -n "$2" ]; then
  case "$(tr '\\0' ' ' 2>/dev/null < "/proc/$2/cmdline")" in
    "sh $0 "*) kill -TERM "$2" 2>/dev/null ;;
  esac
fi
{ echo $$ > "$ERISC/deadman"; } 2>/dev/null || exit 0
if [ -e "$ERISC/closed" ] || [ ! -e "$ERISC/heal.sh" ]; then exit 0; fi
sleep "$1" & wait "$!"
trap '' TERM
erisc_try=0
while [ -e "$ERISC/heal.sh" ] && [ "$erisc_try" -lt 100 ]; do
  sh "$ERISC/heal.sh" && exit 0
  erisc_try=$((erisc_try + 1))
  sleep 2
done
"""
"""It ends the one before it (`$2`), then says who it is, then looks whether the strike is closed: whoever started it
may be gone by then, and whoever closes ends the one that is said. While its folder is being removed `closed` may go
first, but `heal.sh` went before all of that.
"""

_START = """\
erisc_setsid=
if command -v setsid >/dev/null; then erisc_setsid=setsid; fi
$erisc_setsid sh "$ERISC/deadman.sh" {after} "${{erisc_old:-}}" </dev/null >/dev/null 2>&1 &
"""

_STARTED = """\
erisc_turns=0
erisc_new=
until [ "$erisc_new" = $! ] || [ -e "$ERISC/closed" ] || [ "$erisc_turns" -gt 20000 ]; do
  { read -r erisc_new < "$ERISC/deadman"; } 2>/dev/null
  erisc_turns=$((erisc_turns + 1))
done
"""
"""It has said who it is, so that the next one ends it; a busy machine may take its time, some tenths of a second."""

_STOP = """\
erisc_stop() {
  case "$(tr '\\0' ' ' 2>/dev/null < "/proc/$1/cmdline")" in
    "sh $ERISC/deadman.sh "*) kill -TERM "$1" 2>/dev/null ;;
  esac
  true
}
erisc_old=
[ -e "$ERISC/deadman" ] && read -r erisc_old < "$ERISC/deadman"
"""

_REFUSE = """\
erisc_executor={executor}
erisc_parent() {{
  erisc_up=0
  {{ read -r erisc_line < "/proc/$1/stat"; }} 2>/dev/null || return 0
  erisc_line=${{erisc_line##*) }}
  erisc_line=${{erisc_line#* }}
  erisc_up=${{erisc_line%% *}}
}}
erisc_refuse() {{
  for erisc_pid in "$@"; do
    erisc_one=$$
    while [ "$erisc_one" -gt 0 ]; do
      [ "$erisc_one" -eq "$erisc_pid" ] && erisc_is_ours "$erisc_pid"
      erisc_parent "$erisc_one"; erisc_one=$erisc_up
    done
    erisc_one=$erisc_pid
    while [ "$erisc_one" -gt 1 ]; do
      [ "$erisc_one" -eq "$erisc_executor" ] && erisc_is_ours "$erisc_pid"
      erisc_parent "$erisc_one"; erisc_one=$erisc_up
    done
  done
}}
erisc_is_ours() {{
  echo "process $1 is init, or belongs to the executor or the way to this host: it is not touched" >&2
  exit 1
}}
"""

_BUSY = """\
export ERISC
{{ echo $$ > "$ERISC/busy"; }} 2>/dev/null || {{ echo "the folder of the strike is gone" >&2; exit {closed}; }}
trap 'echo > "$ERISC/busy"' EXIT
if [ -e "$ERISC/closed" ]; then echo "the strike is closed already" >&2; exit {closed}; fi
"""

_LOCK = """\
erisc_nap() {{ sleep 0.1 2>/dev/null || sleep 1; }}
erisc_lock() {{
  erisc_held=${{ERISC%/*}}/healing.{target}
  erisc_turns=0
  until mkdir "$erisc_held" 2>/dev/null; do
    [ -d "$ERISC" ] || return 1
    erisc_holder=
    for erisc_pid in "$erisc_held"/*; do erisc_holder=${{erisc_pid##*/}}; done
    if [ "$erisc_holder" = "*" ]; then [ "$erisc_turns" -gt 20 ] && rm -rf "$erisc_held"
    elif [ "$erisc_holder" = $$ ] || [ ! -d "/proc/$erisc_holder" ] || [ "$erisc_turns" -gt 900 ]; then
      rm -rf "$erisc_held"
    fi
    erisc_nap; erisc_turns=$((erisc_turns + 1))
  done
  mkdir "$erisc_held/$$"
  [ -d "$ERISC" ] && return 0
  erisc_unlock
  return 1
}}
erisc_unlock() {{ rm -rf "$erisc_held"; rmdir "${{ERISC%/*}}" 2>/dev/null; }}
"""

_HEAL = """\
export ERISC
rm -f "$ERISC/reserve"
{{ : > "$ERISC/closed"; }} 2>/dev/null
erisc_turns=0
while [ -s "$ERISC/busy" ] && read -r erisc_pid < "$ERISC/busy" && [ -n "$erisc_pid" ] && [ "$erisc_pid" != $$ ] \\
  && [ -d "/proc/$erisc_pid" ] && [ "$erisc_turns" -lt 600 ]
do erisc_nap; erisc_turns=$((erisc_turns + 1)); done
erisc_held=
if [ -d "$ERISC" ]; then erisc_lock || exit 0; fi
( eval {heal} )
erisc_code=$?
[ -n "$erisc_was" ] || rm -rf "$ERISC"
[ -z "$erisc_held" ] || erisc_unlock
exit $erisc_code
"""

_CLOSE = """\
[ -n "$ERISC" ] || exit 0
erisc_lock || exit 0
{{ : > "$ERISC/closed"; }} 2>/dev/null
rm -f "$ERISC/heal.sh"
{stop}
[ -n "$erisc_old" ] && erisc_stop "$erisc_old"
rm -rf "$ERISC" 2>/dev/null || {{ erisc_nap; rm -rf "$ERISC"; }}
erisc_unlock
[ ! -e "$ERISC" ]
"""


def needs(strike: str, text: str) -> str:
    """Prints what lacks on a host; makes and removes the folder, to see that it can be made."""
    none = 'echo "neither /run nor /dev/shm can be written: mount a tmpfs there, or set ansible_become"'
    looked = f'if [ -n "$ERISC" ]; then rm -rf "$ERISC"; rmdir "${{ERISC%/*}}" 2>/dev/null; else {none}; fi\n'
    return _PATH + _FIND.format(id=strike) + _MAKE + looked + text


def arm(strike: str, target: str, text: str, heal_text: str, after: float, executor: int) -> str:
    """Folder, dead-man, then the arm text; the last line of its output is the folder.

    target: what only one may heal at a time, fit for a file name. after: s until the dead-man heals. executor: its
    process id when this is its machine, else 0. The text may call
    `erisc_refuse PID…`, which ends it when a process must not be touched.
    """
    return (
        _PATH
        + _FIND.format(id=strike)
        + _MAKE
        + 'if [ -z "$ERISC" ]; then echo "neither /run nor /dev/shm can be written" >&2; exit 1; fi\n'
        + _BUSY.format(closed=CLOSED)
        + f'printf %s {shlex.quote(heal(strike, target, heal_text))} > "$ERISC/heal.sh" || exit 1\n'
        + f'printf %s {shlex.quote(_DEADMAN)} > "$ERISC/deadman.sh" || exit 1\n'
        + _START.format(after=_seconds(after))
        + _STARTED
        + '[ -s "$ERISC/deadman" ] || echo $! > "$ERISC/deadman"\n'
        + _REFUSE.format(executor=executor)
        + f"( eval {shlex.quote(text)} ) || exit 1\n"
        + ': > "$ERISC/armed"\n'
        + "printf '\\n%s\\n' \"$ERISC\"\n"
    )


def extend(folder: str, after: float) -> str:
    """Another dead-man in place of the one that would heal too early; none when the strike is closed meanwhile."""
    begin = f"ERISC={shlex.quote(folder)}\n" + _PATH + _STOP
    return begin + _START.format(after=_seconds(after)) + _STARTED + "true\n"


def act(folder: str, text: str) -> str:
    """An inject or hold text. folder: what `arm` has said. Nothing forks before the text itself."""
    return f"ERISC={shlex.quote(folder)}\n" + _BUSY.format(closed=CLOSED) + text


def heal(strike: str, target: str, text: str) -> str:
    """The heal text, by one at a time and after what is busy.

    Where the folder is gone, as after a reboot, it is made for the time of the heal; one that goes while this waits was
    closed by another healer, and all is done.
    """
    made = "erisc_was=$ERISC\n" + _MAKE + ': "${ERISC:=/run/erisc/$erisc_id}"\n'
    return _PATH + _FIND.format(id=strike) + made + _LOCK.format(target=target) + _HEAL.format(heal=shlex.quote(text))


def left(strike: str, text: str) -> str:
    """The text that tells what is still there."""
    return _PATH + _FIND.format(id=strike) + ': "${ERISC:=/run/erisc/$erisc_id}"\nexport ERISC\n' + text


def close(strike: str, target: str) -> str:
    """The dead-man ends and the folder goes, when nobody heals any more."""
    return _PATH + _FIND.format(id=strike) + _LOCK.format(target=target) + _CLOSE.format(stop=_STOP)


def _seconds(after: float) -> str:
    return str(max(int(after + 0.999), 1))
