// SPDX-License-Identifier: Apache-2.0
//
// A complete probe provider: `every:250:ms` becomes a timer of the tracing process.
#include <array>
#include <charconv>

#include "avocet/plugin.hpp"
#include "avocet/probe_group.hpp"

namespace {

constexpr std::array<avocet_option, 0> schema{};

// Nanoseconds of `every:N:UNIT`.
uint64_t period_ns(const avocet::ProbeSpec& spec) {
    static constexpr std::pair<std::string_view, uint64_t> units[] = {
        {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}};
    uint64_t n = 0;
    if (spec.parts.size() == 2) {
        const std::string& digits = spec.parts[0];
        auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
        if (error == std::errc() && end == digits.data() + digits.size() && n > 0 && n < 1'000'000'000)
            for (auto [unit, factor] : units)
                if (spec.parts[1] == unit) return n * factor;
    }
    throw avocet::Error(AVOCET_ERR_INVALID, "probe '" + spec.text + "': not a period", "write every:250:ms, every:1:s");
}

class EveryProvider final : public avocet::Provider {
public:
    EveryProvider(const avocet::Host&, const avocet::Options&) {}

    void list(const avocet::ProbeSpec&, const avocet::Emit& emit) override {
        std::string name = "every:N:ms";
        avocet_probe_info info{sizeof info, 0, avocet::to_abi(name), nullptr};
        emit.probe(info);
    }

    void describe(const avocet::ProbeSpec& spec, uint32_t, const avocet::Emit& emit) override {
        period_ns(spec);
        avocet::ProbeGroup group;
        group.context = AVOCET_CONTEXT_RUNTIME;
        group.identity = AVOCET_IDENTITY_FIXED;
        group.probetype = "every";
        group.spec = spec.text;
        group.targets = {spec.text};
        group.emit(emit);
    }

    void resolve(const avocet::ProbeSpec& spec, const avocet::Emit& emit) override {
        avocet::AttachPlan plan;
        plan.kind = AVOCET_PLAN_TIMER;
        plan.period = period_ns(spec);
        plan.targets = {{spec.text, "", 0, 0}};
        plan.emit(emit);
    }
};

constexpr auto factory = avocet::provider_factory<EveryProvider, schema>("periodic probes of the tracing process");

}  // namespace

AVOCET_PLUGIN("template.provider", "1.0.0", &factory)
