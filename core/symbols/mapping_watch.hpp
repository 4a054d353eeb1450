// SPDX-License-Identifier: Apache-2.0
//
// What processes map as code from now on, as the kernel reports it (perf_event_open(2): PERF_RECORD_MMAP2, COMM, FORK
// of a dummy event on every CPU). A process that lives for a millisecond is known as well as one that stays. Records
// wait in the kernel's buffers until `drain`; when a buffer was full some are missing, and /proc has to do.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "symbols/process.hpp"

namespace avocet::core {

class MappingListener {
public:
    virtual ~MappingListener() = default;
    virtual void on_mapping(uint32_t pid, Mapping mapping) = 0;
    virtual void on_exec(uint32_t pid) = 0;
    virtual void on_fork(uint32_t parent, uint32_t child) = 0;
};

class MappingWatch {
public:
    // nullptr: not permitted, or the kernel has no perf events.
    static std::unique_ptr<MappingWatch> start();
    ~MappingWatch();
    MappingWatch(const MappingWatch&) = delete;
    MappingWatch& operator=(const MappingWatch&) = delete;

    // Hands over everything reported since the last call. In the order in which it happened, also across CPUs:
    // a process may call exec on one and map its files on another.
    void drain(MappingListener& listener);
    uint64_t lost() const { return lost_; }

private:
    struct Buffer {
        OwnedFd event;
        char* pages = nullptr;
    };
    struct Record {
        uint64_t time;
        size_t at, size;
    };
    MappingWatch() = default;
    bool open_cpu(int cpu);
    void take(Buffer& buffer);
    void handle(const char* record, size_t size, MappingListener& listener);
    std::vector<Buffer> buffers_;
    std::vector<Record> records_;
    std::vector<char> bytes_;  // of the records
    uint64_t lost_ = 0;
};

}  // namespace avocet::core
