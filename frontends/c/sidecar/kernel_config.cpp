// SPDX-License-Identifier: Apache-2.0
#include "sidecar/kernel_config.hpp"

#include <sys/utsname.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <set>

namespace avocet::c {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::set<std::string> mentioned(std::string_view text) {
    std::set<std::string> names;
    constexpr std::string_view prefix = "CONFIG_";
    for (size_t at = text.find(prefix); at != std::string_view::npos; at = text.find(prefix, at + 1)) {
        if (at > 0 && is_word(text[at - 1])) continue;
        size_t end = at;
        while (end < text.size() && is_word(text[end])) ++end;
        names.insert(std::string(text.substr(at, end - at)));
    }
    return names;
}

// gzopen reads plain files too.
std::string read_config(const std::string& path) {
    std::string out;
    gzFile file = gzopen(path.c_str(), "rb");
    if (!file) return out;
    char buffer[65536];
    for (int n; (n = gzread(file, buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<size_t>(n));
    gzclose(file);
    return out;
}

// Empty: neither file can be read.
const std::string& config_of_this_kernel() {
    static const std::string config = [] {
        utsname system{};
        uname(&system);
        std::string out = read_config("/proc/config.gz");
        if (out.empty()) out = read_config(std::string("/boot/config-") + system.release);
        return out.empty() ? out : "\n" + out;
    }();
    return config;
}

std::string define_of(const std::string& name, const std::string& value) {
    if (value == "y") return name + "=1";
    if (value == "m") return name + "_MODULE=1";
    return name + "=" + value;
}

}  // namespace

std::vector<std::string> kernel_defines(std::string_view text) {
    std::vector<std::string> out;
    utsname system{};
    uname(&system);
    unsigned a = 0, b = 0, c = 0;
    sscanf(system.release, "%u.%u.%u", &a, &b, &c);
    out.push_back("LINUX_VERSION_CODE=" + std::to_string((a << 16) + (b << 8) + std::min(c, 255u)));
    const std::set<std::string> names = mentioned(text);
    if (names.empty()) return out;
    for (const std::string& name : names)
        if (const std::string value = kernel_config(name).value_or(""); !value.empty())
            out.push_back(define_of(name, value));
    return out;
}

std::optional<std::string> kernel_config(const std::string& name) {
    const std::string& config = config_of_this_kernel();
    if (config.empty()) return std::nullopt;
    const std::string line = "\n" + name + "=";
    const size_t at = config.find(line), begin = at + line.size();
    return at == std::string::npos ? std::string() : config.substr(begin, config.find('\n', begin) - begin);
}

}  // namespace avocet::c
