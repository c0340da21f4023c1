"""Rules of nftables: a table of the strike's own, ready beforehand, there in one transaction and gone in one."""

from __future__ import annotations

from erisc.executor.faults.actions.shell import quote, script
from erisc.executor.faults.actions.ways import Way

FIRST = "-310"
"""The priority of all chains: before raw (-300), so that no connection tracking sees what is lost."""
VANISH = 'fwd to "lo"'
"""The verdict on what leaves: nobody gets it, and its sender is told nothing."""
NFT = "install nftables (its `nft`)"
EGRESS = "a kernel with nftables' egress hook (Linux 5.16)"


def works(rules: str) -> str:
    """Whether the kernel takes these rules, of a chain that sees what leaves by `lo`."""
    chain = "chain out { type filter hook egress device lo priority 0; " + rules + "; };"
    return f"nft {quote('table netdev erisc_try { ' + chain + ' }')}"


WORKS_INET = f"nft {quote('table inet erisc_try { chain in { type filter hook prerouting priority 0; }; }')}"


def way(name: str, write: str, works: str, mend: str) -> Way:
    """write: prints the rules, in a table `name` of the families inet, netdev or both."""
    return Way(
        works=works,
        mend=mend,
        arm=script(f'{{\n{write}\n}} >"$ERISC/on.nft"', _ready()),
        inject=_now(name),
        heal=_gone(name),
        left=f"nft list tables 2>/dev/null | grep -x 'table [a-z]* {name}' | sed 's/$/ is still there/'",
    )


def _ready() -> str:
    """An `nft` that has started and waits for a line: half of what a new one takes is its start."""
    return """
erisc_said=$(nft -c -f "$ERISC/on.nft" 2>&1) || erisc_no "nft takes not: $erisc_said"
mkfifo "$ERISC/nft.in" "$ERISC/nft.out"
HOME=$ERISC ERISC_STRIKE=$ERISC nft -i 0<>"$ERISC/nft.in" 1<>"$ERISC/nft.out" 2>&1 &
echo $! >"$ERISC/nft.pid"
printf 'list tables\\n' 1<>"$ERISC/nft.in"
"""


def _now(name: str) -> str:
    """The answer to `list tables` says that the transaction before it is over. Where nft was built without `-i`, a new
    one does it.
    """
    return f"""
erisc_done=
read -r erisc_nft 2>/dev/null <"$ERISC/nft.pid"
if kill -0 "$erisc_nft" 2>/dev/null; then
    printf 'include "%s/on.nft"\\nlist tables\\n' "$ERISC" 1<>"$ERISC/nft.in"
    while read -r erisc_said; do
        case $erisc_said in
        *{quote(name)}) erisc_done=1; break ;;
        *Error*) break ;;
        esac
    done 0<>"$ERISC/nft.out"
fi
[ -n "$erisc_done" ] || ERISC_STRIKE=$ERISC nft -f "$ERISC/on.nft" || exit 1
"""


def _gone(name: str) -> str:
    """Adding first makes the deletion of what is not there no error; netdev apart, for kernels without its hook."""
    both = [quote(f"table {family} {name}; delete table {family} {name}") for family in ("inet", "netdev")]
    some = quote(name)
    return f"""
if command -v nft >/dev/null 2>&1 && nft list tables | grep -qF {some}; then
    nft {both[0]} || exit 1
    nft {both[1]} || exit 1
fi
"""


LISTED = """
erisc_set() {
    tr '\\n' ',' <"$1"
}
"""


def chains(name: str, body: str) -> str:
    """Prints a netdev table that has, for every device, an egress chain with the lines that `body` prints."""
    return f"""
printf 'table netdev %s {{\\n' {quote(name)}
erisc_number=0
while read -r erisc_device; do
    erisc_number=$((erisc_number + 1))
    printf 'chain out%s {{ type filter hook egress device "%s" ' "$erisc_number" "$erisc_device"
    echo 'priority {FIRST}; policy accept;'
    {body}
    echo '}}'
done <"$ERISC/devices"
echo '}}'
"""
