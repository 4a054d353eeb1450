// SPDX-License-Identifier: Apache-2.0
//
// The text of a uprobe: `BINARY:FUNC[+OFFSET]`, `BINARY:ADDRESS`, `BINARY:cpp:FUNC`; with -p the binary may be left
// out. Pure: no file is looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "avocet/provider.hpp"

namespace avocet::uprobe {

struct Request {
    std::string binary;    // empty: the program of -p
    std::string function;  // a name or pattern, empty with an address
    bool is_cpp = false;
    bool is_return = false;
    std::optional<uint64_t> address;
    std::optional<uint64_t> offset;
    bool wildcard() const { return has_wildcard(binary) || has_wildcard(function); }
};

// Throws avocet::Error.
Request parse_spec(const ProbeSpec& spec);
// For listing: missing parts match everything.
Request parse_listing(const ProbeSpec& spec);

}  // namespace avocet::uprobe
