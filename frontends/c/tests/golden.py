#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden tests of frontend.c: what `avocet check` says of C texts, word for word.

A file of tests/golden/c holds cases, each `=== NAME.c` (or NAME.bpf.c) followed by sections: `--- input`, then if wanted
`--- sidecar`, `--- file NAME` (a file beside it) and `--- args` (of the command), then `--- error`, the expected messages
without the folder of the source. Types are those of the running kernel: cases name what every kernel since 6.1 has.

golden.py AVOCET DIRECTORY [--bless]
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile


def read_cases(path):
    cases, section = [], None
    for line in open(path):
        if line.startswith("=== "):
            cases.append((line[4:].strip(), {}))
            section = None
        elif line.startswith("--- "):
            section = line[4:].strip()
            cases[-1][1][section] = ""
        elif section:
            cases[-1][1][section] += line
    return cases


def run(avocet, name, sections):
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, name)
        files = {name: sections["input"]}
        if "sidecar" in sections:
            files[name.split(".")[0] + ".toml"] = sections["sidecar"]
        for section, text in sections.items():
            if section.startswith("file "):
                files[section[5:]] = text
        for file, text in files.items():
            open(os.path.join(folder, file), "w").write(text)
        command = [avocet, "check", source] + shlex.split(sections.get("args", "").replace("{folder}", folder))
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        said = done.stderr.replace(folder + "/", "")
        return re.sub(r"\d+ bits\)", "N bits)", said) + (f"status {done.returncode}\n" if done.returncode else "")


def main():
    avocet, directory = sys.argv[1:3]
    bless, failed, count = "--bless" in sys.argv, 0, 0
    for file in sorted(os.listdir(directory)):
        path = os.path.join(directory, file)
        head = open(path).read().split("=== ", 1)[0]
        cases = read_cases(path)
        for name, sections in cases:
            count += 1
            got = run(avocet, name, sections)
            if got != sections.get("error", "") and not bless:
                failed += 1
                print(f"{file}: {name}: expected\n{sections.get('error', '')}got\n{got}")
            sections["error"] = got
        if bless:
            with open(path, "w") as out:
                out.write(head)
                for name, sections in cases:
                    out.write(f"=== {name}\n")
                    for section, text in sections.items():
                        out.write(f"--- {section}\n{text}")
    print(f"{count} cases, {failed} failed")
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
