# SPDX-License-Identifier: Apache-2.0
"""What the programs themselves are worth: each script of `code/` as Avocet compiles it, as each bpftrace does, and the same
work as C written by hand (`NAME.bpf.c`, clang -O2). Instructions are those the kernel kept after verification (dead branches
are gone then), summed over the programs of the tool; cost is what one traced call takes more than an untraced one."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

# script -> the workload that fires its probes, and how many probed calls that makes; None: only instructions
WORK = {
    "count_by_comm": (["timed", "300000"], 300000),
    "filtered_sum": (["timed-reads", "300000", "64"], 300000),
    "read_sizes": (["timed-reads", "300000", "64"], 300000),
    "read_latency": (["timed-reads", "300000", "64"], 300000),
    "print_events": (["timed", "300000"], 300000),
    "print_opens": (["timed-opens", "100000", "/dev/null"], 100000),
    "tasks": (["timed", "300000"], 300000),
    "switches": None,
    "kernel_stacks": None,
}


def bpftrace_spelling(script):
    """Older versions know tracepoint arguments as args->name only."""
    return re.sub(r"\bargs\.", "args->", script)


def programs_of(pid):
    """{id: bytes} of the BPF programs that process `pid` holds, itself or through a link."""
    held = set()
    for entry in os.scandir(f"/proc/{pid}/fdinfo"):
        try:
            held.update(int(n) for n in re.findall(r"^prog_id:\s*(\d+)", open(entry.path).read(), re.M))
        except OSError:
            continue  # closed meanwhile
    done = subprocess.run(["bpftool", "prog", "show", "-j"], capture_output=True, text=True)
    try:
        return {p["id"]: p["bytes_xlated"] for p in json.loads(done.stdout) if p["id"] in held}
    except ValueError:
        return {}


def instructions(command, env):
    """Starts the tool, waits until the programs that it holds stay the same, counts, interrupts it."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, text=True)
    last, since, deadline = None, time.monotonic(), time.monotonic() + 30
    try:
        while time.monotonic() < deadline and child.poll() is None:
            now = programs_of(child.pid)
            if now != last:
                last, since = now, time.monotonic()
            elif now and time.monotonic() - since > 0.7:
                return sum(now.values()) // 8, ""
            time.sleep(0.1)
        return None, "no program of its was seen"
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
        try:
            child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()


def compile_peers(folder, work):
    """The objects of the C programs by name; empty with the reason when they cannot be made here."""
    clang = next((c for c in ("clang-19", "clang") if shutil.which(c)), None)
    if not clang or not shutil.which("bpftool"):
        return {}, "clang or bpftool is missing"
    with open(os.path.join(work, "vmlinux.h"), "w") as types:
        if subprocess.run(["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"], stdout=types).returncode:
            return {}, "this kernel has no BTF"
    objects = {}
    for name in WORK:
        objects[name] = os.path.join(work, name + ".o")
        subprocess.run([clang, "-O2", "-g", "-mcpu=v3", "-target", "bpf", f"-I{work}", "-c",
                        os.path.join(folder, name + ".bpf.c"), "-o", objects[name]], check=True)
    return objects, ""


def measure(bench, run, is_avocet):
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "code")
    objects, why = compile_peers(folder, bench.work)
    avocet = bench.tools[0]
    for name, workload in WORK.items():
        test = f"code: {name}"
        script = open(os.path.join(folder, name + ".bt")).read()
        variants = []
        for tool in bench.tools:
            text = script if is_avocet(tool) else bpftrace_spelling(script)
            variants.append((tool.name, lambda command=None, tool=tool, text=text: tool.command(
                text, command=command, output=os.path.join(bench.work, "out")), tool.env))
        if objects:
            def by_hand(command=None, path=objects[name]):
                line = [avocet.path, "run", path, "-o", os.path.join(bench.work, "out")]
                return line + (["-c", command] if command else [])
            variants.append(("C, clang -O2", by_hand, avocet.env))
        else:
            bench.fail(test, "C, clang -O2", why)
        for label, command, env in variants:
            count, problem = instructions(command(), env)
            if count is None:
                bench.fail(test, label, problem)
            else:
                bench.note(test, label, "instructions", [count], "")
        if workload:
            cost(bench, run, test, variants, *workload)


def cost(bench, run, test, variants, arguments, calls):
    def nanoseconds(done):
        found = re.search(r"^ns (\d+)", done.err, re.M)
        return int(found.group(1)) / calls if found else None

    figures = {label: [] for label, _, _ in variants}
    for _ in range(max(3, bench.runs // 3)):
        plain = nanoseconds(run([bench.workload, *arguments]))
        for label, command, env in variants:
            done = run(command(" ".join([bench.workload, *arguments])), env)
            value = nanoseconds(done)
            if value is None:
                bench.fail(test, label, f"exit status {done.status}: {done.err}")
            else:
                figures[label].append(value - plain)
    for label, values in figures.items():
        if values:
            bench.note(test, label, "added per call", values, "ns")
