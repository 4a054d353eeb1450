// SPDX-License-Identifier: Apache-2.0
#include "frontend.hpp"

#include "bcc/dialect.hpp"
#include "bcc/stages.hpp"
#include "compile/compiler.hpp"
#include "types/vmlinux_header.hpp"

#include <algorithm>

namespace avocet::c {

namespace {

constexpr const char* headers = "/avocet-headers";  // where files that exist in memory only stand

avocet_span span_of(const SourcePlace& place) {
    return {to_abi(place.file), place.line, place.column, place.end_line, place.end_column};
}

void report(const Host& host, const Message& message) {
    const avocet_severity severity = message.severity == Severity::error ? AVOCET_ERROR : AVOCET_WARNING;
    avocet_diagnostic d{};
    d.struct_size = sizeof d;
    d.severity = severity;
    d.message = to_abi(message.text);
    d.span = span_of(message.place);
    if (!message.notes.empty()) {
        d.context = to_abi(message.notes.front().text);
        d.context_span = span_of(message.notes.front().place);
    }
    host.raw()->report(host.raw()->ctx, &d);
}

void depend(const avocet_compile_events& events, const char* kind, const std::string& name) {
    const avocet_dependency d{sizeof d, 0, to_abi(kind), to_abi(name)};
    if (events.on_dependency) events.on_dependency(events.ctx, &d);
}

bool mentions(const std::string& text, const char* what) { return text.find(what) != std::string::npos; }

}  // namespace

CompileJob CFrontend::job_for(const avocet_source& source) const {
    CompileJob job;
    job.name = string(source.name);
    job.text = string(source.text);
    job.cpu = cpu_;
    job.defines = {"__TARGET_ARCH_x86", "__BPF_TRACING__", "__x86_64__"};
    const size_t slash = job.name.rfind('/');
    job.include_dirs.push_back(slash == std::string::npos ? "." : job.name.substr(0, slash + 1));
    for (size_t i = 0; i < source.include_dir_count; ++i) job.include_dirs.push_back(string(source.include_dirs[i]));
    job.include_dirs.push_back(headers);
    job.include_dirs.push_back("/usr/include");
    return job;
}

std::string CFrontend::kernel_types(const avocet_compile_events& events) const {
    const auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    const avocet_bytes btf = kernel ? kernel->kernel_btf(kernel->ctx) : avocet_bytes{};
    if (!btf.size)
        throw Error(AVOCET_ERR_UNSUPPORTED, "vmlinux.h: this kernel has no BTF to make it from",
                    "put a vmlinux.h beside the source, or use a kernel with CONFIG_DEBUG_INFO_BTF=y");
    depend(events, "kernel", "");
    return cached_vmlinux_header(btf);
}

// "attach.FUNCTION=SPEC" among the settings: "kprobe:vfs_read" as a section name is "kprobe/vfs_read".
BccJob CFrontend::attachments(const avocet_source& source) {
    BccJob job;
    constexpr std::string_view prefix = "attach.";
    for (size_t i = 0; i < source.setting_count; ++i) {
        const std::string setting = string(source.settings[i]);
        const size_t equals = setting.find('=');
        if (setting.rfind(prefix, 0) != 0 || equals == std::string::npos) continue;
        std::string spec = setting.substr(equals + 1);
        const size_t colon = spec.find(':');
        const std::string kind = spec.substr(0, colon);
        std::string rest = colon == std::string::npos ? "" : "/" + spec.substr(colon + 1);
        if (kind == "tracepoint" || kind == "t") std::replace(rest.begin(), rest.end(), ':', '/');
        const std::string section = kind == "t"                               ? "tracepoint"
                                    : kind == "rawtracepoint"                 ? "raw_tp"
                                    : kind == "profile" || kind == "software" ? "perf_event"
                                                                              : kind;
        job.sections[setting.substr(prefix.size(), equals - prefix.size())] = section + rest;
    }
    return job;
}

void CFrontend::compile(const avocet_source& source, const avocet_compile_events& events) {
    CompileJob job = job_for(source);
    const DialectGuess guess = guess_dialect(job.text);
    if (guess.conflict())
        throw Error(AVOCET_ERR_INVALID,
                    "the source mixes two dialects: '" + guess.libbpf->token + "' in line " +
                        std::to_string(guess.libbpf->line) + " and '" + guess.bcc->token + "' in line " +
                        std::to_string(guess.bcc->line),
                    "write map definitions and sections, or map macros and probe functions, not both", 1);
    CompileResult result;
    if (guess.dialect == Dialect::bcc) {
        BccProgram program = compile_bcc(std::move(job), attachments(source), headers, kernel_types(events), host_);
        if (!program.rewritten.empty() && mentions(string(source.dump), "c") && events.on_dump)
            events.on_dump(events.ctx, to_abi("c"), to_abi(program.rewritten));
        result = std::move(program.result);
    } else {
        if (mentions(job.text, "vmlinux.h")) job.files[std::string(headers) + "/vmlinux.h"] = kernel_types(events);
        result = compile_object(job);
    }
    for (const Message& message : result.messages) report(host_, message);
    for (const std::string& file : result.on_disk) depend(events, "content", file);
    if (!result.ok) throw Reported{};
    if (!(source.flags & AVOCET_COMPILE_CHECK) && events.on_program)
        events.on_program(events.ctx, {result.object.data(), result.object.size()});
}

}  // namespace avocet::c
