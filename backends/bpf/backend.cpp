// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include <chrono>

#include <algorithm>

#include "avocet/abi/program.h"
#include "losses.hpp"
#include "maps.hpp"

namespace avocet::bpf {
namespace {

constexpr uint64_t default_buffer_bytes = 1u << 20, default_drain_ns = 10'000'000;

}  // namespace

BpfBackend::BpfBackend(const Host& host, const Options& options)
    : host_(host), features_(options.text("cache_directory")) {}

BpfBackend::~BpfBackend() = default;

Object& BpfBackend::loaded() {
    if (!object_) throw Error(AVOCET_ERR_STATE, "no program is loaded");
    return *object_;
}

void BpfBackend::features(const char* only, const FeatureFn& emit) { features_.list(only, emit); }

void BpfBackend::load(const avocet_load_request& request) {
    if (object_) throw Error(AVOCET_ERR_STATE, "a program is loaded already");
    if (!may_load_programs())
        throw Error(AVOCET_ERR_PERMISSION, "loading BPF programs needs root or CAP_BPF + CAP_PERFMON",
                    "run it with sudo");
    try {
        object_.emplace(request, [this](const avocet_plan& plan) { return Attachments::one_by_one(plan, features_); });
        drain_.emplace(request.drain_interval_ns ? request.drain_interval_ns : default_drain_ns,
                       [this](size_t timer, uint64_t missed) { attachments_->run_timer(timer, missed); });
        open_channels(request);
        for (size_t i = 0; i < request.function_count; ++i) {
            const avocet_function& f = request.functions[i];
            if (f.plan_count && f.plans[0].kind == AVOCET_PLAN_RUNTIME && view(f.plans[0].event) == "bench")
                benches_.insert(string(f.name));
        }
        attachments_.emplace(*object_, *drain_, features_);
    } catch (...) {
        drain_.reset();
        object_.reset();
        throw;
    }
}

void BpfBackend::open_channels(const avocet_load_request& request) {
    const uint64_t wanted = request.buffer_bytes_per_cpu ? request.buffer_bytes_per_cpu : default_buffer_bytes;
    const uint64_t per_cpu = round_up_power_of_two(wanted, 4096);
    const bool counts = object_->has_map(AVOCET_MAP_LOSSES);
    uint32_t next = Drain::channel_foreign;
    if (std::vector<Fd> rings = object_->take_rings(); !rings.empty())
        drain_->add_shards(std::move(rings), object_->ring_bytes(), Drain::channel_events);
    for (const Map& map : object_->maps()) {
        if (map.type != BPF_MAP_TYPE_RINGBUF && map.type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) continue;
        const std::string_view name = bpf_map__name(map.map);
        const bool events = name == AVOCET_MAP_EVENTS;
        const uint32_t channel = events                       ? Drain::channel_events
                                 : name == AVOCET_MAP_CONTROL ? Drain::channel_control
                                                              : next++;
        if (map.type == BPF_MAP_TYPE_RINGBUF)
            drain_->add_ring(map.fd, map.max_entries, channel);
        else
            drain_->add_perf(map.fd, per_cpu, channel, events, events && counts);
    }
}

void BpfBackend::attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) {
    loaded();
    std::optional<Error> last;
    const AttachErrorFn remember = [&](std::string_view function, const avocet_plan& plan, const Error& why) {
        last = why;
        return on_error(function, plan, why);
    };
    size_t targets = 0;
    for (const avocet_function& function : functions)
        for (uint32_t i = 0; i < function.plan_count; ++i) targets += function.plans[i].target_count;
    Attachments::make_room(targets);
    for (const avocet_function& function : functions) {
        for (uint32_t i = 0; i < function.plan_count; ++i) {
            if (attachments_->attach(view(function.name), function.plans[i], remember)) continue;
            attachments_->detach();
            throw *last;
        }
    }
}

int64_t BpfBackend::run(std::string_view function, uint32_t repeat, uint64_t& mean_ns) {
    const int program = loaded().program(function);
    drain_->release();
    uint32_t result = 0;
    // The kernel refuses a repeat count for programs of this type, so the mean includes one system call. Benches are
    // called with the count and repeat their body themselves.
    const bool repeats_itself = benches_.count(std::string(function)) > 0;
    const uint32_t runs = repeats_itself ? 1 : repeat;
    const auto start = std::chrono::steady_clock::now();
    for (uint32_t i = 0; i < runs; ++i)
        if (const int error = run_program(program, repeats_itself ? repeat : 0, result))
            throw Error(AVOCET_ERR_IO,
                        "function '" + std::string(function) + "': cannot be run: " + errno_text(-error));
    const std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - start;
    mean_ns = static_cast<uint64_t>(taken.count()) / repeat;
    return static_cast<int32_t>(result);
}

avocet_status BpfBackend::poll(uint64_t timeout_ns, avocet_sample_batch& out) {
    loaded();
    if (!detached_) {
        drain_->release();  // room for the events of the next objects
        if (attachments_->step_iterators()) timeout_ns = 0;
    }
    drain_->set_ending(detached_ || attachments_->finished());
    return drain_->poll(timeout_ns, out);
}

void BpfBackend::wake() noexcept {
    if (drain_) drain_->wake();
}

void BpfBackend::detach() {
    loaded();
    drain_->release();
    attachments_->detach();
    detached_ = true;
}

void BpfBackend::map_read(std::string_view map, const RowsFn& emit) { read_map(loaded().map(map), emit); }

void BpfBackend::map_lookup(std::string_view map, const void* keys, size_t count, const RowsFn& emit) {
    lookup_keys(loaded().map(map), keys, count, emit);
}

void BpfBackend::map_clear(std::string_view map) { clear_map(loaded().map(map)); }

void BpfBackend::map_zero(std::string_view map) { zero_map(loaded().map(map)); }

void BpfBackend::losses(const LossFn& emit) {
    report_misses(loaded(), emit);
    attachments_->losses(emit);
}

}  // namespace avocet::bpf
