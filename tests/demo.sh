#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev demo: a few seconds of this machine's life, live.
set -euo pipefail
avocet=$1
if [ "$(id -u)" -ne 0 ]; then
    echo "tracing needs root (or CAP_BPF, CAP_PERFMON and CAP_DAC_READ_SEARCH); trying sudo" >&2
    exec sudo "$0" "$@"
fi
title() { printf '\n== %s\n' "$*"; }
busy() { # something to see even on a quiet machine
    end=$((SECONDS + $1))
    while [ $SECONDS -lt $end ]; do
        head -c 20000 /dev/zero >/dev/null
        ls /etc >/dev/null
        sleep 0.2
    done
}

title "Files being opened, as it happens (3 seconds)"
busy 3 &
$avocet run --duration 3s -q -e '
BEGIN { printf("%-16s %-7s %s\n", "PROGRAM", "PID", "FILE"); }
tracepoint:syscalls:sys_enter_openat /@shown < 25/ { @shown++; printf("%-16s %-7d %s\n", comm, pid, str(args.filename)); }
END { clear(@shown); }'
wait

title "System calls by program, once a second (3 seconds)"
busy 3 &
$avocet run --duration 3500ms -q -e '
tracepoint:raw_syscalls:sys_enter { @calls[comm] = count(); }
interval:s:1 { time("%H:%M:%S\n"); print(@calls, 5); clear(@calls); }
END { clear(@calls); }'
wait

title "How long reads take, in nanoseconds (3 seconds)"
busy 3 &
$avocet run --duration 3s -q -e '
tracepoint:syscalls:sys_enter_read { @start[tid] = nsecs; }
tracepoint:syscalls:sys_exit_read /@start[tid]/ { @read_ns = hist(nsecs - @start[tid]); _ = delete(@start, tid); }
END { clear(@start); }'
wait
title "That was Avocet. Next: avocet list 'tracepoint:sched:*', avocet doctor, avocet run --help"
