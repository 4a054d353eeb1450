#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Emulated machines with other kernels: what `./dev vm` runs.

  vm.py fetch [KERNEL|all]        only get the images
  vm.py run KERNEL -- COMMAND     the command in a machine; its output and exit status; 125 when the machine fails
  vm.py shell KERNEL              a shell there
KERNEL: 6.1 or 6.12
"""
import sys

import images
import machine


def kernels(name):
    if name == "all":
        return list(images.SERIES)
    if name not in images.SERIES:
        raise images.Unavailable(f"kernel '{name}': not one of {', '.join(images.SERIES)}")
    return [name]


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
        if verb == "shell" and len(rest) == 1:
            machine.Machine(kernels(rest[0])[0]).shell()
            return 0
    except images.Unavailable as why:
        print(f"vm: {why}", file=sys.stderr)
        return 125
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
