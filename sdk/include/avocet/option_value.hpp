// SPDX-License-Identifier: Apache-2.0
//
// avocet/option_value.hpp: values of a tool's options that stand for a number: "64KiB" of type size, "250ms" of type
// duration, "/user.slice" of type cgroup.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace avocet {

namespace option_value_detail {

// A number, possibly with a fraction, and a unit of the list.
template <size_t N>
std::optional<uint64_t> with_unit(const std::string& text, const std::pair<std::string_view, double> (&units)[N]) {
    if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
    const size_t end = text.find_first_not_of("0123456789.");
    const std::string digits = text.substr(0, end), unit = end == std::string::npos ? "" : text.substr(end);
    char* rest = nullptr;
    const double number = std::strtod(digits.c_str(), &rest);
    for (const auto& [name, factor] : units)
        if (unit == name && !*rest && number * factor < 9e18) return static_cast<uint64_t>(number * factor);
    return std::nullopt;
}

}  // namespace option_value_detail

// Bytes: "4096", "4k", "64KiB", "1.5MiB", "2MB".
inline std::optional<uint64_t> option_size(const std::string& text) {
    static constexpr std::pair<std::string_view, double> units[] = {
        {"", 1},        {"B", 1},         {"k", 1024}, {"K", 1024},    {"KiB", 1024},    {"kB", 1e3},
        {"M", 1 << 20}, {"MiB", 1 << 20}, {"MB", 1e6}, {"G", 1 << 30}, {"GiB", 1 << 30}, {"GB", 1e9}};
    return option_value_detail::with_unit(text, units);
}

// Nanoseconds; a number alone is of seconds.
inline std::optional<uint64_t> option_duration(const std::string& text) {
    static constexpr std::pair<std::string_view, double> units[] = {{"", 1e9}, {"s", 1e9},    {"ms", 1e6},  {"us", 1e3},
                                                                    {"ns", 1}, {"min", 60e9}, {"h", 3600e9}};
    return option_value_detail::with_unit(text, units);
}

// The directory of a control group: "/user.slice" in the unified hierarchy (which beside the old ones is called
// "unified"), or the whole path.
inline std::string cgroup_directory(const std::string& path) {
    static constexpr const char *root = "/sys/fs/cgroup", *beside_others = "/sys/fs/cgroup/unified";
    if (path.starts_with(root)) return path;
    struct stat info {};
    const std::string inner = std::string(path.starts_with('/') ? "" : "/") + path;
    const std::string second = beside_others + inner;
    return stat(second.c_str(), &info) == 0 ? second : root + inner;
}

// The id of a control group of the unified hierarchy, as bpf_get_current_cgroup_id() gives it.
inline std::optional<uint64_t> option_cgroup(const std::string& path) {
    struct stat info {};
    if (stat(cgroup_directory(path).c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return std::nullopt;
    return info.st_ino;
}

// The number that a value of a type stands for, as digits. Other types: the value as it is. nullopt: `what` says what
// it is not.
inline std::optional<std::string> option_number(std::string_view type, const std::string& value, std::string& what) {
    std::optional<uint64_t> number;
    if (type == "size") {
        number = option_size(value);
        what = "a size, for example 4096, 64KiB or 1.5MiB";
    } else if (type == "duration") {
        number = option_duration(value);
        what = "a time, for example 5, 1.5s or 250ms";
    } else if (type == "cgroup") {
        number = option_cgroup(value);
        what = "a control group, for example /user.slice";
    } else {
        return value;
    }
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

}  // namespace avocet
