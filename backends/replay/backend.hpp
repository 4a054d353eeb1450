// SPDX-License-Identifier: Apache-2.0
//
// A backend that plays a recording. The archive is read twice: once at load for every answer, skipping over the
// batches; and once batch after batch as the session polls.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>

#include "answers.hpp"
#include "avocet/backend.hpp"
#include "avocet/recording.hpp"

namespace avocet::replay {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "recording", nullptr,
           "recording to play, as written by a session that was told to record", nullptr, 0, 0, AVOCET_OPTION_REQUIRED),
};

class ReplayBackend final : public Backend {
public:
    ReplayBackend(const Host& host, const Options& options);

    void features(const char* only, const FeatureFn& emit) override;
    void load(const avocet_load_request& request) override;
    void attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) override;
    int64_t run(std::string_view function, uint32_t repeat, uint64_t& mean_ns) override;
    avocet_status poll(uint64_t timeout_ns, avocet_sample_batch& out) override;
    void wake() noexcept override {}
    void detach() override;
    void map_read(std::string_view map, const RowsFn& emit) override;
    void map_lookup(std::string_view map, const void* keys, size_t count, const RowsFn& emit) override;
    void map_clear(std::string_view map) override;
    void map_zero(std::string_view map) override;
    void losses(const LossFn& emit) override;

private:
    // Status of a recorded call, as the recording session saw it. Throws Error for a failure.
    const recording::Call* answer(const char* call, std::string_view name);
    void index();
    void check_about(const std::string& content);
    bool next_batch();  // reads ahead: the batch after the one given out
    bool blocked() const;
    void warn_cut_off(const char* what);

    Host host_;
    std::string path_, program_;
    Answers answers_;
    std::unique_ptr<recording::Reader> stream_;
    uint64_t given_ = 0;           // number of the last batch given out
    uint64_t ahead_ = UINT64_MAX;  // number of the one read ahead; UINT64_MAX: there is none
    std::optional<recording::Batch> current_, next_;
    std::vector<uint64_t> runs_;  // places of run calls; played_ of them have been made
    size_t played_ = 0;
    bool stopped_ = false, finished_ = false, warned_ = false;
};

}  // namespace avocet::replay
