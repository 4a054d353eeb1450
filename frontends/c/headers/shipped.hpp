// SPDX-License-Identifier: Apache-2.0
//
// The headers that sources include and that are ours, compiled in: the helpers' (bpf/), the language's (std/), and
// what kernel headers have that "vmlinux.h" lacks (kernel/).
#pragma once

#include <map>
#include <string>

namespace avocet::c {

// Adds them under `root`. `kernel`: also those that stand for kernel headers beside "vmlinux.h".
void add_shipped_headers(std::map<std::string, std::string>& files, const std::string& root, bool kernel);

// The text of bpf/bpf_helper_defs.h: every helper by name and number.
const char* helper_definitions();

}  // namespace avocet::c
