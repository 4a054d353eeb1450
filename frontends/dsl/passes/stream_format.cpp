// SPDX-License-Identifier: Apache-2.0
//
// What bpf_bprintf_prepare (kernel/bpf/helpers.c) accepts: at most 12 values of 64 bits; the flags "0+- ", a width,
// then d i u x X c s or p with a letter; no precision.
#include "passes/stream_format.hpp"

#include "passes/builtins/printf_format.hpp"
#include "passes/typer.hpp"

namespace avocet::dsl {

namespace {

constexpr size_t most_values = 12;  // MAX_BPRINTF_VARARGS

// The conversion's last letters in the kernel's spelling, empty: there is none.
std::string kernel_conversion(const Conversion& conversion, const Type& type) {
    const bool scalar = type.is_integer() || type.is_pointer() || type.kind == TypeKind::enumeration;
    const bool number = scalar || type.kind == TypeKind::boolean;
    switch (conversion.name[0]) {
        case 'd':
        case 'i':
        case 'u':
        case 'x':
        case 'X': return number && conversion.name.size() == 1 ? "ll" + conversion.name : "";
        case 'c': return number ? "c" : "";
        case 'p': return number ? "llx" : "";
        case 's':
            if (type.is_string()) return "s";
            if (type.kind == TypeKind::ksym) return "ps";
            if (type.is_integer()) return type.is_signed ? "lld" : "llu";
            return type.is_pointer() ? "llx" : "";
        default: return "";
    }
}

bool shows_address(const Conversion& conversion, const Type& type) {
    return conversion.name == "p" || (conversion.name == "s" && type.is_pointer());
}

}  // namespace

std::optional<std::string> stream_format(const CallExpr& printf, DiagnosticList* diagnostics) {
    const std::string* format = literal_string(*printf.args[0]);
    if (!format) return std::nullopt;
    bool good = true;
    const auto refuse = [&](const Span& span, const std::string& what) {
        good = false;
        if (diagnostics)
            diagnostics->error(span, "pinned iterator: " + what)
                .with_hint("its text is formatted by the kernel: %d %u %x %X %c %p and strings, with a width");
    };
    const auto conversions = parse_format(*format);
    if (conversions.size() > most_values) refuse(printf.span, "printf() takes at most 12 values");
    std::string out;
    size_t done = 0;
    for (size_t i = 0; i < conversions.size() && i + 1 < printf.args.size(); ++i) {
        const Conversion& conversion = conversions[i];
        const Expr& argument = *printf.args[i + 1];
        const std::string letters = kernel_conversion(conversion, argument.type);
        const std::string shown = "'" + format->substr(conversion.begin, conversion.end - conversion.begin) + "'";
        if (conversion.precise || conversion.width == "*" || conversion.flags.find('#') != std::string::npos)
            refuse(printf.args[0]->span, "printf() cannot do " + shown);
        else if (letters.empty() && argument.type.kind != TypeKind::none)
            refuse(argument.span, shown + " cannot print '" + argument.type.spelling() + "'");
        out += format->substr(done, conversion.begin - done);
        if (shows_address(conversion, argument.type)) out += "0x";
        out += "%" + conversion.flags + conversion.width + letters;
        done = conversion.end;
    }
    out += format->substr(done);
    if (out.find('\0') != std::string::npos) refuse(printf.args[0]->span, "the format holds a NUL");
    return good ? std::optional(out) : std::nullopt;
}

}  // namespace avocet::dsl
