// SPDX-License-Identifier: Apache-2.0
//
// BPF objects for tests, without a compiler: types in a C-like notation, sections and symbols as told.
//
//   struct avocet_out_0 @avocet:tuple { u32 pid; char comm[16] @avocet:string; s32 delta : 4; };
//   enum color { red = 0, blue = 7 };  typedef u64 kaddr @avocet:ksym;
//   map counts percpu_hash u64 u64;    function probe_0 raw_tp;    constant avocet_opt_x 8;
//
// Base types: u8 u16 u32 u64 s8 s16 s32 s64 char bool pointer; `struct X`, `enum X` and typedef names.
#pragma once

#include <string>
#include <string_view>

namespace avocet::core::testing {

// The object as bytes; throws std::runtime_error on a mistake in the notation. No manifest: no `.avocet` section; no
// `tool`: no `.avocet.tool` section.
std::string build_object(std::string_view declarations, std::string_view manifest = {}, std::string_view tool = {});

}  // namespace avocet::core::testing
