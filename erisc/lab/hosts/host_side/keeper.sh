# Keeps one emulated host on: started by `power NAME on` under a lock on its folder, which is held as long as anything
# of the host lives. Arguments: the host's folder. A reboot inside starts it anew, a power-off inside ends it.
# The exit status tells which: a process whose PID namespace called reboot(2) ends by SIGHUP to restart and by SIGINT
# to halt (pid_namespaces(7)), which the shell shows as 129 and 130.
cd "$1" || exit 1
echo $$ > keeper.pid.new && mv keeper.pid.new keeper.pid
while :; do
  # Whoever ends the keeper ends the host with it: the power button.
  setpriv --pdeathsig KILL -- unshare --net sh "$1/../stage.sh" "$1"
  [ $? -eq 129 ] || exit 0
done
