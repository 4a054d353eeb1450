// SPDX-License-Identifier: Apache-2.0
//
// glibc sysdeps/generic/dl-cache.h: struct cache_file_new, struct file_entry_new.
#include "ld_cache.hpp"

#include <cstdint>
#include <cstring>

namespace avocet::uprobe {

namespace {

constexpr std::string_view old_magic = "ld.so-1.7.0";
constexpr std::string_view new_magic = "glibc-ld.so.cache1.1";
constexpr size_t old_header = 16, old_entry = 12, new_header = 48, new_entry = 24;
#if defined(__x86_64__)
constexpr uint32_t this_architecture = 0x0303;
#elif defined(__aarch64__)
constexpr uint32_t this_architecture = 0x0a03;
#else
constexpr uint32_t this_architecture = 0x0003;
#endif

uint32_t u32_at(std::string_view bytes, size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

// The new table, whose string offsets count from its own start.
std::string_view new_table(std::string_view cache) {
    if (cache.substr(0, old_magic.size()) == old_magic && cache.size() >= old_header) {
        uint64_t skip = old_header + static_cast<uint64_t>(u32_at(cache, 12)) * old_entry;
        skip = (skip + 7) & ~uint64_t{7};
        if (skip >= cache.size()) return {};
        cache.remove_prefix(skip);
    }
    if (cache.size() < new_header || cache.substr(0, new_magic.size()) != new_magic) return {};
    return cache;
}

// NUL-terminated string at an offset; empty if it runs out of the table.
std::string_view string_at(std::string_view table, uint32_t at) {
    if (at >= table.size()) return {};
    std::string_view rest = table.substr(at);
    size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

bool names_match(std::string_view file, std::string_view name) {
    if (file == name) return true;
    return file.size() > name.size() + 3 && file.substr(0, name.size()) == name && file.substr(name.size(), 3) == ".so";
}

}  // namespace

std::optional<std::string> find_in_ld_cache(std::string_view cache, std::string_view name) {
    std::string_view table = new_table(cache);
    if (table.empty() || name.empty()) return std::nullopt;
    uint64_t count = u32_at(table, new_magic.size());
    if (count > (table.size() - new_header) / new_entry) return std::nullopt;
    for (uint64_t i = 0; i < count; ++i) {
        size_t at = new_header + i * new_entry;
        if (u32_at(table, at) != this_architecture) continue;
        if (!names_match(string_at(table, u32_at(table, at + 4)), name)) continue;
        std::string_view path = string_at(table, u32_at(table, at + 8));
        if (!path.empty() && path[0] == '/') return std::string(path);
    }
    return std::nullopt;
}

}  // namespace avocet::uprobe
