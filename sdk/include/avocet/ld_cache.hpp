// SPDX-License-Identifier: Apache-2.0
//
// avocet/ld_cache.hpp: the dynamic linker's cache, /etc/ld.so.cache, in glibc's format ("glibc-ld.so.cache1.1", also
// behind the older "ld.so-1.7.0" table): sorted (name, path) pairs. It is read here because the linker itself would
// answer for this process, not for the root directory of another. The file may be damaged: every offset is checked.
// glibc sysdeps/generic/dl-cache.h: struct cache_file_new, struct file_entry_new.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace avocet {

namespace detail {

inline constexpr std::string_view ld_cache_old_magic = "ld.so-1.7.0";
inline constexpr std::string_view ld_cache_magic = "glibc-ld.so.cache1.1";
inline constexpr size_t ld_cache_old_header = 16, ld_cache_old_entry = 12, ld_cache_header = 48, ld_cache_entry = 24;
#if defined(__x86_64__)
inline constexpr uint32_t ld_cache_architecture = 0x0303;
#elif defined(__aarch64__)
inline constexpr uint32_t ld_cache_architecture = 0x0a03;
#else
inline constexpr uint32_t ld_cache_architecture = 0x0003;
#endif

inline uint32_t u32_at(std::string_view bytes, size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

// The new table, whose string offsets count from its own start.
inline std::string_view ld_cache_table(std::string_view cache) {
    if (cache.substr(0, ld_cache_old_magic.size()) == ld_cache_old_magic && cache.size() >= ld_cache_old_header) {
        uint64_t skip = ld_cache_old_header + static_cast<uint64_t>(u32_at(cache, 12)) * ld_cache_old_entry;
        skip = (skip + 7) & ~uint64_t{7};
        if (skip >= cache.size()) return {};
        cache.remove_prefix(skip);
    }
    if (cache.size() < ld_cache_header || cache.substr(0, ld_cache_magic.size()) != ld_cache_magic) return {};
    return cache;
}

// NUL-terminated string at an offset; empty if it runs out of the table.
inline std::string_view string_at(std::string_view table, uint32_t at) {
    if (at >= table.size()) return {};
    std::string_view rest = table.substr(at);
    size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

inline bool library_name_matches(std::string_view file, std::string_view name) {
    if (file == name) return true;
    return file.size() > name.size() + 3 && file.substr(0, name.size()) == name && file.substr(name.size(), 3) == ".so";
}

}  // namespace detail

// `name` is a file name ("libssl.so.3") or its start ("libc", meaning "libc.so.6"). The first entry for this machine's
// architecture, nullopt if there is none or the bytes are no cache.
inline std::optional<std::string> find_in_ld_cache(std::string_view cache, std::string_view name) {
    std::string_view table = detail::ld_cache_table(cache);
    if (table.empty() || name.empty()) return std::nullopt;
    uint64_t count = detail::u32_at(table, detail::ld_cache_magic.size());
    if (count > (table.size() - detail::ld_cache_header) / detail::ld_cache_entry) return std::nullopt;
    for (uint64_t i = 0; i < count; ++i) {
        size_t at = detail::ld_cache_header + i * detail::ld_cache_entry;
        if (detail::u32_at(table, at) != detail::ld_cache_architecture) continue;
        if (!detail::library_name_matches(detail::string_at(table, detail::u32_at(table, at + 4)), name)) continue;
        std::string_view path = detail::string_at(table, detail::u32_at(table, at + 8));
        if (!path.empty() && path[0] == '/') return std::string(path);
    }
    return std::nullopt;
}

}  // namespace avocet
