#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Portable objects across kernels: portable.bt built on each kernel, each object run on every kernel.

BUILD/attach-results/objects/KERNEL.o is what was built on that kernel ("host": the one at hand). A machine builds its own and
runs those that are there; the host then runs what the machine built.

objects.py RESULTS FOLDER KERNEL AVOCET WORKLOAD   inside a machine: builds FOLDER/KERNEL.o, runs all that are in FOLDER
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
SCRIPT = os.path.join(HERE, "portable.bt")
EXPECTED = (r"^@exec\[/bin/true\]: 2$", r"^@calls: 7$", r"^@program\[workload\]: 7$", r"^@bye\[avworkload\]: 1$")
LIMIT_S = 180


def avocet(program, *arguments):
    with tempfile.TemporaryDirectory(prefix="avocet-objects-") as cache:
        environment = dict(os.environ, AVOCET_CACHE_DIRECTORY=cache)
        try:
            return subprocess.run([program, *arguments], env=environment, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(arguments, -9, "", f"not done after {LIMIT_S} s")


def build(program, target):
    """Why it could not be built, or nothing."""
    done = avocet(program, "build", SCRIPT, "-o", target)
    return "" if done.returncode == 0 else f"exit status {done.returncode}: {done.stderr}"


def run(program, workload, target):
    """What the object did otherwise than it should, or nothing."""
    done = avocet(program, "run", target, "--strict", "-c", f"sh -c '/bin/true; /bin/true; {workload} syscalls 7'")
    problems = [f"lacks /{pattern}/" for pattern in EXPECTED if not re.search(pattern, done.stdout, re.M)]
    if done.returncode:
        problems.append(f"exit status {done.returncode}")
    return "\n".join([*problems, done.stdout, done.stderr]) if problems else ""


def entry(name, action):
    """The result line of one step."""
    started = time.monotonic()
    why = action()
    result = "fail" if why else "pass"
    print(f"{result.upper()} {name}" + (f": {why}" if why else ""), flush=True)
    return {"file": "objects", "name": name, "probes": [], "result": result, "why": why,
            "seconds": round(time.monotonic() - started, 2)}


def record(results, one):
    with open(results, "a") as f:
        f.write(json.dumps(one) + "\n")
    return one["result"] == "pass"


def run_from(results, origin, here, program, workload, folder):
    target = os.path.join(folder, f"{origin}.o")
    return record(results, entry(f"object built on {origin}, run on {here}", lambda: run(program, workload, target)))


def main():
    results, folder, kernel, program, workload = sys.argv[1:]
    others = sorted(name[:-2] for name in os.listdir(folder) if name.endswith(".o") and name != f"{kernel}.o")
    mine = os.path.join(folder, f"{kernel}.o")
    passed = [record(results, entry(f"object built on {kernel}", lambda: build(program, mine)))]
    for origin in others + [kernel] * os.path.exists(mine):
        passed.append(run_from(results, origin, kernel, program, workload, folder))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
