#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which test speaks about which section of the language: rows.py SOURCE.

A test names the section it shows: `NAME dsl 3.11 ...` in a block of tests/attach, `=== dsl 1.12 ...` in a golden case.
Probe kinds have their own files of blocks (`PROBE kind aspect`), some golden files are about one section as a whole.
Prints the table; exit status 1 if a section has no test, or a test names a section that does not exist.
"""
import collections
import glob
import os
import re
import sys

SECTIONS = {
    "1": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
    "2": range(1, 13),
    "3": range(1, 14),
    "4": range(1, 16),
    "5": range(1, 10),
    "6": range(1, 8),
    "7": range(1, 3),
}

# Of `PROBE kind aspect`.
KINDS = {
    "kprobe": "4.7", "kretprobe": "4.7", "fentry": "4.8", "fexit": "4.8", "tracepoint": "4.9", "rawtracepoint": "4.9",
    "uprobe": "4.10", "uretprobe": "4.10", "usdt": "4.11", "profile": "4.12", "interval": "4.12", "software": "4.13",
    "hardware": "4.13", "watchpoint": "4.14", "asyncwatchpoint": "4.14", "iter": "4.15", "begin": "4.6", "end": "4.6",
    "self": "4.6", "test": "4.6", "bench": "4.6",
}

FILES = {
    "tests/golden/dsl/statements.test": "1.7",
    "tests/golden/dsl/expressions.test": "1.6",
    "tests/golden/dsl/macros.test": "1.11",
    "tests/golden/dsl/parameters.test": "1.16",
    "tests/golden/dsl/settings.test": "1.9",
    "tests/golden/dsl/format.test": "6.6",
    "tests/golden/bpftrace/mistakes.test": "7.2",
}


def rows(source):
    """(section, file, name) of each test."""
    for path in sorted(glob.glob(os.path.join(source, "tests/**/*.test"), recursive=True)):
        file, name = os.path.relpath(path, source), ""
        for line in open(path, errors="replace"):
            line = line.rstrip("\n")
            case = re.match(r"(?:NAME|===|--- script) ?(.*)", line)
            if case:
                name = case[1]
                if file in FILES:
                    yield FILES[file], file, name
                for section in re.findall(r"\bdsl (\d+\.\d+)", name):
                    yield section, file, name
            elif line.startswith("PROBE ") and line.split()[1] in KINDS:
                yield KINDS[line.split()[1]], file, name


def main():
    known = [f"{chapter}.{n}" for chapter, numbers in SECTIONS.items() for n in numbers]
    tests = collections.defaultdict(list)
    for section, file, name in rows(sys.argv[1]):
        tests[section].append((file, name))
    for section in known:
        files = collections.Counter(os.path.basename(file) for file, _ in tests[section])
        print(f"{section:>5} {len(tests[section]):4}  " + ", ".join(f"{f} {n}" for f, n in files.most_common()))
    missing = [s for s in known if not tests[s]]
    unknown = sorted({f"{s} ({file}: {name})" for s in tests if s not in known for file, name in tests[s]})
    for section in missing:
        print(f"no test speaks of section {section}")
    for section in unknown:
        print(f"no such section: {section}")
    print(f"{sum(map(len, tests.values()))} tests, {len(known)} sections, {len(missing)} without a test")
    return 1 if missing or unknown else 0


sys.exit(main())
