# SPDX-License-Identifier: Apache-2.0
"""The attach tests inside a machine: all blocks in one boot, and another boot for the rest after a crash.

Their results are JSON lines (tests/attach/runner.py) in BUILD/attach-results/KERNEL.json, where report.py reads them. The test
programs of the script compiler that run what they lower in the kernel come after them, the portable objects (objects.py), C tools
built for each kernel (c_objects.py) and the C texts of BCC's tools (bcc_objects.py).
"""
import glob
import json
import os
import shlex
import shutil
import sys
import tempfile

import bcc_objects
import c_objects
import images
import machine
import objects

sys.path.insert(0, os.path.join(images.HERE, "../ladder"))
import ladder  # noqa: E402

SOURCE = os.path.realpath(os.path.join(images.HERE, "../.."))
LOWERING = ["test_dsl_lower"]  # of BUILD/tests: load and run programs with BPF_PROG_RUN
TIME_SCALE = 10  # how much slower than the host, for time-outs only
QUIET_LIMIT_S = 420
MOST_BOOTS = 4


def results_folder(build):
    return os.path.join(build, "attach-results")


def objects_folder(build):
    return os.path.join(results_folder(build), "objects")


def job(series, build, share_name, filter_text, files):
    """The script inside: its exit status is 1 if anything failed."""
    python = os.path.realpath(sys.executable)
    words = [python, os.path.join(SOURCE, "tests/attach/runner.py"), "--alone", "--skip-done", "--results", share_name,
             os.path.join(build, "bin/avocet"), build, SOURCE, *files]
    lines = [f"export TIME_SCALE={TIME_SCALE} ATTACH_ONLY={shlex.quote(filter_text)}", "failed=0",
             shlex.join(words) + "; [ $? = 1 ] && failed=1"]
    if not filter_text:
        for name in LOWERING:
            program = os.path.join(build, "tests", name)
            if os.path.exists(program):
                lines.append(f"{shlex.quote(program)} --gtest_brief=1 --gtest_output=json:/run/avocet-vm/{name}.json || failed=1")
        lines.append(shlex.join([python, os.path.join(images.HERE, "objects.py"), share_name, "/run/avocet-vm/objects", series,
                                 *tools(build)]) + " || failed=1")
        lines.append(shlex.join([python, os.path.join(images.HERE, "c_objects.py"), "run", "/run/avocet-vm/c", series, *tools(build),
                                 share_name]) + " || failed=1")
        lines.append(shlex.join([python, os.path.join(images.HERE, "bcc_objects.py"), "load", series, "/run/avocet-vm/bcc",
                                 tools(build)[0], share_name]) + " || failed=1")
        lines.append(ladder_inside(series, build, share_name) + " || failed=1")
    elif filter_text == "ladder":
        lines = lines[:2] + [ladder_inside(series, build, share_name) + " || failed=1"]
    return "\n".join([*lines, "exit $failed", ""])


def ladder_inside(series, build, share_name):
    return shlex.join([os.path.realpath(sys.executable), os.path.join(SOURCE, "tests/ladder/ladder.py"), "run", series, "/run/avocet-vm/ladder",
                       tools(build)[0], build, share_name])


def tools(build):
    return os.path.join(build, "bin/avocet"), os.path.join(build, "tests/workload")


def bring_objects(build, share):
    """Into the share: what was built on other kernels, and on the host anew (by root, who sees its events). True if that went well."""
    kept = objects_folder(build)
    os.makedirs(kept, exist_ok=True)
    if os.geteuid() != 0:
        shutil.copytree(kept, os.path.join(share, "objects"))
        return True
    objects.build_tools(kept, "host", tools(build)[0])
    objects.build_programs(kept, *tools(build))
    host = objects.entry("object built on host", lambda: objects.build(tools(build)[0], os.path.join(kept, "host.o")))
    shutil.copytree(kept, os.path.join(share, "objects"))
    return host["result"] == "pass"


def bring_c(build, share, results):
    """C tools, built for every kernel and run on the host; by root, who can put another kernel's types in the place of its own."""
    if os.geteuid() != 0:
        return True
    kept = os.path.join(results_folder(build), "c")
    shutil.rmtree(kept, ignore_errors=True)
    built = c_objects.build(kept, tools(build)[0])
    shutil.copytree(kept, os.path.join(share, "c"))
    return c_objects.run(kept, "host", *tools(build), results) and built


def bring_bcc(series, build, share):
    """The C texts of BCC's tools, compiled for that kernel (by root, who can put that kernel's types in the place of its own)."""
    kept = os.path.join(results_folder(build), "bcc")
    os.makedirs(kept, exist_ok=True)
    built = os.geteuid() != 0 or bcc_objects.build(series, kept, tools(build)[0], []) == 0
    shutil.copytree(kept, os.path.join(share, "bcc"))
    return built


def bring_ladder(series, build, share):
    """The rungs of the ladder, compiled for that kernel."""
    kept = os.path.join(results_folder(build), "ladder")
    os.makedirs(kept, exist_ok=True)
    built = os.geteuid() != 0 or ladder.build(series, kept, tools(build)[0]) == 0
    shutil.copytree(kept, os.path.join(share, "ladder"))
    return built


def take_ladder(series, build, share):
    came = os.path.join(share, "ladder", f"{series}.json")
    if os.path.exists(came):
        kept = os.path.join(results_folder(build), "ladder")
        shutil.copy(came, kept)
        print(ladder.table(kept))


def take_bcc(series, build, share):
    """The table of BCC's tools, with what this machine made of them."""
    came = os.path.join(share, "bcc", f"{series}.json")
    if os.path.exists(came):
        kept = os.path.join(results_folder(build), "bcc")
        shutil.copy(came, kept)
        print(bcc_objects.table(kept))


def take_objects(series, build, share, results):
    """What the machine built is kept for other kernels, and runs on the host if root is here."""
    built = os.path.join(share, "objects", f"{series}.o")
    if not os.path.exists(built):
        return False
    kept = objects_folder(build)
    shutil.copy(built, kept)
    shutil.copytree(os.path.join(share, "objects/tools", series), os.path.join(kept, "tools", series), dirs_exist_ok=True)
    if os.geteuid() != 0:
        return True
    ran = objects.run_from(results, series, "host", *tools(build), kept)
    loaded = objects.load_programs(results, kept, "host", tools(build)[0])
    return objects.load_tools(results, kept, series, "host", tools(build)[0], build) and ran and loaded


def read_lines(path):
    return [json.loads(line) for line in open(path)] if os.path.exists(path) else []


def unfinished(path):
    """The block that was under way when the machine ended: its first line is there, its second is not."""
    lines = read_lines(path)
    return lines[-1] if lines and "result" not in lines[-1] else None


def append(path, entry):
    with open(path, "a") as f:
        f.write(json.dumps(entry) + "\n")


def run(series, build, filter_text=""):
    """Runs them all; True if nothing failed."""
    target = os.path.join(results_folder(build), f"{series}.json")
    os.makedirs(results_folder(build), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="avocet-vm-") as share:
        results = os.path.join(share, "results.json")
        brought = bool(filter_text) or all([bring_objects(build, share), bring_c(build, share, results),
                                                  bring_bcc(series, build, share)])
        if not filter_text or filter_text == "ladder":
            brought = bring_ladder(series, build, share) and brought
        passed = boots(series, build, filter_text, share) and brought
        for name in LOWERING:
            add_lowering(results, os.path.join(share, f"{name}.json"), name)
        take_ladder(series, build, share)
        if not filter_text:
            take_bcc(series, build, share)
            passed = take_objects(series, build, share, results) and passed
        if not filter_text and os.path.exists(results):
            shutil.copy(results, target)
        summary(series, [entry for entry in read_lines(results) if "result" in entry])
    return passed


def back(build):
    """What newer kernels built, run on the older ones; their lines join the results of the older. True if nothing failed."""
    passed, kept = True, objects_folder(build)
    for series in images.SERIES:
        newer = [other for other in images.SERIES if tuple(map(int, other.split("."))) > tuple(map(int, series.split(".")))]
        if not newer:
            continue
        with tempfile.TemporaryDirectory(prefix="avocet-vm-") as share:
            for name in newer:
                if not os.path.exists(os.path.join(kept, f"{name}.o")):
                    print(f"vm {series}: nothing was built on {name}: vm.py test {name}", flush=True)
                    return False
            shutil.copytree(kept, os.path.join(share, "objects"))
            words = [os.path.realpath(sys.executable), os.path.join(images.HERE, "objects.py"), "/run/avocet-vm/results.json",
                     "/run/avocet-vm/objects", series, *tools(build), *newer]
            outcome = machine.Machine(series).run(shlex.join(words) + "\n", share, QUIET_LIMIT_S, machine.to_file(sys.stdout),
                                                  machine.to_file(sys.stderr))
            if outcome.status is None:
                print(f"vm {series}: {outcome.ending}", flush=True)
            passed = passed and outcome.status == 0
            for one in read_lines(os.path.join(share, "results.json")):
                append(os.path.join(results_folder(build), f"{series}.json"), one)
    return passed


def unavailable(names, build, why):
    """Says in the results that these kernels could not be had, so that the table can."""
    os.makedirs(results_folder(build), exist_ok=True)
    for series in names:
        with open(os.path.join(results_folder(build), f"{series}.json"), "w") as f:
            f.write(json.dumps({"unavailable": why}) + "\n")


def boots(series, build, filter_text, share):
    results = os.path.join(share, "results.json")
    files = sorted(glob.glob(os.path.join(SOURCE, "tests/attach/*.test")))
    text = job(series, build, "/run/avocet-vm/results.json", filter_text, files)
    passed = True
    for _ in range(MOST_BOOTS):
        one = machine.Machine(series)
        outcome = one.run(text, share, QUIET_LIMIT_S, machine.to_file(sys.stdout), machine.to_file(sys.stderr))
        for warning in outcome.warnings:
            print(f"vm {series}: the kernel warned: {warning}")
        if outcome.status is not None:
            return passed and outcome.status == 0
        print(f"vm {series}: {outcome.ending}", flush=True)
        culprit = unfinished(results)
        if not culprit:
            return False
        passed = False
        append(results, {**culprit, "result": "fail", "why": f"the machine did not survive it: {outcome.ending}", "seconds": 0})
        print(f"FAIL {culprit['name']}: the machine did not survive it", flush=True)
    return False


def add_lowering(results, report, name):
    """GoogleTest's own report as result lines."""
    if not os.path.exists(report):
        return
    with open(report) as f:
        for suite in json.load(f)["testsuites"]:
            for test in suite["testsuite"]:
                failures = "\n".join(failure["failure"] for failure in test.get("failures", []))
                result = "fail" if failures else "skip" if test["result"] == "SKIPPED" else "pass"
                append(results, {"file": name, "name": f"{suite['name']}.{test['name']}", "probes": [], "result": result,
                                 "why": failures, "seconds": float(test["time"].rstrip("s"))})


def summary(series, entries):
    counts = {result: sum(entry["result"] == result for entry in entries) for result in ("pass", "fail", "skip")}
    print(f"vm {series}: {counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped", flush=True)
    for entry in entries:
        if entry["result"] in ("fail", "skip"):
            why = entry["why"].splitlines()[0] if entry["why"] else ""
            print(f"  {entry['result']} {entry['file']}: {entry['name']}: {why}", flush=True)
