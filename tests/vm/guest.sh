#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Second stage inside a test machine: what a booted system has mounted, then the job. What the job prints goes out through
# virtio ports, its exit status last; the machine then switches itself off.
share=/run/avocet-vm
mkdir -p /dev/pts /dev/shm /tmp
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp && chmod 1777 /tmp /dev/shm
ln -sfn /proc/self/fd /dev/fd
ln -sfn /proc/self/fd/0 /dev/stdin
ln -sfn /proc/self/fd/1 /dev/stdout
ln -sfn /proc/self/fd/2 /dev/stderr
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf
mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup
[ -d /usr/lib/modules ] && modules=/usr/lib/modules || modules=/lib/modules
source $share/machine.sh # image, columns, rows
mkdir -p "$modules/$(uname -r)"
mount --bind "$image/modules/lib/modules/$(uname -r)" "$modules/$(uname -r)"
ip link set lo up 2>/dev/null
hostname avocet-vm 2>/dev/null
echo 3 >/proc/sys/kernel/printk # only what is wrong with the kernel reaches the console
port() { # NAME: the device of the virtio port
    local path
    for path in /sys/class/virtio-ports/*; do
        [ "$(cat "$path/name")" = "$1" ] && echo "/dev/${path##*/}" && return
    done
}
source $share/environment.sh
cd "$directory" || exit 1
if [ -e $share/interactive ]; then
    stty -F /dev/ttyS0 cols "$columns" rows "$rows" sane
    setsid -c bash -i </dev/ttyS0 >/dev/ttyS0 2>&1
else
    input=/dev/null
    [ -e $share/input ] && input=$share/input
    bash "$share/job.sh" <"$input" >"$(port out)" 2>"$(port err)"
    echo $? >"$(port status)"
fi
sync
echo o >/proc/sysrq-trigger
sleep 60
