// SPDX-License-Identifier: Apache-2.0
//
// zstd: one frame of live output, and closed files as a whole. Files are compressed on a thread of their own, so that a
// rotation does not hold the records back: NAME is read into a temporary file, which is made durable and renamed to
// NAME.zst, and only then NAME is removed. Whatever fails leaves NAME as it is. [thread: data]
#pragma once

#include <zstd.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "avocet/error.hpp"
#include "directory.hpp"

namespace avocet::file {

inline constexpr int compression_level = 3;

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
using Context = std::unique_ptr<ZSTD_CCtx, FreeContext>;
Context make_context();  // throws std::bad_alloc

// A whole frame, with checksum.
std::string compress_frame(ZSTD_CCtx& context, std::string_view bytes);

class Compressor {
public:
    explicit Compressor(const Host& host) : host_(host) {}
    ~Compressor();
    void add(DirectoryPtr directory, std::string name);
    void wait();  // until everything added is done

private:
    struct Job {
        DirectoryPtr directory;
        std::string name;
    };
    void start();
    void run();

    Host host_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;  // the first one is being worked on
    bool ending_ = false;
    std::thread thread_;  // started with the first job
};

}  // namespace avocet::file
