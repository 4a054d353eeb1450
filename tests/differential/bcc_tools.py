#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C texts of the tools that Debian's bpfcc-tools installs compile, and load where this kernel has their probes.

Each /usr/sbin/*-bpfcc runs with a Python module `bcc` of ours (bcc_recorder) that records the text; nothing of the tools
is kept here. A table says which text compiles, which one loads, and why not.

bcc_tools.py AVOCET ALLOWED [--keep DIR] [--results FILE] [--only TOOL...]
ALLOWED names what is known to fail, one `TOOL STAGE reason` a line (stage: compile, load). A tool in it that passes
is a failure too, so that the list stays true, unless the reason begins with `kernel:`, which another one has not.
--results: the table as JSON too, for the one of all kernels (tests/vm/bcc_objects.py).
Exit status: 0 as expected, 1 not, 77 the package is not installed.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

RECORDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bcc_recorder")
ARGUMENTS = {"funccount": ["vfs_read"], "funclatency": ["vfs_read"], "funcslower": ["vfs_read"], "funcinterval": ["vfs_read"],
             "stackcount": ["vfs_read"], "argdist": ["-C", "p::vfs_read()"], "trace": ["vfs_read"], "deadlock": [str(os.getpid())], "dirtop": ["-d", "/tmp"],
             "killsnoop": [], "mysqld_qslower": ["1"], "dbslower": ["mysql"], "dbstat": ["mysql"], "cachetop": [],
             "offcputime": ["1"], "offwaketime": ["1"], "wakeuptime": ["1"], "profile": ["1"], "netqtop": ["-n", "lo"],
             "inject": ["kmalloc", "-P", "0.1"], "ttysnoop": ["/dev/null"], "javaflow": [], "uthreads": ["1"],
             "virtiostat": ["1"], "rdmaucma": [], "compactsnoop": [], "tcptracer": []}
# What another kernel has: the reason of a refused load that says nothing about the text.
OF_THIS_KERNEL = re.compile(r"kprobe|kretprobe|fentry|fexit|no such|does not have|not found|hardware|no matches|cannot be "
                            r"opened|does not exist|has no|nothing to attach|not attached|no probe|cannot attach|nothing of this name")


def last_error(text):
    lines = [l for l in text.splitlines() if re.search(r"(^|: )error: ", l)]
    return lines[0] if lines else text.strip()[-200:]


def installed():
    """Name -> file of every tool that is a Python program; the others are shell scripts around one."""
    paths = sorted(glob.glob("/usr/sbin/*-bpfcc"))
    return {os.path.basename(p)[: -len("-bpfcc")]: p for p in paths if "python" in open(p, errors="replace").readline()}


def record(tool, name, directory, kernel=None):
    """(texts, what the tool said last). `kernel`: more variables for the recorder, what another kernel has."""
    base = os.path.join(directory, name)
    types = {"BCC_RECORDER_TYPES": os.path.join(directory, "kernel_types.txt")}
    environment = {**os.environ, "PYTHONPATH": RECORDER, "BCC_RECORDER": base, "PYTHONDONTWRITEBYTECODE": "1", **types, **(kernel or {})}
    try:
        run = subprocess.run([sys.executable, tool, *ARGUMENTS.get(name, [])], env=environment, capture_output=True,
                             text=True, timeout=20, stdin=subprocess.DEVNULL)
        said = (run.stderr.strip() or run.stdout.strip()).splitlines()
    except subprocess.TimeoutExpired:
        said = ["waits for something"]
    texts = [t for t in sorted(glob.glob(base + ".*.c")) if os.path.getsize(t) > 150]
    return texts, said[-1] if said else "no text"


def options_of(text):
    noted = json.load(open(text[:-2] + ".json"))
    out = []
    for function, specs in noted["attach"].items():
        for spec in specs:
            out += ["--option", f"attach.{function}={spec}"]
    return noted["cflags"], out


def with_defines(text, cflags, more=""):
    """What the tool gives to the compiler by flags is put in front of its text."""
    if defines := "".join(f"#define {f[2:].replace('=', ' ', 1)}\n" for f in cflags if f.startswith("-D")) + more:
        body = open(text).read()
        open(text, "w").write(defines + "#line 1\n" + body)


def judge(avocet, text):
    """(stage, why): the stage that failed, or "" for none; "skip" where this kernel is to blame."""
    cflags, options = options_of(text)
    with_defines(text, cflags)
    load = subprocess.run([avocet, "run", "--dry-run", "-q", text, *options], capture_output=True, text=True, timeout=120)
    if load.returncode == 0:
        return "", ""
    why = last_error(load.stderr)
    if "verifier" in why:
        return "load", why
    if why.startswith(text) and load.returncode == 1:
        return "compile", why
    return ("skip" if OF_THIS_KERNEL.search(why) else "load"), why


def read_allowed(path):
    lines = (l.split(maxsplit=2) for l in open(path) if l.strip() and not l.startswith("#"))
    return {tool: (stage, reason) for tool, stage, reason in lines}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("avocet")
    parser.add_argument("allowed")
    parser.add_argument("--keep")
    parser.add_argument("--results")
    parser.add_argument("--only", nargs="*", dest="tools")
    options = parser.parse_args()
    tools, results = installed(), {}
    if not tools:
        print("skipped: the package bpfcc-tools is not installed")
        return 77
    allowed, bad, counts = read_allowed(options.allowed), [], {}
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or temporary
        with open(os.path.join(directory, "kernel_types.txt"), "w") as types:  # for tools that ask for members of structs
            subprocess.run(["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"], stdout=types,
                           check=True)
        for name, tool in tools.items():
            if options.tools and name not in options.tools:
                continue
            texts, said = record(tool, name, directory)
            stage, why = ("no text", said) if not texts else ("", "")
            for text in texts:
                if not stage:
                    stage, why = judge(options.avocet, text)
            state = {"": "loads", "skip": "compiles", "no text": "no text"}.get(stage, f"{stage} fails")
            counts[state] = counts.get(state, 0) + 1
            results[name] = [state, why]
            failed = stage in ("compile", "load")
            known, reason = allowed.get(name, ("", ""))
            may_pass = stage in ("skip", "no text") or reason.startswith("kernel:")
            if (failed and known != stage) or (known and not failed and not may_pass):
                bad.append(name)
            print(f"{state:14} {'*' if name in bad else ' '} {name:16} {why}", flush=True)
    if options.results:
        os.makedirs(os.path.dirname(options.results), exist_ok=True)
        json.dump(results, open(options.results, "w"))
    print(", ".join(f"{state}: {n}" for state, n in sorted(counts.items())))
    if counts.get("no text", 0) == sum(counts.values()):
        print("no tool gave its text: the recorder does not fit this version of the package")
        return 1
    if bad:
        print(f"not as {options.allowed} has it:", *bad)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
