// SPDX-License-Identifier: Apache-2.0
//
// One entry of the journal as its fields. Pure: no clock, no socket, no host.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace avocet::journald {

class Entry {
public:
    void add(std::string_view name, std::string_view value);
    // "NAME=value" each, as sd_journal_sendv(3) takes them; values may hold anything.
    const std::vector<std::string>& fields() const { return fields_; }

private:
    std::vector<std::string> fields_;
};

// A name the journal accepts: A-Z, 0-9 and _, at most 64, not beginning with a digit or _ (those are the journal's
// own).
std::string field_name(std::string_view prefix, std::string_view name);

}  // namespace avocet::journald
