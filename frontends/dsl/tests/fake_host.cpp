// SPDX-License-Identifier: Apache-2.0
#include "fake_host.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <bpf/btf.h>

#include "avocet/provider.hpp"

namespace avocet::dsl::test {

struct FakeHost::Probe {
    std::string name;  // full name, matched by the pattern
    avocet_context context = AVOCET_CONTEXT_RUNTIME;
    avocet_identity identity = AVOCET_IDENTITY_COOKIE;
    uint32_t has = 0, space = AVOCET_SPACE_NONE, argn_count = 0;
    avocet_place argn_place = 0;
    uint32_t selector_word = 0, selector_count = 0;
    struct Arg {
        std::string name;
        uint32_t type_id, place, index, size, flags;
    };
    std::vector<Arg> args;
    Arg retval{};
    btf* types = nullptr;
    std::string probetype;
    std::string spec_suffix;  // the group's spec is the name with this behind it
};

namespace {

struct Kernel {
    btf* types = btf__new_empty();
    int u32, s32, u64, s64, charr, boolean;
    Kernel() {
        u32 = btf__add_int(types, "unsigned int", 4, 0);
        s32 = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
        u64 = btf__add_int(types, "long unsigned int", 8, 0);
        s64 = btf__add_int(types, "long int", 8, BTF_INT_SIGNED);
        charr = btf__add_int(types, "char", 1, BTF_INT_SIGNED);
        boolean = btf__add_int(types, "_Bool", 1, BTF_INT_BOOL);
    }
};

// task_struct with a bit-field, an anonymous union, arrays, pointers to itself, a percpu pointer; an enum and a
// typedef.
btf* make_kernel() {
    Kernel k;
    btf* t = k.types;
    const int pid_t_id = btf__add_typedef(t, "pid_t", k.s32);
    const int comm = btf__add_array(t, k.u32, k.charr, 16);
    const int numbers = btf__add_array(t, k.u32, k.s32, 4);
    const int task_forward = btf__type_cnt(t) + 1;  // the struct follows its pointer
    const int task_pointer = btf__add_ptr(t, task_forward);
    btf__add_struct(t, "task_struct", 128);
    const auto field = [&](const char* name, int type, uint32_t byte) { btf__add_field(t, name, type, byte * 8, 0); };
    field("pid", pid_t_id, 0);
    field("tgid", pid_t_id, 4);
    field("comm", comm, 8);
    field("real_parent", task_pointer, 24);
    field("group_leader", task_pointer, 32);
    btf__add_field(t, "in_execve", k.u32, 40 * 8 + 1, 2);
    field("numbers", numbers, 48);
    const int anonymous = task_forward + 1, enumeration = task_forward + 2, tag = task_forward + 3,
              tagged = task_forward + 4, inner_pointer = task_forward + 6;
    field(nullptr, anonymous, 64);
    field("state", enumeration, 72);
    field("counters", tagged, 80);
    field("mm", inner_pointer, 88);
    field("running", k.boolean, 96);
    btf__add_union(t, nullptr, 8);
    btf__add_field(t, "start", k.u64, 0, 0);
    btf__add_field(t, "delta", k.s64, 0, 0);
    btf__add_enum(t, "task_state", 4);
    btf__add_enum_value(t, "STATE_RUNNING", 0);
    btf__add_enum_value(t, "STATE_SLEEPING", 2);
    btf__add_type_tag(t, "percpu", k.u64);
    btf__add_ptr(t, tag);
    btf__add_struct(t, "mm_struct", 16);
    btf__add_field(t, "users", k.s32, 0, 0);
    btf__add_field(t, "total", k.u64, 64, 0);
    btf__add_ptr(t, task_forward + 5);
    const int void_pointer = btf__add_ptr(t, 0);
    btf__add_struct(t, "bpf_iter__task", 16);
    field("meta", void_pointer, 0);
    field("task", task_pointer, 8);
    return t;
}

}  // namespace

FakeHost::FakeHost() {
    raw_.struct_size = sizeof raw_;
    raw_.ctx = this;
    raw_.report = [](void* ctx, const avocet_diagnostic* d) {
        auto* self = static_cast<FakeHost*>(ctx);
        self->reports += std::to_string(d->span.line) + ":" + std::to_string(d->span.column) + ": " +
                         (d->severity == AVOCET_ERROR ? "ERROR: " : "WARNING: ") + string(d->message) + "\n";
    };
    raw_.get_extension = [](void* ctx, const char* id) -> const void* {
        auto* self = static_cast<FakeHost*>(ctx);
        if (std::strcmp(id, AVOCET_HOST_PROBES_1) == 0) return &self->probes_table_;
        if (std::strcmp(id, AVOCET_HOST_KERNEL_1) == 0) return &self->kernel_table_;
        return nullptr;
    };
    probes_table_.struct_size = sizeof probes_table_;
    probes_table_.ctx = this;
    probes_table_.describe = [](void* ctx, avocet_str text, avocet_span span, int32_t, uint32_t flags, uint32_t,
                                int32_t quiet, avocet_group_fn emit, void* emit_ctx) {
        return static_cast<FakeHost*>(ctx)->describe(view(text), span, flags, quiet != 0, emit, emit_ctx);
    };
    kernel_table_.struct_size = sizeof kernel_table_;
    kernel_table_.ctx = this;
    kernel_table_.kernel_btf = [](void* ctx) { return static_cast<FakeHost*>(ctx)->kernel_btf(); };
    kernel_table_.kernel_symbol = [](void*, avocet_str name) -> uint64_t {
        return view(name) == "jiffies_64" ? 0xffffffff81000000u : 0;
    };
    kernel_table_.has_feature = [](void*, const char*) { return 1; };
    host_ = Host(&raw_);

    add_special("begin", "special");
    add_special("end", "special");
    add_special("interval:s:1", "interval");
    add_special("test:ok", "test");
    add_own_functions();
    add_tracepoints();
    add_syscalls();
    add_functions();
}

FakeHost::~FakeHost() {
    for (btf* b : btfs_) btf__free(b);
    btf__free(kernel_);
}

avocet_bytes FakeHost::kernel_btf() {
    kernel_asked_ = true;
    if (!kernel_) kernel_ = make_kernel();
    uint32_t size = 0;
    const void* data = btf__raw_data(kernel_, &size);
    return {data, size};
}

// Iterators, and benches with their rounds as arg0.
void FakeHost::add_own_functions() {
    Probe bench;
    bench.name = "bench:inc";
    bench.probetype = "benchmark";
    bench.has = AVOCET_HAS_ARGN;
    bench.argn_place = AVOCET_PLACE_WORD;
    bench.argn_count = 1;
    probes_.push_back(bench);
    Probe iter;
    iter.context = AVOCET_CONTEXT_ITERATOR;
    iter.identity = AVOCET_IDENTITY_FIXED;
    iter.space = AVOCET_SPACE_KERNEL;
    iter.probetype = "iter";
    for (const char* name : {"iter:task", "iter:task:/sys/fs/bpf/x"}) {
        iter.name = name;
        probes_.push_back(iter);
    }
}

void FakeHost::add_special(const char* name, const char* probetype) {
    Probe probe;
    probe.name = name;
    probe.probetype = probetype;
    probes_.push_back(std::move(probe));
}

void FakeHost::add_tracepoints() {
    Kernel k;
    const auto id = [](int type) { return static_cast<uint32_t>(type); };
    const int comm = btf__add_array(k.types, k.u32, k.charr, 16);
    const int forward = btf__add_fwd(k.types, "task_struct", BTF_FWD_STRUCT);
    const int task = btf__add_ptr(k.types, forward);
    btfs_.push_back(k.types);
    Probe probe;
    probe.name = "tracepoint:sched:sched_switch";
    probe.context = AVOCET_CONTEXT_TRACEPOINT;
    probe.has = AVOCET_HAS_ARGS | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER;
    probe.space = AVOCET_SPACE_KERNEL;
    probe.types = k.types;
    probe.probetype = "tracepoint";
    probe.args = {{"prev_comm", id(comm), AVOCET_PLACE_CONTEXT, 8, 16, 0},
                  {"prev_pid", id(k.s32), AVOCET_PLACE_CONTEXT, 24, 4, AVOCET_ARG_SIGNED},
                  {"prev_state", id(k.s64), AVOCET_PLACE_CONTEXT, 32, 8, AVOCET_ARG_SIGNED},
                  {"next", id(task), AVOCET_PLACE_CONTEXT, 40, 8, 0}};
    probes_.push_back(probe);
    probe.name = "tracepoint:sched:sched_process_exec";
    probe.args = {{"filename", id(k.s32), AVOCET_PLACE_DATA_LOC, 8, 4, 0},
                  {"pid", id(k.s32), AVOCET_PLACE_CONTEXT, 12, 4, AVOCET_ARG_SIGNED}};
    probes_.push_back(probe);
    probe.name = "tracepoint:sched:sched_process_fork";
    probes_.push_back(std::move(probe));
}

void FakeHost::add_syscalls() {
    Kernel k;
    const auto id = [](int type) { return static_cast<uint32_t>(type); };
    const int text = btf__add_ptr(k.types, k.charr);
    btfs_.push_back(k.types);
    Probe probe;
    probe.context = AVOCET_CONTEXT_RAW_TRACEPOINT;
    probe.identity = AVOCET_IDENTITY_SELECTOR;
    probe.selector_word = 1;
    probe.selector_count = 512;
    probe.has = AVOCET_HAS_ARGS | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER;
    probe.space = AVOCET_SPACE_USER;
    probe.types = k.types;
    probe.probetype = "tracepoint";
    probe.name = "tracepoint:syscalls:sys_enter_openat";
    probe.args = {{"dfd", id(k.s32), AVOCET_PLACE_SYSCALL, 0, 4, AVOCET_ARG_SIGNED},
                  {"filename", id(text), AVOCET_PLACE_SYSCALL, 1, 8, AVOCET_ARG_USER},
                  {"flags", id(k.s32), AVOCET_PLACE_SYSCALL, 2, 4, AVOCET_ARG_SIGNED}};
    probes_.push_back(probe);
    probe.name = "tracepoint:syscalls:sys_enter_read";
    probe.args = {{"fd", id(k.u32), AVOCET_PLACE_SYSCALL, 0, 4, 0},
                  {"count", id(k.u64), AVOCET_PLACE_SYSCALL, 2, 8, 0}};
    probes_.push_back(probe);
    probe.name = "tracepoint:syscalls:sys_enter_write";
    probes_.push_back(std::move(probe));
}

void FakeHost::add_functions() {
    Kernel k;
    const auto id = [](int type) { return static_cast<uint32_t>(type); };
    btfs_.push_back(k.types);
    Probe probe;
    probe.context = AVOCET_CONTEXT_PT_REGS;
    probe.has = AVOCET_HAS_ARGN | AVOCET_HAS_FUNC | AVOCET_HAS_REGS | AVOCET_HAS_TASK;
    probe.space = AVOCET_SPACE_KERNEL;
    probe.argn_place = AVOCET_PLACE_REGISTER;
    probe.argn_count = 6;
    probe.types = k.types;
    probe.probetype = "kprobe";
    for (const char* name : {"kprobe:vfs_read", "kprobe:vfs_write"}) {
        probe.name = name;
        probes_.push_back(probe);
    }
    Probe user = probe;
    user.name = "uprobe:/bin/bash:readline";
    user.space = AVOCET_SPACE_USER;
    user.probetype = "uprobe";
    probes_.push_back(user);
    user.has = AVOCET_HAS_RETVAL | AVOCET_HAS_FUNC | AVOCET_HAS_REGS | AVOCET_HAS_TASK;
    user.name = "uretprobe:/bin/bash:readline";
    user.probetype = "uretprobe";
    user.retval = {"retval", id(k.u64), AVOCET_PLACE_RETURN, 0, 8, 0};
    probes_.push_back(user);
    // What cannot tell its targets apart.
    probe.context = AVOCET_CONTEXT_TRACEPOINT_BTF;
    probe.identity = AVOCET_IDENTITY_FIXED;
    probe.argn_place = AVOCET_PLACE_WORD;
    probe.argn_count = 3;
    probe.has = AVOCET_HAS_ARGN | AVOCET_HAS_TASK;
    probe.probetype = "rawtracepoint";
    for (const char* name : {"rawtracepoint:exec", "rawtracepoint:fork"}) {
        probe.name = name;
        probes_.push_back(probe);
    }
    // Attached in another way than the name alone would be.
    Probe raw = probe;
    raw.context = AVOCET_CONTEXT_RAW_TRACEPOINT;
    raw.probetype = "tracepoint";
    raw.spec_suffix = ":raw";
    for (const char* name : {"tracepoint:raw_syscalls:sys_enter", "tracepoint:raw_syscalls:sys_exit"}) {
        raw.name = name;
        probes_.push_back(raw);
    }
    probe.context = AVOCET_CONTEXT_PERF_EVENT;
    probe.has = AVOCET_HAS_REGS | AVOCET_HAS_TASK;
    probe.space = AVOCET_SPACE_NONE;
    probe.name = "profile:hz:99";
    probe.probetype = "profile";
    probes_.push_back(std::move(probe));
}

avocet_status FakeHost::describe(std::string_view text, const avocet_span& span, uint32_t flags, bool quiet,
                                 avocet_group_fn emit, void* ctx) {
    const bool wants_args = flags & AVOCET_DESCRIBE_ARGS;
    described.push_back(std::string(text) + (wants_args ? " args" : ""));
    std::string pattern(text);
    std::transform(pattern.begin(), pattern.end(), pattern.begin(), [](unsigned char c) { return std::tolower(c); });
    if (pattern.starts_with("t:")) pattern = "tracepoint" + pattern.substr(1);
    const std::string kind = pattern.substr(0, pattern.find(':'));
    if (std::none_of(probes_.begin(), probes_.end(),
                     [&](const Probe& p) { return wildcard_match(kind, p.name.substr(0, p.name.find(':'))); })) {
        host_.report(AVOCET_ERROR, "no provider for the kind '" + kind + "'", {}, 0, span);
        return AVOCET_ERR_INVALID;
    }
    // Groups by layout when arguments are wanted, else by context alone.
    std::map<std::string, std::vector<const Probe*>> groups;
    for (const Probe& p : probes_) {
        if (!wildcard_match(pattern, p.name)) continue;
        std::string key = p.probetype + std::to_string(p.space) + std::to_string(p.context);
        if (wants_args)
            for (const auto& a : p.args) key += a.name + std::to_string(a.index);
        groups[key].push_back(&p);
    }
    if (groups.empty()) {
        if (!quiet) host_.report(AVOCET_ERROR, "no matches for '" + std::string(text) + "'", {}, 0, span);
        return AVOCET_ERR_NOT_FOUND;
    }
    for (const auto& [key, members] : groups) {
        const Probe& p = *members[0];
        std::vector<avocet_str> targets;
        for (const Probe* m : members) targets.push_back(to_abi(m->name));
        std::vector<avocet_probe_arg> args;
        for (const auto& a : p.args)
            args.push_back(
                {to_abi(a.name), a.type_id, static_cast<avocet_place>(a.place), a.index, a.size, a.flags, 0, {}});
        avocet_probe_group group{};
        group.struct_size = sizeof group;
        group.context = p.context;
        group.identity = p.identity;
        group.has = p.has;
        group.space = p.space;
        group.selector_word = p.selector_word;
        group.selector_count = p.selector_count;
        group.argn_place = p.argn_place;
        group.argn_count = p.argn_count;
        if (wants_args) {
            group.arg_count = static_cast<uint32_t>(args.size());
            group.args = args.data();
        }
        group.retval = {to_abi(p.retval.name),
                        p.retval.type_id,
                        static_cast<avocet_place>(p.retval.place),
                        p.retval.index,
                        p.retval.size,
                        p.retval.flags,
                        0,
                        {}};
        if (p.types) {
            uint32_t size = 0;
            group.btf.data = btf__raw_data(p.types, &size);
            group.btf.size = size;
        }
        group.probetype = to_abi(p.probetype);
        group.target_count = static_cast<uint32_t>(targets.size());
        group.targets = targets.data();
        const std::string spec = (members.size() == 1 ? p.name : std::string(text)) + p.spec_suffix;
        group.spec = to_abi(spec);
        if (emit(ctx, &group) == AVOCET_STOP) break;
    }
    return AVOCET_OK;
}

}  // namespace avocet::dsl::test
