# Wires one host: runs in the host's new network namespace, still among the machine's processes and files.
# Arguments: the host's folder, whose `settings` say the rest.
set -eu
. "$1/settings"
out="ip -n $FABRIC"
$out link del "d$NUMBER" 2> /dev/null || :
$out link del "m$NUMBER" 2> /dev/null || :
$out -b - << END
link add d$NUMBER type veth peer name data0 netns $$ address $DATA_MAC
link add m$NUMBER type veth peer name mgmt0 netns $$ address $MANAGEMENT_MAC
link set d$NUMBER master $RACK up
link set m$NUMBER master mgmt up
END
for key in ipv6.conf.all.disable_ipv6=1 ipv6.conf.default.disable_ipv6=1 ipv4.ip_unprivileged_port_start=0; do
  # A kernel may lack one of them; the host works without.
  sysctl -qw "net.$key" 2> /dev/null || :
done
# The model-based bbr hides loss, which faults cause. What a kernel restricts to its first namespace is refused.
for control in cubic reno; do
  sysctl -qw "net.ipv4.tcp_congestion_control=$control" 2> /dev/null && break
done
ip -b - << END
link set lo up
link set data0 up
link set mgmt0 up
address add $DATA_ADDRESS dev data0
address add $MANAGEMENT_ADDRESS dev mgmt0
END
exec unshare --pid --fork --kill-child --mount --uts --ipc sh "$1/../boot.sh" "$1"
