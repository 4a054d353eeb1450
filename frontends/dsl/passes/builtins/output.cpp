// SPDX-License-Identifier: Apache-2.0
//
// Output and control.
#include <algorithm>
#include <array>
#include <cctype>

#include "passes/builtins/hooks.hpp"
#include "passes/builtins/printf_format.hpp"

namespace avocet::dsl {

namespace {

bool is_printable(const Type& type) {
    if (type.kind == TypeKind::void_ || type.kind == TypeKind::none) return false;
    if (type.is_context && type.element && type.element->name == "args") return false;
    if (type.kind == TypeKind::tuple) return !type.members->empty();
    return true;
}

std::string counted(size_t number, const char* noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

// Printed as an address, which nobody means.
void note_pointer(Typer& t, const Expr& argument) {
    const Type& type = argument.type;
    if (type.is_pointer() && type.element && type.element->is_integer() && type.element->size == 1)
        t.warning(argument.span, "'%s' prints the address '" + type.spelling() + "', not the text there")
            .with_hint("str() reads the text; %p prints addresses");
}

Type infer_printf(Typer& t, CallExpr& e) {
    const std::string* format = literal_string(*e.args[0]);
    if (!format) {
        if (!t.is_refused(*e.args[0]))
            t.error(e.args[0]->span, e.name + "(): the format must be a string literal")
                .with_hint("e.g. " + e.name + "(\"%s\\n\", ...)");
        return {};
    }
    const auto conversions = parse_format(*format);
    const size_t given = e.args.size() - 1;
    if (given != conversions.size()) {
        t.error(e.span, e.name + "(): the format has " + counted(conversions.size(), "conversion") + ", the call " +
                            counted(given, "argument") + " for it")
            .with_hint(given > conversions.size() ? "each argument needs a conversion such as %d or %s"
                                                  : "each conversion takes an argument; a percent sign alone is %%");
        return {};
    }
    if (given > 127) t.error(e.span, e.name + "(): at most 127 arguments");
    for (size_t i = 0; i < given; ++i) {
        if (conversions[i].name == "s") note_pointer(t, *e.args[i + 1]);
        const Expr& argument = *e.args[i + 1];
        const Conversion& conversion = conversions[i];
        if (is_unsupported(conversion)) {
            t.error(e.args[0]->span, e.name + "(): no conversion '%" + conversion.name + "'")
                .with_hint("there are no floating point values; use %d");
        } else if (argument.type.kind == TypeKind::none) {
            continue;
        } else if (!accepts(conversion, argument.type) || !is_printable(argument.type) ||
                   (argument.type.kind == TypeKind::aggregate && !is_castable_aggregate(argument.type))) {
            auto& message = t.error(argument.span, e.name + "(): '%" + conversion.name + "' cannot print '" +
                                                       argument.type.spelling() + "'");
            if (argument.type.kind == TypeKind::aggregate)
                message.with_hint(is_castable_aggregate(argument.type) ? "a cast to int64 takes the number"
                                                                       : "print() prints the map");
            else if (is_printable(argument.type))
                message.with_hint("%s prints any value");
        }
    }
    return {};
}

// ---- print ----
Type infer_print_map(Typer& t, CallExpr& e) {
    const MapInfo* map = t.map_argument(e);
    static constexpr const char* names[] = {"top", "div"};
    for (size_t i = 1; i < e.args.size(); ++i) {
        const auto value = literal_int(*e.args[i]);
        if (!t.is_refused(*e.args[i]) && (!value || *value < 0))
            t.error(e.args[i]->span, std::string("print(): ") + names[i - 1] + " must be a literal, not negative");
    }
    if (map && map->aggregate == Aggregate::stats && e.args.size() > 1)
        t.warning(e.span, "print(): top and div mean nothing for stats() maps");
    return {};
}

Type infer_print(Typer& t, CallExpr& e) {
    if (e.args[0]->kind == ExprKind::map) return infer_print_map(t, e);
    const Type type = t.infer(*e.args[0]);
    if (e.args.size() > 1)
        t.error(e.span,
                "print(): takes one argument for what is not a map (" + std::to_string(e.args.size()) + " given)")
            .with_hint(literal_string(*e.args[0]) ? "printf() takes a format"
                                                  : "several values make one tuple: print((a, b))");
    if (type.kind == TypeKind::none) return {};
    if (type.kind == TypeKind::aggregate && !is_castable_aggregate(type) && !type.name.ends_with("stats_t"))
        t.error(e.args[0]->span, "print(): single elements of a map of type '" + type.name + "' cannot be printed")
            .with_hint("print the whole map");
    else if (!is_printable(type))
        t.error(e.args[0]->span, "print(): '" + type.spelling() + "' cannot be printed")
            .with_hint(type.kind == TypeKind::void_ ? "the call has no value; let it stand alone" : "");
    return {};
}
void convert_print(Converter& c, ExprPtr&, CallExpr& e) {
    if (e.args[0]->kind != ExprKind::map) c.convert(e.args[0]);
}

// ---- what the host does with a text: cat, system, skboutput ----
Type infer_debugf(Typer& t, CallExpr& e) {
    if (!literal_string(*e.args[0])) return infer_printf(t, e);
    static constexpr std::string_view kept = "duxps";
    for (const Conversion& c : parse_format(*literal_string(*e.args[0])))
        if (c.name.size() != 1 || kept.find(c.name[0]) == std::string_view::npos)
            t.error(e.args[0]->span, "debugf(): no conversion '%" + c.name + "'")
                .with_hint("the kernel's trace pipe knows %d, %u, %x, %p and %s");
    if (e.args.size() > 4)
        t.error(e.span, "debugf(): at most 3 arguments, " + std::to_string(e.args.size() - 1) + " given");
    t.warning(e.span, "debugf(): every call takes a lock in the kernel; for debugging only")
        .with_hint("read it in /sys/kernel/tracing/trace_pipe");
    return infer_printf(t, e);
}

// 0: the packet was handed over.
Type infer_skboutput(Typer& t, CallExpr& e) {
    if (!literal_string(*e.args[0]) && !t.is_refused(*e.args[0]))
        t.error(e.args[0]->span, "skboutput(): the file must be a string literal");
    const Type packet = decayed(e.args[1]->type);
    const bool is_packet = packet.is_pointer() && packet.element && packet.element->name == "sk_buff";
    if (packet.kind != TypeKind::none && !is_packet) hooks::refuse_class(t, e, 1, "a struct sk_buff pointer");
    t.expect_number(e, 2);
    t.expect_number(e, 3);
    return Type::integer(4, false);
}
void convert_skboutput(Converter& c, ExprPtr&, CallExpr& e) {
    c.to(e.args[2], Type::integer(8, false));
    c.to(e.args[3], Type::integer(8, false));
}

// ---- time, join, exit ----
Type infer_time(Typer& t, CallExpr& e) {
    if (!e.args.empty() && !literal_string(*e.args[0]) && !t.is_refused(*e.args[0]))
        t.error(e.args[0]->span, "time(): the format must be a string literal");
    return {};
}

Type infer_join(Typer& t, CallExpr& e) {
    const Type type = decayed(e.args[0]->type);
    if (type.kind != TypeKind::none && !hooks::is_address(type)) hooks::refuse_class(t, e, 0, "a pointer to strings");
    if (e.args.size() > 1 && !literal_string(*e.args[1]) && !t.is_refused(*e.args[1]))
        t.error(e.args[1]->span, "join(): the separator must be a string literal");
    return {};
}
void convert_join(Converter& c, ExprPtr&, CallExpr& e) {
    hooks::to_address(c, e.args[0], Type::pointer_to(Type::integer(1, true), Space::none));
}

Type infer_exit(Typer& t, CallExpr& e) {
    if (!e.args.empty()) t.expect_number(e, 0);
    return {};
}

// ---- signal ----
struct SignalName {
    std::string_view name;
    uint8_t number;
};
constexpr std::array signal_names{
    SignalName{"HUP", 1},     SignalName{"INT", 2},   SignalName{"QUIT", 3},   SignalName{"ILL", 4},
    SignalName{"TRAP", 5},    SignalName{"ABRT", 6},  SignalName{"BUS", 7},    SignalName{"FPE", 8},
    SignalName{"KILL", 9},    SignalName{"USR1", 10}, SignalName{"SEGV", 11},  SignalName{"USR2", 12},
    SignalName{"PIPE", 13},   SignalName{"ALRM", 14}, SignalName{"TERM", 15},  SignalName{"CHLD", 17},
    SignalName{"CONT", 18},   SignalName{"STOP", 19}, SignalName{"TSTP", 20},  SignalName{"TTIN", 21},
    SignalName{"TTOU", 22},   SignalName{"URG", 23},  SignalName{"XCPU", 24},  SignalName{"XFSZ", 25},
    SignalName{"VTALRM", 26}, SignalName{"PROF", 27}, SignalName{"WINCH", 28}, SignalName{"IO", 29},
    SignalName{"PWR", 30},    SignalName{"SYS", 31}};

uint64_t signal_number(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    if (name.starts_with("SIG")) name.erase(0, 3);
    for (const SignalName& s : signal_names)
        if (s.name == name) return s.number;
    return 0;
}

Type infer_signal(Typer& t, CallExpr& e) {
    if (!(t.facts().has & AVOCET_HAS_TASK))
        t.error(e.span, e.name + "(): '" + t.facts().probetype + "' probes do not run in a traced task");
    if (const std::string* name = literal_string(*e.args[0])) {
        e.number = signal_number(*name);
        if (e.number == 0) t.error(e.args[0]->span, "signal '" + *name + "': no such signal");
    } else if (const auto number = literal_int(*e.args[0]); number && (*number < 1 || *number > 64)) {
        t.error(e.args[0]->span, e.name + "(): a signal is 1 to 64, " + std::to_string(*number) + " given");
    } else {
        t.expect_number(e, 0);
    }
    return {};
}
void convert_signal(Converter& c, ExprPtr&, CallExpr& e) {
    const Type type = Type::integer(4, false);
    if (literal_string(*e.args[0]))
        e.args[0] = make_integer(e.args[0]->span, e.number, type);
    else
        c.to(e.args[0], type);
}

using namespace hooks;
constexpr uint32_t out = builtin_output | builtin_void;
constexpr BuiltinInfo table[] = {
    {"printf", Builtin::printf, out | builtin_format, 1, -1, infer_printf, nullptr},
    {"errorf", Builtin::errorf, out | builtin_format, 1, -1, infer_printf, nullptr},
    {"warnf", Builtin::warnf, out | builtin_format, 1, -1, infer_printf, nullptr},
    {"cat", Builtin::cat, out | builtin_format, 1, -1, infer_printf, nullptr},
    {"system", Builtin::system, out | builtin_format | builtin_unsafe, 1, -1, infer_printf, nullptr},
    {"debugf", Builtin::debugf, builtin_void | builtin_format, 1, -1, infer_debugf, nullptr},
    {"skboutput", Builtin::skboutput, builtin_output | builtin_effect, 4, 4, infer_skboutput, convert_skboutput},
    {"print", Builtin::print, out | builtin_map_first, 1, 3, infer_print, convert_print},
    {"time", Builtin::time, out, 0, 1, infer_time, nullptr},
    {"join", Builtin::join, out, 1, 2, infer_join, convert_join},
    {"exit", Builtin::exit, out, 0, 1, infer_exit, first_to_integer<8, true>},
    {"signal", Builtin::signal, builtin_void | builtin_unsafe, 1, 1, infer_signal, convert_signal},
    {"signal_thread", Builtin::signal_thread, builtin_void | builtin_unsafe, 1, 1, infer_signal, convert_signal},
};

}  // namespace

std::span<const BuiltinInfo> output_builtins() { return table; }

}  // namespace avocet::dsl
