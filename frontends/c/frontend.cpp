// SPDX-License-Identifier: Apache-2.0
#include "frontend.hpp"

#include "advice/advise.hpp"
#include "advice/codes.hpp"
#include "advice/macros.hpp"
#include "advice/overlay.hpp"
#include "bcc/dialect.hpp"
#include "bcc/headers.hpp"
#include "bcc/stages.hpp"
#include "compile/compiler.hpp"
#include "headers/shipped.hpp"
#include "types/module_types.hpp"
#include "types/vmlinux_header.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "avocet/abi/provider.h"
#include "avocet/nearest.hpp"

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
    d.code = message.code;
    d.message = to_abi(message.text);
    d.hint = to_abi(message.hint);
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

// The main text, and what it included from disk.
std::vector<std::string> sources_of(const CompileJob& job, const CompileResult& result) {
    std::vector<std::string> out = {job.text};
    for (const std::string& path : result.on_disk) {
        std::ifstream file(path, std::ios::binary);
        out.emplace_back((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    }
    return out;
}

bool mentions(const std::string& text, const char* what) { return text.find(what) != std::string::npos; }

}  // namespace

CompileJob CFrontend::job_for(const avocet_source& source, const Tool& tool) const {
    CompileJob job;
    job.name = tool.source_name();
    job.text = tool.source_text();
    job.cpu = tool.cpu(cpu_);
    job.defines = {"__TARGET_ARCH_x86", "__BPF_TRACING__", "__x86_64__"};
    for (std::string& define : tool.defines()) job.defines.push_back(std::move(define));
    job.flags = tool.sidecar().flags;
    const size_t slash = job.name.rfind('/');
    job.include_dirs.push_back(slash == std::string::npos ? "." : job.name.substr(0, slash + 1));
    for (size_t i = 0; i < source.include_dir_count; ++i) job.include_dirs.push_back(string(source.include_dirs[i]));
    for (const std::string& dir : tool.sidecar().include_dirs) job.include_dirs.push_back(dir);
    job.include_dirs.push_back(headers);
    job.system_dirs = {"/usr/include", "/usr/include/" AVOCET_MACHINE "-linux-gnu"};
    for (const SidecarEvent& e : tool.sidecar().events)
        if (!e.type.empty()) job.typed_buffers.insert(e.map);
    job.map_sizes = tool.map_sizes();
    job.check_rules = true;
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

Dialect CFrontend::choose_dialect(const Tool& tool, const std::string& text) {
    const std::string said = tool.dialect();
    if (!said.empty()) return said == "bcc" ? Dialect::bcc : Dialect::libbpf;
    const DialectGuess guess = guess_dialect(text);
    if (guess.conflict())
        throw Error(AVOCET_ERR_INVALID,
                    "the source mixes two dialects: '" + guess.libbpf->token + "' in line " +
                        std::to_string(guess.libbpf->line) + " and '" + guess.bcc->token + "' in line " +
                        std::to_string(guess.bcc->line),
                    "write map definitions and sections, or map macros and probe functions, not both",
                    code::two_dialects);
    return guess.dialect;
}

// Functions that nothing attaches are left out; a program of such functions only is a mistake.
void CFrontend::check_attached(const std::vector<BccFunction>& functions, const Tool& tool,
                               const std::string& name) const {
    const std::string hint =
        "write [[attach]] in the sidecar (function = \"F\", probe = \"kprobe:...\"), or --option "
        "attach.F=SPEC";
    bool any = false;
    for (const BccFunction& f : functions) any |= !f.section.empty() || tool.is_off(f.name);
    for (const BccFunction& f : functions) {
        if (!f.section.empty() || tool.is_off(f.name)) continue;
        avocet_span span{to_abi(name), f.line, f.column, f.line, f.column + static_cast<uint32_t>(f.name.size())};
        host_.report(any ? AVOCET_WARNING : AVOCET_ERROR,
                     "function '" + f.name + "': nothing says where it attaches" + (any ? "; it is left out" : ""),
                     hint, code::not_attached, span);
    }
    if (functions.empty())
        host_.report(AVOCET_ERROR, "the source has no function that could be attached", hint, code::not_attached);
    bool unknown = false;
    for (const Attachment& a : tool.sidecar().attachments) {
        const bool known = std::any_of(functions.begin(), functions.end(),
                                       [&](const auto& f) { return matches_pattern(a.function, f.name); });
        if (known) continue;
        unknown = true;
        avocet_span span{to_abi(tool.sidecar().file), a.place.line, a.place.column, a.place.line, a.place.end_column};
        std::vector<std::string> names;
        for (const BccFunction& f : functions) names.push_back(f.name);
        host_.report(AVOCET_ERROR, "function '" + a.function + "': the source has none of this name",
                     nearest_hint(a.function, names), code::not_attached, a.place.line ? span : avocet_span{});
    }
    if (!any || unknown) throw Reported{};
}

// What a probe's arguments are called and how wide they are; a static probe's by any of its places.
std::vector<std::string> CFrontend::arguments_of(const std::string& spec) const {
    std::vector<std::string> out;
    const auto* probes = host_.extension<avocet_host_probes>(AVOCET_HOST_PROBES_1);
    if (!probes) return out;
    const auto collect = [](void* ctx, const avocet_probe_group* group) -> avocet_status {
        auto& found = *static_cast<std::vector<std::string>*>(ctx);
        if (found.size() >= group->arg_count) return AVOCET_OK;
        found.clear();
        for (uint32_t i = 0; i < group->arg_count; ++i)
            found.push_back(string(group->args[i].name) + " of " + std::to_string(group->args[i].size) + " bytes");
        return AVOCET_OK;
    };
    probes->describe(probes->ctx, to_abi(spec), avocet_span{}, -1, AVOCET_DESCRIBE_ARGS, 0, 1, collect, &out);
    return out;
}

void CFrontend::explain(CompileResult& result, bool bcc, const CompileJob& job, const std::string& types) const {
    if (result.messages.empty()) return;
    const auto* probes = host_.extension<avocet_host_probes>(AVOCET_HOST_PROBES_1);
    const auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    Knowledge knowledge;
    knowledge.vmlinux = types;
    knowledge.bcc = bcc;
    knowledge.locals = result.locals;
    knowledge.file = job.name;
    knowledge.source = job.text;
    if (bcc)
        for (const char* header : {bcc_names_header, bcc_common_header, bcc_parse_header})
            for (std::string& name : dialect_macros(header)) knowledge.macros.push_back(std::move(name));
    if (kernel)
        knowledge.module_of = [kernel](const std::string& type) {
            return module_with_type(kernel->kernel_btf(kernel->ctx), type);
        };
    if (probes)
        knowledge.explain_probe = [probes](const std::string& spec, const SourcePlace& place) {
            const auto nothing = [](void*, const avocet_probe_group*) -> avocet_status { return AVOCET_OK; };
            return probes->describe(probes->ctx, to_abi(spec), span_of(place), -1, 0, AVOCET_SPEC_OWN_TYPE, 0, nothing,
                                    nullptr) != AVOCET_OK;
        };
    advise(result.messages, knowledge);
}

// A header of the user's may include "vmlinux.h" too: then it is missed, and the text compiled once more with it.
CompileResult CFrontend::compile_libbpf(CompileJob job, const Tool& tool, const avocet_compile_events& events) const {
    const auto add_types = [&] {
        std::string types = kernel_types(events);
        job.files[std::string(headers) + "/vmlinux.h"] = types;
        add_shipped_headers(job.files, headers, true);
        job.defines.push_back("AVOCET_WITH_VMLINUX");
        if (!tool.system_headers()) job.system_dirs.clear();
        return types;
    };
    std::string types;
    const bool wanted = mentions(job.text, "vmlinux.h");
    if (wanted) types = add_types();
    add_shipped_headers(job.files, headers, false);
    CompileResult result = compile_object(job);
    const auto missed = [](const Message& m) { return m.text.find("'vmlinux.h' file not found") != std::string::npos; };
    if (!wanted && std::any_of(result.messages.begin(), result.messages.end(), missed)) {
        types = add_types();
        result = compile_object(job);
    }
    constexpr int most_rounds = 4;  // what is missing shows when what was missing before it is there
    for (int round = 0; round < most_rounds && !result.ok && !types.empty(); ++round) {
        std::string more = with_missing_types(types, result.messages, sources_of(job, result));
        if (more.empty()) break;
        types = std::move(more);
        job.files[std::string(headers) + "/vmlinux.h"] = types;
        result = compile_object(job);
    }
    explain(result, false, job, types);
    return result;
}

CompileResult CFrontend::compile_bcc_text(CompileJob job, const Tool& tool, const avocet_source& source,
                                          const avocet_compile_events& events) const {
    BccJob bcc = tool.bcc_job(job.text);
    bcc.tail = [&](const std::vector<BccFunction>& functions) { return tool.manifest_text(functions, true, cpu_); };
    bcc.arguments = [&](const std::string& spec) { return arguments_of(spec); };
    add_shipped_headers(job.files, headers, false);
    const std::string types = kernel_types(events);
    BccProgram program = compile_bcc(job, bcc, headers, types, host_);
    if (!program.rewritten.empty() && mentions(string(source.dump), "c") && events.on_dump)
        events.on_dump(events.ctx, to_abi("c"), to_abi(program.rewritten));
    CompileResult result = std::move(program.result);
    if (result.ok) check_attached(program.functions, tool, tool.source_name());
    explain(result, true, job, types);
    return result;
}

void CFrontend::compile(const avocet_source& source, const avocet_compile_events& events) {
    Tool tool(source, host_);
    for (const std::string& file : tool.looked_at()) depend(events, "content", file);
    if (tool.asks_kernel()) depend(events, "kernel", "");
    tool.settle(tool.needs_types() ? kernel_types(events) : std::string());
    CompileJob job = job_for(source, tool);
    job.text = tool.text(std::move(job.text));
    CompileResult result;
    if (choose_dialect(tool, job.text) == Dialect::bcc) {
        result = compile_bcc_text(std::move(job), tool, source, events);
    } else {
        job.text += tool.manifest_text({}, false, cpu_);
        result = compile_libbpf(std::move(job), tool, events);
    }
    for (const Message& message : result.messages) report(host_, message);
    for (const std::string& file : result.on_disk) depend(events, "content", file);
    if (!result.ok) throw Reported{};
    if (!(source.flags & AVOCET_COMPILE_CHECK) && events.on_program)
        events.on_program(events.ctx, {result.object.data(), result.object.size()});
}

}  // namespace avocet::c
