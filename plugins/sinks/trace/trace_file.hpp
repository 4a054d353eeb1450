// SPDX-License-Identifier: Apache-2.0
//
// The JSON array of a trace, which can be read after every write, its end missing: what a write could not put down
// whole is cut off again, and the records in it are lost. Files of other kinds (pipes, devices) cannot be cut. [thread:
// data]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace avocet::trace {

class TraceFile {
public:
    explicit TraceFile(std::string path);
    ~TraceFile();
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    void add(std::string_view entry, uint32_t records);
    bool wants_flush() const { return buffer_.size() >= flush_at; }
    // False: error() says what went wrong, and the records that are in what was not written are added to `lost`.
    bool flush(uint64_t& lost);
    bool close(uint64_t& lost);
    const std::string& path() const { return path_; }
    int error() const { return error_; }

private:
    static constexpr size_t flush_at = 64 << 10;

    bool write(std::string_view bytes);

    std::string path_, buffer_ = "[";
    int fd_ = -1, error_ = 0;
    bool regular_ = false;
    bool empty_ = true, written_empty_ = true;  // no entry yet; the same of what is in the file
    uint64_t size_ = 0;                         // of what is whole
    uint64_t buffered_records_ = 0;
};

}  // namespace avocet::trace
