// SPDX-License-Identifier: Apache-2.0
//
// A directory that goes away with the test, and what is in it. In memory where possible: these tests care about what is
// written, and an fsync on a busy disk takes longer than all the rest.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "../../testing/loaded_sink.hpp"

namespace avocet::testing {

inline std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// "row 3\nrow 4\n" for [3, 5).
inline std::string text_rows(uint64_t first, uint64_t end, const std::string& padding = "") {
    std::string out;
    for (; first < end; ++first) out += "row " + std::to_string(first) + padding + "\n";
    return out;
}

class Scratch {
public:
    Scratch() {
        std::filesystem::path memory = "/dev/shm";
        std::filesystem::path parent =
            ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
        std::string pattern = (parent / "avocet-file-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory");
        path_ = pattern;
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::string operator/(const std::string& name) const { return path_ / name; }
    std::string path() const { return path_; }
    std::set<std::string> names() const {
        std::set<std::string> out;
        for (auto& entry : std::filesystem::directory_iterator(path_)) out.insert(entry.path().filename());
        return out;
    }

private:
    std::filesystem::path path_;
};

}  // namespace avocet::testing
