// SPDX-License-Identifier: Apache-2.0
//
// Why the kernel refused a program, in words, at the line of the source. The verifier speaks of instructions and
// registers; the last instruction it looked at is mapped through the object's line information (.BTF.ext), and its
// message is matched against the rules people break.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "avocet/error.hpp"
#include "messages.hpp"

namespace avocet::bpf {

inline std::string_view view_bytes(avocet_bytes bytes) { return {static_cast<const char*>(bytes.data), bytes.size}; }

// "loop not bounded", ...; empty when the message is none of the known ones.
std::string_view broken_rule(std::string_view verifier_log);

// Last instruction the verifier looked at (index in the program as loaded), and what it said in the end.
struct Verdict {
    std::optional<uint32_t> instruction;
    std::string message;
    std::string source_file;  // from the log's own comments (Linux 6.9 and later)
    uint32_t source_line = 0;
    std::string source_text;
};
Verdict read_verdict(std::string_view verifier_log);

// The error for a failed bpf_object__load.
Error load_error(int error, const LibbpfMessages& messages, std::string_view verifier_log, std::string_view elf, const Host& host);

}  // namespace avocet::bpf
