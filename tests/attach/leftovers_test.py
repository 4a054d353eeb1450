#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The runner notices what a block leaves behind: leftovers_test.py AVOCET BUILD SOURCE. Each block here does everything right
but for one thing that stays, and must fail by that."""
import glob
import json
import os
import subprocess
import sys
import tempfile

BLOCKS = r"""
NAME a process
TIMEOUT 600
SHELL setsid sleep 1000 > /dev/null 2>&1 < /dev/null & echo $! > FOLDER/pid; until grep -qx sleep /proc/$!/comm; do :; done; echo on
EXPECT ^on$

NAME a pin
TIMEOUT 600
SHELL bpftool map create /sys/fs/bpf/avocet-left-PID type array key 4 value 4 entries 1 name left; echo on
EXPECT ^on$

NAME a tracer with its link
TIMEOUT 600
SHELL setsid $AVOCET run -q -e 'rawtracepoint:sched_process_exit { @ = count(); } begin { printf("on\n"); }' > FOLDER/out 2>&1 < /dev/null & echo $! >> FOLDER/pid; until grep -q on FOLDER/out; do read -t 0.1 < <(:) || :; done; echo "Attached 1 probe" >&2; echo on
EXPECT ^on$

NAME a process that holds the output of a block that has ended
TIMEOUT 600
SHELL sleep 1000 & echo on
EXPECT ^on$

NAME nothing
TIMEOUT 600
SHELL echo on
EXPECT ^on$
"""
WANTED = {"a process": "still runs: sleep 1000", "a pin": "pinned: /sys/fs/bpf/avocet-left-", "a tracer with its link": "link ",
          "a process that holds the output of a block that has ended": "left processes that held its output"}

if os.geteuid() != 0:
    print("needs root: looks at the kernel's BPF objects")
    sys.exit(77)
runner = os.path.join(os.path.dirname(os.path.realpath(__file__)), "runner.py")
with tempfile.TemporaryDirectory(prefix="avocet-test-") as folder:
    blocks, results = os.path.join(folder, "blocks.test"), os.path.join(folder, "results.json")
    with open(blocks, "w") as f:
        f.write(BLOCKS.replace("FOLDER", folder).replace("PID", str(os.getpid())))
    try:
        done = subprocess.run([sys.executable, runner, "--results", results, *sys.argv[1:4], blocks], text=True,
                              capture_output=True, env=dict(os.environ, TIME_SCALE="0.05"))
    finally:
        for pid in open(os.path.join(folder, "pid")).read().split() if os.path.exists(os.path.join(folder, "pid")) else []:
            os.kill(int(pid), 9)
        for pin in glob.glob(f"/sys/fs/bpf/avocet-left-{os.getpid()}"):
            os.unlink(pin)
    entries = {e["name"]: e for e in map(json.loads, open(results)) if "result" in e}
wrong = [name for name, text in WANTED.items() if entries[name]["result"] != "fail" or text not in entries[name]["why"]]
if entries["nothing"]["result"] != "pass":
    wrong.append("nothing")
for name in wrong:
    print(f"{name}: {entries[name]['result']}: {entries[name]['why']}")
print(f"{len(entries) - len(wrong)} of {len(entries)} as they must be")
sys.exit(1 if wrong or done.returncode != 1 else 0)
