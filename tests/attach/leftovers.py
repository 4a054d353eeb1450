# SPDX-License-Identifier: Apache-2.0
"""What a test left attached: BPF links and programs, trace events, pins, processes.

On a kernel that others use too, only what the test's own processes were seen to hold counts: they carry a mark in their
environment, and what they hold is read from /proc/PID/fdinfo while they run. In a machine of our own (`alone`) everything
that was not there before counts.
"""
import ctypes
import os
import re
import select
import struct
import time

PROG_GET_NEXT_ID, PROG_GET_FD_BY_ID, LINK_GET_FD_BY_ID, LINK_GET_NEXT_ID = 11, 13, 30, 31  # include/uapi/linux/bpf.h
KINDS = {"program": (PROG_GET_NEXT_ID, PROG_GET_FD_BY_ID), "link": (LINK_GET_NEXT_ID, LINK_GET_FD_BY_ID)}
EVENT_FILES = [f"/sys/kernel/tracing/{name}" for name in ("uprobe_events", "kprobe_events", "dynamic_events")]
PINS = "/sys/fs/bpf"
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, number):
    """bpf(2) with an id as its argument: (result, the kernel's answer)."""
    attributes = ctypes.create_string_buffer(struct.pack("II", number, 0), 128)
    return libc.syscall(321, command, attributes, 128), struct.unpack_from("II", attributes.raw)[1]


def all_ids(kind):
    found, number = set(), 0
    while True:
        result, number = bpf(KINDS[kind][0], number)
        if result != 0:
            return found
        found.add(number)


def exists(kind, number):
    fd, _ = bpf(KINDS[kind][1], number)
    if fd < 0:
        return False
    os.close(fd)
    return True


def marked_processes(mark):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/environ", "rb") as f:
                    if mark in f.read().split(b"\0"):
                        found.append(int(name))
            except OSError:
                pass
    return found


def held_by(pid):
    """(kind, id) of the BPF objects among a process's open files."""
    found = set()
    try:
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            with open(f"/proc/{pid}/fdinfo/{fd}") as f:
                text = f.read()
            link = re.search(r"^link_id:\s*(\d+)", text, re.M)
            program = re.search(r"^prog_id:\s*(\d+)", text, re.M)
            if program:
                found.add(("program", int(program.group(1))))
            if link:
                found.add(("link", int(link.group(1))))
    except OSError:
        pass
    return found


def lines_of(path):
    try:
        with open(path) as f:
            return set(f.read().splitlines())
    except OSError:
        return set()


def pins():
    return {os.path.join(folder, name) for folder, _, names in os.walk(PINS) for name in names}


class Watch:
    """Made before a test; `saw` while it runs, `left` after it."""

    def __init__(self, mark, alone, patience_s=15):
        self.mark, self.alone, self.patience_s = mark.encode(), alone, patience_s
        self.able = os.geteuid() == 0
        self.seen = set()
        self.events = {path: lines_of(path) for path in EVENT_FILES}
        self.pins = pins()
        self.before = {(kind, number) for kind in KINDS for number in all_ids(kind)} if self.able else set()

    def saw(self):
        if self.able:
            for pid in marked_processes(self.mark):
                self.seen |= held_by(pid)

    def left(self):
        """One line for each thing that is still there although its processes had time to end."""
        if not self.able:
            return []
        deadline = time.monotonic() + self.patience_s
        problems = [f"process {pid} still runs: {name_of(pid)}" for pid in marked_processes(self.mark) if not ended(pid, deadline)]
        while True:
            remaining = self.remaining()
            if not remaining or time.monotonic() > deadline:
                break
            time.sleep(0.05)  # the kernel frees programs some time after their last user went, and tells nobody
        for path, before in self.events.items():
            new = lines_of(path) - before
            problems += [f"{path}: {line}" for line in new if self.alone or "avocet" in line]
        problems += [f"pinned: {path}" for path in pins() - self.pins if self.alone or "avocet" in path]
        return problems + [f"{kind} {number} is still in the kernel" for kind, number in sorted(remaining)]

    def remaining(self):
        if self.alone:
            return {(kind, number) for kind in KINDS for number in all_ids(kind)} - self.before
        return {(kind, number) for kind, number in self.seen - self.before if exists(kind, number)}


def ended(pid, deadline):
    """Waits for the end of a process of somebody else."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return True
    try:
        return bool(select.select([fd], [], [], max(0, deadline - time.monotonic()))[0])
    finally:
        os.close(fd)


def name_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "?"
