// SPDX-License-Identifier: Apache-2.0
//
// The event stream as another program reads it: maps pinned in a directory of a BPF file system, and how that directory
// is taken, told about and given back. The contract, with who owns what until when, is avocet/abi/stream.h.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <bpf/btf.h>

#include "avocet/abi/stream.h"
#include "fd.hpp"
#include "ring.hpp"

namespace avocet::bpf {

// What the session asked for, kept from `pin` to `load`.
struct StreamPlan {
    explicit StreamPlan(const avocet_stream_pin& pin);
    std::string directory, manifest;
    uint32_t mode, flags;
    int64_t group;
    uint64_t end_wait_ns, wall_minus_boot_ns;
    avocet_transport transport = AVOCET_TRANSPORT_RING;
};

// A directory that this process has locked; removed with its pins when destroyed.
class StreamDirectory {
public:
    // Makes it or takes over a dead session's. Throws Error.
    explicit StreamDirectory(const StreamPlan& plan);
    ~StreamDirectory();
    StreamDirectory(const StreamDirectory&) = delete;
    StreamDirectory& operator=(const StreamDirectory&) = delete;

    void pin(int map_fd, const std::string& name);  // throws Error
    void open_to_readers();                         // gives the directory its permissions

private:
    bool lock();  // false: it was removed meanwhile
    void remove_leftovers();
    void set_permissions(const std::string& name, uint32_t mode);

    const StreamPlan& plan_;
    Fd fd_;
    std::vector<std::string> pins_;
};

struct UnmapInfo {
    size_t size = 0;
    void operator()(avocet_stream_info* info) const noexcept;
};

class PinnedStream {
public:
    struct Channel {
        std::string name;
        int fd;                   // owned by the object or by `rings`
        uint32_t ring_bytes = 0;  // 0: a perf event array
    };
    // `rings`: shards of the event transport, kept open here. Throws Error; then nothing is pinned.
    PinnedStream(StreamPlan plan, const std::vector<Channel>& channels, std::vector<Fd> rings, int losses_fd,
                 const btf* types);

    // Tells readers of the end, waits for them, removes the pins. Returns the records that nobody has read.
    uint64_t finish();
    void wake() noexcept { woken_ = true; }  // [thread: any]

private:
    void publish(const btf* types, uint32_t channel_count);
    bool all_read() const;

    StreamPlan plan_;
    std::vector<Fd> rings_;
    std::vector<std::unique_ptr<RingBuffer>> readers_;
    Fd info_fd_;
    std::unique_ptr<avocet_stream_info, UnmapInfo> info_;
    std::unique_ptr<StreamDirectory> directory_;
    std::atomic<bool> woken_{false};
};

}  // namespace avocet::bpf
