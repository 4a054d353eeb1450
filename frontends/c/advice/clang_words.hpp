// SPDX-License-Identifier: Apache-2.0
//
// What Clang's messages name.
#pragma once

#include <optional>
#include <string>

namespace avocet::c {

struct MissingMember {
    std::string member, kind, record;  // kind: "struct", "union", or nothing
};
// "no member named 'state' in 'struct task_struct'"
std::optional<MissingMember> missing_member(const std::string& text);

struct IncompleteType {
    std::string kind, name;  // kind: "struct", "union", "enum"
};
// "incomplete definition of type 'struct open_how'" and its like
std::optional<IncompleteType> incomplete_type(const std::string& text);

}  // namespace avocet::c
