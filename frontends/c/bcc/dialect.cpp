// SPDX-License-Identifier: Apache-2.0
#include "bcc/dialect.hpp"

#include <cctype>

namespace avocet::c {

namespace {

constexpr std::string_view libbpf_marks[] = {"SEC(", "vmlinux.h", "bpf/bpf_helpers.h"};
constexpr std::string_view bcc_calls[] = {"BPF_HASH",
                                          "BPF_PERCPU_HASH",
                                          "BPF_LRU_HASH",
                                          "BPF_ARRAY",
                                          "BPF_PERCPU_ARRAY",
                                          "BPF_HISTOGRAM",
                                          "BPF_LPM_TRIE",
                                          "BPF_STACK_TRACE",
                                          "BPF_PERF_OUTPUT",
                                          "BPF_RINGBUF_OUTPUT",
                                          "BPF_PERF_ARRAY",
                                          "BPF_PROG_ARRAY",
                                          "BPF_CGROUP_ARRAY",
                                          "BPF_QUEUE",
                                          "BPF_STACK",
                                          "BPF_TABLE",
                                          "BPF_F_TABLE",
                                          "TRACEPOINT_PROBE",
                                          "RAW_TRACEPOINT_PROBE",
                                          "KFUNC_PROBE",
                                          "KRETFUNC_PROBE",
                                          "MODULE_KFUNC_PROBE",
                                          "LSM_PROBE",
                                          "KMOD_RET"};
constexpr std::string_view bcc_marks[] = {"<uapi/", "<bcc/", "bpf_usdt_readarg(", "bpf_trace_printk("};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Comments and string literals blanked out (but for the names of included files), so that they are no evidence.
std::string without_comments(std::string_view text) {
    std::string out(text);
    enum { code, line, block } state = code;
    for (size_t i = 0; i < out.size(); ++i) {
        const char c = out[i], next = i + 1 < out.size() ? out[i + 1] : '\0';
        if (state == code && c == '/' && next == '/') state = line;
        if (state == code && c == '/' && next == '*') state = block;
        if (state == line && c == '\n') state = code;
        if (state == block && c == '*' && next == '/') {
            out[i] = out[i + 1] = ' ';
            ++i;
            state = code;
            continue;
        }
        if ((state == line || state == block) && c != '\n') out[i] = ' ';
    }
    return out;
}

unsigned line_of(std::string_view text, size_t at) {
    unsigned line = 1;
    for (size_t i = 0; i < at; ++i) line += text[i] == '\n';
    return line;
}

std::optional<Evidence> find_mark(std::string_view text, std::string_view mark) {
    for (size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1))
        if (at == 0 || !is_word(mark.front()) || !is_word(text[at - 1]))
            return Evidence{std::string(mark), line_of(text, at)};
    return std::nullopt;
}

std::optional<Evidence> find_call(std::string_view text, std::string_view name) {
    for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
        if (at > 0 && is_word(text[at - 1])) continue;
        size_t after = at + name.size();
        while (after < text.size() && std::isspace(static_cast<unsigned char>(text[after]))) ++after;
        if (after < text.size() && text[after] == '(') return Evidence{std::string(name), line_of(text, at)};
    }
    return std::nullopt;
}

}  // namespace

DialectGuess guess_dialect(std::string_view text) {
    const std::string code = without_comments(text);
    DialectGuess guess;
    for (std::string_view mark : libbpf_marks)
        if (!guess.libbpf) guess.libbpf = find_mark(code, mark);
    for (std::string_view name : bcc_calls)
        if (!guess.bcc) guess.bcc = find_call(code, name);
    for (std::string_view mark : bcc_marks)
        if (!guess.bcc && !guess.libbpf) guess.bcc = find_mark(code, mark);
    if (!guess.bcc && !guess.libbpf) guess.bcc = find_mark(code, "struct pt_regs");
    guess.dialect = guess.bcc && !guess.libbpf ? Dialect::bcc : Dialect::libbpf;
    return guess;
}

}  // namespace avocet::c
