# SPDX-License-Identifier: Apache-2.0
"""The attach tests inside a machine: all blocks in one boot, and another boot for the rest after a crash.

Their results are JSON lines (tests/attach/runner.py) in BUILD/attach-results/KERNEL.json, where report.py reads them. The test
programs of the script compiler that run what they lower in the kernel come after them, and the portable objects (objects.py).
"""
import glob
import json
import os
import shlex
import shutil
import sys
import tempfile

import images
import machine
import objects

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
    return "\n".join([*lines, "exit $failed", ""])


def tools(build):
    return os.path.join(build, "bin/avocet"), os.path.join(build, "tests/workload")


def bring_objects(build, share):
    """Into the share: what was built on other kernels, and on the host anew (by root, who sees its events). True if that went well."""
    kept = objects_folder(build)
    os.makedirs(kept, exist_ok=True)
    if os.geteuid() != 0:
        shutil.copytree(kept, os.path.join(share, "objects"))
        return True
    host = objects.entry("object built on host", lambda: objects.build(tools(build)[0], os.path.join(kept, "host.o")))
    shutil.copytree(kept, os.path.join(share, "objects"))
    return host["result"] == "pass"


def take_objects(series, build, share, results):
    """What the machine built is kept for other kernels, and runs on the host if root is here."""
    built = os.path.join(share, "objects", f"{series}.o")
    if not os.path.exists(built):
        return False
    shutil.copy(built, objects_folder(build))
    return os.geteuid() != 0 or objects.run_from(results, series, "host", *tools(build), objects_folder(build))


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
        brought = bool(filter_text) or bring_objects(build, share)
        passed = boots(series, build, filter_text, share) and brought
        for name in LOWERING:
            add_lowering(results, os.path.join(share, f"{name}.json"), name)
        if not filter_text and not take_objects(series, build, share, results):
            passed = False
        if not filter_text and os.path.exists(results):
            shutil.copy(results, target)
        summary(series, [entry for entry in read_lines(results) if "result" in entry])
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
        passed = False
        print(f"vm {series}: {outcome.ending}", flush=True)
        culprit = unfinished(results)
        if not culprit:
            return False
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
