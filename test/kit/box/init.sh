#!/bin/busybox sh
# All that runs on the box before edgesite: the mounts of every Linux, a network card where there is
# one, and a shell on a line of its own that takes one command a line. What the kernel's command line
# sets and the kernel does not know comes in as variables: shell=DEVICE, cgroups=none, missing=MODULE.
b=/bin/busybox
[ -e /bin/sh ] || { $b --install -s /bin; $b ln -s /bin/busybox /sbin/modprobe; }
export PATH=/bin:/sbin HOME=/root
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/pts
mount -t devpts none /dev/pts
[ "$cgroups" = none ] || mount -t cgroup2 none /sys/fs/cgroup
mount -t securityfs none /sys/kernel/security
mount -t tmpfs none /run
mount -t tmpfs none /tmp
if [ -n "$missing" ]; then
  mount --bind /dev/null "$(find /lib/modules -name "$missing.ko")"
fi
hostname box
ip link set lo up
modprobe virtio_net
if ip link set eth0 up 2>/dev/null; then
  ip address add 10.0.2.15/24 dev eth0
  ip route add default via 10.0.2.2
fi
# What a test wants to be done before edgesite starts.
[ ! -e /boot.sh ] || . /boot.sh
/edgesite start </dev/null >/dev/console 2>&1 &
exec <"/dev/$shell" >"/dev/$shell" 2>&1
stty raw -echo
echo "box: ready"
while true; do
  while read -r line; do eval "$line"; done
done
