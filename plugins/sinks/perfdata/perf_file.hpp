// SPDX-License-Identifier: Apache-2.0
//
// The file that perf(1) writes and reads (kernel: tools/perf/Documentation/perf.data-file-format.txt). In order:
// header, a table of attributes with room for `events_limit` of them, records, and, once it is closed, the feature
// sections. After every flush the header tells of what is there, so that the file can be read whatever happens next.
//
// Records are buffered; a flush that fails cuts the file back to the last whole one and says how many samples are lost.
// [thread: data]
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avocet::perfdata {

inline constexpr size_t events_limit = 64;

struct Sample {
    uint32_t pid = 0, tid = 0;
    uint64_t time_ns = 0, period = 1;
    std::vector<uint64_t> kernel, user;  // leaf first
};

struct Mapped {
    uint64_t start = 0, size = 0, offset = 0, inode = 0;
    uint32_t device_major = 0, device_minor = 0;
    bool writable = false;
    std::string path;
};

class PerfFile {
public:
    // Creates it; a file of that name becomes NAME.old, as perf does it. Throws avocet::Error.
    explicit PerfFile(std::string path);
    ~PerfFile();
    PerfFile(const PerfFile&) = delete;
    PerfFile& operator=(const PerfFile&) = delete;

    // Number of an event for add_sample, by its name in reports. More than events_limit: the last one takes the rest.
    uint32_t event(const std::string& name);
    void add_sample(uint32_t event, const Sample& sample);
    void add_comm(uint32_t pid, uint32_t tid, std::string_view comm, uint64_t time_ns);
    void add_mapping(uint32_t pid, const Mapped& mapping, uint64_t time_ns);
    void add_kernel(const std::string& name, uint64_t start, uint64_t size, uint64_t reference);
    // Everything before this point may be sorted and handed on.
    void finish_round();
    void add_build_id(const std::string& path, std::string_view id, bool kernel);

    bool wants_flush() const { return buffer_.size() >= flush_bytes; }
    uint64_t flush();                                  // samples that could not be written; `why`
    bool close(const std::vector<std::string>& tool);  // tool: what made it, as a command line; false: incomplete
    const std::string& why() const { return why_; }
    const std::string& path() const { return path_; }
    uint64_t samples() const { return samples_; }

private:
    static constexpr size_t flush_bytes = 256u << 10;
    struct Feature {
        unsigned bit;
        std::string content;
    };
    void put(uint32_t type, uint16_t misc, std::string body);
    std::string trailer(uint32_t pid, uint32_t tid, uint64_t time_ns) const;
    bool write_at(uint64_t offset, std::string_view bytes);
    bool write_header();
    std::string attributes() const;
    std::vector<Feature> features(const std::vector<std::string>& tool) const;
    std::string event_descriptions() const;
    std::string build_ids() const;

    std::string path_, why_, buffer_;
    int fd_ = -1;
    uint64_t data_size_ = 0;  // in the file
    uint64_t samples_ = 0, buffered_samples_ = 0, features_ = 0, first_ns_ = 0, last_ns_ = 0;
    std::vector<std::string> events_;
    std::map<std::string, std::pair<std::string, bool>> build_ids_;  // path -> id, kernel
};

}  // namespace avocet::perfdata
