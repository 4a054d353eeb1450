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

// Before the program is loaded: it names kernel functions which a kernel without sessions lacks too.
void BpfBackend::refuse_sessions(const avocet_load_request& request) {
    for (size_t i = 0; i < request.function_count; ++i)
        for (uint32_t k = 0; k < request.functions[i].plan_count; ++k) {
            const avocet_plan& plan = request.functions[i].plans[k];
            if (!(plan.flags & AVOCET_PLAN_SESSION) || features_.has("kprobe_session")) continue;
            throw Error(AVOCET_ERR_UNSUPPORTED,
                        "function '" + string(request.functions[i].name) + "': this kernel has no kprobe sessions",
                        "needs Linux 6.10 with CONFIG_FPROBE; a kprobe and a kretprobe do the same");
        }
}

void BpfBackend::load(const avocet_load_request& request) {
    if (object_) throw Error(AVOCET_ERR_STATE, "a program is loaded already");
    if (!may_load_programs())
        throw Error(AVOCET_ERR_PERMISSION, "loading BPF programs needs root or CAP_BPF + CAP_PERFMON",
                    "run it with sudo");
    refuse_sessions(request);
    try {
        object_.emplace(request, [this](const avocet_plan& plan) { return Attachments::one_by_one(plan, features_); });
        drain_.emplace(request.drain_interval_ns ? request.drain_interval_ns : default_drain_ns,
                       [this](size_t timer, uint64_t missed) { attachments_->run_timer(timer, missed); });
        open_channels(request);
        if (stream_plan_) hand_over_channels(request);
        for (size_t i = 0; i < request.function_count; ++i) {
            const avocet_function& f = request.functions[i];
            if (f.plan_count && f.plans[0].kind == AVOCET_PLAN_RUNTIME && view(f.plans[0].event) == "bench")
                benches_.insert(string(f.name));
        }
        attachments_.emplace(*object_, *drain_, features_);
    } catch (...) {
        stream_.reset();
        drain_.reset();
        object_.reset();
        throw;
    }
}

void BpfBackend::pin_stream(const avocet_stream_pin& pin) {
    if (object_) throw Error(AVOCET_ERR_STATE, "a program is loaded already");
    stream_plan_.emplace(pin);
}

uint64_t BpfBackend::finish_stream() {
    if (!stream_ || !detached_) throw Error(AVOCET_ERR_STATE, "no stream is pinned, or the program is attached");
    return stream_->finish();
}

// Everything but the control channel goes to the reader.
void BpfBackend::hand_over_channels(const avocet_load_request& request) {
    std::vector<PinnedStream::Channel> channels;
    std::vector<Fd> rings = object_->take_rings();
    for (size_t i = 0; i < rings.size(); ++i)
        channels.push_back({AVOCET_MAP_RINGS "_" + std::to_string(i), rings[i].get(), object_->ring_bytes()});
    for (const Map& map : object_->maps()) {
        const std::string name = bpf_map__name(map.map);
        if (name == AVOCET_MAP_CONTROL || (name == AVOCET_MAP_EVENTS && !rings.empty())) continue;
        if (map.type == BPF_MAP_TYPE_RINGBUF) channels.push_back({name, map.fd, map.max_entries});
        if (map.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) channels.push_back({name, map.fd});
    }
    if (channels.empty())
        throw Error(AVOCET_ERR_INVALID, "stream '" + stream_plan_->directory + "': the program writes no events",
                    "printf() writes them");
    stream_plan_->transport = request.transport;
    stream_.emplace(*stream_plan_, channels, std::move(rings), object_->find_map(AVOCET_MAP_LOSSES).fd,
                    object_->types());
}

void BpfBackend::open_channels(const avocet_load_request& request) {
    const uint64_t wanted = request.buffer_bytes_per_cpu ? request.buffer_bytes_per_cpu : default_buffer_bytes;
    const uint64_t per_cpu = round_up_power_of_two(wanted, 4096);
    const bool counts = object_->has_map(AVOCET_MAP_LOSSES);
    uint32_t next = Drain::channel_foreign;
    if (!stream_plan_)
        if (std::vector<Fd> rings = object_->take_rings(); !rings.empty())
            drain_->add_shards(std::move(rings), object_->ring_bytes(), Drain::channel_events);
    for (const Map& map : object_->maps()) {
        if (map.type != BPF_MAP_TYPE_RINGBUF && map.type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) continue;
        const std::string_view name = bpf_map__name(map.map);
        const bool events = name == AVOCET_MAP_EVENTS;
        const uint32_t channel = events                       ? Drain::channel_events
                                 : name == AVOCET_MAP_CONTROL ? Drain::channel_control
                                                              : next++;
        if (stream_plan_ && channel != Drain::channel_control) continue;
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
    if (stream_) stream_->wake();
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

void BpfBackend::map_write(const avocet_map_elements& elements) {
    write_map(loaded().map(view(elements.map)), elements);
}

void BpfBackend::losses(const LossFn& emit) {
    report_misses(loaded(), emit);
    attachments_->losses(emit);
}

}  // namespace avocet::bpf
