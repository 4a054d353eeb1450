// SPDX-License-Identifier: Apache-2.0
//
// A file that appears whole or not at all: written beside its name and renamed. The temporary file is made at the
// start, so that a wrong path is told before anything is attached, and removed if nothing comes of it.
#pragma once

#include <string>
#include <string_view>

namespace avocet::flamegraph {

class OutputFile {
public:
    explicit OutputFile(std::string path);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    // Throws if it cannot be written; then nothing has appeared.
    void write(std::string_view content);

private:
    std::string path_, temporary_;
    int fd_ = -1;
};

}  // namespace avocet::flamegraph
