// SPDX-License-Identifier: Apache-2.0
//
// The command line of the bpftrace command: options with GNU getopt's permutation, exactly its spellings. A mistake is
// a BpftraceUsage with the text that is printed; the caller prints and leaves with 1.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace avocet::core {

enum class BpftraceMode { run, codegen, compiler_bench, bench, test, format };

struct BpftraceArguments {
    std::optional<std::string> expression;  // -e
    std::vector<std::string> plain;         // script and parameters, or parameters, or a pattern
    bool list = false, help = false, version = false, info = false;
    bool verbose = false, quiet = false, warnings = false, no_warnings = false, unsafe = false, dry_run = false;
    bool verify_llvm_ir = false;
    std::string pid, command, output, format, buffering = "line";
    std::vector<std::string> dwarf_pids, include_dirs, includes;
    std::string debuginfo, traceable_functions, probe_filter, aot, emit_llvm, emit_elf;
    std::vector<std::string> disabled_features, stages;
    BpftraceMode mode = BpftraceMode::run;
};

struct BpftraceUsage {
    std::string message;  // may be empty; without "ERROR: "
    bool show_usage = false;
};

// Reorders `argv` as GNU getopt does. argv[0] is shown in getopt's own messages.
std::optional<BpftraceUsage> parse_bpftrace_arguments(int argc, char** argv, BpftraceArguments& out);

// The text of --help, ending in a newline.
std::string bpftrace_usage();

// nullopt: `error` says "invalid integer: abc".
std::optional<int64_t> parse_pid(const std::string& text, std::string& error);

}  // namespace avocet::core
