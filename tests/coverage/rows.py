#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which test shows which row of the language's tables, and on which kernels it ran: rows.py SOURCE [BUILD] [--all]

The rows are in rows.txt. Tests are the blocks of tests/attach, the golden cases, the scripts of the differential test and the
compiler's own tests. Kernels come from the results that the attach tests leave in BUILD/attach-results; tests without a probe run no
kernel and count as `compiler`. --all names every test of a row, not only the first of each kernel.

A second table counts the tests of each section: a test names its section in its own name (`NAME dsl 3.11 ...`, `=== dsl 1.12 ...`),
probe kinds have their own files of blocks (`PROBE kind aspect`), some golden files are about one section as a whole.

Exit status 1 if a row or a section has no test, or a test names a section that does not exist.
"""
import collections
import glob
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
KERNELS = ("compiler", "host", "6.1", "6.12")
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


# A test: where it is, what it is called, its text, and how it begins in its kind of file.
Test = collections.namedtuple("Test", "file name text probe")
HEADS = {".test": r"^(?:NAME|===|--- script) ?(.*)", ".cpp": r"^TEST(?:_F)?\((.*)\) \{", ".txt": r"^NAME (.*)"}
FOLDERS = ("tests/attach/*.test", "tests/golden/**/*.test", "tests/differential/scripts.txt", "frontends/dsl/tests/*_test.cpp",
           "core/record/tests/*.cpp", "core/cli/tests/*.cpp")


def tests_of(source, path):
    head, file = HEADS[os.path.splitext(path)[1]], os.path.relpath(path, source)
    name, lines, probe = None, [], ""
    with open(path, errors="replace") as f:
        for line in [*f, None]:
            start = re.match(head, line) if line is not None else None
            if (line is None or start) and name is not None:
                yield Test(file, name, "".join(lines), probe)
            if start:
                name, lines, probe = start[1].strip(), [], ""
            if line is not None:
                lines.append(line)
                if line.startswith("PROBE "):
                    probe = line.split()[1]


def all_tests(source):
    paths = sorted({path for folder in FOLDERS for path in glob.glob(os.path.join(source, folder), recursive=True)})
    return [test for path in paths for test in tests_of(source, path)]


def runs(build):
    """{(file, name): kernels on which it passed}."""
    kernels = collections.defaultdict(set)
    for path in glob.glob(os.path.join(build, "attach-results/*.json")) if build else []:
        name = os.path.basename(path)
        kernel = "host" if name.startswith("host.") else name[: -len(".json")]
        with open(path) as f:
            for line in f:
                entry = json.loads(line)
                if entry.get("result") == "pass":
                    kernels[os.path.basename(entry["file"]).removesuffix(".test"), entry["name"]].add(kernel)
    return kernels


def kernels_of(test, ran):
    if not test.file.startswith("tests/attach/"):
        return {"host"} if test.file.startswith("tests/differential/") else {"compiler"}
    return ran.get((os.path.basename(test.file).removesuffix(".test"), test.name), set())


# A row of the tables: what shows it is a test with the pattern in its text, of its own section or at its place (`FILE: NAME...`).
Row = collections.namedtuple("Row", "section name place pattern")


def wanted_rows():
    with open(os.path.join(HERE, "rows.txt")) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                section, name, pattern = line.rstrip("\n").split(" | ", 2)
                name, _, place = name.partition(" @ ")
                yield Row(section, name, place, re.compile(pattern, re.M))


def shows(test, row):
    file, _, name = row.place.partition(":")
    there = row.place and test.file == f"tests/{file}.test" and test.name.startswith(name.strip())
    return (there or row.section in sections_of(test)) and row.pattern.search(test.text)


def shown(tests, ran, every):
    """The tests of a row: all of them, or the first for each kernel."""
    if every:
        return tests
    first = {}
    for test in tests:
        for kernel in kernels_of(test, ran) or {"not run"}:
            first.setdefault(kernel, test)
    return list(dict.fromkeys(first.values()))


def row_table(tests, ran, every):
    """Prints it; the rows without a test."""
    missing = []
    for row in wanted_rows():
        showing = [test for test in tests if shows(test, row)]
        kernels = set().union(*(kernels_of(test, ran) for test in showing)) if showing else set()
        text = ", ".join(kernel for kernel in KERNELS if kernel in kernels)
        print(f"{row.section:>5}  {row.name:38} {text or '-':28} {len(showing):4}")
        for test in shown(showing, ran, every):
            print(f"{'':7}{test.file}: {test.name}")
        if not showing:
            missing.append(f"{row.section} {row.name}")
    return missing


def sections_of(test):
    if test.file in FILES:
        yield FILES[test.file]
    yield from re.findall(r"\bdsl (\d+\.\d+)", test.name)
    if test.probe in KINDS:
        yield KINDS[test.probe]


def section_table(tests):
    """Prints it; (sections without a test, sections that do not exist)."""
    known = [f"{chapter}.{n}" for chapter, numbers in SECTIONS.items() for n in numbers]
    of = collections.defaultdict(list)
    for test in tests:
        for section in sections_of(test):
            of[section].append(test)
    for section in known:
        files = collections.Counter(os.path.basename(test.file) for test in of[section])
        print(f"{section:>5} {len(of[section]):4}  " + ", ".join(f"{f} {n}" for f, n in files.most_common()))
    return [s for s in known if not of[s]], sorted({f"{s} ({t.file}: {t.name})" for s in of if s not in known for t in of[s]})


def main():
    words = [word for word in sys.argv[1:] if word != "--all"]
    source, build = words[0], words[1] if len(words) > 1 else ""
    tests = all_tests(source)
    missing_rows = row_table(tests, runs(build), "--all" in sys.argv)
    missing, unknown = section_table(tests)
    for row in missing_rows:
        print(f"no test shows the row {row}")
    for section in missing:
        print(f"no test speaks of section {section}")
    for section in unknown:
        print(f"no such section: {section}")
    print(f"{len(tests)} tests, {sum(1 for _ in wanted_rows())} rows, {len(missing_rows)} without a test")
    return 1 if missing_rows or missing or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
