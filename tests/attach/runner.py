#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attach tests: runs avocet against the live kernel and checks what it printed.

A file holds blocks separated by blank lines. Lines of a block:

  NAME text            what is shown
  NEEDS a b            features of `avocet doctor` the kernel must have; else the block is skipped with the reason. `!a`:
                       it must lack
  PROGRAM text         the script (-e); further lines that start with two blanks continue it
  ARGS text            further arguments, split as a shell would; {workload} {tmp} {build} {source} are replaced
  RAW text             the whole command line after `avocet` instead of `run -e PROGRAM`
  PREFIX text          words in front of the command, e.g. setpriv --bounding-set=-all
  SHELL text           a bash script instead of a run of avocet; $AVOCET is its path; status 77 skips the
                       block, its last line of output is the reason
  WORKLOAD command     run by a shell once "Attached" was printed; then the tracer is interrupted, unless it ends itself
  ENV NAME=value
  STDIN text           given on standard input
  TIMEOUT seconds      default 60
  EXPECT regex         must be found in the standard output (multi-line)
  EXPECT_NOT regex     must not be found there
  EXPECT_ERR regex     must be found in the standard error
  EXPECT_LINES n       number of non-empty lines of the standard output
  EXPECT_PY expr       Python over out, err, status; true
  EXIT n               exit status, default 0
  SETUP / CLEANUP command
  PROBE kind aspect    the cell of the table of probe kinds (tests/vm/report.py) that the block shows; aspects: entry return
                       arguments wildcard list bad-input, several in one line or several lines
  ABSENT reason        instead of anything to run: there is no such thing as this cell, and why
  EACH_KERNEL reason   also in the emulated machines (tests/vm), where otherwise only blocks run that have a PROBE or need
                       a feature that not every kernel has
  HOST_ONLY reason     not in the emulated machines

Nothing may stay attached after a block: links, programs, trace events, pins and processes are looked for (leftovers.py).

runner.py [--results FILE] [--alone] [--skip-done] AVOCET BUILD SOURCE FILE...
  --results FILE       one JSON line for each block: file, name, result, why, probes, seconds; a line without a result when it starts
  --alone              nobody else uses this kernel: whatever is new after a block, the block left
  --skip-done          leave out blocks that FILE already has; one that was started and not finished has crashed the machine
TIME_SCALE=n           multiplies every time-out
Exit status: 0 all passed, 1 a block failed, 77 every block was skipped.
"""
import argparse
import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

import leftovers

ASPECTS = ("entry", "return", "arguments", "wildcard", "list", "bad-input")
TIME_SCALE = float(os.environ.get("TIME_SCALE", "1"))
HELD_S = 10  # so long the output of a block may stay open when the block itself has ended


def parse(path):
    blocks, block, last = [], {}, None
    for number, line in enumerate(open(path), 1):
        line = line.rstrip("\n")
        if line.startswith("#"):
            continue
        if not line.strip():
            if block:
                blocks.append(block)
            block, last = {}, None
            continue
        if line.startswith("  ") and last:
            block[last][-1] += "\n" + line[2:]
            continue
        key, _, text = line.partition(" ")
        if not re.fullmatch(r"[A-Z_]+", key):
            sys.exit(f"{path}:{number}: not a directive: {line}")
        block.setdefault(key, []).append(text)
        last = key
    if block:
        blocks.append(block)
    return blocks


def probes_of(block, path):
    """[[kind, aspect], ...] of the PROBE lines."""
    cells = []
    for line in block.get("PROBE", []):
        kind, *aspects = line.split()
        for aspect in aspects:
            if aspect not in ASPECTS:
                sys.exit(f"{path}: PROBE {line}: no aspect '{aspect}'; there are {' '.join(ASPECTS)}")
            cells.append([kind, aspect])
    return cells


EVERYWHERE = {"root", "btf", "tracepoint"}  # what any kernel we support has


def asks_the_kernel(block):
    """Whether another kernel could answer otherwise, so that the block runs in the emulated machines too."""
    return bool({"PROBE", "EACH_KERNEL"} & set(block)) or bool(set(" ".join(block.get("NEEDS", [])).split()) - EVERYWHERE)


class Runner:
    def __init__(self, avocet, build, source, alone=False):
        self.avocet, self.build, self.source, self.alone = avocet, build, source, alone
        self.features = None
        self.number = 0

    def feature(self, name):
        if name == "root":
            return (os.geteuid() == 0, "not root")
        if self.features is None:
            self.features = {}
            out = subprocess.run([self.avocet, "doctor", "--json"], capture_output=True, text=True, timeout=60 * TIME_SCALE)
            for line in out.stdout.splitlines():
                entry = json.loads(line)
                self.features[entry["feature"]] = entry
        absent, name = name.startswith("!"), name.removeprefix("!")
        entry = self.features.get(name)
        if entry is None:
            raise SystemExit(f"NEEDS {name}: `avocet doctor` knows no such feature")
        if absent:
            return (entry["present"] == "no", f"kernel has {name}")
        return (entry["present"] == "yes", f"kernel lacks {name}: {entry['detail'] or entry['needs']}")

    def expand(self, text, tmp):
        for key, value in {"workload": os.path.join(self.build, "tests/workload"), "tmp": tmp, "build": self.build,
                           "source": self.source, "avocet": self.avocet}.items():
            text = text.replace("{" + key + "}", value)
        return text

    def shell(self, commands, tmp, env):
        for command in commands:
            subprocess.run(["bash", "-c", self.expand(command, tmp)], check=True, env=env, timeout=120 * TIME_SCALE)

    def run(self, block):
        if "ABSENT" in block:
            return "absent", block["ABSENT"][0]
        if "HOST_ONLY" in block and "IN_VM" in os.environ:
            return "skip", f"only on the host: {block['HOST_ONLY'][0]}"
        for name in " ".join(block.get("NEEDS", [])).split():
            present, why = self.feature(name)
            if not present:
                return "skip", why
        with tempfile.TemporaryDirectory(prefix="avocet-test-") as tmp:
            os.chmod(tmp, 0o755)
            env = dict(os.environ, AVOCET_CACHE_DIRECTORY=os.path.join(tmp, "cache"), HOME=tmp)
            self.number += 1
            mark = f"ATTACH_TEST={os.getpid()}-{self.number}"
            env.update([mark.split("=")])
            watch = leftovers.Watch(mark, self.alone, 15 * TIME_SCALE)
            for assignment in block.get("ENV", []):
                key, _, value = self.expand(assignment, tmp).partition("=")
                env[key] = value
            try:
                self.shell(block.get("SETUP", []), tmp, env)
                out, err, status = self.execute(block, tmp, env, watch)
                if "SHELL" in block and status == 77:
                    result, why = "skip", (out.strip().splitlines() or ["no reason given"])[-1]
                else:
                    result, why = self.check(block, tmp, out, err, status)
            except subprocess.SubprocessError as e:
                result, why = "fail", str(e)
            finally:
                self.shell(block.get("CLEANUP", []), tmp, env)
            left = watch.left()
            if left:
                return "fail", "\n".join(["left behind:", *left, why])
            return result, why

    def execute(self, block, tmp, env, watch):
        if "RAW" in block:
            command = [self.avocet] + shlex.split(self.expand(block["RAW"][0], tmp))
        elif "PROGRAM" in block:
            command = [self.avocet, "run"] + shlex.split(self.expand(" ".join(block.get("ARGS", [])), tmp))
            command += ["-e", self.expand(block["PROGRAM"][0], tmp)]
        if "SHELL" in block:
            command = ["bash", "-euc", self.expand("\n".join(block["SHELL"]), tmp)]
        if "PREFIX" in block:
            command = shlex.split(self.expand(block["PREFIX"][0], tmp)) + command
        env["AVOCET"] = self.avocet
        timeout = float(block.get("TIMEOUT", ["60"])[0]) * TIME_SCALE
        stdin = block.get("STDIN", [""])[0]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                                 text=True, errors="replace", start_new_session=True)
        out, err = [], []
        attached = threading.Event()

        def read(stream, into, is_err):
            for line in stream:
                into.append(line)
                if is_err and line.startswith("Attached "):
                    watch.saw()
                    attached.set()
            if is_err:
                attached.set()

        threads = [threading.Thread(target=read, args=(child.stdout, out, False)),
                   threading.Thread(target=read, args=(child.stderr, err, True))]
        for t in threads:
            t.start()
        try:
            child.stdin.write(stdin)
            child.stdin.close()
        except BrokenPipeError:
            pass
        try:
            if "WORKLOAD" in block:
                if not attached.wait(timeout):
                    raise subprocess.TimeoutExpired(command, timeout)
                self.shell(block["WORKLOAD"], tmp, env)
                if child.poll() is None:
                    child.send_signal(signal.SIGINT)
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            for t in threads:
                t.join(HELD_S * TIME_SCALE)
            return "".join(out), "".join(err) + f"\n[killed after {timeout} s]", -9
        for t in threads:
            t.join(HELD_S * TIME_SCALE)
        if any(t.is_alive() for t in threads):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            for t in threads:
                t.join(HELD_S * TIME_SCALE)
            return "".join(out), "".join(err) + f"\n[it ended with status {child.returncode}, and left processes that held its output]", -9
        return "".join(out), "".join(err), child.returncode

    def check(self, block, tmp, out, err, status):
        problems = []
        wanted = int(block.get("EXIT", ["0"])[0])
        if status != wanted:
            problems.append(f"exit status {status}, expected {wanted}")
        for pattern in block.get("EXPECT", []):
            if not re.search(pattern, out, re.M):
                problems.append(f"standard output lacks /{pattern}/")
        for pattern in block.get("EXPECT_NOT", []):
            if re.search(pattern, out, re.M):
                problems.append(f"standard output has /{pattern}/")
        for pattern in block.get("EXPECT_ERR", []):
            if not re.search(pattern, err, re.M):
                problems.append(f"standard error lacks /{pattern}/")
        for count in block.get("EXPECT_LINES", []):
            lines = [line for line in out.splitlines() if line.strip()]
            if len(lines) != int(count):
                problems.append(f"{len(lines)} lines, expected {count}")
        for expression in block.get("EXPECT_PY", []):
            try:
                if not eval(expression, {"re": re, "json": json, "open": open, "sum": sum, "int": int, "len": len, "sorted": sorted, "os": os, "all": all, "any": any,
                                         "set": set, "enumerate": enumerate, "out": out, "err": err, "status": status, "tmp": tmp}):
                    problems.append(f"not true: {expression}")
            except Exception as e:  # the expression met output it did not expect
                problems.append(f"{expression}: {e!r}")
        if not any(key.startswith("EXPECT") for key in block) and "EXIT" not in block:
            problems.append("the block expects nothing")
        if not problems:
            return "pass", ""
        def clip(text):
            return text if len(text) < 3000 else text[:1500] + "\n[...]\n" + text[-1500:]

        return "fail", "\n".join(problems) + f"\n--- stdout\n{clip(out)}\n--- stderr\n{clip(err)}"


class Results:
    """The JSON lines, written as they happen so that a crash of the machine loses none."""

    def __init__(self, path, skip_done):
        self.path, self.lines = path, {}
        if path and skip_done and os.path.exists(path):
            for line in open(path):
                entry = json.loads(line)
                self.lines[entry["file"], entry["name"]] = entry
        elif path:
            open(path, "w").close()

    def done(self, path, name):
        return (os.path.basename(path), name) in self.lines

    def add(self, path, block, **more):
        if self.path:
            entry = {"file": os.path.basename(path), "name": block["NAME"][0], "probes": probes_of(block, path), **more}
            with open(self.path, "a") as f:
                f.write(json.dumps(entry) + "\n")


def main():
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("--results")
    arguments.add_argument("--alone", action="store_true")
    arguments.add_argument("--skip-done", action="store_true")
    arguments.add_argument("places", nargs=3)
    arguments.add_argument("files", nargs="*")
    chosen = arguments.parse_args()
    only = os.environ.get("ATTACH_ONLY", "")
    runner = Runner(*chosen.places, alone=chosen.alone)
    results = Results(chosen.results, chosen.skip_done)
    counts = {"pass": 0, "fail": 0, "skip": 0, "absent": 0}
    for path in chosen.files:
        for block in parse(path):
            name = block.setdefault("NAME", ["?"])[0]
            if only and only not in name or results.done(path, name):
                continue
            if "IN_VM" in os.environ and not only and not asks_the_kernel(block):
                continue  # the host has shown it
            results.add(path, block)
            started = time.monotonic()
            result, why = runner.run(block)
            counts[result] += 1
            results.add(path, block, result=result, why=why, seconds=round(time.monotonic() - started, 2))
            print(f"{result.upper()} {name}" + (f": {why}" if why else ""), flush=True)
    print(f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped")
    if counts["fail"]:
        return 1
    return 77 if counts["skip"] and not counts["pass"] else 0


if __name__ == "__main__":
    sys.exit(main())
