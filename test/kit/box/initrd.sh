#!/bin/busybox sh
# Finds the disk and goes on there.
b=/bin/busybox
$b mkdir -p /proc /dev /root
$b mount -t proc none /proc
$b mount -t devtmpfs none /dev
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do
  $b insmod /modules/$module.ko
done
$b mount -t ext4 /dev/vda /root || $b poweroff -f
$b umount /proc /dev
exec $b switch_root /root /init
