// SPDX-License-Identifier: Apache-2.0
//
// Why the kernel refused a program, in words, at the line of the source. The verifier speaks of instructions and
// registers; the last instruction it looked at is mapped through the object's line information (line_table.hpp), and
// its message is matched against the rules people break.
#pragma once

#include <linux/bpf.h>

#include <optional>
#include <string>
#include <string_view>

#include "avocet/error.hpp"
#include "messages.hpp"

namespace avocet::bpf {

// A rule of the verifier, and what to do about it.
struct Rule {
    std::string_view name, advice;
};
// nullptr: the message is none of the known ones.
const Rule* broken_rule(std::string_view verifier_message);

// What the verifier said in the end, and where it was.
struct Verdict {
    std::optional<uint32_t> instruction;  // index in the program as loaded
    std::string message;
    std::string source_file, source_text;  // from the log's own comments; the file since Linux 6.9
    uint32_t source_line = 0;
};
Verdict read_verdict(std::string_view verifier_log);

// The error for a failed bpf_object__load. `error`: negative errno.
Error load_error(int error, const LibbpfMessages& messages, std::string_view verifier_log, std::string_view elf);

// For a kind of program or attach that the running kernel as a whole forbids. `what`: "kprobes".
Error forbidden_kind(const std::string& what);
// "kprobes", "fentry and fexit probes"; empty: programs of this kind serve several kinds of probes.
std::string probes_of(bpf_prog_type type, uint32_t attach);

}  // namespace avocet::bpf
