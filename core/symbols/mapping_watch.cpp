// SPDX-License-Identifier: Apache-2.0
#include "symbols/mapping_watch.hpp"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace avocet::core {

namespace {

constexpr size_t data_pages = 64;  // a power of two

size_t page_bytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }
size_t buffer_bytes() { return (1 + data_pages) * page_bytes(); }

// Layouts of include/uapi/linux/perf_event.h, enum perf_event_type; the time follows each (sample_id_all).
struct MmapRecord {
    perf_event_header header;
    uint32_t pid, tid;
    uint64_t address, length, offset;
    uint32_t major, minor;
    uint64_t inode, generation;
    uint32_t protection, flags;
    char path[1];
};
struct CommRecord {
    perf_event_header header;
    uint32_t pid, tid;
};
struct ForkRecord {
    perf_event_header header;
    uint32_t pid, parent_pid, tid, parent_tid;
};
struct LostRecord {
    perf_event_header header;
    uint64_t id, count;
};

}  // namespace

std::unique_ptr<MappingWatch> MappingWatch::start() {
    std::unique_ptr<MappingWatch> watch(new MappingWatch());
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    bool any = false;
    for (int cpu = 0; cpu < cpus; ++cpu) any |= watch->open_cpu(cpu);
    return any ? std::move(watch) : nullptr;
}

bool MappingWatch::open_cpu(int cpu) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_DUMMY;
    attr.mmap = attr.mmap2 = attr.comm = attr.comm_exec = attr.task = 1;
    attr.sample_id_all = attr.use_clockid = 1;
    attr.sample_type = PERF_SAMPLE_TIME;
    attr.clockid = CLOCK_MONOTONIC;  // one clock for all CPUs
    attr.watermark = 1;
    attr.wakeup_watermark = 0x7fffffff;  // nobody waits for it
    OwnedFd event(static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!event) return false;  // offline, or not permitted
    void* pages = mmap(nullptr, buffer_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, event.get(), 0);
    if (pages == MAP_FAILED) return false;
    buffers_.push_back({std::move(event), static_cast<char*>(pages)});
    return true;
}

MappingWatch::~MappingWatch() {
    for (auto& buffer : buffers_) munmap(buffer.pages, buffer_bytes());
}

void MappingWatch::drain(MappingListener& listener) {
    bytes_.clear();
    records_.clear();
    for (auto& buffer : buffers_) take(buffer);
    std::stable_sort(records_.begin(), records_.end(),
                     [](const Record& a, const Record& b) { return a.time < b.time; });
    for (const auto& record : records_) handle(bytes_.data() + record.at, record.size, listener);
}

void MappingWatch::take(Buffer& buffer) {
    auto* control = reinterpret_cast<perf_event_mmap_page*>(buffer.pages);
    const char* data = buffer.pages + page_bytes();
    const size_t size = data_pages * page_bytes();
    const uint64_t head = __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = control->data_tail;
    while (tail < head) {
        perf_event_header header;
        const size_t at = tail % size;
        std::memcpy(&header, data + at, sizeof header);  // records are multiples of 8: a header never wraps
        if (header.size < sizeof header + sizeof(uint64_t)) break;
        Record record{0, bytes_.size(), header.size - sizeof(uint64_t)};
        const size_t first = std::min<size_t>(header.size, size - at);
        bytes_.insert(bytes_.end(), data + at, data + at + first);
        bytes_.insert(bytes_.end(), data, data + (header.size - first));
        std::memcpy(&record.time, bytes_.data() + record.at + record.size, sizeof record.time);
        records_.push_back(record);
        tail += header.size;
    }
    __atomic_store_n(&control->data_tail, tail, __ATOMIC_RELEASE);
}

void MappingWatch::handle(const char* record, size_t size, MappingListener& listener) {
    perf_event_header header;
    std::memcpy(&header, record, sizeof header);
    if (header.type == PERF_RECORD_MMAP2 && size > offsetof(MmapRecord, path)) {
        MmapRecord m;
        std::memcpy(&m, record, offsetof(MmapRecord, path));
        const char* path = record + offsetof(MmapRecord, path);
        Mapping mapping;
        mapping.start = m.address;
        mapping.end = m.address + m.length;
        mapping.offset = m.offset;
        mapping.device = makedev(m.major, m.minor);
        mapping.inode = m.inode;
        mapping.path.assign(path, strnlen(path, size - offsetof(MmapRecord, path)));
        if (mapping.path == "//anon") mapping.path.clear();
        listener.on_mapping(m.pid, std::move(mapping));
    } else if (header.type == PERF_RECORD_COMM && size >= sizeof(CommRecord) &&
               (header.misc & PERF_RECORD_MISC_COMM_EXEC)) {
        CommRecord c;
        std::memcpy(&c, record, sizeof c);
        listener.on_exec(c.pid);
    } else if (header.type == PERF_RECORD_FORK && size >= sizeof(ForkRecord)) {
        ForkRecord f;
        std::memcpy(&f, record, sizeof f);
        if (f.pid != f.parent_pid) listener.on_fork(f.parent_pid, f.pid);  // else a new thread
    } else if (header.type == PERF_RECORD_LOST && size >= sizeof(LostRecord)) {
        LostRecord l;
        std::memcpy(&l, record, sizeof l);
        lost_ += l.count;
    }
}

}  // namespace avocet::core
