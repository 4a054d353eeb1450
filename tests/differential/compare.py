#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs each script through the installed bpftrace and through `avocet bpftrace` and compares what reaches stdout.

scripts.txt holds blocks separated by blank lines:
  NAME text
  PROGRAM text         further lines that start with two blanks continue it
  ARGS text            further arguments, split as a shell would; {workload} is replaced
  JSON                 also with -f json
  SORT                 lines may come in any order

What the installed version (0.17) writes otherwise than 0.26, by documented change, is normalised: the "Attaching"
line on stdout, the blank behind `@name:` of a histogram, the form of stats, blank lines (more after maps, and in JSON mode),
the blank between histogram buckets in JSON.

Exit status: 0 all equal, 1 a difference, 77 nothing to compare with.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile


def parse(path):
    blocks, block, last = [], {}, None
    for line in open(path):
        line = line.rstrip("\n")
        if line.startswith("#"):
            continue
        if not line.strip():
            if block:
                blocks.append(block)
            block, last = {}, None
        elif line.startswith("  ") and last:
            block[last] += "\n" + line[2:]
        else:
            last, _, text = line.partition(" ")
            block[last] = text
    return blocks + ([block] if block else [])


def normalise(text, json):
    text = re.sub(r"^Attaching \d+ probes?\.\.\.\n", "", text, flags=re.M)
    text = re.sub(r"^(@.*): $", r"\1:", text, flags=re.M)
    text = re.sub(r"\bcount (-?\d+), average (-?\d+), total (-?\d+)",
                  r"{ .count = \1, .average = \2, .total = \3 }", text)
    text = "\n".join(line for line in text.split("\n") if line)
    if json:
        text = text.replace("}, {", "},{")
        text = re.sub(r'^\{"type": "attached_probes".*\n', "", text, flags=re.M)
    return text


def run(command, program, arguments, cache):
    env = dict(os.environ, AVOCET_CACHE_DIRECTORY=cache, TZ="UTC")
    done = subprocess.run(command + ["-e", program] + arguments, capture_output=True, timeout=120, env=env)
    return done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), done.returncode


def usable(tool):
    try:
        out = run([tool], 'BEGIN { printf("here\\n"); exit(); }', [], "/nonexistent")
        return "here" in out[0]
    except (OSError, subprocess.TimeoutExpired):
        return False


def main():
    avocet, scripts, workload = sys.argv[1:]
    theirs = shutil.which("bpftrace")
    if theirs and os.path.realpath(theirs) == os.path.realpath(avocet):
        theirs = None
    if os.geteuid() != 0 or not theirs or not usable(theirs):
        print("skipped: needs root and an installed bpftrace that runs here")
        return 77
    failed = compared = 0
    with tempfile.TemporaryDirectory(prefix="avocet-differential-") as tmp:
        for block in parse(scripts):
            for json in [False, True] if "JSON" in block else [False]:
                arguments = shlex.split(block.get("ARGS", "").replace("{workload}", workload))
                program = block["PROGRAM"].replace("{workload}", workload)
                arguments += ["-f", "json"] if json else []
                expected, their_err, _ = run([theirs], program, arguments, tmp)
                actual, our_err, status = run([avocet, "bpftrace", "--no-warnings"], program, arguments, tmp)
                expected, actual = normalise(expected, json), normalise(actual, json)
                if "SORT" in block:
                    expected, actual = ["\n".join(sorted(t.split("\n"))) for t in (expected, actual)]
                compared += 1
                name = block["NAME"] + (" (json)" if json else "")
                if expected == actual:
                    print(f"SAME {name}", flush=True)
                    continue
                failed += 1
                print(f"DIFFERENT {name} (status {status})\n--- bpftrace\n{expected}\n--- avocet\n{actual}\n"
                      f"--- stderr of bpftrace\n{their_err}\n--- stderr of avocet\n{our_err}", flush=True)
    print(f"{compared - failed} of {compared} the same")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
