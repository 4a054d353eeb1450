// SPDX-License-Identifier: Apache-2.0
//
// What messages need to know of the kernel's types: their names, and the members of one. Read from the text of
// vmlinux.h, once, when there is a message to explain.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace avocet::c {

class KernelTypes {
public:
    // `vmlinux`: stays where it is.
    explicit KernelTypes(std::string_view vmlinux);

    // "struct", "union", "enum", "typedef" or "enumerator".
    std::vector<std::string_view> names(std::string_view kind) const;
    bool has(std::string_view kind, std::string_view name) const;
    // Of a struct or union; those of its unnamed parts too.
    std::vector<std::string> members(std::string_view kind, std::string_view name) const;

private:
    std::string_view text_;
    std::set<std::pair<std::string_view, std::string_view>> names_;
};

}  // namespace avocet::c
