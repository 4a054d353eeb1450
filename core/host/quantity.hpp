// SPDX-License-Identifier: Apache-2.0
//
// Numbers with units, as configuration, flags and route expressions write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace avocet::core {

// "100MiB", "64k", "5s", "250ms": nullopt if malformed or out of range.
std::optional<int64_t> parse_size(std::string_view text);
std::optional<int64_t> parse_duration_ns(std::string_view text);

}  // namespace avocet::core
