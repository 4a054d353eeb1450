// SPDX-License-Identifier: Apache-2.0
#include "session/constants.hpp"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <map>
#include <string_view>

#include "avocet/abi/program.h"
#include "avocet/error.hpp"

namespace avocet::core {

namespace {

// The kernel's fixed inode number of the initial PID namespace (include/linux/proc_ns.h, PROC_PID_INIT_INO).
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;

constexpr uint32_t kCpusPerRing = 8;

}  // namespace

uint32_t ring_count(const Program& program, uint32_t wanted) {
    if (program.constant_size(AVOCET_CONST_RING_COUNT) != sizeof(uint32_t)) return 0;
    const auto cpus = static_cast<uint32_t>(std::max(sysconf(_SC_NPROCESSORS_CONF), 1L));
    const uint32_t rings = std::bit_ceil(wanted ? wanted : (cpus + kCpusPerRing - 1) / kCpusPerRing);
    return rings > 1 ? rings : 0;
}

uint64_t clock_ns(int clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

void Constants::add_bytes(std::string name, std::string bytes) {
    values_.emplace_back(std::move(name), std::move(bytes));
}

const std::vector<avocet_constant>& Constants::list() {
    list_.clear();
    for (const auto& [name, bytes] : values_) list_.push_back({to_abi(name), {bytes.data(), bytes.size()}});
    return list_;
}

void add_run_constants(const Program& program, const RunFacts& facts, const PlanSet& plans, Constants& out) {
    auto add = [&](const std::string& name, auto value) {
        if (program.constant_size(name) == sizeof value) out.add(name, value);
    };
    add(AVOCET_CONST_TRANSPORT, static_cast<uint32_t>(facts.transport));
    add(AVOCET_CONST_RING_COUNT, facts.ring_count);
    add(AVOCET_CONST_FILTER_PID, facts.filter_pid);
    add(AVOCET_CONST_CPID, facts.cpid);
    add(AVOCET_CONST_NCPUS, static_cast<uint32_t>(sysconf(_SC_NPROCESSORS_CONF)));
    add(AVOCET_CONST_START_NS, facts.start_boot_ns);
    add(AVOCET_CONST_STAMP, static_cast<uint32_t>(facts.stamp));
    add(AVOCET_CONST_WAKE_BYTES, facts.wake_bytes);
    add(AVOCET_CONST_WARN, static_cast<uint32_t>(facts.warnings));
    struct stat st {};
    if (stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != kInitialPidNamespace) {
        add(AVOCET_CONST_PIDNS_DEV, static_cast<uint64_t>(st.st_dev));
        add(AVOCET_CONST_PIDNS_INO, static_cast<uint64_t>(st.st_ino));
    }
    for (const auto& f : plans.functions) {
        add(AVOCET_CONST_ATTACH_PREFIX + f.function->name, f.single_attach_id);
        std::string selector = AVOCET_CONST_SELECTOR_PREFIX + f.function->name;
        size_t bytes = f.selector.size() * sizeof(uint16_t);
        if (bytes && program.constant_size(selector) == bytes)
            out.add_bytes(selector, std::string(reinterpret_cast<const char*>(f.selector.data()), bytes));
    }
}

std::vector<TargetLocations> target_locations(const PlanSet& plans) {
    std::vector<TargetLocations> out;
    for (const auto& f : plans.functions) {
        for (const auto& plan : f.plans) {
            for (const auto& target : plan.targets) {
                if (target.locations.empty()) continue;
                out.resize(plans.attach_names.size());
                std::copy_n(target.locations.begin(), std::min<size_t>(target.locations.size(), AVOCET_MAX_LOCATIONS),
                            out[target.attach_id].begin());
            }
        }
    }
    return out;
}

std::vector<uint32_t> shared_names(const PlanSet& plans) {
    std::vector<uint32_t> out(plans.attach_names.size());
    std::map<std::string_view, uint32_t> first;
    for (uint32_t id = 1; id < out.size(); ++id) out[id] = first.emplace(plans.attach_names[id], id).first->second;
    return out;
}

}  // namespace avocet::core
