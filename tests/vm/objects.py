#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Portable objects across kernels: portable.bt built on each kernel, each object run on every kernel.

BUILD/attach-results/objects/KERNEL.o is what was built on that kernel ("host": the one at hand). A machine builds its own and
runs those that are there; the host then runs what the machine built.

The same with the scripts of Debian's bpftrace package: FOLDER/tools/KERNEL/NAME.o, loaded without frontend plugins
(tests/attach/portable_tools.py). The host builds all of them, a machine a few.

And the programs of the language's attach tests (PROGRAM of tests/attach/language_*.test that ought to run): FOLDER/programs/*.o, built
on the host, loaded and begun on every kernel.

objects.py RESULTS FOLDER KERNEL AVOCET WORKLOAD            inside a machine: builds FOLDER/KERNEL.o, runs all that are in FOLDER
objects.py RESULTS FOLDER KERNEL AVOCET WORKLOAD ORIGIN...  only runs what was built on those
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../attach"))
import portable_tools  # noqa: E402
import runner  # noqa: E402

FEW = ("execsnoop", "runqlat", "runqlen", "tcpaccept", "vfsstat")  # what a slow machine builds: kernel structs, kprobes, tracepoints
COMM = "avctool"  # of the workload in portable.*: other tests trace it under its usual name at the same time
SCRIPT = os.path.join(HERE, "portable.bt")
EXPECTED = (r"^@exec\[/bin/true\]: 2$", r"^@calls: 7$", r"^@program\[workload\]: 7$", r"^@vdso\[true\]: 7$", r"^@bye\[avctool\]: 1$")
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
    done = avocet(program, "run", target, "--strict", "-c", f"sh -c '/bin/true; /bin/true; {workload} syscalls 7 {COMM}'")
    problems = [f"lacks /{pattern}/" for pattern in EXPECTED if not re.search(pattern, done.stdout, re.M)]
    if done.returncode:
        problems.append(f"exit status {done.returncode}")
    return "\n".join([*problems, done.stdout, done.stderr]) if problems else ""


def entry(name, action, lacks=lambda why: False):
    """The result line of one step: skipped if `lacks` says that its reason to fail is the kernel's."""
    started = time.monotonic()
    why = action()
    result = "pass" if not why else "skip" if lacks(why) else "fail"
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


def build_tools(folder, origin, program, names=None):
    """FOLDER/tools/ORIGIN/*.o; those that cannot be built on this kernel are left out."""
    place = os.path.join(folder, "tools", origin)
    os.makedirs(place, exist_ok=True)
    for script in portable_tools.scripts():
        name = portable_tools.name_of(script)
        if names is None or name in names:
            portable_tools.build_one(program, script, os.path.join(place, name + ".o"))


def load_tools(results, folder, origin, here, program, build):
    """Every tool that was built on `origin`, loaded here; True if nothing failed but for what this kernel lacks."""
    place, passed = os.path.join(folder, "tools", origin), True
    with tempfile.TemporaryDirectory(prefix="avocet-tools-") as installed:
        bare = portable_tools.install_without_frontends(program, build, installed)
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else []:
            one = entry(f"{name[:-2]} built on {origin}, loaded on {here}",
                        lambda: portable_tools.load_one(bare, os.path.join(place, name))[0],
                        lambda why: portable_tools.tolerated(why, portable_tools.MISSING_WHEN_LOADED))
            record(results, one)
            passed = passed and one["result"] != "fail"
    return passed


def programs():
    """(name, text) of what the language's attach tests run and expect to go well."""
    for path in sorted(glob.glob(os.path.join(HERE, "../attach/language_*.test"))):
        for block in runner.parse(path):
            needs = " ".join(block.get("NEEDS", [""])).split()
            if "PROGRAM" in block and "EXIT" not in block and set(needs) <= {"root", "btf"}:
                yield f"{os.path.basename(path)}: {block['NAME'][0]}", block["PROGRAM"][0]


def build_programs(folder, program, workload):
    """FOLDER/programs/N.o and their names; those that only work where they are compiled are left out."""
    place, names = os.path.join(folder, "programs"), {}
    os.makedirs(place, exist_ok=True)
    for number, (name, text) in enumerate(programs()):
        target = os.path.join(place, f"{number}.o")
        done = avocet(program, "build", "--unsafe", "-e", text.replace("{workload}", workload), "-o", target)
        if done.returncode == 0:
            names[f"{number}.o"] = name
    with open(os.path.join(place, "names.json"), "w") as f:
        json.dump(names, f)
    return names


def load_programs(results, folder, here, program):
    """One result line for all of them."""
    place = os.path.join(folder, "programs")
    if not os.path.exists(os.path.join(place, "names.json")):
        return True
    with open(os.path.join(place, "names.json")) as f:
        names = json.load(f)

    def load_all():
        refused = []
        for target, name in names.items():
            status, text, _, _ = portable_tools.run([program, "run", os.path.join(place, target), "--unsafe", "--dry-run"])
            if status < 0 or portable_tools.errors(text):
                refused.append(f"{name}: {(portable_tools.errors(text) or [f'exit status {status}'])[0]}")
        return "\n".join(refused)

    return record(results, entry(f"{len(names)} programs of the language's tests loaded on {here}", load_all))


def main():
    results, folder, kernel, program, workload, *origins = sys.argv[1:]
    tree = os.path.dirname(os.path.dirname(program))
    if origins:
        passed = [run_from(results, origin, kernel, program, workload, folder) for origin in origins]
        passed += [load_tools(results, folder, origin, kernel, program, tree) for origin in origins]
        return 0 if all(passed) else 1
    others = sorted(name[:-2] for name in os.listdir(folder) if name.endswith(".o") and name != f"{kernel}.o")
    mine = os.path.join(folder, f"{kernel}.o")
    passed = [record(results, entry(f"object built on {kernel}", lambda: build(program, mine)))]
    for origin in others + [kernel] * os.path.exists(mine):
        passed.append(run_from(results, origin, kernel, program, workload, folder))
    build_tools(folder, kernel, program, FEW)
    origins = sorted(os.listdir(os.path.join(folder, "tools")))
    passed += [load_tools(results, folder, origin, kernel, program, tree) for origin in origins]
    passed.append(load_programs(results, folder, kernel, program))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
