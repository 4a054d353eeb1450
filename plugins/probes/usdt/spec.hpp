// SPDX-License-Identifier: Apache-2.0
//
// The text of a usdt probe: `BINARY:[PROVIDER:]NAME`; with -p the binary may be left out. Pure: no file is looked at.
#pragma once

#include <string>

#include "avocet/provider.hpp"

namespace avocet::usdt {

struct Request {
    std::string binary;          // "*": every mapped file
    std::string provider = "*";  // pattern
    std::string name;            // pattern
    bool one_file() const { return !has_wildcard(binary); }
    // The user named one probe: that it is not there is worth a suggestion.
    bool exact() const { return one_file() && !has_wildcard(name); }
};

// Throws avocet::Error.
Request parse_spec(const ProbeSpec& spec);
// For listing: missing parts match everything. An empty binary: nothing is meant.
Request parse_listing(const ProbeSpec& spec);

}  // namespace avocet::usdt
