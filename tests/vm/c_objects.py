#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""C tools across kernels, in both dialects (portable.bpf.c, portable_bcc.c): built for each kernel, each object run on every kernel
by an installation that has no frontend plugins, with its own table of events, options and maps.

  FOLDER/ORIGIN/NAME.o     built by the host, for itself and for each machine's kernel (facts.run_as)

c_objects.py build FOLDER AVOCET                              on the host, as root
c_objects.py run FOLDER HERE AVOCET WORKLOAD RESULTS          anywhere: one line for each object in RESULTS
Exit status: 0 all well, 1 not
"""
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "../attach"))
import objects  # noqa: E402
import portable_tools  # noqa: E402

# name -> arguments behind the object, what must be printed, once each
TOOLS = {"portable.bpf.c": (["--", "--above=5"], (r"^ *PID +PARENT +NUMBER +COMM$", r"^ *\d+ +\d+ +6 +avctool$", r"^ *\d+ +\d+ +7 +avctool$",
                                                 r"^counts\[1\]: 7$")),
         "portable_bcc.c": ([], (r"^NUMBER +PARENT +COMM$", r"^6 +[1-9]\d* +avctool$", r"^7 +[1-9]\d* +avctool$", r"^counts\[1\]: 7$"))}
ROWS = 2


def build(folder, avocet):
    import facts
    import images
    passed = True
    for origin in ("host", *images.SERIES):
        place = os.path.join(folder, origin)
        os.makedirs(place, exist_ok=True)
        for name in TOOLS:
            words = ["env", f"AVOCET_CACHE_DIRECTORY={place}/cache", avocet, "build", os.path.join(HERE, name), "-o",
                     os.path.join(place, name + ".o")]
            status = portable_tools.run(words)[0] if origin == "host" else facts.run_as(origin, words)
            if status:
                print(f"FAIL {name} built for {origin}: exit status {status}", flush=True)
                passed = False
    return passed


def run_one(bare, workload, target, name):
    """What the object did otherwise than it should, or nothing."""
    more, patterns = TOOLS[name]
    done = objects.avocet(bare, "run", target, "-q", "--strict", "-c", f"{workload} syscalls 7 {objects.COMM}", *more)
    problems = [f"{len(re.findall(p, done.stdout, re.M))} times /{p}/" for p in patterns if len(re.findall(p, done.stdout, re.M)) != 1]
    rows = [line for line in done.stdout.splitlines() if line.endswith("avctool")]
    if len(rows) != ROWS:
        problems.append(f"{len(rows)} rows")
    if done.returncode:
        problems.append(f"exit status {done.returncode}")
    return "\n".join([*problems, done.stdout, done.stderr]) if problems else ""


def run(folder, here, avocet, workload, results):
    passed = True
    with tempfile.TemporaryDirectory(prefix="avocet-tools-") as installed:
        bare = portable_tools.install_without_frontends(avocet, os.path.dirname(os.path.dirname(avocet)), installed)
        for origin in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            for name in TOOLS:
                target = os.path.join(folder, origin, name + ".o")
                one = objects.entry(f"C tool {name} built for {origin}, run on {here}", lambda: run_one(bare, workload, target, name))
                passed = objects.record(results, one) and passed
    return passed


def main():
    verb, *rest = sys.argv[1:] or ["help"]
    if verb == "build" and len(rest) == 2:
        return 0 if build(*rest) else 1
    if verb == "run" and len(rest) == 5:
        return 0 if run(*rest) else 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
