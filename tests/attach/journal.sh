#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# For the tests of sink.journald: a systemd-journald of the test's own, in a mount namespace where /run is empty. Defines
# start_journald, stop_journald and `entries` (of avocet, as JSON lines); leaves nothing when the shell ends.
#   unshare -m bash -eu tests/attach/journal.sh SCRIPT
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/log/journal
[ -s /etc/machine-id ] || { echo 0123456789abcdef0123456789abcdef >/run/machine-id; mount --bind /run/machine-id /etc/machine-id; }
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nRateLimitBurst=0\nReadKMsg=no\nAudit=no\nForwardToSyslog=no\nLineMax=1M\n' >/run/journald.conf
mount --bind /run/journald.conf /etc/systemd/journald.conf
journald=
start_journald() {
    /lib/systemd/systemd-journald 2>/dev/null &
    journald=$!
    until journalctl --directory /run/log/journal/* -n 1 -q 2>/dev/null | grep -q .; do kill -0 $journald; sleep 0.02; done
    until python3 -c 'import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect("/run/systemd/journal/socket")' 2>/dev/null; do
        kill -0 $journald; sleep 0.02
    done
}
stop_journald() { kill $journald; wait $journald || true; journald=; }
entries() { journalctl --directory /run/log/journal/* -q -o json --all "$@" SYSLOG_IDENTIFIER=avocet; }
wait_for_entries() { # COUNT [MATCH...]: of kind event
    local count=$1
    shift
    until [ "$(entries AVOCET_RECORD=event "$@" | wc -l)" -ge "$count" ]; do kill -0 "$journald"; sleep 0.02; done
}
trap '[ -z "$journald" ] || kill $journald' EXIT
start_journald
eval "$1"
