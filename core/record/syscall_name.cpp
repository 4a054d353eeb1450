// SPDX-License-Identifier: Apache-2.0
//
// System call names of the machine this is compiled for. Stringising `__NR_x` after expansion gives digits when the
// header defines it and the word itself when it does not, which tells the two apart without 400 `#ifdef`.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include <sys/syscall.h>

#include "record/lookups.hpp"

namespace avocet::core {

namespace {

#define AVOCET_STRING(text) #text
#define AVOCET_EXPANDED(text) AVOCET_STRING(text)
struct Entry {
    const char *number, *name;
};
constexpr Entry entries[] = {
#define X(name) {AVOCET_EXPANDED(__NR_##name), #name},
#include "record/syscall_names.inc"
#undef X
};

std::vector<std::string_view> make_table() {
    std::vector<std::string_view> table;
    for (const auto& e : entries) {
        unsigned number = 0;
        auto [end, error] = std::from_chars(e.number, e.number + std::strlen(e.number), number);
        if (error != std::errc() || *end != '\0' || number > 4096) continue;
        if (table.size() <= number) table.resize(number + 1);
        table[number] = e.name;
    }
    return table;
}

}  // namespace

std::string_view syscall_name_of(int64_t number) {
    static const std::vector<std::string_view> table = make_table();
    return number >= 0 && static_cast<size_t>(number) < table.size() ? table[static_cast<size_t>(number)]
                                                                     : std::string_view();
}

}  // namespace avocet::core
