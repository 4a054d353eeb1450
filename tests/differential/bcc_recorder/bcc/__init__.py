# SPDX-License-Identifier: Apache-2.0
"""Stands in for the Python module `bcc` while one of its tools is run: the C text that the tool builds is written to
$BCC_RECORDER.<n>.c, what it attaches goes to $BCC_RECORDER.<n>.json, and nothing is compiled or traced. The tool is
left when it begins to wait for events.

What the kernel has is asked by tools too: structs and their members are in $BCC_RECORDER_TYPES (C text), tracepoints in the folder
$BCC_RECORDER_EVENTS, functions and all symbols in the files $BCC_RECORDER_FUNCTIONS and $BCC_RECORDER_SYMBOLS, one a line (without them: whatever is asked for).
$BCC_RECORDER_KFUNC: tools write their programs for fentry where they can.
"""
import glob
import json
import os
import re
import sys
from types import ModuleType

OUT = os.environ["BCC_RECORDER"]
EVENTS = os.environ.get("BCC_RECORDER_EVENTS", "/sys/kernel/tracing/events")
FUNCTIONS = os.environ.get("BCC_RECORDER_FUNCTIONS")
SYMBOLS = os.environ.get("BCC_RECORDER_SYMBOLS")
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"


def text_of(value):
    return value.decode() if isinstance(value, bytes) else value


def file_with(name, symbol):
    """A path, or a library by its name without `lib`; tools try the next one when this one lacks the symbol."""
    paths = [name] if "/" in name else sorted(glob.glob(f"{os.path.dirname(LIBC)}/lib{name}.so*"))
    for path in paths:
        if os.path.isfile(path) and symbol.encode() in open(path, "rb").read():
            return path
    raise Exception(f"could not determine address of symbol {symbol} in {name}")


def kernel_function(name, pattern):
    """(one of those that would be attached, whether the kernel has it)"""
    plain = name or re.sub(r"[\^$]|\|.*", "", pattern) or "vfs_read"
    if not FUNCTIONS:
        return plain, True
    found = [f for f in open(FUNCTIONS if pattern else SYMBOLS).read().split() if (re.fullmatch(pattern, f) if pattern else f == name)]
    return (found[0], True) if found else (plain, False)


class Anything:
    """Whatever a tool asks for that has no part in its C text."""

    def __init__(self, *args, **named):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *args, **named):
        return Anything()

    def __getitem__(self, key):
        return Anything()

    def __setitem__(self, key, value):
        pass

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 1

    def __int__(self):
        return 1

    __index__ = __hash__ = __int__

    def __str__(self):
        return "x"

    def __add__(self, other):
        return other

    __radd__ = __add__

    def __eq__(self, other):
        return False

    __lt__ = __gt__ = __eq__


class BPF:
    SOCKET_FILTER = KPROBE = TRACEPOINT = RAW_TRACEPOINT = PERF_EVENT = 1
    count = 0

    def __init__(self, text=None, src_file=None, cflags=(), **named):
        text = open(src_file).read() if src_file and not text else text_of(text)
        BPF.count += 1
        self.base = f"{OUT}.{BPF.count}"
        self.record, self.missing = {"cflags": list(cflags), "attach": {}}, set()
        with open(self.base + ".c", "w") as out:
            out.write(text)
        self.save()

    def save(self):
        with open(self.base + ".json", "w") as out:
            json.dump(self.record, out)

    def attach(self, function, spec):
        specs = self.record["attach"].setdefault(text_of(function), [])
        if spec not in specs:
            specs.append(spec)
        self.save()

    def attach_function(self, kind, function, name, pattern):
        """Tools try another name when this one fails; it stays noted until one is attached."""
        name, there = kernel_function(text_of(name), text_of(pattern))
        if there and text_of(function) in self.missing:
            del self.record["attach"][text_of(function)]
        self.attach(function, f"{kind}:{name}")
        if not there:
            self.missing.add(text_of(function))
            raise Exception(f"Failed to attach BPF program to {kind} {name}")

    def attach_kprobe(self, event="", fn_name="", event_re="", event_off=0):
        self.attach_function("kprobe", fn_name, event, event_re)

    def attach_kretprobe(self, event="", fn_name="", event_re="", maxactive=0):
        self.attach_function("kretprobe", fn_name, event, event_re)

    def attach_tracepoint(self, tp="", tp_re="", fn_name=""):
        self.attach(fn_name, "tracepoint:" + text_of(tp or tp_re))

    def attach_raw_tracepoint(self, tp="", fn_name=""):
        self.attach(fn_name, "rawtracepoint:" + text_of(tp))

    def attach_uprobe(self, name="", sym="", fn_name="", **named):
        self.attach(fn_name, f"uprobe:{file_with(text_of(name), text_of(sym))}:{text_of(sym)}")

    def attach_uretprobe(self, name="", sym="", fn_name="", **named):
        self.attach(fn_name, f"uretprobe:{file_with(text_of(name), text_of(sym))}:{text_of(sym)}")

    def attach_perf_event(self, fn_name="", **named):
        self.attach(fn_name, "profile:hz:49")

    def leave(self, *args, **named):
        os._exit(0)

    perf_buffer_poll = ring_buffer_poll = trace_fields = trace_print = trace_readline = leave

    def __getattr__(self, name):
        return Anything()

    def __getitem__(self, key):
        return Anything()

    @staticmethod
    def get_kprobe_functions(pattern):
        if not FUNCTIONS:
            return {text_of(pattern).strip("^$").encode()}
        wanted = re.compile(text_of(pattern))
        return {name.encode() for name in open(FUNCTIONS).read().split() if wanted.fullmatch(name)}

    @staticmethod
    def tracepoint_exists(category, event):
        return not FUNCTIONS or os.path.isdir(os.path.join(EVENTS, text_of(category), text_of(event)))

    @staticmethod
    def ksymname(name):
        return 1 if not SYMBOLS or text_of(name) in open(SYMBOLS).read().split() else -1

    @staticmethod
    def get_tracepoints(pattern):
        return [b"sched:sched_switch"]

    @staticmethod
    def kernel_struct_has_field(structure, field):
        types = open(os.environ["BCC_RECORDER_TYPES"]).read()
        found = re.search(r"^struct %s \{\n(.*?)^\}" % re.escape(text_of(structure)), types, re.M | re.S)
        if not found:
            return -1
        return int(re.search(r"\b%s\b" % re.escape(text_of(field)), found[1]) is not None)

    @staticmethod
    def get_syscall_fnname(name):
        return b"__x64_sys_" + (name if isinstance(name, bytes) else name.encode())

    @staticmethod
    def get_syscall_prefix():
        return b"__x64_sys_"

    support_kfunc = staticmethod(lambda: "BCC_RECORDER_KFUNC" in os.environ)
    support_raw_tracepoint = support_raw_tracepoint_in_module = staticmethod(lambda: True)
    monotonic_time = staticmethod(lambda *args: 1)
    get_probe_limit = staticmethod(lambda: 1000)
    get_user_functions_and_addresses = staticmethod(lambda *args: [])
    find_library = staticmethod(lambda name: LIBC)
    find_exe = staticmethod(lambda name: "/bin/bash")
    generate_auto_includes = staticmethod(lambda *args: "")


class USDT(Anything):
    def get_text(self):
        return ""


class USDTException(Exception):
    pass


class StrcmpRewrite:
    @staticmethod
    def rewrite_expr(*args, **named):
        return "", ""


def submodule(name, **members):
    module = ModuleType("bcc." + name)
    module.__dict__.update(members)
    sys.modules["bcc." + name] = module


PERF = {name: Anything() for name in ("PerfType", "PerfHWConfig", "PerfSWConfig", "BPFAttachType", "BPFProgType")}
globals().update(PERF)
submodule("utils", ArgString=lambda s: s.encode(), printb=print, get_online_cpus=lambda: [0], StrcmpRewrite=StrcmpRewrite,
          detect_language=lambda *args: "c", FILESYSTEMENCODING="utf-8")
submodule("containers",
          filter_by_containers=lambda args: "static inline int container_should_be_filtered() { return 0; }\n")
submodule("syscall", syscall_name=lambda number: b"x", syscalls={0: b"read"})
submodule("exec", run_cmd=lambda *args, **named: "")
submodule("table", Array=Anything)
submodule("perf", **PERF)
submodule("libbcc", lib=Anything())
ArgString = sys.modules["bcc.utils"].ArgString
tcp = Anything()
DEBUG_LLVM_IR, DEBUG_BPF, DEBUG_PREPROCESSOR, DEBUG_SOURCE, DEBUG_BPF_REGISTER_STATE, DEBUG_BTF = 1, 2, 4, 8, 16, 32
libbcc = lib = bcc = Anything()
DebugSymbol = Anything
