#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The start of one tool through Avocet and through BCC, in a machine whose kernel headers are installed (BCC compiles with them).

The tool is Debian's opensnoop-bpfcc; Avocet gets the C text that the tool itself builds. Both trace for a second. The first
run of each finds nothing in its cache, the later ones what the first has left. Under emulation only the ratios say something.

machine_start.py AVOCET [SERIES] [RUNS]      fetches the headers once (tests/vm/images.py), boots, prints a table
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, "../vm"), os.path.join(HERE, "../differential")]
TOOL = "opensnoop"
LIMIT_S = 600


def measure(words, environment):
    """One run: CPU and wall seconds, peak memory."""
    with tempfile.TemporaryFile("w+") as said:
        started = time.monotonic()
        child = subprocess.Popen(["timeout", str(LIMIT_S), *words], stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                 env={**os.environ, **environment})
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    return {"wall_s": round(time.monotonic() - started, 2), "cpu_s": round(used.ru_utime + used.ru_stime, 2),
            "memory_mib": used.ru_maxrss // 1024, "status": child.returncode, "said": "\n".join(text.splitlines()[-4:]) if child.returncode else ""}


def inside(avocet, runs):
    import bcc_tools
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "kernel_types.txt"), "w") as types:
            subprocess.run(["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"], stdout=types, check=True)
        tool = bcc_tools.installed()[TOOL]
        texts, said = bcc_tools.record(tool, TOOL, folder)
        if not texts:
            sys.exit(f"{TOOL}: {said}")
        _, options = bcc_tools.options_of(texts[-1])
        commands = {"avocet": [avocet, "run", "-q", texts[-1], "--frontend", "c", "--duration", "1s", *options],
                    f"{TOOL}-bpfcc": [tool, "-d", "1"]}
        environment = {"AVOCET_CACHE_DIRECTORY": os.path.join(folder, "cache"), "XDG_CACHE_HOME": os.path.join(folder, "home")}
        # BCC's tool looks at the clock only when an event comes
        opens = subprocess.Popen(["sh", "-c", "while sleep 0.5; do : < /etc/hostname; done"])
        try:
            for _ in range(runs):
                for name, words in commands.items():
                    print(json.dumps({"tool": name, **measure(words, environment)}), flush=True)
        finally:
            opens.kill()


def outside(avocet, series, runs):
    import images
    import machine
    source = images.headers(series)
    words = [sys.executable, os.path.abspath(__file__), "--inside", os.path.abspath(avocet), str(runs)]
    link = f"for folder in {shlex.quote(source)}/usr/src/*; do ln -sfn $folder /usr/src/${{folder##*/}}; done\n"
    with tempfile.TemporaryDirectory(prefix="avocet-vm-") as share:
        outcome = machine.Machine(series).run(link + "exec " + shlex.join(words) + "\n", share, LIMIT_S, write_row)
    if outcome.status != 0:
        print(f"machine {series}: {outcome.ending or f'exit status {outcome.status}'}")
        return 1
    return 0


class Rows:
    """Prints each run as it comes, with its ratio to Avocet's run of the same turn."""

    def __init__(self):
        self.text, self.own, self.turn = "", {}, {}

    def __call__(self, chunk):
        self.text += chunk.decode(errors="replace")
        while "\n" in self.text:
            line, self.text = self.text.split("\n", 1)
            self.row(line)

    def row(self, line):
        if not line.startswith("{"):
            print(line, flush=True)
            return
        run = json.loads(line)
        turn = self.turn[run["tool"]] = self.turn.get(run["tool"], 0) + 1
        self.own = run if run["tool"] == "avocet" else self.own
        cells = [f"{k} {run[k]} ({run[k] / self.own[k]:.1f}x)" if run is not self.own and self.own.get(k) else f"{k} {run[k]}"
                 for k in ("cpu_s", "wall_s", "memory_mib")]
        print(f"{run['tool']:16} run {turn}  " + "  ".join(cells) + (f"  status {run['status']}: {run['said']}" if run["status"] else ""),
              flush=True)


write_row = Rows()


def main():
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], int(sys.argv[3]))
        return 0
    if not shutil.which(f"{TOOL}-bpfcc"):
        print("the package bpfcc-tools is not installed")
        return 77
    avocet, series, runs = (sys.argv[1:] + ["", "6.1", "3"][len(sys.argv) - 1:])[:3]
    return outside(avocet, series, int(runs))


if __name__ == "__main__":
    sys.exit(main())
