#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every script that Debian's bpftrace package installs in /usr/sbin compiles (dsl 1.8: headers, kernel types).

The scripts are read from the installed package, nothing of them is kept here. What this machine lacks may be refused
by name (kernel functions to probe, functions of installed libraries, kernel symbols); anything else is a failure.

Exit status: 0 all compiled, 1 one did not, 77 none is installed.
"""
import glob
import re
import subprocess
import sys

# What only another machine could mend.
OF_THIS_MACHINE = [
    r"no provider for the kind 'k(ret)?probe'",
    r"'k(ret)?probe:[^']*'.*(no such kernel function|kernel|not supported|refused)",
    r"(provider|feature|probe|kernel).*k(ret)?probe",
    r"k(ret)?probe '[^']*': (no such function in this kernel|no traceable function of this kernel matches)",
    r"uprobe '[^']*': no such function in the file",
    r"kernel symbol '[^']*': not found",
    r"struct cfs_rq: has no field 'nr_running'",  # nr_queued since Linux 6.15
    r"no matches for '(kprobe|kretprobe|uprobe|uretprobe|tracepoint|t):",
]

def expected(line):
    return any(re.search(p, line) for p in OF_THIS_MACHINE)


def main():
    avocet = sys.argv[1]
    scripts = sorted(glob.glob("/usr/sbin/*.bt"))
    if not scripts:
        print("skipped: the package bpftrace is not installed")
        return 77
    failures = 0
    for script in scripts:
        run = subprocess.run([avocet, "check", script], capture_output=True, text=True, timeout=120)
        errors = [l for l in run.stderr.splitlines() if re.search(r"(^|: )error: ", l, re.I)]
        other = [l for l in errors if not expected(l)]
        if run.returncode != 0 and not errors:
            other = [f"exit status {run.returncode} without an error: {run.stderr}"]
        state = "FAIL" if other else "refused here" if errors else "ok"
        print(f"{state:13} {script}")
        for line in other or errors:
            print("   ", line)
        failures += bool(other)
    return 1 if failures else 0


sys.exit(main())
