// SPDX-License-Identifier: Apache-2.0
//
// Files made by the machine's own tools while the test runs, in a directory that goes with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace avocet::testing {

class WorkDirectory {
public:
    WorkDirectory() {
        char path[] = "/tmp/avocet-uprobe-XXXXXX";
        if (!mkdtemp(path)) throw std::runtime_error("mkdtemp");
        path_ = path;
    }
    ~WorkDirectory() { std::filesystem::remove_all(path_); }
    WorkDirectory(const WorkDirectory&) = delete;
    WorkDirectory& operator=(const WorkDirectory&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    // False: a tool is missing or failed. Run in the directory.
    bool run(const std::string& command) const {
        return std::system(("cd '" + path_ + "' && { " + command + "; } >log 2>&1").c_str()) == 0;
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(*this / name, std::ios::binary) << text;
    }
    std::string read(const std::string& name) const {
        std::ifstream in(*this / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    std::string path_;
};

}  // namespace avocet::testing
