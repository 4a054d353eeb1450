// SPDX-License-Identifier: Apache-2.0
//
// `struct tracepoint__CATEGORY__EVENT`: the record of a tracepoint as the host describes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "avocet/frontend.hpp"

namespace avocet::c {

// Definitions of every such struct that the text names. What the kernel lacks is left out: only a program that uses it
// is wrong.
std::string tracepoint_records(std::string_view text, const Host& host);

}  // namespace avocet::c
