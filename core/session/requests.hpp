// SPDX-License-Identifier: Apache-2.0
//
// What a program asks the machine it runs on for: the start of a file, the output of a command, packets in a file.
// Failures come back as texts (empty: none), which are shown as records. [thread: data]
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace avocet::core {

// Up to `most` bytes of a file.
std::string read_start_of_file(const std::string& path, uint64_t most, std::string& bytes);

// `sh -c COMMAND`, waited for. `output`: what it wrote to its standard output and error, in that order of time.
std::string run_shell_command(const std::string& command, std::string& output);

// pcap files (link type raw IP, https://www.tcpdump.org/linktypes.html), one for each name; written as they come.
class PacketFiles {
public:
    PacketFiles();
    ~PacketFiles();
    // time_ns: the clock of the program; length: on the wire.
    std::string write(const std::string& path, uint64_t time_ns, uint64_t length, std::string_view bytes);

private:
    struct File;
    std::map<std::string, std::unique_ptr<File>> files_;
};

}  // namespace avocet::core
