// SPDX-License-Identifier: Apache-2.0
//
// The file for records that a sink refused or a full queue dropped: JSON lines, appended, bounded. Each line has the
// time, the route, the sink, the cause and the record as every JSON output writes it. What does not fit is counted, not
// written. Written by the thread that dropped the record, without the lane's lock. [thread: any]
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "record/decoder.hpp"
#include "record/render.hpp"
#include "route/router.hpp"

namespace avocet::core {

class DeadLetters {
public:
    // nullptr: the file cannot be opened; `why` says it.
    static std::shared_ptr<DeadLetters> open(const std::string& path, uint64_t limit_bytes, const Renderer* renderer,
                                             std::string& why);
    ~DeadLetters();
    DeadLetters(const DeadLetters&) = delete;
    DeadLetters& operator=(const DeadLetters&) = delete;

    void write(std::string_view route, std::string_view sink, std::string_view cause, const BatchPtr& batch,
               uint32_t first, uint32_t end);
    DeadLetterCounts counts() const;

private:
    DeadLetters(std::string path, int fd, uint64_t size, uint64_t limit_bytes, const Renderer* renderer)
        : fd_(fd), size_(size), limit_bytes_(limit_bytes), renderer_(renderer) {
        counts_.path = std::move(path);
    }
    void put(std::string_view head, std::string_view record, uint64_t rows);

    mutable std::mutex mutex_;
    DeadLetterCounts counts_;
    int fd_;
    uint64_t size_, limit_bytes_;
    bool full_ = false;
    const Renderer* renderer_;
};

}  // namespace avocet::core
