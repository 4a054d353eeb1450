#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ladder: C tools, each of which needs something more than those before it, and what they print beside what was done.

Rungs B are the C texts inside the tools of Debian's `bpfcc-tools`, read when the test runs (tests/differential/bcc_tools.py);
nothing of them is kept here. Rungs A are programs of our own in libbpf's dialect, with what libbpf's tools are made of. `rungs.toml`
says of each what is run while it is attached, and what it must have printed of that.

Each is compiled on the host for each kernel (tests/vm/facts.py) and run there by an installation that has no compiler:

  FOLDER/KERNEL/ID.N.o      what was built; FOLDER/KERNEL/built.json: {id: why not}
  FOLDER/KERNEL.json        {id: [state, why]}; FOLDER/table.txt: all of them

A state is the last step that was made: `compiled`, `loaded` (by the verifier), `attached`, `checked` (its output agrees with the
workload). `expected` names those that do not come so far, and why: KERNEL ID STATE reason.

ladder.py host AVOCET BUILD [ID...]                       builds and runs here, as root
ladder.py build KERNEL FOLDER AVOCET [ID...]              on the host, as root
ladder.py run KERNEL FOLDER AVOCET BUILD RESULTS [ID...]  on that kernel: one line for each rung in RESULTS
ladder.py table FOLDER
Exit status: 0 as expected, 1 not, 77 nothing could be run.
"""
import concurrent.futures
import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.realpath(os.path.join(HERE, "../.."))
sys.path[:0] = [os.path.join(HERE, folder) for folder in ("../attach", "../differential", "../vm")]
import bcc_tools  # noqa: E402
import portable_tools  # noqa: E402

KERNELS = ("host", "6.12", "6.1")
STATES = ("", "compiled", "loaded", "attached", "checked")
TIME_SCALE = float(os.environ.get("TIME_SCALE", "1"))
LIMIT_S = 60 * TIME_SCALE


def rungs(names=()):
    with open(os.path.join(HERE, "rungs.toml"), "rb") as f:
        return [r for r in tomllib.load(f)["rung"] if not names or r["id"] in names]


def expected():
    """{(kernel, id): (state, reason)}"""
    with open(os.path.join(HERE, "expected")) as lines:
        words = [line.split(maxsplit=3) for line in lines if line.strip() and not line.startswith("#")]
    return {(kernel, rung): (state, reason.strip()) for kernel, rung, state, reason in words}


# ---- building ----

def sources_of(rung, variables, place):
    """(texts with their options, or why there are none)"""
    if "source" in rung:
        return [(os.path.join(HERE, rung["source"]), [])], ""
    tools = bcc_tools.installed()
    if rung["tool"] not in tools:
        return [], "the package bpfcc-tools is not installed"
    texts, said = bcc_tools.record(tools[rung["tool"]], rung["tool"], place, variables)
    out = []
    for text in texts:
        cflags, options = bcc_tools.options_of(text)
        version = f"#undef LINUX_VERSION_CODE\n#define LINUX_VERSION_CODE {variables['version']}\n" if "version" in variables else ""
        bcc_tools.with_defines(text, cflags, version)
        out.append((text, options))
    return out, "" if out else said


def build_rung(avocet, rung, variables, temporary, place):
    """Why it could not be built, or nothing."""
    work = os.path.join(temporary, rung["id"])
    os.makedirs(work, exist_ok=True)
    types = os.path.join(temporary, "kernel_types.txt")
    if os.path.exists(types):
        os.symlink(types, os.path.join(work, "kernel_types.txt"))
    texts, why = sources_of(rung, variables, work)
    for number, (text, options) in enumerate(texts):
        target = os.path.join(place, f"{rung['id']}.{number}.o")
        done = subprocess.run([avocet, "build", text, "--frontend", "c", "-o", target, *options, *rung.get("options", [])],
                              capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        if done.returncode:
            return bcc_tools.last_error(done.stderr)
    return why


def build_here(folder, kernel, avocet, variables, names):
    place = os.path.join(folder, kernel)
    os.makedirs(place, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="avocet-ladder-") as temporary:
        os.environ["AVOCET_CACHE_DIRECTORY"] = os.path.join(temporary, "cache")
        if "BCC_RECORDER_TYPES" not in variables:
            with open(os.path.join(temporary, "kernel_types.txt"), "w") as types:
                subprocess.run(["bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"], stdout=types, check=True)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            wanted = rungs(names)
            built = list(workers.map(lambda rung: build_rung(avocet, rung, variables, temporary, place), wanted))
    with open(os.path.join(place, "built.json"), "w") as out:
        json.dump({rung["id"]: why for rung, why in zip(wanted, built)}, out)
    return 0


def build(kernel, folder, avocet, *names):
    import facts
    return facts.run_as(kernel, [sys.executable, os.path.abspath(__file__), "build-inside", kernel, folder, avocet, facts.fetch(kernel),
                                 *names])


def build_inside(kernel, folder, avocet, kernel_facts, *names):
    import bcc_objects
    import images
    variables = bcc_objects.recorder_variables(kernel, kernel_facts)
    variables["version"] = str(bcc_objects.version_code(images.fetch(kernel)))
    return build_here(folder, kernel, avocet, variables, names)


# ---- running ----

def is_notice(line):
    return line.startswith(("Attached ", '{"type": "attached_probes"'))


class Tracer:
    """An avocet that traces, and what it says; `attached` once it has said so."""

    def __init__(self, words, environment):
        self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      env=environment)
        self.attached, self.out, self.err = threading.Event(), [], []
        self.readers = [threading.Thread(target=self.read, args=pair) for pair in ((self.child.stdout, self.out), (self.child.stderr, self.err))]
        for reader in self.readers:
            reader.start()

    def read(self, stream, lines):
        for line in stream:
            lines.append(line)
            if is_notice(line):
                self.attached.set()
        if lines is self.err:
            self.attached.set()  # never, if it was not yet

    def finish(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
        try:
            self.child.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        for reader in self.readers:
            reader.join(5)
        return "".join(self.out), "".join(self.err)


def state_of_failure(err):
    if "refused by the kernel's verifier" in err:
        return "compiled"
    return "loaded" if "cannot attach" in err else "compiled"


def trace(program, rung, target, environment, attached_to):
    """(state, why, output)"""
    words = [program, "run", target, *rung.get("args", [])]
    words += ["-p", str(attached_to.pid)] if attached_to and rung.get("of_server") else []
    words += ["--", *rung["values"]] if "values" in rung else []
    tracer = Tracer(words, environment)
    try:
        tracer.attached.wait(LIMIT_S)
        attached = any(map(is_notice, [*tracer.err, *tracer.out]))
        if attached:
            work = subprocess.run(["bash", "-euc", rung["workload"]], env=environment, capture_output=True, text=True, timeout=LIMIT_S * 2,
                                  stdin=subprocess.DEVNULL, cwd=environment["TMP"])
            if work.returncode:
                return "attached", f"the workload ended with {work.returncode}: {work.stderr.strip()[-200:]}", ""
            time.sleep(rung.get("linger_s", 0) * TIME_SCALE)
    except subprocess.TimeoutExpired:
        return "attached", "the workload did not end", ""
    finally:
        out, err = tracer.finish()
    if not attached:
        return state_of_failure(err), bcc_tools.last_error(err) if err else "nothing was attached", out
    missing = [pattern for pattern in rung["expect"] if not re.search(pattern, out, re.M)]
    missing += [code for code in rung.get("expect_py", []) if not eval(code, {"out": out, "re": re, "json": json})]
    if missing:
        return "attached", "the output lacks /" + "/, /".join(missing) + "/", out
    return "checked", "", out


def run_rung(program, rung, target, build_folder):
    with tempfile.TemporaryDirectory(prefix="avocet-ladder-") as place:
        environment = {**os.environ, "TMP": place, "WORKLOAD": os.path.join(build_folder, "tests/workload"), "HERE": HERE,
                       "BUILD": build_folder, "SOURCE": SOURCE, "AVOCET_CACHE_DIRECTORY": os.path.join(place, "cache")}
        server = None
        try:
            if "prepare" in rung:
                subprocess.run(["bash", "-euc", rung["prepare"]], env=environment, check=True, cwd=place, capture_output=True,
                               timeout=LIMIT_S * 2)
            if "server" in rung:
                server = subprocess.Popen(["bash", "-euc", "exec " + rung["server"]], env=environment, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, text=True, cwd=place)
                environment["SAID"] = server.stdout.readline().strip()
            return trace(program, rung, target, environment, server)
        except subprocess.CalledProcessError as e:
            return "compiled", f"could not be prepared: {e.stderr.decode(errors='replace').strip()[-200:]}", ""
        finally:
            if server:
                server.stdin.close()
                server.kill()
                server.wait()


def run(kernel, folder, avocet, build_folder, results, *names):
    place, states, known, passed = os.path.join(folder, kernel), {}, expected(), True
    with open(os.path.join(place, "built.json")) as f:
        built = json.load(f)
    with tempfile.TemporaryDirectory(prefix="avocet-tools-") as installed:
        program = portable_tools.install_without_frontends(avocet, build_folder, installed)
        for rung in rungs(names):
            started, name = time.monotonic(), rung["id"]
            state, why, out = "", built.get(name, "was not built"), ""
            for target in sorted(glob.glob(os.path.join(place, f"{name}.*.o"))) if not why else ():
                state, why, out = run_rung(program, rung, target, build_folder)
                if state != "checked":
                    break
            states[name] = [state, why]
            good = report(kernel, rung, state, why, known, results, time.monotonic() - started)
            if not good and out:
                print("\n".join([*out.splitlines()[:20], *out.splitlines()[-20:]]), flush=True)
            passed = good and passed
    with open(os.path.join(folder, f"{kernel}.json"), "w") as out:
        json.dump(states, out)
    return 0 if passed else 1


def report(kernel, rung, state, why, known, results, seconds):
    """One line, here and among the results of the attach tests; true if it is as expected."""
    wanted, reason = known.get((kernel, rung["id"]), ("checked", ""))
    result = "fail" if state != wanted else "pass" if state == "checked" else "skip"
    if result == "fail" and reason:
        why = f"{why}; `expected` says {wanted}: {reason}"
    name = f"ladder {rung['id']} {rung['title']} on {kernel}"
    print(f"{result.upper()} {name}: {state or 'not compiled'}" + (f": {why}" if why else ""), flush=True)
    with open(results, "a") as out:
        out.write(json.dumps({"file": "ladder", "name": name, "probes": [], "result": result,
                              "why": f"{reason} ({why})" if result == "skip" else why, "seconds": round(seconds, 2)}) + "\n")
    return result != "fail"


def table(folder):
    kernels = [k for k in KERNELS if os.path.exists(os.path.join(folder, f"{k}.json"))]
    found = {}
    for kernel in kernels:
        with open(os.path.join(folder, f"{kernel}.json")) as f:
            found[kernel] = json.load(f)
    reasons = {}
    known = expected()
    heads = ["rung".ljust(5), "".ljust(16), *(f"{k:31}" for k in kernels)]
    lines = [" ".join(heads).rstrip(), " ".join(["".ljust(5), "".ljust(16), *(["compiled loaded attached output"] * len(kernels))])]
    for rung in rungs():
        if not any(rung["id"] in states for states in found.values()):
            continue
        cells = []
        for kernel in kernels:
            state, why = found[kernel].get(rung["id"], ["", "not run"])
            reached = STATES.index(state)
            marks = "".join(f"{('yes' if reached >= at else '-'):{width}}" for at, width in ((1, 9), (2, 7), (3, 9), (4, 3)))
            why = known.get((kernel, rung["id"]), ("", why))[1] if state != "checked" else ""
            cells.append((marks + (f"[{reasons.setdefault(why, len(reasons) + 1)}]" if why else "")).ljust(31))
        lines.append(" ".join([rung["id"].ljust(5), rung["title"].ljust(16), *cells]).rstrip())
    lines += [f"[{number}] {re.sub(r'/tmp/[^ ]*/', '', why)}" for why, number in reasons.items()]
    text = "\n".join(lines) + "\n"
    with open(os.path.join(folder, "table.txt"), "w") as out:
        out.write(text)
    return text


def host(avocet, build_folder, *names):
    avocet, build_folder = os.path.abspath(avocet), os.path.abspath(build_folder)
    if os.geteuid() != 0:
        print("skipped: needs root")
        return 77
    folder = os.path.join(build_folder, "attach-results/ladder")
    build_here(folder, "host", avocet, {}, names)
    results = os.path.join(build_folder, "attach-results/host.ladder.json")
    open(results, "w").close()
    status = run("host", folder, avocet, build_folder, results, *names)
    print(table(folder), end="")
    return status


def main():
    verbs = {"host": host, "build": build, "build-inside": build_inside, "run": run}
    verb, *rest = sys.argv[1:] or ["help"]
    if verb in verbs:
        return verbs[verb](*rest)
    if verb == "table" and len(rest) == 1:
        print(table(rest[0]), end="")
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
