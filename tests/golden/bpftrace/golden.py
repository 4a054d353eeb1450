#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden messages of the bpftrace command: golden.py [--bless] AVOCET FILE.

A file holds cases: `--- script` (its first line may be `# title`), then `--- stderr` with every byte that is expected.
Scripts are compiled with --mode codegen, so nothing is attached. --bless writes what comes now.
"""
import os
import re
import subprocess
import sys
import tempfile


def main():
    arguments = [a for a in sys.argv[1:] if a != "--bless"]
    bless = "--bless" in sys.argv
    avocet, path = arguments
    if os.geteuid() != 0:
        print("skipped: not root, so the kernel's tracepoints cannot be read")
        return 77
    text = open(path).read()
    head, *cases = re.split(r"^--- script\n", text, flags=re.M)
    failed, written = 0, head
    with tempfile.TemporaryDirectory(prefix="avocet-golden-") as tmp:
        for case in cases:
            script, _, expected = case.partition("--- stderr\n")
            title, program = script.split("\n", 1)
            env = dict(os.environ, AVOCET_CACHE_DIRECTORY=tmp)
            for key in [k for k in env if k.startswith("BPFTRACE_")]:
                del env[key]
            done = subprocess.run([avocet, "bpftrace", "--mode", "codegen", "-e", program.rstrip("\n")],
                                  capture_output=True, text=True, timeout=60, env=env)
            actual = done.stderr + f"exit {done.returncode}\n"
            written += f"--- script\n{script}--- stderr\n{actual}\n"
            if actual.rstrip("\n") == expected.rstrip("\n"):
                print(f"PASS {title}")
            else:
                failed += 1
                print(f"FAIL {title}\n--- expected\n{expected}--- actual\n{actual}")
    if bless:
        open(path, "w").write(written)
        return 0
    if not cases:
        print("no cases")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
