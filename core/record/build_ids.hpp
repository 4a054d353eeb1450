// SPDX-License-Identifier: Apache-2.0
//
// Build ids of the files that stacks in mode `build_id` point into, read once for each file. [thread: any]
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace avocet::core {

class BuildIds {
public:
    // 40 hex digits; empty: the file cannot be read or has no build id. Shorter ids are filled with zeros, as the
    // kernel does (struct bpf_stack_build_id).
    std::string of(uint32_t pid, std::string_view path);

private:
    std::mutex mutex_;
    std::map<std::string, std::string, std::less<>> known_;  // by path
};

}  // namespace avocet::core
