// SPDX-License-Identifier: Apache-2.0
//
// Code in C that becomes part of scripts, compiled when this frontend is built.
#pragma once

#include <string_view>

namespace avocet::dsl {

// The ELF object of unwind.bpf.c; empty: not for this machine.
std::string_view unwinder_object();

}  // namespace avocet::dsl
