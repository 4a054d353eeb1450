// SPDX-License-Identifier: Apache-2.0
//
// avocet/perf_consumer.hpp: the reader of a pinned event stream in C++. See avocet/perf_consumer.h; link with -lbpf.
//
//     avocet::PerfConsumer reader("/sys/fs/bpf/opens", [](const avocet_perf_sample& s) { ... });
//     while (reader.poll(100) == avocet::PerfConsumer::State::running) {}
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "avocet/error.hpp"
#include "avocet/perf_consumer.h"

namespace avocet {

class PerfConsumer {
public:
    using SampleFn = std::function<void(const avocet_perf_sample&)>;
    enum class State { running, ended, died };  // of the session; ended and died: everything has been read

    // `perf_pages`: of each CPU's buffer, where the stream is made of perf event arrays. Throws Error.
    PerfConsumer(const std::string& directory, SampleFn fn, size_t perf_pages = 0)
        : fn_(std::make_unique<SampleFn>(std::move(fn))),
          consumer_(avocet_perf_consumer__open(directory.c_str(), call, fn_.get(), perf_pages)) {
        if (consumer_) return;
        if (errno == ENOENT)
            throw Error(AVOCET_ERR_NOT_FOUND, "stream '" + directory + "': no session has pinned one there");
        throw Error(AVOCET_ERR_IO, "stream '" + directory + "': cannot be opened: " + errno_text(errno));
    }

    // Waits up to timeout_ms for samples and hands them out. Throws Error. The function must not throw: C code calls
    // it.
    State poll(int timeout_ms) {
        const int got = avocet_perf_consumer__poll(consumer_.get(), timeout_ms);
        if (got > 0) samples_ += static_cast<uint64_t>(got);
        if (got >= 0) return State::running;
        if (got == -ENODATA) return State::ended;
        if (got == -EOWNERDEAD) return State::died;
        throw Error(AVOCET_ERR_IO, "stream: cannot be read: " + errno_text(-got));
    }

    uint64_t samples() const { return samples_; }
    uint64_t lost() const { return consumer_->lost; }  // in perf buffers; rings lose nothing that was written
    const avocet_stream_info& info() const { return *consumer_->info; }
    std::string_view manifest() const {
        return {avocet_perf_consumer__manifest(consumer_.get()), consumer_->info->manifest_size};
    }

private:
    struct Close {
        void operator()(avocet_perf_consumer* c) const { avocet_perf_consumer__close(c); }
    };
    static void call(void* ctx, const avocet_perf_sample* sample) { (*static_cast<SampleFn*>(ctx))(*sample); }

    std::unique_ptr<SampleFn> fn_;  // does not move
    std::unique_ptr<avocet_perf_consumer, Close> consumer_;
    uint64_t samples_ = 0;
};

}  // namespace avocet
