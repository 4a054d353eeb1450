// SPDX-License-Identifier: Apache-2.0
//
// When a file is full or old, and what happens to the closed ones.
//
// If the path holds {date} or {time} and the next name differs, the closed file keeps its name. Otherwise the names
// shift: FILE.1 is the youngest closed file, FILE.keep the oldest; compressed ones end in .zst. Files beyond `keep` are
// removed: by number, or, for files with names of their own, those that this run has closed, oldest first.
// Intervals are counted from midnight UTC of 1970: every = "1h" rotates on the hour. An empty file is not rotated.
#pragma once

#include <deque>
#include <string>

#include "avocet/error.hpp"
#include "compressor.hpp"
#include "directory.hpp"

namespace avocet::file {

struct RotationSettings {
    uint64_t size_bytes = 0;  // 0: not by size
    uint64_t every_ns = 0;    // 0: not by time
    uint32_t keep = 5;
    bool compress = false;
    bool wanted() const { return size_bytes || every_ns; }
};

class Rotation {
public:
    Rotation(const RotationSettings& settings, const Host& host) : settings_(settings), compressor_(host) {}

    const RotationSettings& settings() const { return settings_; }
    void opened(uint64_t wall_ns);
    bool is_due(uint64_t wall_ns) const { return settings_.every_ns && wall_ns >= next_ns_; }
    // The file was closed and a file of another name follows it.
    void retire(const DirectoryPtr& directory, const std::string& name);
    // Makes `name` free by shifting it to NAME.1 and so on. False: the name could not be changed.
    bool shift(const DirectoryPtr& directory, const std::string& name);
    void finish() { compressor_.wait(); }

private:
    void compress(const DirectoryPtr& directory, const std::string& name);

    RotationSettings settings_;
    Compressor compressor_;
    uint64_t next_ns_ = 0;
    struct Retired {
        DirectoryPtr directory;
        std::string name;
    };
    std::deque<Retired> retired_;
};

}  // namespace avocet::file
