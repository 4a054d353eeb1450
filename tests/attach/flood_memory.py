#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Memory of a session whose only sink for events reads nothing, by the size of its queue and the number of events: bounded by
the first, whatever the second. And every event is in the report of losses.

flood_memory.py AVOCET WORKLOAD DIRECTORY
"""
import os
import re
import signal
import subprocess
import sys
import time

FEW, MANY, SMALL, LARGE = 150000, 1200000, 8, 96
PROGRAM = 't:syscalls:sys_enter_getppid /comm == "avworkload"/ { printf("%d %s %llu, and a text that makes it longer\\n", pid, comm, nsecs); }'
CONFIGURATION = """
[[sink]]
name = "screen"
type = "console"
[[sink]]
name = "stuck"
type = "exec"
command = "exec sleep 1000"
end_wait_ms = 1
[[route]]
match = {{ kind = ["map", "loss", "error", "lifecycle"] }}
to = "screen"
[[route]]
name = "flood"
match = {{ kind = "event" }}
to = "stuck"
queue = {{ records = 100000000, bytes = "{mib}MiB", when_full = "{policy}" }}
"""


def peak_mib(avocet, workload, directory, calls, mib, policy):
    config = os.path.join(directory, f"{calls}-{mib}-{policy}.toml")
    with open(config, "w") as f:
        f.write(CONFIGURATION.format(mib=mib, policy=policy))
    out, err = open(config + ".out", "w+"), open(config + ".err", "w+")
    session = subprocess.Popen([avocet, "--config", config, "run", "-e", PROGRAM], stdout=out, stderr=err)
    while "Attached" not in open(err.name).read():
        assert session.poll() is None, open(err.name).read()
        time.sleep(0.02)
    subprocess.run([workload, "syscalls", str(calls)], check=True, stdout=subprocess.DEVNULL)
    # The first ends it, the second gives up what the sink will never take.
    for _ in range(2):
        os.kill(session.pid, signal.SIGINT)
        time.sleep(0.5)
    _, session.returncode, usage = os.wait4(session.pid, 0)
    report = open(err.name).read()
    lost = sum(int(n) for n in re.findall(r"^lost: .*: ring full: (\d+)", report, re.M))
    lost += sum(int(a) + int(b) for a, b in re.findall(r"^lost: flood -> .*: (\d+) records dropped by a full queue, (\d+) failed", report, re.M))
    assert lost == calls, (calls, lost, report)
    return usage.ru_maxrss / 1024


def main():
    avocet, workload, directory = sys.argv[1:]
    wrong = []
    peak_mib(avocet, workload, directory, 1, SMALL, "block")  # compiles the program; the others find it made
    for policy in ("drop-oldest", "drop-newest", "block"):
        few, many, large = (peak_mib(avocet, workload, directory, n, mib, policy) for n, mib in ((FEW, SMALL), (MANY, SMALL), (MANY, LARGE)))
        print(f"{policy}: {few:.0f} MiB, eight times the events {many:.0f} MiB, {LARGE} MiB of queue {large:.0f} MiB", file=sys.stderr)
        if many > few + SMALL:
            wrong.append(f"{policy}: grows with the events")
        # So that the bound that was seen is the queue's, and not that there was little to hold.
        if not many + 0.5 * (LARGE - SMALL) < large < many + 1.5 * (LARGE - SMALL):
            wrong.append(f"{policy}: the queue's size is not what bounds it")
    print("\n".join(wrong) or "bounded")
    return 1 if wrong else 0


sys.exit(main())
