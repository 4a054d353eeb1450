// SPDX-License-Identifier: Apache-2.0
//
// A complete backend that needs no kernel: it accepts every program and plan, reports each plan as a warning so that it
// is seen, and has no samples.
#include <array>
#include <ctime>

#include "avocet/backend.hpp"
#include "avocet/plugin.hpp"

namespace {

constexpr std::array<avocet_option, 0> schema{};

class DryBackend final : public avocet::Backend {
public:
    DryBackend(const avocet::Host& host, const avocet::Options&) : host_(host) {}

    void features(const char*, const FeatureFn&) override {}
    void load(const avocet_load_request&) override {}
    void attach(std::span<const avocet_function> functions, const AttachErrorFn&) override {
        for (const auto& f : functions)
            for (uint32_t i = 0; i < f.plan_count; ++i)
                for (uint32_t t = 0; t < f.plans[i].target_count; ++t)
                    host_.warn("would attach " + avocet::string(f.name) + " to " +
                               avocet::string(f.plans[i].targets[t].name));
    }
    int64_t run(std::string_view, uint32_t, uint64_t&) override { return 0; }
    avocet_status poll(uint64_t, avocet_sample_batch& out) override {
        out.count = 0;
        out.lost = 0;
        out.wall_ns = static_cast<uint64_t>(std::time(nullptr)) * 1'000'000'000u;
        return AVOCET_STOP;
    }
    void wake() noexcept override {}
    void detach() override {}
    void map_read(std::string_view, const RowsFn&) override {}
    void map_lookup(std::string_view, const void*, size_t, const RowsFn&) override {}
    void map_clear(std::string_view) override {}
    void map_zero(std::string_view) override {}
    void losses(const LossFn&) override {}

private:
    avocet::Host host_;
};

constexpr auto factory = avocet::backend_factory<DryBackend, schema>("says what would be attached");

}  // namespace

AVOCET_PLUGIN("template.backend", "1.0.0", &factory)
