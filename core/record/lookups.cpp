// SPDX-License-Identifier: Apache-2.0
//
// Caches are bounded: what comes from samples is not trusted to have few distinct values.
#include "record/lookups.hpp"

#include <arpa/inet.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <cstring>
#include <fstream>
#include <utility>

#include <fmt/format.h>

namespace avocet::core {

namespace {

constexpr size_t cache_limit = 65536;

int64_t clock_ns(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return t.tv_sec * 1'000'000'000ll + t.tv_nsec;
}

template <class Map>
void bound(Map& map) {
    if (map.size() >= cache_limit) map.clear();
}

// The fractions of a second that strftime does not know, put into the format. `%%` is left alone.
std::string expand_fractions(std::string_view format, uint32_t nanoseconds) {
    std::string out;
    for (size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            out += format[i];
            continue;
        }
        switch (char c = format[++i]) {
            case 'f': out += fmt::format("{:06}", nanoseconds / 1000); break;
            case 'k': out += fmt::format("{:09}", nanoseconds); break;
            case 'l': out += fmt::format("{:03}", nanoseconds / 1'000'000); break;
            default: (out += '%') += c;
        }
    }
    return out;
}

}  // namespace

Lookups::Lookups(std::function<std::string(uint32_t)> probe_name,
                 std::function<bool(uint64_t, std::vector<uint64_t>&)> stack_frames, uint64_t boot_to_wall_ns)
    : probe_name_(std::move(probe_name)), stack_frames_(std::move(stack_frames)), boot_to_wall_ns_(boot_to_wall_ns) {
    int64_t wall = clock_ns(CLOCK_REALTIME);
    monotonic_to_wall_ns_ = wall - clock_ns(CLOCK_MONOTONIC);
    constexpr int64_t second = 1'000'000'000;  // the two differ by leap seconds; what is beyond is the time between
    tai_to_wall_ns_ = (wall - clock_ns(CLOCK_TAI) - second / 2) / second * second;  // the questions
}

std::string_view Lookups::probe(uint32_t attach_id) {
    auto found = probes_.find(attach_id);
    if (found != probes_.end()) return found->second;
    bound(probes_);
    return probes_[attach_id] = probe_name_ ? probe_name_(attach_id) : std::string();
}

std::string_view Lookups::username(uint64_t uid) {
    auto found = users_.find(uid);
    if (found != users_.end()) return found->second;
    bound(users_);
    char buffer[4096];
    passwd entry{}, *result = nullptr;
    if (uid <= UINT32_MAX) getpwuid_r(static_cast<uid_t>(uid), &entry, buffer, sizeof buffer, &result);
    return users_[uid] = result ? result->pw_name : "";
}

std::string_view Lookups::group_name(uint64_t gid) {
    auto found = groups_.find(gid);
    if (found != groups_.end()) return found->second;
    bound(groups_);
    char buffer[4096];
    group entry{}, *result = nullptr;
    if (gid <= UINT32_MAX) getgrgid_r(static_cast<gid_t>(gid), &entry, buffer, sizeof buffer, &result);
    return groups_[gid] = result ? result->gr_name : fmt::to_string(gid);
}

std::string_view Lookups::process_name(int64_t pid) {
    bound(processes_);
    std::string& known = processes_[pid];
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    if (std::string name; std::getline(file, name)) known = name;
    return known;
}

std::string_view Lookups::wall_time(std::string_view format, uint64_t wall_ns) {
    auto second = static_cast<int64_t>(wall_ns / 1'000'000'000);
    if (second != second_of_) {
        time_t t = second;
        if (!localtime_r(&t, &second_)) second_ = {};
        second_of_ = second;
    }
    std::string expanded = expand_fractions(format, static_cast<uint32_t>(wall_ns % 1'000'000'000));
    expanded += '.';  // so that an empty result can be told from one that does not fit
    text_.resize(128);
    size_t n = 0;
    while ((n = strftime(text_.data(), text_.size(), expanded.c_str(), &second_)) == 0 && text_.size() < 65536)
        text_.resize(text_.size() * 4);
    text_.resize(n ? n - 1 : 0);
    return text_;
}

std::string_view Lookups::time(std::string_view format, uint64_t ns, uint64_t clock) {
    if (ns == 0) return "(?)";
    switch (clock) {
        case 0: return wall_time(format, ns + boot_to_wall_ns_);
        case 1: return wall_time(format, ns + static_cast<uint64_t>(monotonic_to_wall_ns_));
        case 2: return wall_time(format, ns + static_cast<uint64_t>(tai_to_wall_ns_));
        default: return wall_time(format, ns);
    }
}

std::string_view Lookups::error_name(int64_t number) {
    uint64_t magnitude = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
    const char* text = magnitude <= 4095 ? strerrordesc_np(static_cast<int>(magnitude)) : nullptr;
    return text ? text : "Unknown error";
}

std::string_view Lookups::signal_name(int64_t number) {
    const char* text = number >= 0 && number <= 128 ? sigdescr_np(static_cast<int>(number)) : nullptr;
    return text ? text : "N/A";
}

std::string_view Lookups::syscall_name(int64_t number) {
    std::string_view name = syscall_name_of(number);
    return name.empty() ? "Unknown syscall" : name;
}

std::string_view Lookups::inet(uint64_t family, const uint8_t* address) {
    char buffer[INET6_ADDRSTRLEN];
    if ((family != AF_INET && family != AF_INET6) ||
        !inet_ntop(static_cast<int>(family), address, buffer, sizeof buffer))
        return {};
    return text_ = buffer;
}

std::string_view Lookups::mac(const uint8_t* b) {
    return text_ = fmt::format("{:02X}:{:02X}:{:02X}:{:02X}:{:02X}:{:02X}", b[0], b[1], b[2], b[3], b[4], b[5]);
}

std::string_view Lookups::cgroup_path(uint64_t id, const char* filter) {
    std::pair key(id, std::string(filter ? filter : ""));
    auto found = cgroups_.find(key);
    if (found != cgroups_.end()) return found->second;
    text_ = find_cgroup_paths(id, key.second);
    if (text_.empty()) return text_;  // it may appear later
    bound(cgroups_);
    return cgroups_[key] = text_;
}

const std::vector<uint64_t>* Lookups::stack(uint64_t id) {
    auto found = stacks_.find(id);
    if (found != stacks_.end()) return &found->second;
    std::vector<uint64_t> frames;
    if (!stack_frames_ || !stack_frames_(id, frames)) return nullptr;
    bound(stacks_);
    return &(stacks_[id] = std::move(frames));
}

// Not cached: a program may clear such a map, and then its ids begin anew.
const std::vector<uint64_t>* Lookups::map_stack(std::string_view map, uint32_t id) {
    map_stack_.clear();
    return map_stack_frames_ && map_stack_frames_(map, id, map_stack_) ? &map_stack_ : nullptr;
}

std::string_view Lookups::interface_name(uint32_t index) {
    char name[IF_NAMESIZE];
    return text_ = if_indextoname(index, name) ? std::string(name) : fmt::to_string(index);
}

}  // namespace avocet::core
