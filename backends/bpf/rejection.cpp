// SPDX-License-Identifier: Apache-2.0
#include "rejection.hpp"

#include <cerrno>
#include <charconv>

#include "line_table.hpp"
#include "syscall.hpp"

namespace avocet::bpf {
namespace {

struct Match {
    std::string_view text;
    Rule rule;
};

constexpr Rule unbounded{"unbounded memory access", "check the index or length against a constant before it is used"};
constexpr Rule endless{"loop not bounded", "give the loop a constant upper limit"};
constexpr Rule too_large{"program too large", "make loops shorter or split the program"};
constexpr Rule helper{"helper not allowed for this program type", "this kernel does not offer it here"};
constexpr Rule map_access{"invalid map value access", "the place lies outside the map's value"};
constexpr Rule unchecked{"result of a map lookup used without a check", "check it before it is used"};
constexpr Rule stack{"out of stack", "use fewer or smaller local values: a program has 512 bytes"};
constexpr Rule memory{
    "memory read without a helper",
    "only checked kernel and map memory can be read directly; in C, read with BPF_CORE_READ(p, member) or "
    "bpf_probe_read_kernel()"};
constexpr Rule read_only{"write to memory of the kernel", "a tracing program can only read it"};
constexpr Rule context{"field of the context that does not exist",
                       "what a probe offers depends on its kind and the kernel"};
constexpr Rule unset{"value used before it was set", ""};
constexpr Rule leaked{"reference not released", "what is reserved must be submitted or discarded on every way"};
constexpr Rule licence{"helper for programs under the GPL only",
                       "the program's license must be compatible with the GPL"};
constexpr Rule missing_type{"kernel type, field or function that this kernel lacks",
                            "the program was built for another kernel"};
constexpr Rule argument{"argument of the wrong kind for a helper", ""};

// The first one that occurs in the message; the more particular ones come first. Texts: kernel/bpf/verifier.c.
constexpr Match matches[] = {
    {"map_value_or_null", unchecked},
    {"unbounded m", unbounded},  // memory access, min value, max value
    {"min value is negative", unbounded},
    {"max value is outside of the allowed memory range", unbounded},
    {"pointer arithmetic", unbounded},
    {"infinite loop", endless},
    {"back-edge", endless},
    {"jumps is too complex", endless},
    {"BPF program is too large", too_large},
    {"too many states", too_large},
    {"program too large", too_large},
    {"invalid func unknown#", missing_type},
    {"GPL-restricted", licence},
    {"GPL compatible", licence},
    {"cannot use helper", helper},
    {"unknown func ", helper},
    {"helper call is not allowed", helper},
    {"not allowed in probe", helper},
    {"invalid access to map value", map_access},
    {"stack size of", stack},
    {"stack depth", stack},
    {"invalid indirect read from stack", unset},
    {"read from stack", unset},
    {"write to stack", stack},
    {"stack", stack},
    {"!read_ok", unset},
    {"invalid bpf_context access", context},
    {"only read is supported", read_only},
    {"Unreleased reference", leaked},
    {"reference leak", leaked},
    {"invalid mem access", memory},
    {" expected=", argument},
};

template <class Line>
void for_each_line(std::string_view text, Line&& line) {
    while (!text.empty()) {
        const size_t end = text.find('\n');
        line(text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

// "12: (79) r1 = ..." -> 12.
std::optional<uint32_t> instruction_of(std::string_view line) {
    uint32_t number = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), number);
    if (read.ec != std::errc{}) return std::nullopt;
    return line.substr(static_cast<size_t>(read.ptr - line.data())).starts_with(": (") ? std::optional(number)
                                                                                       : std::nullopt;
}

// "; text @ file:line", or "; text" from older kernels.
void read_comment(std::string_view line, Verdict& out) {
    line.remove_prefix(2);
    out.source_text = line;
    out.source_file.clear();
    out.source_line = 0;
    const size_t at = line.rfind(" @ "), colon = line.rfind(':');
    if (at == std::string_view::npos || colon == std::string_view::npos || colon < at) return;
    uint32_t number = 0;
    if (std::from_chars(line.data() + colon + 1, line.data() + line.size(), number).ec != std::errc{}) return;
    out.source_text = line.substr(0, at);
    out.source_file = line.substr(at + 3, colon - at - 3);
    out.source_line = number;
}

bool is_statistics(std::string_view line) {
    return line.starts_with("processed ") || line.starts_with("verification time") ||
           line.starts_with("stack depth ") || line.starts_with("insns processed");
}

// Name in libbpf's "prog 'NAME': ... load failed".
std::string failed_program(const LibbpfMessages& messages) {
    for (const std::string& line : messages.lines()) {
        if (!line.starts_with("prog '")) continue;
        return line.substr(6, line.find('\'', 6) - 6);
    }
    return {};
}

std::string tail_of(std::string_view log, size_t wanted) {
    while (log.ends_with('\n')) log.remove_suffix(1);
    size_t at = log.size();
    for (size_t i = 0; i < wanted && at && at != std::string_view::npos; ++i) at = log.rfind('\n', at - 1);
    return std::string(log.substr(at == std::string_view::npos || at == 0 ? 0 : at + 1));
}

std::optional<SourceLine> place_of(const Verdict& verdict, const std::string& function, const LineTable& lines) {
    if (verdict.instruction)
        if (auto found = lines.find(function, *verdict.instruction)) return found;
    if (verdict.source_line) {
        if (auto found = lines.at_line(verdict.source_file, verdict.source_line)) return found;
        return SourceLine{verdict.source_file, verdict.source_text, verdict.source_line, 1};
    }
    return lines.with_text(verdict.source_text);
}

Error rejection(const std::string& function, std::string_view log, std::string_view elf) {
    const Verdict verdict = read_verdict(log);
    const Rule* rule = broken_rule(verdict.message);
    std::string hint = rule && !rule->advice.empty() ? std::string(rule->advice) + "\n" : "";
    hint += "the verifier's last words:\n" + tail_of(log, 8);
    Error error(AVOCET_ERR_REJECTED,
                "function '" + function +
                    "': refused by the kernel's verifier: " + (rule ? std::string(rule->name) : verdict.message),
                hint);
    const auto place = place_of(verdict, function, LineTable(elf));
    if (!place) return error;
    avocet_span span{to_abi(place->file), place->line, place->column, place->line, place->column};
    if (!place->text.empty()) span.end_column = std::max(span.column, static_cast<uint32_t>(place->text.size()) + 1);
    return error.at(span);
}

}  // namespace

const Rule* broken_rule(std::string_view message) {
    for (const Match& match : matches)
        if (message.find(match.text) != std::string_view::npos) return &match.rule;
    return nullptr;
}

Verdict read_verdict(std::string_view log) {
    Verdict out;
    for_each_line(log, [&](std::string_view line) {
        if (const auto instruction = instruction_of(line)) {
            out.instruction = instruction;
            out.message.clear();
        } else if (line.starts_with("; ")) {
            read_comment(line, out);
            out.message.clear();
        } else if (!line.empty() && !is_statistics(line)) {
            out.message += (out.message.empty() ? "" : "; ") + std::string(line);
        }
    });
    return out;
}

Error forbidden_kind(const std::string& what) {
    return Error(
        AVOCET_ERR_PERMISSION, "this kernel refuses " + what,
        "a lockdown mode or security policy of the kernel forbids them, also to root; 'avocet doctor' shows what "
        "it permits, tracepoints and rawtracepoints for most");
}

std::string probes_of(bpf_prog_type type, uint32_t attach) {
    if (type == BPF_PROG_TYPE_LSM) return "lsm programs";
    if (type != BPF_PROG_TYPE_TRACING) return {};
    if (attach == attach_modify_return) return "fmod_ret programs";
    if (attach == attach_trace_fentry || attach == attach_trace_fexit) return "fentry and fexit probes";
    return attach == attach_trace_iter ? "iterators" : "typed tracepoints";
}

Error load_error(int error, const LibbpfMessages& messages, std::string_view log, std::string_view elf) {
    const std::string function = failed_program(messages);
    const bool permission = error == -EPERM || error == -EACCES;
    if (!function.empty() && !log.empty()) return rejection(function, log, elf);
    if (!function.empty() && permission)
        return Error(AVOCET_ERR_PERMISSION,
                     "function '" + function + "': this kernel does not permit programs of its kind",
                     "a lockdown mode or security policy of the kernel forbids it; " + messages.tail(1));
    const avocet_status status = permission         ? AVOCET_ERR_PERMISSION
                                 : error == -ENOMEM ? AVOCET_ERR_NO_MEMORY
                                                    : AVOCET_ERR_UNSUPPORTED;
    const std::string what = function.empty() ? "program" : "function '" + function + "'";
    return Error(status, what + ": cannot be loaded: " + errno_text(-error), messages.tail(4));
}

}  // namespace avocet::bpf
