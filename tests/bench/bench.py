#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Avocet beside its peers, in one run: ratios with medians and spread, and a JSON file.

  bench.py --avocet PATH [--bpftrace PATH]... [--runs N] [--only NAME,...] [--json FILE] [--budget]

Peers are whatever is installed: bpftrace in PATH (and any given by path), BCC's tools, perf. Every figure is a median of
N runs with the smallest and largest beside it; runs of the tools alternate, so a drifting machine hurts all alike.
Absolute figures are this machine's; the ratios are what to read.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import code_quality
import sink_throughput

HARNESS = "nothing (/bin/true)"


class Finished:
    def __init__(self, out, err, status, wall, usage, kilobytes):
        self.out, self.err, self.status, self.wall = out, err, status, wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss = kilobytes * 1024


def run(command, env=None, timeout=120):
    """Runs to the end; CPU and memory of that process alone (and what it waited for)."""
    # A process forked from this interpreter would inherit the interpreter's peak memory: time(1) stands between.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.NamedTemporaryFile("r") as peak:
        start = time.monotonic()
        child = subprocess.Popen(["/usr/bin/time", "-q", "-f", "%M", "-o", peak.name, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env)
        deadline = start + timeout
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                child.kill()
                _, status, usage = os.wait4(child.pid, 0)
                break
            time.sleep(0.0005)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        kilobytes = int((peak.read().split() or ["0"])[-1])
        return Finished(out.read().decode(errors="replace"), err.read().decode(errors="replace"), child.returncode, wall, usage,
                        kilobytes)


class Tool:
    """A tracer that takes a one-liner."""

    def __init__(self, name, path, env=None):
        self.name, self.path, self.env = name, path, env

    def command(self, program, command=None, output=None, extra=()):
        line = [self.path, *self.base(), *extra]
        if command:
            line += ["-c", command]
        if output:
            line += ["-o", output]
        return line + ["-e", program]


class Avocet(Tool):
    def base(self):
        return ["run"]

    def cold(self):
        return ["--no-cache"]


class Bpftrace(Tool):
    def base(self):
        return []

    def cold(self):
        return []


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "runs": len(values)}


class Bench:
    def __init__(self, options):
        self.options = options
        self.runs = options.runs
        self.work = tempfile.mkdtemp(prefix="avocet-bench-")
        self.workload = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(options.avocet))), "tests/workload")
        env = dict(os.environ, AVOCET_CACHE_DIRECTORY=os.path.join(self.work, "cache"))
        self.tools = [Avocet("avocet", os.path.abspath(options.avocet), env)]
        peers = list(options.bpftrace or [])
        if shutil.which("bpftrace"):
            peers.append(shutil.which("bpftrace"))
        for path in peers:
            version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip()
            penv = dict(os.environ, BPFTRACE_MAX_PROBES="4096", BPFTRACE_MAX_BPF_PROGS="4096")
            self.tools.append(Bpftrace(version or path, path, penv))
        self.results = {}

    def note(self, test, tool, figure, values, unit):
        entry = self.results.setdefault(test, {}).setdefault(tool, {})
        entry[figure] = dict(summary(values), unit=unit)

    def fail(self, test, tool, why):
        self.results.setdefault(test, {}).setdefault(tool, {})["failed"] = why.strip()[-300:]

    # ---- what is measured ----
    def process(self, test, variants, runs=None):
        """variants: (label, command, env). Whole-process CPU, wall clock, peak memory."""
        figures = {label: [] for label, _, _ in variants}
        for label, command, env in variants:
            first = run(command, env)  # warm-up, and the check that it works at all
            if first.status != 0:
                self.fail(test, label, f"exit status {first.status}: {first.err}")
                figures.pop(label)
        for _ in range(runs or self.runs):
            for label, command, env in variants:
                if label in figures:
                    figures[label].append(run(command, env))
        for label, done in figures.items():
            self.note(test, label, "cpu", [d.cpu * 1e3 for d in done], "ms")
            self.note(test, label, "wall", [d.wall * 1e3 for d in done], "ms")
            self.note(test, label, "memory", [d.rss / 2**20 for d in done], "MiB")

    def startup(self):
        program = "BEGIN { exit(); }"
        nothing = [(HARNESS, ["/bin/true"], None)]  # what starting and timing a process costs by itself
        self.process("start-up, cold", nothing + [(t.name, t.command(program, extra=t.cold()), t.env) for t in self.tools])
        self.process("start-up, second run", nothing + [(t.name, t.command(program), t.env) for t in self.tools])

    def wildcards(self):
        for test, program in (("all system calls, attach to exit", "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }"),
                              ("uprobe:libc:mem*, attach to exit", "uprobe:libc:mem* { @[probe] = count(); }")):
            variants = []
            for t in self.tools:
                text = program
                if t is not self.tools[0]:
                    libc = next((p for p in ("/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6") if os.path.exists(p)), "libc")
                    text = program.replace("uprobe:libc:", f"uprobe:{libc}:")
                variants.append((t.name, t.command(text, command="/bin/true"), t.env))
            self.process(test, variants, runs=max(1, self.runs // 3))

    def per_event(self):
        calls = 300000
        plain = []
        perf = shutil.which("perf")
        perf_commands = {  # the nearest job of perf's: counting, and one record for each call
            "@ = count() on one system call": ["stat", "-e", "syscalls:sys_enter_getppid", "--"],
            "printf of pid, comm, nsecs": ["record", "-q", "-e", "syscalls:sys_enter_getppid", "-o", os.path.join(self.work, "perf.data"), "--"],
        }
        programs = {
            "@[comm] = count() on one system call": "tracepoint:syscalls:sys_enter_getppid { @[comm] = count(); }",
            "@ = count() on one system call": "tracepoint:syscalls:sys_enter_getppid { @ = count(); }",
            "printf of pid, comm, nsecs": 'tracepoint:syscalls:sys_enter_getppid { printf("%d %s %llu\\n", pid, comm, nsecs); }',
        }

        def nanoseconds(done):
            found = re.search(r"^ns (\d+)", done.err, re.M)
            return int(found.group(1)) / calls if found else None

        for test, program in programs.items():
            figures = {t.name: [] for t in self.tools}
            for _ in range(self.runs):
                plain.append(nanoseconds(run([self.workload, "timed", str(calls)])))
                for t in self.tools:
                    done = run(t.command(program, command=f"{self.workload} timed {calls}", output=os.path.join(self.work, "out")), t.env)
                    value = nanoseconds(done)
                    if value is None:
                        self.fail(test, t.name, f"exit status {done.status}: {done.err}")
                        figures[t.name] = None
                    elif figures[t.name] is not None:
                        figures[t.name].append(value - plain[-1])
            if perf and test in perf_commands:
                label = f"perf {perf_commands[test][0]}"
                figures[label] = []
                for _ in range(self.runs):
                    done = run([perf, *perf_commands[test], self.workload, "timed", str(calls)])
                    value = nanoseconds(done)
                    if value is None:
                        self.fail(test, label, f"exit status {done.status}: {done.err}")
                        break
                    figures[label].append(value - statistics.median(plain))
            for name, values in figures.items():
                if values:
                    self.note(test, name, "added per call", values, "ns")
        self.note("one system call, untraced", "none", "per call", plain, "ns")

    def delivery(self):
        calls = 2000000
        program = 'tracepoint:syscalls:sys_enter_getppid /comm == "avworkload"/ { printf("%d %s %llu\\n", pid, comm, nsecs); }'
        for t in self.tools:
            written, lost, gone, per_call = [], [], [], []
            for _ in range(max(1, self.runs // 3)):
                output = os.path.join(self.work, "flood")
                done = run(t.command(program, command=f"{self.workload} timed {calls}", output=output), t.env, timeout=180)
                found = re.search(r"^ns (\d+)", done.err, re.M)
                if not found:
                    self.fail("2,000,000 printf events", t.name, f"exit status {done.status}: {done.err}")
                    break
                lines = 0
                with open(output, "rb") as f:
                    for line in f:
                        lines += b"avworkload" in line
                os.unlink(output)
                if isinstance(t, Avocet):
                    reported = sum(int(n) for n in re.findall(r"^lost: .*: ring full: (\d+)", done.err, re.M))
                else:
                    reported = sum(int(n) for n in re.findall(r"Lost (\d+) events", done.out + done.err))
                written.append(lines), lost.append(reported), gone.append(calls - lines - reported)
                per_call.append(int(found.group(1)) / calls)
            if written:
                self.note("2,000,000 printf events", t.name, "written", written, "events")
                self.note("2,000,000 printf events", t.name, "reported lost", lost, "events")
                self.note("2,000,000 printf events", t.name, "unaccounted", gone, "events")
                self.note("2,000,000 printf events", t.name, "traced call", per_call, "ns")

    def sizes(self):
        for t in self.tools:
            real = os.path.realpath(t.path)
            self.note("binary size", t.name, "command", [os.path.getsize(real) / 2**20], "MiB")
            if isinstance(t, Avocet):
                plugins = os.path.join(os.path.dirname(os.path.dirname(real)), "plugins")
                total = 0
                for root, _, names in os.walk(plugins):
                    total += sum(os.path.getsize(os.path.join(root, n)) for n in names if n.endswith(".so"))
                self.note("binary size", t.name, "plugins", [total / 2**20], "MiB")

    def bcc(self):
        """BCC's opensnoop and Avocet's one-liner for the same job: start, two seconds of tracing, exit."""
        tool = shutil.which("opensnoop-bpfcc")
        if not tool:
            return
        program = 'tracepoint:syscalls:sys_enter_openat { printf("%d %s %s\\n", pid, comm, str(args.filename)); } interval:s:1 { exit(); }'
        a = self.tools[0]
        self.process("openat for a second (BCC opensnoop)", [(a.name, a.command(program), a.env),
                                                              ("opensnoop-bpfcc", [tool, "-d", "1"], None)], runs=max(1, self.runs // 3))

    def code(self):
        code_quality.measure(self, run, lambda tool: isinstance(tool, Avocet))

    def sinks(self):
        sink_throughput.measure(self, run, self.tools[0], self.tools[1:])

    # ---- report ----
    def report(self):
        reference = self.tools[0].name
        for test, tools in self.results.items():
            print(f"\n{test}")
            for tool, figures in tools.items():
                if "failed" in figures:
                    print(f"  {tool:<22} did not run: {figures['failed'].splitlines()[-1] if figures['failed'] else '?'}")
                    continue
                cells = []
                for name, f in figures.items():
                    text = f"{name} {f['median']:.4g} {f['unit']} ({f['min']:.4g}..{f['max']:.4g})"
                    base = tools.get(reference, {}).get(name)
                    if tool != reference and base and base["median"] > 0 and f["median"] > 0:
                        text += f" = {f['median'] / base['median']:.2f}x"
                    cells.append(text)
                print(f"  {tool:<22} " + "; ".join(cells))


BUDGET = [("start-up, cold", "cpu", 40), ("start-up, cold", "memory", 48), ("start-up, second run", "cpu", 8),
          ("start-up, second run", "memory", 20), ("all system calls, attach to exit", "wall", 300),
          ("all system calls, attach to exit", "memory", 48), ("uprobe:libc:mem*, attach to exit", "wall", 300),
          ("@[comm] = count() on one system call", "added per call", 190), ("2,000,000 printf events", "traced call", 500)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--avocet", required=True)
    p.add_argument("--bpftrace", action="append", help="another bpftrace to compare with, by path")
    p.add_argument("--runs", type=int, default=9)
    p.add_argument("--only", default="", help="startup,wildcards,per_event,delivery,sinks,code,sizes,bcc")
    p.add_argument("--json", default="build/bench.json")
    options = p.parse_args()
    bench = Bench(options)
    wanted = options.only.split(",") if options.only else ["startup", "wildcards", "per_event", "delivery", "sinks", "code", "sizes", "bcc"]
    try:
        for name in wanted:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            getattr(bench, name)()
    finally:
        shutil.rmtree(bench.work, ignore_errors=True)
    bench.report()
    print("\nagainst the design's budget for the reference machine")
    for test, figure, limit in BUDGET:
        entry = bench.results.get(test, {}).get("avocet", {}).get(figure)
        if entry:
            own = bench.results[test].get(HARNESS, {}).get(figure, {"median": 0})["median"] if figure == "cpu" else 0
            value = entry["median"] - own
            note = f" (without the harness's {own:.3g})" if own else ""
            print(f"  {test}: {figure} {value:.4g} of {limit} {entry['unit']} = {value / limit:.2f}{note}")
    os.makedirs(os.path.dirname(os.path.abspath(options.json)), exist_ok=True)
    with open(options.json, "w") as f:
        json.dump({"machine": " ".join(os.uname()), "cpus": os.cpu_count(), "results": bench.results}, f, indent=1)
    print(f"\nwritten to {options.json}")


if __name__ == "__main__":
    main()
