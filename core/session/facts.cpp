// SPDX-License-Identifier: Apache-2.0
#include "session/facts.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <map>

#include "avocet/error.hpp"
#include "session/spec.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t kCode = 230;
constexpr uint32_t kLargestScalar = 8;

struct Argument {
    avocet_place place;
    uint32_t index, size;
    bool operator==(const Argument&) const = default;
};

// The arguments of one function's probes as they are here, by name. One name in two places: `mixed`.
struct Arguments {
    std::map<std::string, Argument> by_name;
    std::map<std::string, bool> mixed;
};

avocet_status collect(void* ctx, const avocet_probe_group* group) {
    auto& out = *static_cast<Arguments*>(ctx);
    for (uint32_t i = 0; i < group->arg_count; ++i) {
        const avocet_probe_arg& a = group->args[i];
        const Argument argument{a.place, a.index, a.size};
        auto [it, fresh] = out.by_name.emplace(string(a.name), argument);
        if (!fresh && it->second != argument) out.mixed[it->first] = true;
    }
    return AVOCET_OK;
}

class Resolver {
public:
    Resolver(const Program& program, HostServices& host, const PlannerSettings& settings, Constants& out)
        : program_(program), host_(host), settings_(settings), out_(out) {}

    bool run() {
        bool good = true;
        for (const ManifestFact& fact : program_.manifest().facts) good &= resolve(fact);
        return good;
    }

private:
    bool resolve(const ManifestFact& fact) {
        if (fact.kind == "kernel_symbol") return symbol(fact);
        if (fact.kind == "cgroup") return cgroup(fact);
        if (fact.kind == "clock_offset") return clock_offset(fact);
        if (fact.kind == "unwind_tables") return true;  // session_start.cpp
        return argument(fact);
    }

    bool refuse(const ManifestFact& fact, const std::string& what, const std::string& hint) {
        host_.diagnostics().error("session", what, hint, kCode, place(fact));
        return false;
    }

    void set(const ManifestFact& fact, uint64_t value) {
        if (program_.constant_size(fact.constant) == sizeof value) out_.add(fact.constant, value);
    }

    bool symbol(const ManifestFact& fact) {
        const uint64_t address = host_.symbols().kernel_address(fact.name);
        if (!address)
            return refuse(fact, "kernel symbol '" + fact.name + "': not found on this machine",
                          "is it in /proc/kallsyms, and is kptr_restrict in the way?");
        set(fact, address);
        return true;
    }

    // The id of a cgroup v2 directory is its inode number (kernfs, 64-bit machines).
    bool cgroup(const ManifestFact& fact) {
        struct stat info {};
        if (stat(fact.name.c_str(), &info) != 0)
            return refuse(fact, "cgroup '" + fact.name + "': " + errno_text(errno), "");
        set(fact, info.st_ino);
        return true;
    }

    bool clock_offset(const ManifestFact& fact) {
        if (fact.name != "tai")
            return refuse(fact, "clock '" + fact.name + "': not known to this session",
                          "the object was made by another version");
        set(fact, clock_ns(CLOCK_TAI) - clock_ns(CLOCK_BOOTTIME));
        return true;
    }

    bool argument(const ManifestFact& fact) {
        const Arguments* here = arguments(fact.function);
        if (!here) return true;  // nothing to attach to: the planner decides
        const auto it = here->by_name.find(fact.name);
        const std::string what = fmt::format("argument '{}' of {}", fact.name, label(fact.function));
        if (it == here->by_name.end())
            return refuse(fact, what + ": this machine's probe has none of that name",
                          "compile the script here to see what it has");
        if (here->mixed.count(fact.name))
            return refuse(fact, what + ": the probes of this machine have it in different places",
                          "name the probes one by one, or compile the script here");
        const Argument& a = it->second;
        const bool scalar = fact.size <= kLargestScalar;
        const bool same = a.place == fact.preferred_place && (scalar ? a.size <= kLargestScalar : a.size == fact.size);
        const bool moved = fact.constant.empty() && (a.index != fact.index || a.size != fact.size);
        if (!same || moved) return refuse(fact, what + ": has another form on this machine", "compile the script here");
        if (!fact.constant.empty()) set(fact, uint64_t{a.size} << 32 | a.index);
        return true;
    }

    // The fact's own, or where the function's probe stands.
    Place place(const ManifestFact& fact) const {
        if (fact.place.line) return fact.place;
        for (const auto& f : program_.manifest().functions)
            if (f.name == fact.function && !f.probes.empty()) return f.probes.front().place;
        return fact.place;
    }

    std::string label(const std::string& function) const {
        for (const auto& f : program_.manifest().functions)
            if (f.name == function) return f.label;
        return function;
    }

    // nullptr: no probe of the function exists here.
    const Arguments* arguments(const std::string& function) {
        auto [it, fresh] = functions_.try_emplace(function);
        if (fresh)
            for (const auto& f : program_.manifest().functions)
                if (f.name == function) describe(f, it->second);
        return it->second.by_name.empty() ? nullptr : &it->second;
    }

    void describe(const ManifestFunction& function, Arguments& out) {
        for (const ManifestProbe& probe : function.probes) {
            auto spec = parse_spec(probe.spec, host_.registry(), host_.diagnostics(), probe.place);
            if (!spec) continue;
            spec->pid = settings_.pid;
            spec->flags = settings_.spec_flags;
            const size_t mark = host_.diagnostics().mark();
            if (host_.describe(*spec, AVOCET_DESCRIBE_ARGS, collect, &out) != AVOCET_OK)
                host_.diagnostics().take_back(mark);  // the planner has said so, or will
        }
    }

    const Program& program_;
    HostServices& host_;
    const PlannerSettings& settings_;
    Constants& out_;
    std::map<std::string, Arguments> functions_;
};

}  // namespace

bool resolve_facts(const Program& program, HostServices& host, const PlannerSettings& settings, Constants& out) {
    return program.manifest().facts.empty() || Resolver(program, host, settings, out).run();
}

}  // namespace avocet::core
