// SPDX-License-Identifier: Apache-2.0
//
// Numbers whose text only user space knows: probe names, user names, times, errno, signals, syscalls, control groups,
// addresses. Each answer is cached where asking is slow. Texts stay valid until the next call, so callers copy them
// into their batch. [thread: data]
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ctime>

namespace avocet::core {

class Lookups {
public:
    Lookups(std::function<std::string(uint32_t)> probe_name,
            std::function<bool(uint64_t, std::vector<uint64_t>&)> stack_frames, uint64_t boot_to_wall_ns);

    std::string_view probe(uint32_t attach_id);
    std::string_view username(uint64_t uid);
    std::string_view group_name(uint64_t gid);
    // Of the process or thread; of one that has ended, what it was called when it was last asked about.
    std::string_view process_name(int64_t pid);
    // strftime(3) in local time, with %f (6 digits, µs), %k (9 digits, ns) and %l (3 digits, ms).
    std::string_view wall_time(std::string_view format, uint64_t wall_ns);
    // clock: 0 boot, 1 monotonic, 2 tai, 3 realtime. Zero is "(?)".
    std::string_view time(std::string_view format, uint64_t ns, uint64_t clock);
    uint64_t wall_minus_boot_ns() const { return boot_to_wall_ns_; }
    uint64_t tai_to_wall(uint64_t ns) const { return ns + static_cast<uint64_t>(tai_to_wall_ns_); }
    std::string_view error_name(int64_t number);
    std::string_view signal_name(int64_t number);
    std::string_view syscall_name(int64_t number);
    std::string_view inet(uint64_t family, const uint8_t* address);
    std::string_view mac(const uint8_t* bytes);
    std::string_view cgroup_path(uint64_t id, const char* filter);
    // nullptr: the id is not known (yet).
    const std::vector<uint64_t>* stack(uint64_t id);
    // Frames in a stack trace map of the program. nullptr: not there.
    const std::vector<uint64_t>* map_stack(std::string_view map, uint32_t id);
    void set_map_stacks(std::function<bool(std::string_view, uint32_t, std::vector<uint64_t>&)> read) {
        map_stack_frames_ = std::move(read);
    }
    // Time since the first value that was asked about.
    int64_t elapsed(uint64_t ns) {
        if (!times_.first_ns) times_.first_ns = ns;
        return static_cast<int64_t>(ns - times_.first_ns);
    }
    // Time since the value before it of the same column; 0 of the first.
    int64_t delta(const void* column, uint64_t ns) {
        const uint64_t before = std::exchange(times_.last_ns[column], ns);
        return before ? static_cast<int64_t>(ns - before) : 0;
    }
    // A row that is not shown after all leaves no trace in the times of the next.
    void mark_times() { marked_ = times_; }
    void take_back_times() { times_ = marked_; }
    std::string_view interface_name(uint32_t index);

private:
    std::function<std::string(uint32_t)> probe_name_;
    std::function<bool(uint64_t, std::vector<uint64_t>&)> stack_frames_;
    std::function<bool(std::string_view, uint32_t, std::vector<uint64_t>&)> map_stack_frames_;
    struct Times {
        uint64_t first_ns = 0;
        std::map<const void*, uint64_t> last_ns;
    };
    Times times_, marked_;
    uint64_t boot_to_wall_ns_;
    int64_t monotonic_to_wall_ns_, tai_to_wall_ns_;
    std::unordered_map<uint32_t, std::string> probes_;
    std::unordered_map<uint64_t, std::string> users_, groups_;
    std::unordered_map<int64_t, std::string> processes_;
    std::map<std::pair<uint64_t, std::string>, std::string> cgroups_;
    std::unordered_map<uint64_t, std::vector<uint64_t>> stacks_;
    std::vector<uint64_t> map_stack_;
    std::tm second_{};  // broken-down form of second_of_
    int64_t second_of_ = -1;
    std::string text_;
};

// Name of a system call of this machine; empty: unknown.
std::string_view syscall_name_of(int64_t number);

// "HIERARCHY:PATH" pairs of a control group id joined by commas; empty: not found.
std::string find_cgroup_paths(uint64_t id, std::string_view filter);

}  // namespace avocet::core
