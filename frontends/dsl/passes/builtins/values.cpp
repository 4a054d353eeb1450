// SPDX-License-Identifier: Apache-2.0
//
// Values: what the probe provides, and the process, time and machine around it.
#include <array>
#include <charconv>

#include "passes/builtins/hooks.hpp"
#include "passes/iterator_probe.hpp"

namespace avocet::dsl {

namespace {

std::string probe_kind(Typer& t) { return t.facts().probetype; }

const char* no_arguments(Typer& t) {
    if (t.facts().has & AVOCET_HAS_RETVAL)
        return "they are gone when the function returns; keep them at its entry, e.g. @arg[tid] = arg0";
    return "only tracepoints and the entries of functions have arguments";
}

Type infer_args(Typer& t, CallExpr& e) {
    if (t.facts().unknown) return Type::refusal();
    if (!(t.facts().has & AVOCET_HAS_ARGS)) {
        t.error(e.span, "args: '" + probe_kind(t) + "' probes have no named arguments")
            .with_hint(t.facts().has & AVOCET_HAS_ARGN ? "use arg0, arg1 ..." : no_arguments(t));
        return {};
    }
    Type type = Type::pointer_to(Type::structure("args", 0), t.facts().space);
    type.is_context = true;
    return type;
}

Type infer_argn(Typer& t, CallExpr& e) {
    uint64_t number = 0;
    std::from_chars(e.name.data() + 3, e.name.data() + e.name.size(), number);
    e.number = number;
    if (!(t.facts().has & AVOCET_HAS_ARGN)) {
        auto& message = t.error(e.span, e.name + ": '" + probe_kind(t) + "' probes have no numbered arguments");
        message.with_hint(t.facts().has & AVOCET_HAS_ARGS ? "use args.NAME" : no_arguments(t));
    } else if (number >= t.facts().argn_count) {
        t.error(e.span, e.name + ": this probe has " + std::to_string(t.facts().argn_count) + " numbered arguments");
    }
    const ProbeFacts& facts = t.facts();
    if (facts.argn_place == AVOCET_PLACE_TARGET && number < facts.args.size() &&
        facts.args[number].place == AVOCET_PLACE_NOWHERE)
        t.error(e.span, e.name + ": cannot be read: " + facts.args[number].name);
    Type type = Type::integer(8, false);
    type.space = t.facts().space;
    return type;
}

Type infer_retval(Typer& t, CallExpr& e) {
    if (t.facts().unknown) return Type::refusal();
    if (t.facts().has & AVOCET_HAS_RETVAL) return t.facts().retval.type;
    auto& message = t.error(e.span, "retval: '" + probe_kind(t) + "' probes have no return value");
    if (probe_kind(t) == "tracepoint")
        message.with_hint("use args.ret");
    else if (probe_kind(t) == "kprobe" || probe_kind(t) == "uprobe")
        message.with_hint("the function has not run yet; " + probe_kind(t).insert(1, "ret") +
                          " is attached to its return");
    else
        message.with_hint("only the returns of functions have one");
    return {};
}

Type infer_func(Typer& t, CallExpr& e) {
    if (t.facts().unknown) return Type::refusal();
    if (!(t.facts().has & AVOCET_HAS_FUNC)) {
        t.error(e.span, "func: '" + probe_kind(t) + "' probes are not inside a function");
        return {};
    }
    // At the return of a program's function only the kernel knows which one it was: Linux 6.6 and later tell.
    StructTable& kernel = t.unit().structs;
    if (t.facts().space == Space::user && t.facts().has & AVOCET_HAS_RETVAL && !t.unit().portable() &&
        kernel.has_kernel_function("bpf_get_func_ip_kprobe") &&
        !kernel.has_kernel_function("bpf_get_func_ip_uprobe_multi"))
        t.error(e.span, "func: this kernel does not tell which function of a program returns")
            .with_hint("Linux 6.6 does; use 'probe'");
    return Type::simple(t.facts().space == Space::user ? TypeKind::usym : TypeKind::ksym);
}

Type infer_ctx(Typer& t, CallExpr& e) {
    if (t.facts().unknown) return Type::refusal();
    std::string name = iterator_context(t.facts());
    if (t.facts().context == AVOCET_CONTEXT_PT_REGS) name = "pt_regs";
    if (t.facts().context == AVOCET_CONTEXT_PERF_EVENT) name = "bpf_perf_event_data";
    if (name.empty()) {
        auto& message = t.error(e.span, "ctx: '" + probe_kind(t) + "' probes offer no context");
        if (t.facts().has & AVOCET_HAS_ARGS) message.with_hint("use args.NAME");
        return {};
    }
    Type type = Type::pointer_to(Type::structure(name, 0), Space::kernel);
    type.is_context = true;
    return type;
}

struct Register {
    std::string_view name;
    uint16_t offset;
};
// struct pt_regs of x86-64 (arch/x86/include/asm/ptrace.h)
constexpr std::array registers{Register{"r15", 0},  Register{"r14", 8},  Register{"r13", 16}, Register{"r12", 24},
                               Register{"bp", 32},  Register{"bx", 40},  Register{"r11", 48}, Register{"r10", 56},
                               Register{"r9", 64},  Register{"r8", 72},  Register{"ax", 80},  Register{"cx", 88},
                               Register{"dx", 96},  Register{"si", 104}, Register{"di", 112}, Register{"orig_rax", 120},
                               Register{"ip", 128}, Register{"pc", 128}, Register{"cs", 136}, Register{"flags", 144},
                               Register{"sp", 152}, Register{"ss", 160}};

Type infer_reg(Typer& t, CallExpr& e) {
    Type type = Type::integer(8, false);
    type.space = t.facts().space;
    if (!(t.facts().has & AVOCET_HAS_REGS)) {
        t.error(e.span, "reg(): '" + probe_kind(t) + "' probes have no registers");
        return type;
    }
    const std::string* name = hooks::word(*e.args[0]);
    for (const Register& r : registers)
        if (name && r.name == *name) {
            e.number = r.offset;
            return type;
        }
    if (name)
        t.error(e.args[0]->span, "register '" + *name + "': not on this machine (x86_64)");
    else
        t.error(e.args[0]->span, "reg(): takes the name of a register as a string");
    return type;
}

Type infer_usermode(Typer&, CallExpr&) { return Type::integer(1, false); }
void convert_usermode(Converter& c, ExprPtr& owner, CallExpr& e) {
    const ProbeFacts& facts = c.function().facts;
    if (!(facts.has & AVOCET_HAS_REGS))
        owner = make_integer(e.span, facts.context == AVOCET_CONTEXT_RUNTIME, Type::integer(1, false));
}

Type infer_pid(Typer& t, CallExpr& e) {
    e.number = 0;
    if (!e.args.empty()) {
        const std::string* mode = hooks::word(*e.args[0]);
        if (mode && *mode == "init")
            e.number = 1;
        else if (!mode || *mode != "curr_ns")
            t.error(e.args[0]->span, e.name + "(): takes 'curr_ns' or 'init'");
    }
    return Type::integer(4, false);
}

Type infer_nsecs(Typer& t, CallExpr& e) {
    static constexpr std::array<std::string_view, 4> modes{"boot", "monotonic", "tai", "sw_tai"};
    e.number = 0;
    if (!e.args.empty()) {
        const std::string* mode = hooks::word(*e.args[0]);
        size_t i = 0;
        while (mode && i < modes.size() && modes[i] != *mode) ++i;
        if (!mode || i == modes.size())
            t.error(e.args[0]->span, "nsecs(): takes boot, monotonic, tai or sw_tai");
        else
            e.number = i;
    }
    return Type::integer(8, false);
}

Type infer_comm(Typer& t, CallExpr& e) {
    if (e.args.empty()) return Type::string(16);
    if (!t.expect_number(e, 0)) return Type::string(64);
    if (t.reporting() && !hooks::kernel_function_allowed(t, "bpf_task_from_pid"))
        t.error(e.span, "comm(PID): '" + probe_kind(t) + "' probes cannot look up other processes here")
            .with_hint("fentry, fexit, iter and rawtracepoint probes can, if the kernel has bpf_task_from_pid (6.2)");
    return Type::string(64);
}
void convert_comm(Converter& c, ExprPtr&, CallExpr& e) {
    if (e.args.empty()) return;
    e.builtin = Builtin::task_comm;
    c.to(e.args[0], Type::integer(4, true));
}

Type infer_curtask(Typer&, CallExpr&) { return Type::pointer_to(Type::structure("task_struct", 0), Space::kernel); }

struct StackOptions {
    std::string mode;
    uint32_t limit = 127;
};

void stack_mode(Typer& t, CallExpr& e, const std::string& mode, StackOptions& options) {
    if (mode != "bpftrace" && mode != "perf" && mode != "raw" && mode != "build_id")
        t.error(e.args[0]->span, e.name + "(): no stack mode '" + mode + "'")
            .with_hint("modes are bpftrace, perf, raw and build_id");
    else if (mode == "build_id" && e.builtin == Builtin::kstack)
        t.error(e.args[0]->span, "kstack(): mode 'build_id' is for user stacks");
    else
        options.mode = mode;
}

#if defined(__x86_64__)
constexpr bool unwinds_by_tables = true;
#else
constexpr bool unwinds_by_tables = false;
#endif

Type infer_stack(Typer& t, CallExpr& e) {
    const bool user = e.builtin != Builtin::kstack;
    if (e.builtin == Builtin::dw_ustack) {
        t.use_unstable("dw_ustack", e.span);
        if (!unwinds_by_tables && t.reporting())
            t.error(e.span, "dw_ustack is not available in this build: it unwinds stacks of x86-64 only");
    }
    StackOptions options;
    options.mode = t.unit().settings.stack_mode;
    const std::string* mode = e.args.empty() ? nullptr : hooks::word(*e.args[0]);
    if (!user && !mode && options.mode == "build_id") {
        t.warning(e.span, e.name + "(): stack_mode 'build_id' is for user stacks, the addresses are printed raw");
        options.mode = "raw";
    }
    size_t next = 0;
    if (mode) {
        stack_mode(t, e, *mode, options);
        next = 1;
    }
    if (next < e.args.size()) {
        const auto limit = literal_int(*e.args[next]);
        if (!limit && e.args[next]->kind == ExprKind::call && t.is_refused(*e.args[next]))
            return Type::stack(user, options.mode, options.limit);
        if (!limit)
            t.error(e.args[next]->span, e.name + "(): the number of frames must be a literal");
        else if (*limit < 0 || *limit > 1024)
            t.error(e.args[next]->span, e.name + "(): at most 1024 frames, " + std::to_string(*limit) + " asked for");
        else
            options.limit = static_cast<uint32_t>(*limit);
        if (next == 0 && e.args.size() > 1) t.error(e.args[0]->span, e.name + "(): the stack mode comes first");
    }
    return Type::stack(user, options.mode, options.limit);
}

using namespace hooks;
constexpr uint32_t word_flag = builtin_word, worded = builtin_word | builtin_literals;
constexpr BuiltinInfo table[] = {
    {"args", Builtin::args, word_flag, 0, 0, infer_args, nullptr},
    {"arg0", Builtin::argn, word_flag, 0, 0, infer_argn, nullptr},
    {"retval", Builtin::retval, word_flag, 0, 0, infer_retval, nullptr},
    {"func", Builtin::func, word_flag, 0, 0, infer_func, nullptr},
    {"ctx", Builtin::ctx, word_flag, 0, 0, infer_ctx, nullptr},
    {"reg", Builtin::reg, builtin_literals, 1, 1, infer_reg, drop_arguments},
    {"usermode", Builtin::usermode, word_flag, 0, 0, infer_usermode, convert_usermode},
    {"probe", Builtin::probe, word_flag, 0, 0, simple<TypeKind::probe_name>, nullptr},
    {"probetype", Builtin::probetype, word_flag, 0, 0, nothing, nullptr},  // a string literal after resolve_names
    {"pid", Builtin::pid, worded, 0, 1, infer_pid, drop_arguments},
    {"tid", Builtin::tid, worded, 0, 1, infer_pid, drop_arguments},
    {"uid", Builtin::uid, word_flag, 0, 0, integer<8, false>, nullptr},
    {"gid", Builtin::gid, word_flag, 0, 0, integer<8, false>, nullptr},
    {"username", Builtin::username, word_flag, 0, 0, simple<TypeKind::username>, nullptr},
    {"comm", Builtin::comm, word_flag, 0, 1, infer_comm, convert_comm},
    {"curtask", Builtin::curtask, word_flag, 0, 0, infer_curtask, nullptr},
    {"nsecs", Builtin::nsecs, worded, 0, 1, infer_nsecs, drop_arguments},
    {"elapsed", Builtin::elapsed, word_flag, 0, 0, integer<8, false>, nullptr},
    {"jiffies", Builtin::jiffies, word_flag, 0, 0, integer<8, false>, nullptr},
    {"cpu", Builtin::cpu, word_flag, 0, 0, integer<8, false>, nullptr},
    {"ncpus", Builtin::ncpus, word_flag, 0, 0, integer<8, false>, nullptr},
    {"numaid", Builtin::numaid, word_flag, 0, 0, integer<8, false>, nullptr},
    {"rand", Builtin::rand, word_flag, 0, 0, integer<8, false>, nullptr},
    {"cgroup", Builtin::cgroup, word_flag, 0, 0, integer<8, false>, nullptr},
    {"cpid", Builtin::cpid, word_flag, 0, 0, integer<8, false>, nullptr},
    {"has_cpid", Builtin::has_cpid, word_flag, 0, 0, boolean, nullptr},
    {"kstack", Builtin::kstack, worded, 0, 2, infer_stack, drop_arguments},
    {"ustack", Builtin::ustack, worded, 0, 2, infer_stack, drop_arguments},
    {"dw_ustack", Builtin::dw_ustack, worded, 0, 2, infer_stack, drop_arguments},
    // Rewritten to fields of curtask by resolve_names.
    {"ppid", Builtin::ppid, word_flag, 0, 1, nothing, nullptr},
    {"pcomm", Builtin::pcomm, word_flag, 0, 1, nothing, nullptr},
    {"leader_tid", Builtin::leader_tid, word_flag, 0, 1, nothing, nullptr},
    {"leader_comm", Builtin::leader_comm, word_flag, 0, 1, nothing, nullptr},
};

}  // namespace

std::span<const BuiltinInfo> value_builtins() { return table; }

}  // namespace avocet::dsl
