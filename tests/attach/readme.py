#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every one-liner of the README compiles: readme.py AVOCET README."""
import re
import subprocess
import sys

avocet, readme = sys.argv[1:]
programs = re.findall(r"^avocet run -e '(.*?)'", open(readme).read(), re.M | re.S)
if len(programs) < 4:
    sys.exit(f"found only {len(programs)} one-liners")
failed = 0
for program in programs:
    done = subprocess.run([avocet, "check", "-e", program], capture_output=True, text=True, timeout=60)
    if done.returncode:
        failed += 1
        print(f"{program}\n{done.stderr}")
print(f"{len(programs) - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)
