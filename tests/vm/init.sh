#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# First process of a test machine, in its initramfs: the host's root over 9p, an overlay above it so that everything can be
# written and nothing reaches the host, then guest.sh from the shared folder.
b=/bin/busybox
die() {
    $b echo "avocet-vm: $*" >/dev/console
    $b poweroff -f
}
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for module in /lib/*.ko; do
    $b insmod $module || die "cannot insert $module"
done
options=trans=virtio,version=9p2000.L,msize=512000
$b mount -t 9p -o $options,ro,cache=loose root /low || die "the host's root does not mount"
$b mount -t tmpfs -o size=75% tmpfs /up
$b mkdir /up/upper /up/work
$b mount -t overlay -o lowerdir=/low,upperdir=/up/upper,workdir=/up/work overlay /new || die "no overlay"
for folder in proc sys dev run tmp mnt; do $b mkdir -p /new/$folder; done
$b mount -t tmpfs tmpfs /new/run
$b mkdir /new/run/avocet-vm
$b mount -t 9p -o $options,cache=none share /new/run/avocet-vm || die "the shared folder does not mount"
$b mount -t proc proc /new/proc
$b mount -t sysfs sys /new/sys
$b mount --move /dev /new/dev
$b umount /proc
exec $b switch_root /new /bin/bash /run/avocet-vm/guest.sh
