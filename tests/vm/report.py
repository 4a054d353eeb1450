#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The one table of probe kinds: each kind on each kernel, with each aspect of using it: report.py BUILD [--incomplete]

The kinds are what the plugins' sidecars say they provide; the cells come from the PROBE lines of the attach tests
(tests/attach/runner.py). A cell is: ok; refused, with the kernel's reason; none, because there is no such thing; FAIL; or
MISSING, when no block shows it. Exit status 1 if any is FAIL, or MISSING for a kind that is not listed in `pending`.
--incomplete: missing kernels are no fault.
"""
import collections
import glob
import json
import os
import sys
import tomllib

HERE = os.path.dirname(os.path.realpath(__file__))
ASPECTS = ("entry", "return", "arguments", "wildcard", "list", "bad-input")
KERNELS = ("host", "6.12", "6.1")


def kinds_of(build):
    kinds = {}
    for path in sorted(glob.glob(os.path.join(build, "plugins/*/plugin.toml"))):
        with open(path, "rb") as f:
            sidecar = tomllib.load(f)
        if sidecar["kind"] == "provider":
            kinds.update({kind: sidecar["id"] for kind in sidecar["provides"]})
    return kinds


def pending():
    with open(os.path.join(HERE, "pending")) as f:
        return {word for line in f for word in line.partition("#")[0].split()}


def cells_of(build):
    """{(kernel, kind, aspect): [(result, why), ...]}, and the kernels that were run."""
    cells, seen = collections.defaultdict(list), {}
    folder = os.path.join(build, "attach-results")
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        kernel = "host" if os.path.basename(path).startswith("host.") else os.path.basename(path)[: -len(".json")]
        counts = seen.setdefault(kernel, collections.Counter())
        for line in open(path):
            entry = json.loads(line)
            if "unavailable" in entry:
                counts[entry["unavailable"]] = 0
            if "result" not in entry:
                continue
            counts[entry["result"]] += 1
            for kind, aspect in entry["probes"]:
                cells[kernel, kind, aspect].append((entry["result"], entry["why"]))
    return cells, seen


def state(results):
    """(word, reason) of a cell from all blocks that show it."""
    of = {result: why for result, why in reversed(results)}
    for result, word in (("fail", "FAIL"), ("pass", "ok"), ("skip", "refused"), ("absent", "none")):
        if result in of:
            return word, of[result].splitlines()[0] if of[result] else ""
    return "MISSING", ""


class Notes:
    """Reasons under the table, each once."""

    def __init__(self):
        self.numbers = {}

    def mark(self, word, reason):
        if not reason:
            return word
        return f"{word} [{self.numbers.setdefault(f'{word}: {reason}', len(self.numbers) + 1)}]"


def table(kinds, kernels, cells):
    """(text, failed and missing cells)."""
    notes, rows, faults = Notes(), [["kind", "kernel", *ASPECTS]], []
    tolerated = pending()
    for kind in sorted(kinds):
        for kernel in kernels:
            row = [kind if kernel == kernels[0] else "", kernel]
            for aspect in ASPECTS:
                word, reason = state(cells.get((kernel, kind, aspect), []))
                row.append(notes.mark(word, reason))
                if word == "FAIL" or word == "MISSING" and kind not in tolerated:
                    faults.append(f"{kind} on {kernel}, {aspect}: {word}")
            rows.append(row)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    lines += [f"[{number}] {reason}" for reason, number in notes.numbers.items()]
    return "\n".join(lines), faults


def main():
    build = sys.argv[1]
    cells, seen = cells_of(build)
    kernels = [kernel for kernel in KERNELS if sum(seen.get(kernel, {}).values())]
    for kernel in set(seen) - set(kernels):
        print(f"{kernel}: no such machine here: {' '.join(seen[kernel])}")
    unknown = sorted({kind for _, kind, _ in cells} - set(kinds_of(build)))
    text, faults = table(kinds_of(build), kernels, cells) if kernels else ("", [])
    print(text)
    for kernel in kernels:
        counts = seen[kernel]
        print(f"{kernel}: {counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped")
    faults += [f"PROBE {kind}: no plugin provides it" for kind in unknown]
    if "--incomplete" not in sys.argv:
        faults += [f"no results of {kernel}" for kernel in KERNELS if kernel not in seen]
    for fault in faults:
        print(f"fault: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
