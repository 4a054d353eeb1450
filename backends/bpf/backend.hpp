// SPDX-License-Identifier: Apache-2.0
//
// The backend: the life of one program, from object to loss counts. Each step is a class of its own; this one keeps
// them in order.
#pragma once

#include <array>
#include <optional>
#include <set>
#include <string>

#include "attach.hpp"
#include "avocet/abi/map_write.h"
#include "avocet/backend.hpp"
#include "drain.hpp"
#include "features.hpp"
#include "object.hpp"
#include "stream.hpp"

namespace avocet::bpf {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "cache_directory", nullptr,
           "directory in which to remember what the kernel can do, until the next boot; not set: probed anew by every "
           "run"),
};

class BpfBackend final : public Backend {
public:
    BpfBackend(const Host& host, const Options& options);
    ~BpfBackend() override;

    void features(const char* only, const FeatureFn& emit) override;
    void load(const avocet_load_request& request) override;
    void attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) override;
    int64_t run(std::string_view function, uint32_t repeat, uint64_t& mean_ns) override;
    avocet_status poll(uint64_t timeout_ns, avocet_sample_batch& out) override;
    void wake() noexcept override;
    void detach() override;
    void map_read(std::string_view map, const RowsFn& emit) override;
    void map_lookup(std::string_view map, const void* keys, size_t count, const RowsFn& emit) override;
    void map_clear(std::string_view map) override;
    void map_zero(std::string_view map) override;
    void losses(const LossFn& emit) override;
    // The stream extension (avocet/abi/stream.h).
    void pin_stream(const avocet_stream_pin& pin);
    uint64_t finish_stream();
    void map_write(const avocet_map_elements& elements);  // avocet/abi/map_write.h

private:
    void refuse_sessions(const avocet_load_request& request);
    void open_channels(const avocet_load_request& request);
    void hand_over_channels(const avocet_load_request& request);
    Object& loaded();

    Host host_;
    Features features_;
    std::optional<Object> object_;
    std::optional<StreamPlan> stream_plan_;
    std::optional<PinnedStream> stream_;
    std::optional<Drain> drain_;
    std::optional<Attachments> attachments_;  // destroyed before what it uses
    bool detached_ = false;
    std::set<std::string> benches_;  // functions that repeat their body themselves
};

}  // namespace avocet::bpf
