# SPDX-License-Identifier: Apache-2.0
"""Sinks under a flood: a part of bench.py (`./dev bench --only sinks`).

One million events of one system call for each sink, and for bpftrace -f json -o FILE. Figures: records that arrived in each
second from start to exit, how many were lost (all of them reported), CPU of everything, and the peak memory, which the
configuration bounds: ring, queues and sink buffers. What reads at the other end is a process of this bench; its CPU is not
counted, but it uses a CPU that the tracer then has not.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

CALLS = 1000000
PROGRAM = 'tracepoint:syscalls:sys_enter_getppid /comm == "avworkload"/ { printf("%d %s %llu\\n", pid, comm, nsecs); }'
STACKS = 'tracepoint:syscalls:sys_enter_getppid /comm == "avworkload"/ { printf("%s %s", comm, ustack(8)); }'

# Reads a TCP connection to its end and forgets it.
READER = """
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    while c.recv(1 << 20): pass
"""


def lost_in(err):
    """Records that a run of avocet said it has lost."""
    lost = sum(int(n) for n in re.findall(r"^lost: .*: (?:ring full|perf buffer full|not read from the stream): (\d+)", err, re.M))
    return lost + sum(int(a) + int(b) for a, b in re.findall(r"(\d+) records dropped by a full queue(?:, (\d+) failed)?", err) for b in [b or 0])


def sinks(work, port, consumer):
    """(label, sinks and routes in TOML, program)"""
    def sink(text, kind="event"):
        return f'[[sink]]\nname = "s"\n{text}\n[[route]]\nname = "r"\nmatch = {{ kind = ["{kind}"] }}\nto = ["s"]\n'
    out = os.path.join(work, "sink-out")
    yield "null", sink('type = "null"\nreport = false'), PROGRAM
    yield "file, text", sink(f'type = "file"\npath = "{out}"'), PROGRAM
    yield "file, json", sink(f'type = "file"\npath = "{out}"\nformat = "json"'), PROGRAM
    yield "file, records", sink(f'type = "file"\npath = "{out}"\nformat = "records"'), PROGRAM
    yield "file, csv", sink(f'type = "file"\npath = "{out}"\nformat = "csv"'), PROGRAM
    yield "file, json, zstd", sink(f'type = "file"\npath = "{out}"\nformat = "json"\ncompress = "zstd"'), PROGRAM
    yield "console, json", sink('type = "console"\nformat = "json"'), PROGRAM
    yield "exec cat", sink('type = "exec"\ncommand = "cat >/dev/null"'), PROGRAM
    yield "syslog over TCP", sink(f'type = "syslog"\naddress = "tcp://127.0.0.1:{port}"'), PROGRAM
    if os.path.exists("/run/systemd/journal/socket"):
        yield "journald", sink('type = "journald"'), PROGRAM
    yield "prometheus (counts events)", sink('type = "prometheus"\nport = 29436'), PROGRAM
    yield "trace", sink(f'type = "trace"\npath = "{out}"'), PROGRAM
    yield "perfdata (user stacks)", sink(f'type = "perfdata"\npath = "{out}"'), STACKS
    yield "flamegraph (user stacks)", sink(f'type = "flamegraph"\nfolded_path = "{out}"'), STACKS
    if os.path.exists(consumer):
        yield "perfbuf, read by a C program", None, PROGRAM


def perfbuf(bench, run, tool, consumer):
    directory = f"/sys/fs/bpf/avocet-bench-{os.getpid()}"
    # The reader comes when the pins are there and goes with the session.
    script = f'until [ -e {directory}/stream ]; do sleep 0.01; done; exec {consumer} {directory} >/dev/null'
    reader = subprocess.Popen(["sh", "-c", script])
    try:
        return run([tool.path, "run", "-q", "-e", PROGRAM, "-c", f"{bench.workload} timed {CALLS}", "--sink",
                    f"perfbuf:path={directory},end_wait=60s,wake_bytes=64KiB"], tool.env, timeout=180)
    finally:
        try:
            reader.wait(10)
        except subprocess.TimeoutExpired:
            reader.kill()


def measure(bench, run, tool, peers):
    test = f"{CALLS:,} events into each sink"
    consumer = os.path.join(os.path.dirname(bench.workload), "stream_consumer")
    reader = subprocess.Popen([sys.executable, "-c", READER], stdout=subprocess.PIPE, text=True)
    port = int(reader.stdout.readline())
    out = os.path.join(bench.work, "sink-out")
    rounds = max(1, bench.runs // 3)

    def note(label, done, lost):
        entry = figures.setdefault(label, {"arrived": [], "lost": [], "cpu": [], "memory": []})
        entry["arrived"].append((CALLS - lost) / done.wall / 1e3)
        entry["lost"].append(lost)
        entry["cpu"].append(done.cpu * 1e3)
        entry["memory"].append(done.rss / 2**20)

    figures = {}
    try:
        for _ in range(rounds):
            for label, toml, program in sinks(bench.work, port, consumer):
                if toml is None:
                    done = perfbuf(bench, run, tool, consumer)
                else:
                    config = os.path.join(bench.work, "sinks.toml")
                    with open(config, "w") as f:
                        f.write(toml)
                    done = run([tool.path, "--config", config, "run", "-q", "-e", program, "-c", f"{bench.workload} timed {CALLS}"], tool.env,
                               timeout=180)
                if not re.search(r"^ns \d+", done.err, re.M):
                    bench.fail(test, label, f"exit status {done.status}: {done.err}")
                    continue
                note(label, done, lost_in(done.err))
            for peer in peers:
                done = run([peer.path, "-f", "json", "-o", out, "-c", f"{bench.workload} timed {CALLS}", "-e", PROGRAM], peer.env, timeout=180)
                if done.status:
                    bench.fail(test, f"{peer.name} -f json -o FILE", f"exit status {done.status}: {done.err}")
                    continue
                with open(out, "rb") as f:
                    arrived = sum(b'"printf"' in line for line in f)
                note(f"{peer.name} -f json -o FILE", done, CALLS - arrived)
    finally:
        reader.kill()
        reader.wait()
    for label, entry in figures.items():
        bench.note(test, label, "arrived", entry["arrived"], "thousand/s")
        bench.note(test, label, "lost", entry["lost"], "events")
        bench.note(test, label, "cpu", entry["cpu"], "ms")
        bench.note(test, label, "memory", entry["memory"], "MiB")
