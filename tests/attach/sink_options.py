#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every option of every sink, from their schemas, with values that cannot be: `avocet config check` must name each of them,
all at once, at its line and column.

sink_options.py AVOCET DIRECTORY    DIRECTORY: for the configuration files. Prints what it tried; exit status 1 if one was missed.
"""
import json
import os
import re
import subprocess
import sys

WRONG_TYPE = {"bool": '"maybe"', "int": '"many"', "string": "5", "size": '"10 parsecs"', "duration": '"soon"', "enum": '"nosuch"', "path": "7",
              "list": "5"}
LARGEST = 2**63 - 1


def schemas(avocet):
    out = subprocess.run([avocet, "plugins", "--load", "--json"], capture_output=True, text=True, check=True).stdout
    plugins = [json.loads(line) for line in out.splitlines()]
    return [(p["provides"][0], p["options"]) for p in plugins if p["kind"] == "sink"]


def out_of_range(option):
    """Values just outside, as TOML."""
    low, high = option.get("min"), option.get("max")
    if low is None:
        return []
    unit = {"duration": "ns"}.get(option["type"], "")
    values = [v for v in (low - 1, high + 1) if abs(v) <= LARGEST]
    return [f'"{v}{unit}"' if unit else str(v) for v in values]


def check(avocet, directory, name, lines):
    """lines: (TOML line, column of its key). The errors of one run: (line, column) each."""
    path = os.path.join(directory, name + ".toml")
    with open(path, "w") as f:
        f.write("\n".join(text for text, _ in lines) + "\n")
    done = subprocess.run([avocet, "--config", path, "config", "check"], capture_output=True, text=True, timeout=60)
    found = {(int(a), int(b)) for a, b in re.findall(rf"^{re.escape(path)}:(\d+):(\d+)(?:-[\d:]+)?: error: ", done.stderr, re.M)}
    wanted = {(number, column) for number, (_, column) in enumerate(lines, 1) if column}
    if found == wanted and done.returncode == 2:
        return len(wanted)
    sys.exit(f"{path}: exit status {done.returncode}, not found {sorted(wanted - found)}, not expected {sorted(found - wanted)}\n{done.stderr}")


def main():
    avocet, directory = sys.argv[1:]
    tried = {"type": 0, "range": 0, "missing": 0, "unknown": 0}
    everything = []
    for sink, options in schemas(avocet):
        head = [("[[sink]]", 0), (f'type = "{sink}"', 0)]

        def line(option, value):
            return f"{option['name']} = {value}", option["name"].rfind(".") + 2

        bad = [line(o, WRONG_TYPE[o["type"]]) for o in options]
        if bad:
            tried["type"] += check(avocet, directory, sink + "-type", head + bad)
        for which in (0, 1):
            ranged = [line(o, values[which]) for o in options if len(values := out_of_range(o)) > which]
            required = [(f"{o['name']} = " + ('"x"' if o["type"] in ("path", "string") else "1"), 0) for o in options if o["required"] and not out_of_range(o)]
            if ranged:
                tried["range"] += check(avocet, directory, f"{sink}-range{which}", head + required + ranged)
        everything += head + bad + [("nosuch_option = 1", 1)]
        tried["unknown"] += 1
        needed = [o["name"] for o in options if o["required"]]
        if needed:
            path = os.path.join(directory, sink + "-missing.toml")
            with open(path, "w") as f:
                f.write("\n".join(text for text, _ in head) + "\n")
            done = subprocess.run([avocet, "--config", path, "config", "check"], capture_output=True, text=True, timeout=60)
            for name in needed:
                if done.returncode != 2 or f"'{name}'" not in done.stderr:
                    sys.exit(f"{path}: option '{name}' is required, and its absence is not told\n{done.stderr}")
                tried["missing"] += 1
    # All of all sinks in one file, and all told at once.
    check(avocet, directory, "everything", named(everything))
    print(" ".join(f"{kind} {count}" for kind, count in tried.items()))


def named(lines):
    """Sinks of one file need names of their own."""
    out, number = [], 0
    for text, column in lines:
        out.append((text, column))
        if text == "[[sink]]":
            number += 1
            out.append((f'name = "s{number}"', 0))
    return out


main()
