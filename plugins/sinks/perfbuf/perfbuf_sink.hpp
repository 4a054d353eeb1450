// SPDX-License-Identifier: Apache-2.0
//
// Takes the event stream whole and hands it to whoever opens the pins. No record ever comes here: this sink only says
// where the stream is to be, and for whom; the session has the backend do it (avocet/abi/stream.h). [thread: control]
#pragma once

#include <array>
#include <string>

#include "avocet/stream.hpp"

namespace avocet::perfbuf {

inline constexpr std::array schema = {
    option(AVOCET_OPTION_PATH, "path", nullptr, "Directory for the pins, new, in a BPF file system: /sys/fs/bpf/NAME.",
           nullptr, 0, 0, AVOCET_OPTION_REQUIRED),
    option(AVOCET_OPTION_STRING, "mode", "0600", "Permissions of the pins, octal."),
    option(AVOCET_OPTION_STRING, "group", nullptr, "Group of the pins, by name or number."),
    option(AVOCET_OPTION_DURATION, "end_wait", "2s",
           "How long the end waits for the reader; what it has not read then is counted as lost.", "ns", 0,
           3'600'000'000'000),
    option(AVOCET_OPTION_SIZE, "wake_bytes", "0",
           "Wake the reader when this much waits in a ring; 0: by the first event that it has not seen.", "bytes", 0,
           1 << 30),
};

class PerfbufSink final : public Sink {
public:
    PerfbufSink(const Host& host, const Options& options);
    StreamRequest stream() const { return {path_, mode_, group_, end_wait_ns_, wake_bytes_}; }
    uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) override;

private:
    std::string path_;
    uint32_t mode_;
    int64_t group_;
    uint64_t end_wait_ns_, wake_bytes_;
};

}  // namespace avocet::perfbuf
