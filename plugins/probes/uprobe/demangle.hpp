// SPDX-License-Identifier: Apache-2.0
//
// C++ names of ELF symbols, and whether a pattern of the user's means one.
#pragma once

#include <string>
#include <string_view>

namespace avocet::uprobe {

// "ns::A::f(int) const"; empty if the symbol is no C++ name.
std::string demangle(std::string_view symbol);

// "ns::A::f" from "ns::A::f(int) const"; of a template also without its result type.
std::string without_parameters(const std::string& demangled);

// A pattern with `(` is compared with the whole name, one without to the name without its parameters.
bool cpp_name_matches(const std::string& pattern, const std::string& demangled);

}  // namespace avocet::uprobe
