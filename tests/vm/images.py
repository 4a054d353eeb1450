#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kernels to boot: Debian's own packages, fetched once and unpacked into a cache, each with the initramfs that starts it.

  CACHE/SERIES            link to the folder of the newest kernel fetched for that series
  CACHE/PACKAGE/          kernel, modules/lib/modules/RELEASE with modules.dep
  CACHE/PACKAGE/initrd-HASH   busybox, the modules that 9p and overlay need, init.sh; HASH covers what it is made of

Everything is made under a temporary name and renamed, under a lock: any number of machines may start at the same time.
"""
import contextlib
import fcntl
import glob
import hashlib
import lzma
import os
import re
import shutil
import stat
import subprocess
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
# Series -> the packages that may lead to it; which of them does is a question of the distribution's release.
SERIES = {"6.1": ["linux-image-amd64", "linux-image-6.1-amd64"], "6.12": ["linux-image-6.12-amd64", "linux-image-amd64"]}
MODULES = ["virtio_pci", "virtio_console", "netfs", "fscache", "9pnet", "9pnet_virtio", "9p", "overlay"]

PATIENCE = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"]
COMMAND_LIMIT_S = 600  # a download of 100 MB on a slow line


class Unavailable(Exception):
    """The image cannot be had here; the text says why and what to do."""


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("VM_CACHE") or os.path.join(base, "avocet", "vm")


@contextlib.contextmanager
def locked(folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def output(command, **options):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=COMMAND_LIMIT_S, **options)
    except FileNotFoundError:
        raise Unavailable(f"{command[0]}: not installed here; `./dev vm` installs what Debian has")
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{' '.join(command)}: not done after {COMMAND_LIMIT_S} s")
    if done.returncode:
        raise Unavailable(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def kernel_package(series):
    """The package with the newest kernel of the series, e.g. linux-image-6.1.0-56-amd64."""
    for meta in SERIES[series]:
        try:
            depends = output(["apt-cache", "depends", meta])
        except Unavailable:
            continue
        found = re.search(rf"Depends: (linux-image-{re.escape(series)}[.\d][^\s]*)", depends)
        if found:
            return found.group(1)
    raise Unavailable(f"no package of a Linux {series} kernel: apt knows none of {', '.join(SERIES[series])} for it;"
                      " `apt-get update`, or add the Debian 12 archive")


def unpack(package, folder):
    """Downloads a package and unpacks it into the folder."""
    with tempfile.TemporaryDirectory(dir=cache_folder()) as download:
        # apt's own user may not be able to write there, which is only worth a warning
        try:
            output(["apt-get", "-q", *PATIENCE, "download", package], cwd=download)
        except Unavailable as why:
            raise Unavailable(f"package '{package}': cannot be downloaded: {why}\n"
                              f"  it is wanted once; without a network, copy {cache_folder()} from a machine that has it (VM_CACHE)")
        output(["dpkg", "-x", glob.glob(os.path.join(download, "*.deb"))[0], folder])


def fetch(series):
    """CACHE/PACKAGE of the series, fetched if it is not there."""
    cache = cache_folder()
    link = os.path.join(cache, series)
    if os.path.exists(os.path.join(link, "kernel")):
        return os.path.realpath(link)
    with locked(cache):
        if os.path.exists(os.path.join(link, "kernel")):
            return os.path.realpath(link)
        package = kernel_package(series)
        made = tempfile.mkdtemp(dir=cache, prefix=".new-")
        os.chmod(made, 0o755)
        try:
            unpack(package, os.path.join(made, "tree"))
            unpack("busybox-static", os.path.join(made, "busybox"))
            tidy(made)
            place = os.path.join(cache, package)
            shutil.rmtree(place, ignore_errors=True)
            os.rename(made, place)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        with contextlib.suppress(FileNotFoundError):
            os.unlink(link)
        os.symlink(package, link)
    return os.path.realpath(link)


def headers(series):
    """IMAGE/headers with usr/src/linux-headers-*: what builds modules, and BCC, need of the kernel. Links in the folder of its modules
    lead there, as installed; whoever wants to use them puts the folders into /usr/src."""
    image = fetch(series)
    place = os.path.join(image, "headers")
    with locked(cache_folder()):
        if not os.path.isdir(place):
            made = tempfile.mkdtemp(dir=image, prefix=".headers-")
            try:
                os.chmod(made, 0o755)
                name = f"linux-headers-{release_of(image)}"
                unpack(name, made)
                unpack(name.removesuffix("-amd64") + "-common", made)
                os.rename(made, place)
            except BaseException:
                shutil.rmtree(made, ignore_errors=True)
                raise
        for name in ("build", "source"):
            made = os.path.join("lib/modules", release_of(image), name)
            link = os.path.join(image, "modules", made)
            if not os.path.islink(link):
                os.symlink(os.readlink(os.path.join(place, made)), link)
    return place


def tidy(made):
    """From the packages' trees to what a machine needs."""
    tree = os.path.join(made, "tree")
    modules = glob.glob(os.path.join(tree, "lib/modules/*")) + glob.glob(os.path.join(tree, "usr/lib/modules/*"))
    release = os.path.basename(modules[0])
    os.makedirs(os.path.join(made, "modules/lib/modules"))
    os.rename(modules[0], os.path.join(made, "modules/lib/modules", release))
    os.rename(os.path.join(tree, f"boot/config-{release}"), os.path.join(made, "config"))
    uncompress(os.path.join(tree, f"boot/vmlinuz-{release}"), os.path.join(made, "kernel"))
    shutil.copy(glob.glob(os.path.join(made, "busybox/**/bin/busybox"), recursive=True)[0], os.path.join(made, "busybox.bin"))
    shutil.rmtree(tree)
    shutil.rmtree(os.path.join(made, "busybox"))
    depmod = shutil.which("depmod") or "/sbin/depmod"
    output([depmod, "-b", os.path.join(made, "modules"), release])


def uncompress(source, target):
    """The ELF inside a bzImage, which boots by PVH: the emulated machine would take seconds to uncompress it each time."""
    with open(source, "rb") as f:
        image = f.read()
    for magic, command in ((b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd")):
        at = image.find(magic)
        if at >= 0:
            # what follows the compressed part is not, so the tools complain at the end
            elf = subprocess.run([command, "-dcq"], input=image[at:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            if elf[:4] == b"\x7fELF":
                image = elf
                break
    with open(target, "wb") as f:
        f.write(image)


def release_of(image):
    return os.listdir(os.path.join(image, "modules/lib/modules"))[0]


def module_files(image):
    """The module files to insert, in order."""
    root = os.path.join(image, "modules/lib/modules", release_of(image))
    needs = {}
    for line in open(os.path.join(root, "modules.dep")):
        path, _, rest = line.partition(":")
        needs[path] = rest.split()
    names = {re.sub(r"\.ko(\.xz)?$", "", os.path.basename(path)).replace("-", "_"): path for path in needs}
    ordered = []

    def add(path):
        for other in reversed(needs[path]):
            add(other)
        if path not in ordered:
            ordered.append(path)

    for name in MODULES:
        if name in names:  # else it is built in, or of another kernel version
            add(names[name])
    return [os.path.join(root, path) for path in ordered]


def cpio(files):
    """A newc archive (kernel: Documentation/driver-api/early-userspace/buffer-format.rst) of {name: (mode, bytes)}."""
    out = bytearray()

    def pad():
        out.extend(b"\0" * (-len(out) % 4))

    for number, (name, (mode, data)) in enumerate([*files.items(), ("TRAILER!!!", (0, b""))], 1):
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        pad()
        out += data
        pad()
    return bytes(out)


def initrd(image):
    """The initramfs for the image, made once for each content."""
    files = {name: (stat.S_IFDIR | 0o755, b"") for name in ("bin", "dev", "proc", "sys", "lib", "low", "new", "up")}
    with open(os.path.join(image, "busybox.bin"), "rb") as f:
        files["bin/busybox"] = (stat.S_IFREG | 0o755, f.read())
    with open(os.path.join(HERE, "init.sh"), "rb") as f:
        files["init"] = (stat.S_IFREG | 0o755, f.read())
    for number, path in enumerate(module_files(image)):
        with (lzma.open if path.endswith(".xz") else open)(path, "rb") as f:
            files[f"lib/{number:02}-{os.path.basename(path).split('.')[0]}.ko"] = (stat.S_IFREG | 0o644, f.read())
    archive = cpio(files)
    place = os.path.join(image, "initrd-" + hashlib.sha256(archive).hexdigest()[:16])
    if not os.path.exists(place):
        with tempfile.NamedTemporaryFile(dir=image, delete=False) as f:
            f.write(archive)
        os.rename(f.name, place)
    return place
