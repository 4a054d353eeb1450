#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C texts of the tools that Debian's bpfcc-tools installs, on the machines' kernels.

Clang would take minutes in an emulated machine, so the host compiles, once for each kernel, in a mount namespace where that kernel's
types, tracepoints and build options (facts.py) stand over its own; the machine loads and attaches the objects with an
installation that has no frontend plugins. On 6.1 the tools write their programs for kprobes, on 6.12 for fentry where they can.

  FOLDER/KERNEL/TOOL.N.o      what was built; FOLDER/KERNEL/built.json: {tool: ["", ""] or [stage that failed, why]}
  FOLDER/KERNEL.json          {tool: [state, why]}, also of the host (tests/differential/bcc_tools.py)
  FOLDER/table.txt            all of them

bcc_objects.py build SERIES FOLDER AVOCET [TOOL...]        on the host, as root
bcc_objects.py load SERIES FOLDER AVOCET RESULTS           inside the machine: one line for each tool in RESULTS
bcc_objects.py table FOLDER
`bcc_expected` names what is known to fail and why: KERNEL TOOL STAGE reason. Exit status: 0 as expected, 1 not
"""
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [os.path.join(HERE, "../attach"), os.path.join(HERE, "../differential")]
import bcc_tools  # noqa: E402
import portable_tools  # noqa: E402

FENTRY = ("6.12",)  # where the tools may write their programs for fentry
KERNELS = ("host", "6.12", "6.1")


def expected():
    """{(kernel, tool): (stage, reason)}"""
    with open(os.path.join(HERE, "bcc_expected")) as lines:
        words = [line.split(maxsplit=3) for line in lines if line.strip() and not line.startswith("#")]
    return {(kernel, tool): (stage, reason.strip()) for kernel, tool, stage, reason in words}


def version_code(image):
    a, b, c = (int(n) for n in re.match(r"(\d+)\.(\d+)\.(\d+)", os.path.basename(image).removeprefix("linux-image-")).groups())
    return (a << 16) + (b << 8) + min(c, 255)


def recorder_variables(series, kernel_facts):
    found = {"BCC_RECORDER_TYPES": os.path.join(kernel_facts, "types.txt"), "BCC_RECORDER_EVENTS": os.path.join(kernel_facts, "events"),
             "BCC_RECORDER_FUNCTIONS": os.path.join(kernel_facts, "functions"), "BCC_RECORDER_SYMBOLS": os.path.join(kernel_facts, "symbols")}
    return {**found, "BCC_RECORDER_KFUNC": "1"} if series in FENTRY else found


def build(series, folder, avocet, names):
    import facts
    import images
    return facts.run_as(series, [sys.executable, os.path.abspath(__file__), "build-inside", series, folder, avocet, facts.fetch(series),
                                 str(version_code(images.fetch(series))), *names])


def build_inside(series, folder, avocet, kernel_facts, version, *names):
    place, built = os.path.join(folder, series), {}
    os.makedirs(place, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="avocet-bcc-") as temporary:
        os.environ["AVOCET_CACHE_DIRECTORY"] = temporary
        variables = recorder_variables(series, kernel_facts)

        def build_tool(name, tool):
            texts, said = bcc_tools.record(tool, name, temporary, variables)
            built[name] = ["no text", said] if not texts else ["", ""]
            for number, text in enumerate(texts):
                if not built[name][0]:
                    built[name] = build_text(avocet, text, os.path.join(place, f"{name}.{number}.o"), version)
            print(f"{built[name][0] or 'built':8} {name:16} {built[name][1]}", flush=True)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            tools = bcc_tools.installed().items()
            list(workers.map(lambda tool: build_tool(*tool), [tool for tool in tools if not names or tool[0] in names]))
    with open(os.path.join(place, "built.json"), "w") as out:
        json.dump(built, out)
    return 0


def build_text(avocet, text, target, version):
    cflags, options = bcc_tools.options_of(text)
    bcc_tools.with_defines(text, cflags, f"#undef LINUX_VERSION_CODE\n#define LINUX_VERSION_CODE {version}\n")
    done = subprocess.run([avocet, "build", text, "--frontend", "c", "-o", target, *options], capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL)
    return ["", ""] if done.returncode == 0 else ["compile", bcc_tools.last_error(done.stderr)]


def load(series, folder, avocet, results):
    place, states, known, passed = os.path.join(folder, series), {}, expected(), True
    if not os.path.exists(os.path.join(place, "built.json")):
        return 0
    with open(os.path.join(place, "built.json")) as f:
        built = json.load(f)
    with tempfile.TemporaryDirectory(prefix="avocet-tools-") as installed:
        bare = portable_tools.install_without_frontends(avocet, os.path.dirname(os.path.dirname(avocet)), installed)
        for name, (stage, why) in sorted(built.items()):
            started = time.monotonic()
            for target in sorted(glob.glob(os.path.join(place, f"{name}.*.o"))) if not stage else ():
                why = portable_tools.run([bare, "run", target, "-q", "--dry-run"])
                stage, why = ("", "") if why[0] == 0 else ("load", bcc_tools.last_error(why[1]))
                if stage:
                    break
            states[name] = [f"{stage} fails" if stage in ("compile", "load") else stage or "attached", why]
            one = verdict(series, name, stage, why, known)
            one["seconds"] = round(time.monotonic() - started, 2)
            passed = passed and one["result"] != "fail"
            print(f"{one['result'].upper()} {one['name']}" + (f": {one['why']}" if one["why"] else ""), flush=True)
            with open(results, "a") as out:
                out.write(json.dumps(one) + "\n")
    with open(os.path.join(folder, f"{series}.json"), "w") as out:
        json.dump(states, out)
    return 0 if passed else 1


def verdict(series, name, stage, why, known):
    """A result line as those of the attach tests."""
    wanted, reason = known.get((series, name), ("", ""))
    result = "pass" if not stage and not wanted else "skip" if stage == wanted or stage == "no text" else "fail"
    if not stage and wanted:
        why = f"passes, but is listed in bcc_expected: {reason}"
    elif result == "skip" and wanted:
        why = f"{reason} ({why})"
    return {"file": "bcc_objects", "name": f"BCC's {name} built for {series}", "probes": [], "result": result, "why": why}


def table(folder):
    rows, kernels = {}, [k for k in KERNELS if os.path.exists(os.path.join(folder, f"{k}.json"))]
    reasons = {}
    for kernel in kernels:
        with open(os.path.join(folder, f"{kernel}.json")) as f:
            for tool, (state, why) in json.load(f).items():
                note = f" [{reasons.setdefault(why, len(reasons) + 1)}]" if why else ""
                rows.setdefault(tool, {})[kernel] = state + note
    lines = [" ".join(["tool".ljust(16), *(k.ljust(20) for k in kernels)]).rstrip()]
    lines += [" ".join([tool.ljust(16), *(rows[tool].get(k, "").ljust(20) for k in kernels)]).rstrip() for tool in sorted(rows)]
    lines += [f"[{number}] {re.sub(r'/tmp/[^ ]*/', '', why)}" for why, number in reasons.items()]
    text = "\n".join(lines) + "\n"
    with open(os.path.join(folder, "table.txt"), "w") as out:
        out.write(text)
    return text


def main():
    verb, *rest = sys.argv[1:] or ["help"]
    if verb == "build" and len(rest) >= 3:
        return build(rest[0], rest[1], rest[2], rest[3:])
    if verb == "build-inside":
        return build_inside(*rest)
    if verb == "load" and len(rest) == 4:
        return load(*rest)
    if verb == "table" and len(rest) == 1:
        print(table(rest[0]), end="")
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
