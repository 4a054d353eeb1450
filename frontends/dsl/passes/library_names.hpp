// SPDX-License-Identifier: Apache-2.0
//
// Names that the language's library defines for some shape of arguments. A script may define a macro of the same name
// for another shape, so a call that fits none of its macros is not yet an error.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace avocet::dsl {

inline bool is_library_name(std::string_view name) {
    static constexpr std::array names = std::to_array<std::string_view>({
        "assert",        "avg",         "bswap",
        "buf",           "cat",         "cgroup",
        "cgroup_path",   "cgroupid",    "clear",
        "comm",          "config",      "container_of",
        "count",         "cpid",        "cpu",
        "curtask",       "debugf",      "default_str_length",
        "delete",        "elapsed",     "elf_info",
        "elf_is_exe",    "errorf",      "exit",
        "fail",          "find",        "func",
        "getopt",        "gid",         "has_cpid",
        "has_key",       "hist",        "is_array",
        "is_err",        "is_integer",  "is_literal",
        "is_ptr",        "is_str",      "is_unsigned_integer",
        "jiffies",       "join",        "kaddr",
        "kfunc_allowed", "kfunc_exist", "kptr",
        "ksym",          "leader_comm", "leader_tid",
        "len",           "lhist",       "macaddr",
        "max",           "memcmp",      "min",
        "ncpus",         "ntop",        "numaid",
        "override",      "path",        "pcomm",
        "percpu_kaddr",  "ppid",        "print",
        "printf",        "probe",       "probetype",
        "pton",          "rand",        "reg",
        "retval",        "signal",      "signal_name",
        "signal_thread", "skboutput",   "socket_cookie",
        "static_assert", "stats",       "str",
        "strcap",        "strcontains", "strerror",
        "strftime",      "strlen",      "strncmp",
        "strstr",        "sum",         "syscall_name",
        "system",        "time",        "tseries",
        "uaddr",         "uid",         "unwatch",
        "uptr",          "usermode",    "username",
        "usym",          "warnf",       "write_user",
        "zero",
    });
    static_assert(std::is_sorted(names.begin(), names.end()));
    return std::binary_search(names.begin(), names.end(), name);
}

}  // namespace avocet::dsl
