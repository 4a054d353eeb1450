// SPDX-License-Identifier: Apache-2.0
//
// What the kernel does for some kinds of probes only: its own functions (kfuncs), paths, sockets, per-CPU variables,
// and what acts on the traced task.
#include "passes/builtins/hooks.hpp"
#include "types/btf_index.hpp"

namespace avocet::dsl {

namespace {

// Kernel functions are registered for kinds of programs: those for tasks, cgroups and maps for BPF_PROG_TYPE_TRACING
// from the start (kernel/bpf/helpers.c), for others as this kernel says.
bool calls_kernel_functions(Typer& t, avocet_context context) {
    const auto* kernel = t.unit().host->extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    const auto has = [&](const char* feature) { return kernel && kernel->has_feature(kernel->ctx, feature) == 1; };
    switch (context) {
        case AVOCET_CONTEXT_FENTRY:
        case AVOCET_CONTEXT_FEXIT:
        case AVOCET_CONTEXT_ITERATOR:
        case AVOCET_CONTEXT_TRACEPOINT_BTF: return true;
        case AVOCET_CONTEXT_TRACEPOINT: return has("kfunc_tracepoint");
        case AVOCET_CONTEXT_PERF_EVENT: return has("kfunc_perf_event");
        case AVOCET_CONTEXT_PT_REGS: return has("kfunc_kprobe");
        default: return has("kfunc_raw_tracepoint");
    }
}

template <bool (*Answer)(Typer&, const std::string&)>
Type infer_kernel_function(Typer& t, CallExpr& e) {
    const std::string* name = literal_string(*e.args[0]);
    if (!name && !t.is_refused(*e.args[0]))
        t.error(e.args[0]->span, e.name + "(): takes the name of a kernel function as a string literal (" +
                                     decayed(e.args[0]->type).class_name() + " given)");
    if (t.reporting() && t.unit().portable())
        t.error(e.span, e.name + "(): what the kernel offers is not known in a portable program")
            .with_hint("compile without --portable");
    e.number = name && Answer(t, *name);
    return Type::boolean();
}
void convert_answer(Converter&, ExprPtr& owner, CallExpr& e) {
    auto answer = std::make_unique<BooleanExpr>(e.span, e.number != 0);
    answer->type = Type::boolean();
    owner = std::move(answer);
}

bool is_pointer_to(const Type& type, std::string_view name) {
    return type.is_pointer() && type.element && type.element->name == name;
}

// Programs that see kernel objects with their types.
bool is_typed_program(Typer& t) {
    const avocet_context c = t.facts().context;
    return t.facts().unknown || c == AVOCET_CONTEXT_FENTRY || c == AVOCET_CONTEXT_FEXIT ||
           c == AVOCET_CONTEXT_ITERATOR || c == AVOCET_CONTEXT_TRACEPOINT_BTF;
}

Type infer_path(Typer& t, CallExpr& e) {
    uint64_t size = t.unit().settings.max_strlen;
    const Type type = decayed(e.args[0]->type);
    if (!is_typed_program(t) || t.facts().context == AVOCET_CONTEXT_TRACEPOINT_BTF) {
        t.error(e.span, "path(): '" + t.facts().probetype + "' probes cannot ask for paths")
            .with_hint("fentry, fexit and iter probes can");
        return Type::string(size);
    }
    const bool fits = is_pointer_to(type, "path") || (type.kind == TypeKind::c_struct && type.name == "path");
    if (type.kind != TypeKind::none && !fits) hooks::refuse_class(t, e, 0, "a struct path");
    if (e.args.size() > 1) {
        const auto literal = literal_int(*e.args[1]);
        if (t.is_refused(*e.args[1])) return {};
        if (!literal || *literal < 1)
            t.error(e.args[1]->span, "path(): the size must be a literal, at least 1");
        else
            size = std::min<uint64_t>(size, static_cast<uint64_t>(*literal));
    }
    return Type::string(size);
}
void convert_path(Converter&, ExprPtr&, CallExpr& e) { e.args.resize(1); }

Type infer_socket_cookie(Typer& t, CallExpr& e) {
    const Type type = decayed(e.args[0]->type);
    if (!is_typed_program(t))
        t.error(e.span, "socket_cookie(): '" + t.facts().probetype + "' probes cannot ask for it")
            .with_hint("fentry, fexit, iter and rawtracepoint probes can");
    else if (type.kind != TypeKind::none && !is_pointer_to(type, "sock"))
        hooks::refuse_class(t, e, 0, "a struct sock pointer");
    return Type::integer(8, false);
}

Type infer_override(Typer& t, CallExpr& e) {
    if (!t.facts().unknown && t.facts().probetype != "kprobe")
        t.error(e.span, "override(): '" + t.facts().probetype + "' probes cannot skip a function")
            .with_hint("kprobes can, on functions that the kernel allows errors to be injected into");
    t.expect_number(e, 0);
    return {};
}

Type infer_write_user(Typer& t, CallExpr& e) {
    for (size_t i = 0; i < 2; ++i) {
        const Type type = decayed(e.args[i]->type);
        const bool memory = i == 1 && type.is_aggregate_value();
        if (type.kind != TypeKind::none && !hooks::is_address(type) && !memory)
            hooks::refuse_class(t, e, i, i ? "a pointer or a value in memory" : "a pointer");
    }
    const auto length = literal_int(*e.args[2]);
    if (!length || *length < 1) {
        if (!t.is_refused(*e.args[2]))
            t.error(e.args[2]->span, "write_user(): the length must be a literal, at least 1");
        return Type::boolean();
    }
    e.number = static_cast<uint64_t>(*length);
    const Type source = decayed(e.args[1]->type);
    if (source.is_aggregate_value() && e.number > source.size)
        t.error(e.args[2]->span, "write_user(): the source has " + std::to_string(source.size) + " bytes, " +
                                     std::to_string(e.number) + " asked for");
    return Type::boolean();
}
void convert_write_user(Converter& c, ExprPtr&, CallExpr& e) {
    c.to(e.args[0], Type::integer(8, false));
    hooks::to_address(c, e.args[1], Type::integer(1, false));
    e.args.resize(2);
}

uint64_t kernel_address(Typer& t, const std::string& name) {
    const auto* kernel = t.unit().host->extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    return kernel ? kernel->kernel_symbol(kernel->ctx, to_abi(name)) : 0;
}

// The kernel itself looks variables of its BTF up in kallsyms (kernel/bpf/verifier.c, check_pseudo_btf_id): without
// CONFIG_KALLSYMS_ALL they cannot be reached.
void refuse_variable(Typer& t, const Expr& at, const std::string& name) {
    const BtfIndex* types = t.unit().structs.kernel_btf();
    const std::string subject = "per-CPU variable '" + name + "': ";
    if (types && !types->find(name, 1u << BTF_KIND_VAR))
        t.error(at.span, subject + "this kernel's BTF has no such variable");
    else
        t.error(at.span, subject + "this kernel does not tell its address")
            .with_hint("a kernel with CONFIG_KALLSYMS_ALL=y does, unless kptr_restrict is in the way");
}

// A per-CPU variable's symbol plus the CPU's offset (include/asm-generic/percpu.h).
Type infer_percpu_kaddr(Typer& t, CallExpr& e) {
    Type type = Type::integer(8, false);
    type.space = Space::kernel;
    const std::string* name = literal_string(*e.args[0]);
    if (!name && !t.is_refused(*e.args[0]))
        t.error(e.args[0]->span, "percpu_kaddr(): takes the name of a kernel variable as a string literal");
    if (e.args.size() > 1) t.expect_number(e, 1);
    if (!name || !t.reporting()) return type;
    if (t.unit().portable()) {
        t.error(e.span, "percpu_kaddr(): addresses are not known in a portable program")
            .with_hint("compile without --portable");
        return type;
    }
    t.unit().dependencies.emplace_back("content", "/proc/sys/kernel/random/boot_id");
    e.number = kernel_address(t, *name);
    if (e.number == 0)
        refuse_variable(t, *e.args[0], *name);
    else if (kernel_address(t, "__per_cpu_offset") == 0)
        t.error(e.span, "percpu_kaddr(): this kernel does not tell the address of __per_cpu_offset")
            .with_hint("a kernel with CONFIG_KALLSYMS_ALL=y does");
    return type;
}
void convert_percpu_kaddr(Converter& c, ExprPtr&, CallExpr& e) {
    if (e.args.size() > 1) c.to(e.args[1], Type::integer(8, false));
    const auto* kernel = c.unit().host->extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    const uint64_t offsets = kernel ? kernel->kernel_symbol(kernel->ctx, to_abi("__per_cpu_offset")) : 0;
    e.args[0] = make_integer(e.args[0]->span, offsets, Type::integer(8, false));
}

Type infer_unwatch(Typer& t, CallExpr& e) {
    t.error(e.span, "unwatch(): watchpoints last as long as the session").with_hint("a predicate can end them early");
    return {};
}

using namespace hooks;
constexpr BuiltinInfo table[] = {
    {"kfunc_exist", Builtin::kfunc_exist, builtin_constant, 1, 1, infer_kernel_function<kernel_has_function>,
     convert_answer},
    {"kfunc_allowed", Builtin::kfunc_allowed, builtin_constant, 1, 1, infer_kernel_function<kernel_function_allowed>,
     convert_answer},
    {"path", Builtin::path, 0, 1, 2, infer_path, convert_path},
    {"socket_cookie", Builtin::socket_cookie, 0, 1, 1, infer_socket_cookie, nullptr},
    {"override", Builtin::override_, builtin_void | builtin_unsafe, 1, 1, infer_override, first_to_integer<8, false>},
    {"write_user", Builtin::write_user, builtin_unsafe | builtin_effect, 3, 3, infer_write_user, convert_write_user},
    {"percpu_kaddr", Builtin::percpu_kaddr, 0, 1, 2, infer_percpu_kaddr, convert_percpu_kaddr},
    {"unwatch", Builtin::unwatch, builtin_void, 1, 1, infer_unwatch, nullptr},
};

}  // namespace

namespace hooks {

bool kernel_has_function(Typer& t, const std::string& name) { return t.unit().structs.has_kernel_function(name); }

bool kernel_function_allowed(Typer& t, const std::string& name) {
    return (t.facts().unknown || calls_kernel_functions(t, t.facts().context)) && kernel_has_function(t, name);
}

}  // namespace hooks

std::span<const BuiltinInfo> kernel_builtins() { return table; }

}  // namespace avocet::dsl
