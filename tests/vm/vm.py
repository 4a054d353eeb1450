#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Emulated machines with other kernels: what `./dev vm` runs.

  vm.py fetch [KERNEL|all]        only get the images
  vm.py run KERNEL -- COMMAND     the command in a machine; its output and exit status; 125 when the machine fails
  vm.py shell KERNEL              a shell there
  vm.py test [KERNEL|all] [TEXT]  the attach tests (those with TEXT in their name) in each machine, then the table of probe kinds
  vm.py back                      what the tests built in newer machines, run in older ones
KERNEL: 6.1 or 6.12. BUILD=DIRECTORY: the build tree to test, build/release unless told.
Exit status of test: 0 all well, 1 something failed or there is no such machine here
"""
import os
import subprocess
import sys

import attach_tests
import images
import machine


def kernels(name):
    if name == "all":
        return list(images.SERIES)
    if name not in images.SERIES:
        raise images.Unavailable(f"kernel '{name}': not one of {', '.join(images.SERIES)}")
    return [name]


def build_tree():
    return os.path.realpath(os.environ.get("BUILD", os.path.join(attach_tests.SOURCE, "build/release")))


def test(names, text):
    build = build_tree()
    try:
        passed = all([attach_tests.run(series, build, text) for series in names])
    except images.Unavailable as why:
        attach_tests.unavailable(names, build, str(why))
        raise
    if len(names) > 1 and not text:
        passed = attach_tests.back(build) and passed
        report = [sys.executable, os.path.join(images.HERE, "report.py"), build, "--incomplete"]
        passed = subprocess.run(report).returncode == 0 and passed
    return 0 if passed else 1


def main(arguments):
    verb, *rest = arguments or ["help"]
    try:
        if verb == "fetch":
            for series in kernels(rest[0] if rest else "all"):
                print(series, images.fetch(series))
            return 0
        if verb == "run" and len(rest) > 1:
            command = rest[2:] if rest[1] == "--" else rest[1:]
            return machine.run_command(kernels(rest[0])[0], command)
        if verb == "test":
            known = rest and (rest[0] in images.SERIES or rest[0] == "all")
            return test(kernels(rest.pop(0) if known else "all"), rest[0] if rest else "")
        if verb == "back":
            return 0 if attach_tests.back(build_tree()) else 1
        if verb == "shell" and len(rest) == 1:
            machine.Machine(kernels(rest[0])[0]).shell()
            return 0
    except images.Unavailable as why:
        print(f"vm: {why}", file=sys.stderr)
        if verb in ("test", "back"):
            print("vm: `./dev test -LE vm` leaves these tests out", file=sys.stderr)
        return 1 if verb in ("test", "back") else 125
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
