// SPDX-License-Identifier: Apache-2.0
#include "perf_buffer.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "avocet/abi/program.h"
#include "avocet/error.hpp"
#include "syscall.hpp"

namespace avocet::bpf {
namespace {

constexpr size_t block_words = 32 * 1024;  // 256 KiB: more than the longest perf record (64 KiB)
uint64_t clock_ns(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

size_t page() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

struct SampleRecord {
    perf_event_header header;
    uint32_t size;
};
struct LostRecord {
    perf_event_header header;
    uint64_t id, lost;
};

}  // namespace

uint64_t round_up_power_of_two(uint64_t wanted, uint64_t least) { return std::bit_ceil(std::max(wanted, least)); }

struct PerfBuffers::Cpu {
    Fd event;
    uint32_t number = 0;
    uint64_t size = 0, tail = 0;
    perf_event_mmap_page* control = nullptr;

    ~Cpu() {
        if (control) munmap(control, page() + size);
    }
    uint64_t head() const { return __atomic_load_n(&control->data_head, __ATOMIC_ACQUIRE); }
    const std::byte* data() const { return reinterpret_cast<const std::byte*>(control) + page(); }
    void read(uint64_t at, void* to, size_t count) const {
        const uint64_t begin = at & (size - 1);
        const size_t first = std::min<uint64_t>(count, size - begin);
        memcpy(to, data() + begin, first);
        memcpy(static_cast<std::byte*>(to) + first, data(), count - first);
    }
};

PerfBuffers::PerfBuffers(int map_fd, uint64_t bytes_per_cpu, uint32_t channel, bool timed)
    : size_(bytes_per_cpu), channel_(channel), timed_(timed) {
    boot_minus_monotonic_ns_ = clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC);
    const int possible = libbpf_num_possible_cpus();
    for (int i = 0; i < possible; ++i) {
        perf_event_attr attr{};
        attr.type = PERF_TYPE_SOFTWARE;
        attr.config = PERF_COUNT_SW_BPF_OUTPUT;
        attr.sample_type = PERF_SAMPLE_RAW;
        if (!timed_) {  // the kernel stamps what the program does not
            attr.sample_type |= PERF_SAMPLE_TIME;
            attr.use_clockid = 1;
            attr.clockid = CLOCK_MONOTONIC;  // may be read in any context
        }
        attr.sample_period = 1;
        attr.watermark = 1;  // wake at half full only; the rest is the timed drain
        attr.wakeup_watermark = static_cast<uint32_t>(size_ / 2);
        auto cpu = std::make_unique<Cpu>();
        cpu->event = perf_event_open(attr, -1, i);
        if (!cpu->event && errno == ENODEV) continue;  // offline
        if (!cpu->event)
            throw Error(AVOCET_ERR_IO,
                        "perf buffer of cpu " + std::to_string(i) + ": cannot be opened: " + errno_text(errno));
        void* memory = mmap(nullptr, page() + size_, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->event.get(), 0);
        if (memory == MAP_FAILED)
            throw Error(AVOCET_ERR_NO_MEMORY,
                        "perf buffer of cpu " + std::to_string(i) + ": cannot map " + std::to_string(size_) +
                            " bytes: " + errno_text(errno),
                        "try a smaller transport.size_per_cpu, or raise /proc/sys/kernel/perf_event_mlock_kb");
        cpu->control = static_cast<perf_event_mmap_page*>(memory);
        cpu->size = size_;
        cpu->number = static_cast<uint32_t>(i);
        const int fd = cpu->event.get();
        if (bpf_map_update_elem(map_fd, &i, &fd, BPF_ANY) < 0 || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
            throw Error(AVOCET_ERR_IO,
                        "perf buffer of cpu " + std::to_string(i) + ": cannot be enabled: " + errno_text(errno));
        cpus_.push_back(std::move(cpu));
    }
}

PerfBuffers::~PerfBuffers() = default;

std::vector<int> PerfBuffers::fds() const {
    std::vector<int> out;
    for (auto& cpu : cpus_) out.push_back(cpu->event.get());
    return out;
}

// Skips and counts everything up to the next sample.
PerfBuffers::Next PerfBuffers::peek(Cpu& cpu) {
    const uint64_t head = cpu.head();
    while (cpu.tail < head) {
        perf_event_header header;
        cpu.read(cpu.tail, &header, sizeof header);
        if (header.type == PERF_RECORD_SAMPLE) {
            Next next{true, 0};
            if (!timed_ && header.size >= sizeof header + sizeof next.time_ns) {
                cpu.read(cpu.tail + sizeof header, &next.time_ns, sizeof next.time_ns);
                next.time_ns += boot_minus_monotonic_ns_;
            }
            if (timed_ && header.size >= sizeof(SampleRecord) + sizeof(avocet_event_header)) {
                avocet_event_header event;
                cpu.read(cpu.tail + sizeof(SampleRecord), &event, sizeof event);
                next.time_ns = event.time_ns;
            }
            return next;
        }
        if (header.type == PERF_RECORD_LOST) {
            LostRecord lost;
            cpu.read(cpu.tail, &lost, sizeof lost);
            lost_ += lost.lost;
        }
        cpu.tail += header.size;
    }
    return {};
}

void PerfBuffers::take(Cpu& cpu, std::vector<avocet_sample>& samples) {
    SampleRecord record;
    const uint32_t stamp = timed_ ? 0 : sizeof(uint64_t);
    cpu.read(cpu.tail, &record.header, sizeof record.header);
    cpu.read(cpu.tail + sizeof record.header + stamp, &record.size, sizeof record.size);
    const auto before = static_cast<uint32_t>(sizeof record) + stamp;
    const uint32_t size =
        record.header.size > before ? std::min<uint32_t>(record.size, record.header.size - before) : 0;
    const size_t words = (size + 7) / 8;
    if (used_ + words > block_words) ++block_, used_ = 0;
    if (block_ == blocks_.size()) blocks_.push_back(std::make_unique<uint64_t[]>(block_words));
    uint64_t* copy = blocks_[block_].get() + used_;
    cpu.read(cpu.tail + before, copy, size);
    used_ += words;
    samples.push_back({copy, size, cpu.number, channel_, 0});
    cpu.tail += record.header.size;
}

void PerfBuffers::consume(std::vector<avocet_sample>& samples, size_t limit, uint64_t horizon_ns) {
    std::vector<Next> next;
    for (auto& cpu : cpus_) next.push_back(peek(*cpu));
    while (samples.size() < limit) {
        size_t oldest = cpus_.size();
        for (size_t i = 0; i < cpus_.size(); ++i)
            if (next[i].sample && (oldest == cpus_.size() || next[i].time_ns < next[oldest].time_ns)) oldest = i;
        if (oldest == cpus_.size() || next[oldest].time_ns > horizon_ns) break;
        take(*cpus_[oldest], samples);
        next[oldest] = peek(*cpus_[oldest]);
    }
    for (auto& cpu : cpus_) __atomic_store_n(&cpu->control->data_tail, cpu->tail, __ATOMIC_RELEASE);
}

void PerfBuffers::release() noexcept { block_ = used_ = 0; }

uint64_t PerfBuffers::waiting() const noexcept {
    uint64_t sum = 0;
    for (auto& cpu : cpus_) sum += cpu->head() - cpu->tail;
    return sum;
}

double PerfBuffers::fullness() const noexcept {
    double most = 0;
    for (auto& cpu : cpus_)
        most = std::max(most, static_cast<double>(cpu->head() - cpu->tail) / static_cast<double>(size_));
    return most;
}

uint64_t PerfBuffers::take_lost() noexcept { return std::exchange(lost_, 0); }

}  // namespace avocet::bpf
