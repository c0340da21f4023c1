# Boots one host: runs as process 1 of the host's PID namespace, in its own mount, UTS and IPC namespaces.
# Argument: the host's folder. The root is an overlay over the machine's, its upper layer on a small tmpfs: what a host
# writes is its own, ends with it, and fills nothing but itself.
set -eu
host=$1
. "$host/settings"
hostname "$NAME"
cd "$host"
mount -t tmpfs -o "size=$DISK,mode=755" erisc-disk mnt
mkdir mnt/upper mnt/work mnt/root
mount -t overlay -o "lowerdir=/,upperdir=$host/mnt/upper,workdir=$host/mnt/work" erisc-root mnt/root
root=$host/mnt/root

mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o size=16m,mode=755 tmpfs "$root/run"
mount -t tmpfs -o "size=$TMP,mode=1777" tmpfs "$root/tmp"
mount -t tmpfs -o size=1m,mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/net" "$root/run/sshd" "$root/run/old"
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o "size=$TMP,mode=1777" tmpfs "$root/dev/shm"
device() { mknod -m 666 "$root/dev/$1" c "$2" "$3"; }
device null 1 3; device zero 1 5; device full 1 7; device random 1 8; device urandom 1 9; device tty 5 0
device net/tun 10 200
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"

# Kernel settings that are not the namespace's own belong to the machine: a host must not be able to change them, and
# `echo b > /proc/sysrq-trigger` must not restart it.
mount --bind "$root/proc/sys/net" "$root/run/old"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --move "$root/run/old" "$root/proc/sys/net"
if [ -e "$root/proc/sysrq-trigger" ]; then
  mount --bind "$root/proc/sysrq-trigger" "$root/proc/sysrq-trigger"
  mount -o remount,bind,ro "$root/proc/sysrq-trigger"
fi

# What the machine goes on writing while the overlay stands is bound, read-only: an overlay may keep an old view of it.
for path in $SHARED; do
  [ -e "$path" ] || continue
  [ -d "$path" ] && mkdir -p "$root$path"
  mount --bind "$path" "$root$path"
  mount -o remount,bind,ro "$root$path"
done
mkdir -p "$root/var/log/erisc"
mount --bind "$host/log" "$root/var/log/erisc"
if [ -d "$host/data" ]; then
  mkdir -p "$root/srv/data"
  mount --bind "$host/data" "$root/srv/data"
fi
cp -r "$host/files/." "$root/"
# A user's own start-up files would cost every command up to 150 ms.
for name in .bashrc .profile .bash_profile .bash_logout .ssh; do
  rm -rf "$root/root/$name"
done

cd "$root"
pivot_root . run/old
umount -l /run/old
rmdir /run/old
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux
# Setting the clock, loading modules, raw ports: those are the machine's.
exec setpriv --bounding-set -sys_time,-sys_module,-sys_rawio --inh-caps -sys_time,-sys_module,-sys_rawio \
  -- busybox init < /dev/null > /var/log/erisc/console.log 2>&1
