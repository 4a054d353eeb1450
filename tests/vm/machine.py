#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One emulated machine: boots a kernel, runs one job in it, brings back its output and exit status.

Three virtio ports carry standard output, standard error and the exit status; the first serial port is the console, where a
crash is read off. A machine that says nothing on any of them for too long is taken for hung and ended. A folder of the host is
mounted at /run/avocet-vm inside, for files in both directions.
"""
import ctypes
import dataclasses
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import images

CRASH = re.compile(r"Kernel panic|BUG: |Oops|general protection fault|kernel BUG at|Unable to mount root")
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TERM", "TZ")


@dataclasses.dataclass
class Outcome:
    status: int = None  # of the job; None: the machine ended before the job did
    ending: str = ""  # why there is none
    console: str = ""
    warnings: list = dataclasses.field(default_factory=list)


class Stream:
    """One of the machine's channels: a pipe that qemu writes to."""

    def __init__(self, sink, touched):
        self.read, self.write = os.pipe()
        self.sink, self.touched, self.data = sink, touched, bytearray()
        self.thread = threading.Thread(target=self.pump, daemon=True)

    def pump(self):
        while chunk := os.read(self.read, 65536):
            self.touched()
            self.data += chunk
            if self.sink:
                self.sink(chunk)
        os.close(self.read)

    def text(self):
        return self.data.decode(errors="replace").replace("\r", "")


def to_file(stream):
    def write(chunk):
        stream.buffer.write(chunk)
        stream.buffer.flush()

    return write


def end_with_parent():
    """However this process is ended, the machine goes with it: PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def command_line(image, share, interactive, memory_mib, cpus):
    qemu = shutil.which("qemu-system-x86_64")
    if not qemu:
        raise images.Unavailable("qemu-system-x86_64: not installed; `./dev vm` installs it, or: apt-get install qemu-system-x86")
    # norandmaps: code at the same addresses in every process is translated once, which halves what a test costs
    append = "console=ttyS0 quiet loglevel=4 oops=panic panic=-1 no_timer_check nowatchdog norandmaps mitigations=off random.trust_cpu=on"
    append += " lsm=landlock,lockdown,yama,bpf"  # Debian leaves bpf out: its hooks would never be called
    command = [qemu, "-accel", "tcg,thread=single", "-cpu", "max,la57=off", "-smp", str(cpus), "-m", f"{memory_mib}M",
               "-nodefaults", "-no-user-config", "-display", "none", "-vga", "none", "-nic", "none", "-no-reboot",
               "-kernel", os.path.join(image, "kernel"), "-initrd", images.initrd(image), "-append", append,
               "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
               "-virtfs", f"local,path={share},mount_tag=share,security_model=none",
               "-device", "virtio-serial-pci", "-device", "virtio-rng-pci"]
    if interactive:
        command += ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]
    return command


class Machine:
    def __init__(self, series, environment=None, memory_mib=2048, cpus=2):
        self.series, self.image = series, images.fetch(series)
        self.environment = environment or {}
        self.memory_mib, self.cpus = memory_mib, cpus
        self.last_sign = 0

    def prepare(self, share, job):
        shutil.copy(os.path.join(images.HERE, "guest.sh"), share)
        size = shutil.get_terminal_size()
        with open(os.path.join(share, "machine.sh"), "w") as f:
            f.write(f"image={shlex.quote(self.image)}\ncolumns={size.columns}\nrows={size.lines}\n")
        kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        kept.update({name: value for name, value in os.environ.items() if name.startswith("AVOCET_")})
        kept.update({"HOME": "/root", "IN_VM": self.series}, **self.environment)
        with open(os.path.join(share, "environment.sh"), "w") as f:
            f.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in kept.items())
            f.write(f"directory={shlex.quote(os.getcwd())}\n")
        with open(os.path.join(share, "job.sh" if job else "interactive"), "w") as f:
            f.write(job or "")

    def shell(self):
        """A shell on the console; nothing comes back but what was typed and seen."""
        with tempfile.TemporaryDirectory(prefix="avocet-vm-") as share:
            self.prepare(share, None)
            saved = subprocess.run(["stty", "-g"], capture_output=True, text=True).stdout.strip()
            try:
                subprocess.run(command_line(self.image, share, True, self.memory_mib, self.cpus))
            finally:
                if saved:
                    subprocess.run(["stty", saved])

    def run(self, job, share, quiet_limit_s, out=None, err=None, stdin=None):
        """Runs a bash script; out and err get what it prints as it comes."""
        self.prepare(share, job)
        if stdin is not None:
            with open(os.path.join(share, "input"), "wb") as f:
                shutil.copyfileobj(stdin, f)
        self.touch()
        streams = {"console": Stream(None, self.touch), "out": Stream(out, self.touch), "err": Stream(err, self.touch),
                   "status": Stream(None, self.touch)}
        command = command_line(self.image, share, False, self.memory_mib, self.cpus)
        for number, (name, stream) in enumerate(streams.items()):
            command += ["-add-fd", f"fd={stream.write},set={number}", "-chardev", f"file,id={name},append=on,path=/dev/fdset/{number}"]
            command += (["-serial", f"chardev:{name}"] if name == "console" else
                        ["-device", f"virtserialport,chardev={name},name={name}"])
        errors = tempfile.TemporaryFile()
        process = subprocess.Popen(command, pass_fds=[s.write for s in streams.values()], stdin=subprocess.DEVNULL,
                                   stdout=errors, stderr=errors, preexec_fn=end_with_parent)
        for stream in streams.values():
            os.close(stream.write)
            stream.thread.start()
        try:
            outcome = Outcome(ending=self.watch(process, streams["console"], streams["status"], quiet_limit_s))
        finally:
            process.kill()
            process.wait()
        for stream in streams.values():
            stream.thread.join()
        return self.judge(outcome, streams, errors, process.returncode)

    def touch(self):
        self.last_sign = time.monotonic()

    def watch(self, process, console, status, quiet_limit_s):
        """Waits for the end; why it was a bad one, or nothing."""
        while True:
            try:
                process.wait(1)
                return ""
            except subprocess.TimeoutExpired:
                pass
            quiet = time.monotonic() - self.last_sign
            if status.data.endswith(b"\n") and quiet > 10:
                return ""  # done, only does not switch itself off
            if quiet > 5 and CRASH.search(console.text()):
                return ""  # judged by its console
            if quiet > quiet_limit_s:
                return f"hung: nothing was heard of it for {quiet_limit_s:.0f} s"

    def judge(self, outcome, streams, errors, exit_status):
        outcome.console = streams["console"].text()
        outcome.warnings = re.findall(r"^.*WARNING: .*$", outcome.console, re.M)
        status = streams["status"].text()
        crash = CRASH.search(outcome.console)
        if status.endswith("\n"):
            outcome.status, outcome.ending = int(status), ""
        elif crash:
            outcome.ending = "the kernel crashed:\n" + clip(outcome.console[outcome.console.rfind("\n", 0, crash.start()) + 1:])
        elif not outcome.ending:
            errors.seek(0)
            said = errors.read().decode(errors="replace") + clip(outcome.console)
            outcome.ending = f"the machine ended by itself (qemu's status {exit_status})" + (f":\n{said}" if said else "")
        return outcome


def clip(text, lines=40):
    return "\n".join(text.strip().splitlines()[:lines])


def run_command(series, command, quiet_limit_s=float(os.environ.get("VM_QUIET_LIMIT_S", "600"))):
    """`vm run`: the command's output as it comes, its exit status as the result; 125 when the machine fails."""
    with tempfile.TemporaryDirectory(prefix="avocet-vm-") as share:
        stdin = None if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer
        outcome = Machine(series).run(shlex.join(command) + "\n", share, quiet_limit_s, to_file(sys.stdout), to_file(sys.stderr), stdin)
    for line in outcome.warnings:
        print(f"vm {series}: the kernel warned: {line}", file=sys.stderr)
    if outcome.status is None:
        print(f"vm {series}: {outcome.ending}", file=sys.stderr)
        return 125
    return outcome.status
