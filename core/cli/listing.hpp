// SPDX-License-Identifier: Apache-2.0
//
// Finding probes by pattern, for `avocet list` and the bpftrace command's -l. Only kinds that a pattern can mean are
// asked, and only their plugins are loaded.
//
//   kind:part:part      that kind; `*`, `?` and `[...]` in parts; the kind itself may hold `*`
//   name                the last part, in every kind that lists without a target; with a process also in its programs
//   a,b                 both
//   with `regex`        an expression (RE2) searched in the full name
#pragma once

#include <re2/re2.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "session/host_services.hpp"

namespace avocet::core {

struct ListRequest {
    std::string pattern;  // empty: everything that lists without a target
    bool regex = false, arguments = false;
    int32_t pid = -1;
};

using ProbeFn = std::function<void(const avocet_probe_info&)>;

// False: a pattern or a provider was refused; reported.
bool list_probes(HostServices& host, const ListRequest& request, const ProbeFn& emit);

// The attach points that a compiled script names, in its order, expanded; `manifest` is the program's. Events of the
// tracer itself are left out, and numbers (rates, counts) too.
bool list_script_probes(HostServices& host, const std::string& manifest, const ListRequest& request,
                        const ProbeFn& emit);

// "struct task_*", "enum X", "union X": types of the kernel's BTF and its modules'. Empty kind: not such a pattern.
struct TypePattern {
    std::string kind, name;
};
TypePattern type_pattern(std::string_view pattern);
// `definitions`: each as C, its first line behind "vmlinux: " (or the module's name), an empty line after it.
// False: this kernel has no BTF.
bool list_types(const TypePattern& pattern, const std::string& btf_file, bool definitions,
                const std::function<void(const std::string& text)>& emit);

// Of expressions over names of probes, which are bytes.
re2::RE2::Options regex_options();

// `*` any run of bytes, `?` one byte, `[abc]` one of these.
bool matches_shell_pattern(std::string_view pattern, std::string_view text);

}  // namespace avocet::core
