// SPDX-License-Identifier: Apache-2.0
//
// The table is the build machine's <asm/unistd.h> (written by CMake into syscall_table.inc), completed by the calls
// that are newer than the headers of the oldest supported distribution: from 424 on all architectures share numbers.
#include "syscall_numbers.hpp"

#include <map>
#include <string>

namespace avocet::tracepoint {

namespace {

struct Entry {
    const char* name;
    uint32_t number;
};

constexpr Entry from_headers[] = {
#include "syscall_table.inc"
};

// include/uapi/asm-generic/unistd.h and arch/x86/entry/syscalls/syscall_64.tbl of Linux 6.18.
constexpr Entry newer[] = {
    {"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
    {"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
    {"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
    {"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
    {"file_setattr", 469},
#if defined(__x86_64__)
    {"uretprobe", 335},         {"uprobe", 336},
#endif
};

// tracefs uses the name of the kernel's function, which is not always the name of the number.
struct Alias {
    const char* tracefs;
    const char* unistd;
};
constexpr Alias aliases[] = {{"newstat", "stat"},           {"newfstat", "fstat"},      {"newlstat", "lstat"},
                             {"newuname", "uname"},         {"sendfile64", "sendfile"}, {"umount", "umount2"},
                             {"fadvise64_64", "fadvise64"}, {"statfs64", "statfs"},     {"fstatfs64", "fstatfs"}};

std::map<std::string, uint32_t, std::less<>> make_table() {
    std::map<std::string, uint32_t, std::less<>> table;
    for (const auto& entry : newer) table[entry.name] = entry.number;
    for (const auto& entry : from_headers) table[entry.name] = entry.number;
    for (const auto& alias : aliases) {
        auto found = table.find(alias.unistd);
        if (found != table.end()) table.emplace(alias.tracefs, found->second);
    }
    return table;
}

}  // namespace

std::optional<uint32_t> syscall_number(std::string_view name) {
    static const auto table = make_table();
    auto found = table.find(name);
    if (found == table.end()) return std::nullopt;
    return found->second;
}

}  // namespace avocet::tracepoint
