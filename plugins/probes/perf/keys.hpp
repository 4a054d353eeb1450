// SPDX-License-Identifier: Apache-2.0
//
// `type=software,config=cpu-clock,frequency=99,cpu=0,pid=1`: an event by the words of perf_event_open(2), as the
// section of a C program has it. Names of events need no type.
#pragma once

#include "request.hpp"

namespace avocet::perf {

bool is_key_list(std::string_view text);
// Throws Error: which key is wrong.
Request parse_keys(const ProbeSpec& spec, const std::string& text);

}  // namespace avocet::perf
