#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The scripts that Debian's bpftrace package installs in /usr/sbin as portable objects: each is built, and loaded by an
installation that has no frontend plugins (no compiler). Prints a table: tool, built, loaded, CPU time and memory of the start, why not.

The scripts are read from the installed package, nothing of them is kept here. What this machine lacks may be refused by name
(kernel functions, functions of installed libraries, kernel symbols, fields of structs); anything else is a failure.

portable_tools.py AVOCET BUILD            builds and loads here
Exit status: 0 all well, 1 something failed, 77 no script is installed or nobody is root.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

# Of the machine, not of the language: what only another kernel or another installed library could mend.
MISSING_WHEN_BUILT = [
    r"no matches for '[^']*'",
    r"struct cfs_rq: has no field 'nr_running'",  # nr_queued since Linux 6.15
]
MISSING_WHEN_LOADED = [
    r"this kernel has no k(ret)?probes",
    r"k(ret)?probe '[^']*': (no such function in this kernel|no traceable function of this kernel matches)",
    r"cannot attach 'k(ret)?probe:[^']*'",
    r"uprobe '[^']*': no such function in the file",
    r"kernel symbol '[^']*': not found on this machine",
    r"tracepoint '[^']*': no such",
    r"no matches for '[^']*'",
    r"this machine's probe has none of that name",
    r"session: error: the program needs the kernel feature",
    r"failed to resolve CO-RE relocation <byte_off> \[\d+\] struct cfs_rq\S*\.nr_running",  # nr_queued since Linux 6.15
]

LIMIT_S = 120


def scripts():
    return sorted(glob.glob("/usr/sbin/*.bt"))


def name_of(path):
    return os.path.splitext(os.path.basename(path))[0]


def errors(text):
    return [line for line in text.splitlines() if re.search(r"(^|: )error: ", line)]


def run(words):
    """(exit status, stderr, CPU ms, MiB) of a command."""
    with tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen(["timeout", str(LIMIT_S), *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = 0  # it has been waited for
        err.seek(0)
        text = err.read()
    return os.waitstatus_to_exitcode(status), text, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024


def install_without_frontends(avocet, build, folder):
    """bin/avocet and plugins/, as they are installed, but for what compiles."""
    os.makedirs(os.path.join(folder, "bin"))
    program = shutil.copy(avocet, os.path.join(folder, "bin"))
    for plugin in glob.glob(os.path.join(build, "plugins/*/plugin.toml")):
        source = os.path.dirname(plugin)
        if os.path.basename(source).startswith("frontend."):
            continue
        target = os.path.join(folder, "plugins", os.path.basename(source))
        os.makedirs(target)
        for path in [plugin, *glob.glob(os.path.join(source, "*.so"))]:
            shutil.copy(path, target)
    return program


def build_one(avocet, script, target):
    """"" or why not."""
    status, text, _, _ = run([avocet, "build", script, "--unsafe", "-o", target])
    return "" if status == 0 else (errors(text) or [f"exit status {status}: {text}"])[0]


def load_one(program, target):
    """("" or why not, CPU ms, MiB): up to the moment when everything is attached."""
    status, text, cpu_ms, mib = run([program, "run", target, "--unsafe", "--dry-run"])
    why = "" if status == 0 else (errors(text) or [f"exit status {status}: {text}"])[0]
    return why, cpu_ms, mib


def tolerated(why, patterns):
    return any(re.search(pattern, why) for pattern in patterns)


def row(tool, built, loaded, cost, why):
    print(f"{tool:15} {built:8} {loaded:8} {cost:18} {why}".rstrip(), flush=True)


def check(program, tool, target, built_why):
    """One line of the table; True if all is well."""
    if built_why:
        fine = tolerated(built_why, MISSING_WHEN_BUILT)
        row(tool, "missing" if fine else "FAIL", "", "", built_why)
        return fine
    why, cpu_ms, mib = load_one(program, target)
    fine = not why or tolerated(why, MISSING_WHEN_LOADED)
    row(tool, "ok", "ok" if not why else "missing" if fine else "FAIL", f"{cpu_ms:.0f} ms {mib:.0f} MiB", why)
    return fine


def main():
    avocet, build = sys.argv[1:]
    if not scripts() or os.geteuid() != 0:
        print("skipped: " + ("needs root" if scripts() else "the package bpftrace is not installed"))
        return 77
    row("tool", "built", "loaded", "start", "why not, on " + os.uname().release)
    with tempfile.TemporaryDirectory(prefix="avocet-tools-") as folder:
        program = install_without_frontends(avocet, build, folder)
        if run([program, "run", scripts()[0], "--dry-run"])[0] == 0:
            print("the installation still compiles")
            return 1
        fine = True
        for script in scripts():
            target = os.path.join(folder, name_of(script) + ".o")
            fine = check(program, name_of(script), target, build_one(avocet, script, target)) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
