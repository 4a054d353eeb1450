// SPDX-License-Identifier: Apache-2.0
#include "cli/privileges.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

namespace avocet::core {

namespace {

// capabilities(7), include/uapi/linux/capability.h
constexpr unsigned cap_dac_override = 1, cap_dac_read_search = 2, cap_sys_admin = 21, cap_perfmon = 38, cap_bpf = 39;

uint64_t effective_capabilities() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        uint64_t bits = 0;
        if (word == "CapEff:" && status >> std::hex >> bits) return bits;
    }
    return 0;
}

constexpr std::pair<int, int> least_kernel{5, 15};  // attach cookies

}  // namespace

bool may_trace(std::string& missing) {
    if (geteuid() == 0) return true;
    const uint64_t bits = effective_capabilities();
    auto has = [&](unsigned capability) { return (bits >> capability & 1) != 0; };
    for (auto [capability, name] : {std::pair{cap_bpf, "CAP_BPF"}, {cap_perfmon, "CAP_PERFMON"}}) {
        if (has(capability) || has(cap_sys_admin)) continue;
        missing = name;
        return false;
    }
    for (auto [capability, name] :
         {std::pair{cap_dac_read_search, "CAP_DAC_READ_SEARCH"}, {cap_dac_override, "CAP_DAC_OVERRIDE"}}) {
        if (has(capability)) continue;
        missing = name;
        return false;
    }
    return true;
}

bool kernel_is_confidential() {
    std::ifstream file("/sys/kernel/security/lockdown");
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return text.find("[confidentiality]") != std::string::npos;
}

bool kernel_is_recent(std::string& release, std::string& least) {
    utsname names{};
    uname(&names);
    release = names.release;
    least = std::to_string(least_kernel.first) + "." + std::to_string(least_kernel.second) + ".0";
    std::pair<int, int> version{0, 0};
    if (std::sscanf(names.release, "%d.%d", &version.first, &version.second) != 2) return true;
    return version >= least_kernel;
}

}  // namespace avocet::core
