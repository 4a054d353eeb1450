// SPDX-License-Identifier: Apache-2.0
#include "passes/member_names.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "passes/builtins/builtins.hpp"
#include "syntax/visit.hpp"

namespace avocet::dsl {

namespace {

constexpr size_t longest_name = 64;  // kernels take 127 bytes

// Which argument of a call that shows it in another form, so that the call is called like it; -1: not such a call.
int shown_argument(const CallExpr& call) {
    const BuiltinInfo* info = find_builtin(call.name);
    const int count = static_cast<int>(call.args.size());
    switch (info ? info->id : Builtin::none) {
        case Builtin::str:
        case Builtin::buf:
        case Builtin::ksym:
        case Builtin::usym:
        case Builtin::kptr:
        case Builtin::uptr:
        case Builtin::bswap:
        case Builtin::macaddr:
        case Builtin::strerror:
        case Builtin::signal_name:
        case Builtin::syscall_name:
        case Builtin::cgroup_path:
        case Builtin::path: return count > 0 ? 0 : -1;
        case Builtin::ntop:
        case Builtin::strftime: return count - 1;
        default: return -1;
    }
}

// Macros and functions, written where they are called, have variables "$macro_1_$x" and parameters "$function_2_y".
std::string written_name(const std::string& name, const Script& script) {
    const size_t sign = name.rfind('$');
    if (sign == std::string::npos) return name;
    if (sign > 0) return name.substr(sign + 1);
    for (size_t i = 0; i < script.expansions.size(); ++i) {
        const std::string prefix = fmt::format("${}_{}_", script.expansions[i].name, i + 1);
        if (name.starts_with(prefix)) return name.substr(prefix.size());
    }
    return {};
}

std::string word_name(const std::string& word) {
    const BuiltinInfo* info = find_builtin(word);
    return info && (info->flags & builtin_word) && info->id != Builtin::argn ? word : std::string();
}

std::string name_of(const Expr& e, const Script& script) {
    switch (e.kind) {
        case ExprKind::identifier: return word_name(as<IdentifierExpr>(e).name);
        case ExprKind::field: return as<FieldExpr>(e).name;
        case ExprKind::variable: return written_name(as<VariableExpr>(e).name, script);
        case ExprKind::call: {
            const auto& call = as<CallExpr>(e);
            const int shown = shown_argument(call);
            return shown < 0 ? word_name(call.name) : name_of(*call.args[static_cast<size_t>(shown)], script);
        }
        default: return {};
    }
}

bool is_place(std::string_view name) {
    return name.size() > 3 && name.starts_with("arg") &&
           std::all_of(name.begin() + 3, name.end(), [](unsigned char c) { return std::isdigit(c); });
}

bool is_usable(std::string_view name) {
    return !name.empty() && name.size() <= longest_name && !is_place(name) &&
           !std::isdigit(static_cast<unsigned char>(name[0])) &&
           std::all_of(name.begin(), name.end(),
                       [](unsigned char c) { return c == '_' || (c < 128 && std::isalnum(c)); });
}

}  // namespace

std::vector<std::string> member_names(const CallExpr& call, const Script& script) {
    std::vector<std::string> names;
    const auto taken = [&](const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (size_t i = 1; i < call.args.size(); ++i) {
        std::string name = name_of(*call.args[i], script);
        if (is_usable(name) && taken(name)) name += std::to_string(i - 1);
        names.push_back(is_usable(name) && !taken(name) ? std::move(name) : std::string());
    }
    return names;
}

}  // namespace avocet::dsl
