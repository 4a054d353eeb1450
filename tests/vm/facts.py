# SPDX-License-Identifier: Apache-2.0
"""What a machine's kernel says about itself, for work that the host does in its place.

  IMAGE/facts/btf         its BTF, out of the kernel image
  IMAGE/facts/types.txt   the same as C text
  IMAGE/facts/functions   names of the functions that can be traced, one a line
  IMAGE/facts/symbols     names of all symbols, one a line
  IMAGE/facts/events/     the format files of its tracepoints, as tracefs has them

Made once for an image, under a lock; all but the types take a boot.
"""
import os
import shutil
import struct
import subprocess
import tempfile

import images
import machine

JOB = """cd /sys/kernel/tracing/events && grep -r '' --include=format . > /run/avocet-vm/formats
cat /sys/kernel/tracing/available_filter_functions > /run/avocet-vm/functions
cat /proc/kallsyms > /run/avocet-vm/symbols
"""
QUIET_LIMIT_S = 300


def fetch(series):
    image = images.fetch(series)
    place = os.path.join(image, "facts")
    with images.locked(images.cache_folder()):
        if not os.path.isdir(place):
            made = tempfile.mkdtemp(dir=image, prefix=".facts-")
            try:
                ask(series, made)
                read_types(os.path.join(image, "kernel"), made)
                os.chmod(made, 0o755)
                os.rename(made, place)
            except BaseException:
                shutil.rmtree(made, ignore_errors=True)
                raise
    return place


def run_as(series, words):
    """The exit status of a command that finds that kernel's types, tracepoints and build options in the place of this one's. By root, in
    a mount namespace of its own, so that nobody else sees it."""
    place = fetch(series)
    mounts = {os.path.join(place, "btf"): "/sys/kernel/btf/vmlinux", os.path.join(place, "events"): "/sys/kernel/tracing/events",
              os.path.join(images.fetch(series), "config"): "/proc/config.gz"}
    script = "".join(f"mount --bind '{source}' '{target}' || exit 1\n" for source, target in mounts.items() if os.path.exists(target))
    return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script + 'exec "$@"', "sh", *words]).returncode


def ask(series, made):
    with tempfile.TemporaryDirectory(prefix="avocet-vm-") as share:
        outcome = machine.Machine(series).run(JOB, share, QUIET_LIMIT_S)
        if outcome.status != 0:
            raise images.Unavailable(f"kernel {series}: its facts could not be read: {outcome.ending or f'exit status {outcome.status}'}")
        write_names(os.path.join(share, "functions"), 0, os.path.join(made, "functions"))
        write_names(os.path.join(share, "symbols"), 2, os.path.join(made, "symbols"))
        write_formats(os.path.join(share, "formats"), os.path.join(made, "events"))


def write_names(lines, column, names):
    with open(lines) as source, open(names, "w") as out:
        out.writelines(f"{line.split()[column]}\n" for line in source)


def write_formats(lines, events):
    """`./sched/sched_switch/format:TEXT` lines as files."""
    files = {}
    for line in open(lines):
        path, _, text = line.removeprefix("./").partition(":")
        files.setdefault(path, []).append(text)
    for path, text in files.items():
        os.makedirs(os.path.join(events, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(events, path), "w") as f:
            f.writelines(text)


def section(elf, wanted):
    """The bytes of a section of a 64-bit ELF file (elf(5))."""
    table, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    headers = [struct.unpack_from("<IIQQQQ", elf, table + i * size) for i in range(count)]
    for name, _, _, _, offset, length in headers:
        at = headers[names][4] + name
        if elf[at:elf.index(b"\0", at)] == wanted:
            return elf[offset:offset + length]
    raise images.Unavailable(f"the kernel image has no section {wanted.decode()}")


def read_types(kernel, made):
    btf = os.path.join(made, "btf")
    with open(kernel, "rb") as image, open(btf, "wb") as out:
        out.write(section(image.read(), b".BTF"))
    with open(os.path.join(made, "types.txt"), "w") as out:
        subprocess.run(["bpftool", "btf", "dump", "file", btf, "format", "c"], stdout=out, check=True)
