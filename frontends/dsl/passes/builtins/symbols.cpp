// SPDX-License-Identifier: Apache-2.0
//
// Symbols, addresses, names of things outside the program: most are resolved when shown.
#include <arpa/inet.h>
#include <sys/stat.h>

#include <cerrno>

#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

using hooks::refuse_class;

Type infer_kaddr(Typer& t, CallExpr& e) {
    Type type = Type::integer(8, false);
    type.space = Space::kernel;
    const std::string* name = literal_string(*e.args[0]);
    if (!name) {
        if (!t.is_refused(*e.args[0]))
            t.error(e.args[0]->span, "kaddr(): takes the name of a kernel symbol as a string literal");
        return type;
    }
    if (!t.reporting()) return type;
    if (t.unit().portable()) return type;  // a fact of the machine where it runs
    const auto* kernel = t.unit().host->extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    t.unit().dependencies.emplace_back("content", "/proc/sys/kernel/random/boot_id");  // addresses are drawn at boot
    e.number = kernel ? kernel->kernel_symbol(kernel->ctx, to_abi(*name)) : 0;
    if (e.number == 0)
        t.error(e.args[0]->span, "kernel symbol '" + *name + "': not found")
            .with_hint("is it in /proc/kallsyms, and is kptr_restrict in the way?");
    return type;
}
// Stays a call in a portable program: lowered to a fact.
void convert_machine_number(Converter& c, ExprPtr& owner, CallExpr& e) {
    if (!c.unit().portable()) owner = make_integer(e.span, e.number, e.type);
}

template <TypeKind Kind>
Type infer_symbol(Typer& t, CallExpr& e) {
    const Type type = decayed(e.args[0]->type);
    if (type.kind == TypeKind::none) return {};
    if (!hooks::is_address(type)) return refuse_class(t, e, 0, "an address");
    return Type::simple(Kind);
}

Type infer_ntop(Typer& t, CallExpr& e) {
    if (e.args.size() == 2 && !t.expect_number(e, 0)) return {};
    const Type type = decayed(e.args.back()->type);
    if (type.kind == TypeKind::none) return {};
    const bool bytes = type.kind == TypeKind::array || type.is_string();
    if (bytes && type.size != 4 && type.size != 16) {
        t.error(e.args.back()->span, "ntop(): an address has 4 or 16 bytes, not " + std::to_string(type.size));
        return {};
    }
    if (!bytes && !type.is_integer()) return refuse_class(t, e, e.args.size() - 1, "an integer or an array of bytes");
    e.number = bytes && type.size == 16 ? 10 : 2;
    if (e.args.size() == 2)
        if (const auto family = literal_int(*e.args[0])) {
            if (*family != 2 && *family != 10) t.error(e.args[0]->span, "ntop(): the family is 2 (IPv4) or 10 (IPv6)");
            e.number = static_cast<uint64_t>(*family);
        }
    return Type::simple(TypeKind::inet);
}
void convert_ntop(Converter& c, ExprPtr&, CallExpr& e) {
    if (e.args.size() == 2) {
        if (literal_int(*e.args[0]))
            e.args.erase(e.args.begin());
        else
            c.to(e.args[0], Type::integer(8, true));
    }
    if (is_number(e.args.back()->type)) c.to(e.args.back(), Type::integer(4, false));
}

// The bytes in network order, as an array.
bool parse_address(const std::string& text, std::string& bytes) {
    bytes.resize(16);
    if (text.find(':') != std::string::npos) return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
    bytes.resize(4);
    return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
}
Type infer_pton(Typer& t, CallExpr& e) {
    const std::string* text = literal_string(*e.args[0]);
    std::string bytes(4, '\0');
    if (!text) {
        if (!t.is_refused(*e.args[0]))
            t.error(e.args[0]->span, "pton(): takes an address as a string literal (" +
                                         decayed(e.args[0]->type).class_name() + " given)");
    } else if (!parse_address(*text, bytes)) {
        t.error(e.args[0]->span, "pton(): '" + *text + "' is not an IPv4 or IPv6 address")
            .with_hint("addresses look like 127.0.0.1 and ::1");
    }
    return Type::array_of(Type::integer(1, false), bytes.size());
}
void convert_pton(Converter&, ExprPtr&, CallExpr& e) {
    auto& text = as<StringExpr>(*e.args[0]);
    std::string bytes;
    parse_address(text.value, bytes);
    text.value = bytes;
}

Type infer_macaddr(Typer& t, CallExpr& e) {
    const Type type = decayed(e.args[0]->type);
    if (type.kind == TypeKind::none) return {};
    if ((type.kind == TypeKind::array || type.is_string()) && type.size >= 6 && e.args[0]->kind != ExprKind::string)
        return Type::simple(TypeKind::mac);
    if (!hooks::is_address(type) || literal_int(*e.args[0]))
        return refuse_class(t, e, 0, "a pointer or an array of 6 bytes");
    return Type::simple(TypeKind::mac);
}
void convert_macaddr(Converter& c, ExprPtr&, CallExpr& e) { hooks::to_address(c, e.args[0], Type::integer(1, false)); }

Type infer_strftime(Typer& t, CallExpr& e) {
    Type type = Type::simple(TypeKind::timestamp);
    const std::string* format = literal_string(*e.args[0]);
    if (!format)
        t.error(e.args[0]->span, "strftime(): the format must be a string literal");
    else
        type.name = *format;
    const Type time = t.infer(*e.args[1]);
    if (time.kind != TypeKind::none && !is_number(time)) return refuse_class(t, e, 1, "nanoseconds");
    if (const auto literal = literal_int(*e.args[1]); literal && *literal < 0)
        t.error(e.args[1]->span, "strftime(): a time is not negative");
    e.number = 0;
    if (const auto* clock = as_if<CallExpr>(e.args[1].get(), ExprKind::call);
        clock && clock->builtin == Builtin::nsecs) {
        if (clock->number == 1)
            t.error(e.args[1]->span, "strftime(): a monotonic time cannot be told as a date")
                .with_hint("use nsecs(boot) or nsecs(tai)");
        e.number = clock->number >= 2 ? 2 : 0;
    }
    return type;
}
void convert_strftime(Converter& c, ExprPtr&, CallExpr& e) {
    c.convert(e.args[1]);
    e.args.erase(e.args.begin());
    c.to(e.args[0], Type::integer(8, false));
}

Type infer_cgroup_path(Typer& t, CallExpr& e) {
    Type type = Type::simple(TypeKind::cgroup_path);
    const Type id = t.infer(*e.args[0]);
    if (id.kind != TypeKind::none && !is_number(id)) return refuse_class(t, e, 0, "a cgroup id");
    if (e.args.size() > 1) {
        if (const std::string* filter = literal_string(*e.args[1]))
            type.name = *filter;
        else
            t.error(e.args[1]->span, "cgroup_path(): the filter must be a string literal");
    }
    return type;
}
void convert_cgroup_path(Converter& c, ExprPtr&, CallExpr& e) {
    e.args.resize(1);
    c.convert(e.args[0]);
    c.to(e.args[0], Type::integer(8, false));
}

// The id of a cgroup v2 directory is its inode number (kernfs, 64-bit machines).
Type infer_cgroupid(Typer& t, CallExpr& e) {
    const Type type = Type::integer(8, false);
    const std::string* path = literal_string(*e.args[0]);
    if (!path) {
        t.error(e.args[0]->span, "cgroupid(): takes a path as a string literal");
        return type;
    }
    if (!t.reporting()) return type;
    if (t.unit().portable()) return type;
    struct stat info;
    if (stat(path->c_str(), &info) != 0)
        t.error(e.args[0]->span, "cgroup '" + *path + "': " + errno_text(errno));
    else
        e.number = info.st_ino;
    t.unit().dependencies.emplace_back("file", *path);
    return type;
}

using namespace hooks;
constexpr BuiltinInfo table[] = {
    {"kaddr", Builtin::kaddr, 0, 1, 1, infer_kaddr, convert_machine_number},
    {"ksym", Builtin::ksym, 0, 1, 1, infer_symbol<TypeKind::ksym>, first_to_integer<8, false>},
    {"usym", Builtin::usym, 0, 1, 1, infer_symbol<TypeKind::usym>, first_to_integer<8, false>},
    {"ntop", Builtin::ntop, 0, 1, 2, infer_ntop, convert_ntop},
    {"pton", Builtin::pton, 0, 1, 1, infer_pton, convert_pton},
    {"macaddr", Builtin::macaddr, 0, 1, 1, infer_macaddr, convert_macaddr},
    {"strftime", Builtin::strftime, builtin_literals, 2, 2, infer_strftime, convert_strftime},
    {"cgroup_path", Builtin::cgroup_path, builtin_literals, 1, 2, infer_cgroup_path, convert_cgroup_path},
    {"cgroupid", Builtin::cgroupid, builtin_literals, 1, 1, infer_cgroupid, convert_machine_number},
};

}  // namespace

std::span<const BuiltinInfo> symbol_builtins() { return table; }

}  // namespace avocet::dsl
