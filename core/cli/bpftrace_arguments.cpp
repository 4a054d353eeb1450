// SPDX-License-Identifier: Apache-2.0
#include "cli/bpftrace_arguments.hpp"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <utility>

#include "avocet/number.hpp"

namespace avocet::core {

namespace {

enum Long : int {
    first_long = 256,
    info,
    no_warnings,
    include,
    debuginfo,
    traceable_functions,
    unsafe,
    no_feature,
    mode,
    test,
    bench,
    fmt_mode,
    probe_filter,
    dry_run,
    verify_llvm_ir,
    emit_llvm,
    emit_elf,
    aot,
    usdt_file_activation,
    dwarf_pid
};

constexpr std::array options{
    option{"list", no_argument, nullptr, 'l'},
    option{"verbose", no_argument, nullptr, 'v'},
    option{"help", no_argument, nullptr, 'h'},
    option{"version", no_argument, nullptr, 'V'},
    option{"info", no_argument, nullptr, info},
    option{"pid", required_argument, nullptr, 'p'},
    option{"cmd", required_argument, nullptr, 'c'},
    option{"dwarf-pid", required_argument, nullptr, dwarf_pid},
    option{"usdt-file-activation", no_argument, nullptr, usdt_file_activation},
    option{"output", required_argument, nullptr, 'o'},
    option{"quiet", no_argument, nullptr, 'q'},
    option{"warnings", no_argument, nullptr, 'k'},
    option{"no-warnings", no_argument, nullptr, no_warnings},
    option{"include", required_argument, nullptr, include},
    option{"debuginfo", required_argument, nullptr, debuginfo},
    option{"traceable-functions", required_argument, nullptr, traceable_functions},
    option{"unsafe", no_argument, nullptr, unsafe},
    option{"no-feature", required_argument, nullptr, no_feature},
    option{"mode", required_argument, nullptr, mode},
    option{"test", no_argument, nullptr, test},
    option{"bench", no_argument, nullptr, bench},
    option{"fmt", no_argument, nullptr, fmt_mode},
    option{"probe-filter", required_argument, nullptr, probe_filter},
    option{"dry-run", no_argument, nullptr, dry_run},
    option{"debug", required_argument, nullptr, 'd'},
    option{"verify-llvm-ir", no_argument, nullptr, verify_llvm_ir},
    option{"emit-llvm", required_argument, nullptr, emit_llvm},
    option{"emit-elf", required_argument, nullptr, emit_elf},
    option{"aot", required_argument, nullptr, aot},
    option{"btf", no_argument, nullptr, 'b'},
    option{nullptr, 0, nullptr, 0},
};

std::vector<std::string> words(std::string_view list) {
    std::vector<std::string> out;
    for (size_t start = 0; start <= list.size();) {
        size_t end = std::min(list.find(',', start), list.size());
        out.emplace_back(list.substr(start, end - start));
        start = end + 1;
    }
    return out;
}

template <size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

using Refusal = std::optional<BpftraceUsage>;

BpftraceUsage usage(std::string message, bool show = false) { return {"USAGE: " + std::move(message), show}; }

Refusal set_mode(BpftraceArguments& out, BpftraceMode wanted, const char* flag, bool& given) {
    if (std::exchange(given, true)) return usage("--" + std::string(flag) + " conflicts with existing --mode");
    out.mode = wanted;
    return std::nullopt;
}

Refusal set_named_mode(BpftraceArguments& out, std::string_view name, bool& given) {
    constexpr std::array<std::pair<std::string_view, BpftraceMode>, 5> modes{
        {{"codegen", BpftraceMode::codegen},
         {"compiler-bench", BpftraceMode::compiler_bench},
         {"bench", BpftraceMode::bench},
         {"test", BpftraceMode::test},
         {"format", BpftraceMode::format}}};
    for (auto [word, value] : modes)
        if (word == name) return set_mode(out, value, "mode", given);
    return usage("--mode can only be 'codegen', 'compiler-bench', 'bench', 'test' or 'format'.");
}

Refusal set_features(BpftraceArguments& out, std::string_view list) {
    constexpr std::array<std::string_view, 3> known{"kprobe_multi", "kprobe_session", "uprobe_multi"};
    for (auto& word : words(list)) {
        if (!one_of(known, word))
            return usage("--no-feature can only have values 'kprobe_multi,kprobe_session,uprobe_multi'.");
        out.disabled_features.push_back(std::move(word));
    }
    return std::nullopt;
}

Refusal set_stages(BpftraceArguments& out, std::string_view list) {
    constexpr std::array<std::string_view, 9> known{"parse", "ast",    "types",    "codegen", "codegen-opt",
                                                    "dis",   "libbpf", "verifier", "all"};
    for (auto& word : words(list)) {
        if (!one_of(known, word)) return usage("invalid option for -d: " + word);
        out.stages.push_back(std::move(word));
    }
    return std::nullopt;
}

Refusal apply(int letter, const char* value, BpftraceArguments& out, bool& mode_given) {
    switch (letter) {
        case 'e': out.expression = value; break;
        case 'l': out.list = true; break;
        case 'v': out.verbose = true; break;
        case 'h': out.help = true; break;
        case 'V': out.version = true; break;
        case 'p': out.pid = value; break;
        case 'c': out.command = value; break;
        case 'o': out.output = value; break;
        case 'f': out.format = value; break;
        case 'B':
            out.buffering = value;
            if (!one_of(std::array<std::string_view, 3>{"line", "full", "none"}, out.buffering))
                return usage("-B must be either 'line', 'full', or 'none'.");
            break;
        case 'q': out.quiet = true; break;
        case 'k':
            if (std::exchange(out.warnings, true))
                return usage(
                    "-kk has been deprecated. Use a single -k for runtime warnings for errors in map lookups and probe "
                    "reads.");
            break;
        case 'I': out.include_dirs.emplace_back(value); break;
        case 'd': return set_stages(out, value);
        case 'b': break;
        case info: out.info = true; break;
        case no_warnings: out.no_warnings = true; break;
        case include: out.includes.emplace_back(value); break;
        case debuginfo: out.debuginfo = value; break;
        case traceable_functions: out.traceable_functions = value; break;
        case unsafe: out.unsafe = true; break;
        case no_feature: return set_features(out, value);
        case mode: return set_named_mode(out, value, mode_given);
        case test: return set_mode(out, BpftraceMode::test, "test", mode_given);
        case bench: return set_mode(out, BpftraceMode::bench, "bench", mode_given);
        case fmt_mode: return set_mode(out, BpftraceMode::format, "fmt", mode_given);
        case probe_filter: out.probe_filter = value; break;
        case dry_run: out.dry_run = true; break;
        case verify_llvm_ir: out.verify_llvm_ir = true; break;
        case emit_llvm: out.emit_llvm = value; break;
        case emit_elf: out.emit_elf = value; break;
        case aot: out.aot = value; break;
        case usdt_file_activation: break;  // always so: the kernel counts references for whoever maps the file
        case dwarf_pid: out.dwarf_pids.emplace_back(value); break;
        default: return BpftraceUsage{{}, true};  // getopt has said what is wrong
    }
    return std::nullopt;
}

// What only the whole tells.
Refusal check(const BpftraceArguments& out) {
    if (!out.pid.empty() && !out.command.empty()) return usage("Cannot use both -c and -p.", true);
    if (out.warnings && out.no_warnings) return usage("-k, --warnings conflicts with --no-warnings");
    if (out.list && out.plain.size() > 1) return BpftraceUsage{{}, true};
    if (!out.list && !out.info && !out.expression && out.plain.empty())
        return usage("filename or -e 'program' required.");
    return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_pid(const std::string& text, std::string& error) {
    const bool negative = text.starts_with('-');
    const auto number = parse_number(std::string_view(text).substr(negative ? 1 : 0));
    if (!number || number->value > INT64_MAX) {
        error = "invalid integer: " + text;
        return std::nullopt;
    }
    const auto value = static_cast<int64_t>(number->value);
    return negative ? -value : value;
}

std::optional<BpftraceUsage> parse_bpftrace_arguments(int argc, char** argv, BpftraceArguments& out) {
    if (argc < 2) return BpftraceUsage{{}, true};
    bool mode_given = false;
    optind = 0;  // GNU: start afresh
    for (int letter; (letter = getopt_long(argc, argv, "e:lvhVp:c:o:f:B:qkI:d:b", options.data(), nullptr)) != -1;)
        if (auto refusal = apply(letter, optarg, out, mode_given)) return refusal;
    out.plain.assign(argv + optind, argv + argc);
    if (out.help || out.version) return std::nullopt;
    return check(out);
}

std::string bpftrace_usage() {
    return R"(usage: bpftrace [options] FILE [parameters]
       bpftrace [options] - [parameters]             the script is on standard input
       bpftrace [options] -e 'PROGRAM' [parameters]
       bpftrace [options] -l [PATTERN|FILE]

what runs
  -e PROGRAM             the script itself
  -p, --pid PID          look at this process only, and end with it
  -c, --cmd COMMAND      run COMMAND once everything is attached, and end with it
  --probe-filter REGEX   attach only what matches; begin and end always run
  --dry-run              stop when everything is attached
  --mode MODE            codegen, compiler-bench, bench, test, format
  --test, --bench        run the test: or bench: clauses
  --unsafe               allow what can change the traced system
  --usdt-file-activation raise the semaphores of usdt probes in every process that maps the file; always so

what is shown
  -f FORMAT              text or json
  -o, --output FILE      data into FILE instead of the standard output
  -B MODE                when output is written: line, full, none
  -q, --quiet            do not say how many probes are attached
  -k, --warnings         also report failed reads and missing map keys
  --no-warnings          no warnings at all
  -v, --verbose          say what is being done; with -l, also arguments

looking around
  -l, --list [PATTERN]   list probes; -l FILE: those of a script; -l 'struct NAME': types
  --info                 this machine and this build
  -h, --help             this text
  -V, --version          the version

compilation
  -I DIR                 search DIR for headers
  --include FILE         include FILE first
  --debuginfo DIR[:DIR]  search these for debug information
  --dwarf-pid PID        read unwind tables of this process
  --traceable-functions FILE   read the traceable kernel functions from FILE
  --no-feature LIST      do without: kprobe_multi, kprobe_session, uprobe_multi
  --fmt                  print the script in standard form
  --aot FILE             write an executable that needs no compiler
  --emit-elf FILE, --emit-llvm FILE   also write what is generated
  --verify-llvm-ir       check what is generated
  -d STAGE[,STAGE]       print ast, types, codegen, codegen-opt, libbpf, verifier or all

environment: BPFTRACE_MAX_STRLEN and every other configuration variable, BPFTRACE_BTF, BPFTRACE_COLOR
(auto, always, never), BPFTRACE_KERNEL_SOURCE, BPFTRACE_KERNEL_BUILD, TZ

examples
  bpftrace -l '*sleep*'
  bpftrace -e 'tracepoint:syscalls:sys_enter_openat { printf("%s %s\n", comm, str(args.filename)); }'
  bpftrace -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }' -c 'ls -l'
)";
}

}  // namespace avocet::core
