// SPDX-License-Identifier: Apache-2.0
#include "cli/bpftrace_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace avocet::core {

namespace {

// dsl reference, 1.9. Old names are not read from the environment.
constexpr std::array<std::string_view, 22> variables{"cache_user_symbols", "cpp_demangle",
                                                     "lazy_symbolication", "license",
                                                     "log_size",           "max_bpf_progs",
                                                     "max_cat_bytes",      "max_map_keys",
                                                     "max_probes",         "max_strlen",
                                                     "missing_probes",     "on_stack_limit",
                                                     "perf_rb_pages",      "print_maps_on_exit",
                                                     "stack_mode",         "str_trunc_trailer",
                                                     "use_blazesym",       "show_debug_info",
                                                     "unstable_tseries",   "unstable_dw_ustack",
                                                     "unstable_typeinfo",  "unstable_import_statement"};

std::string environment_name(std::string_view variable) {
    std::string out = "BPFTRACE_";
    for (char c : variable) out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return out;
}

}  // namespace

std::vector<std::string> bpftrace_settings_of_environment() {
    std::vector<std::string> out;
    for (std::string_view variable : variables)
        if (const char* value = std::getenv(environment_name(variable).c_str()))
            out.push_back(std::string(variable) + "=" + value);
    return out;
}

bool names_environment_setting(const std::string& message) {
    return std::any_of(variables.begin(), variables.end(), [&](std::string_view variable) {
        return message.starts_with(std::string(variable) + ": ") ||
               message.starts_with("invalid value for " + std::string(variable));
    });
}

std::optional<bool> bpftrace_colour() {
    const char* value = std::getenv("BPFTRACE_COLOR");
    const std::string_view choice = value ? value : "auto";
    if (choice == "always") return true;
    if (choice == "never") return false;
    if (choice != "auto") return std::nullopt;
    return isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

}  // namespace avocet::core
