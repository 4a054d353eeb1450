// SPDX-License-Identifier: Apache-2.0
//
// C texts of the second dialect: any bytes are an object or messages; never a crash. All three stages on a host that
// knows a small kernel (bcc_kernel.hpp) and one kind of tracepoint. Clang itself may meet its end on a hostile text, of
// which nothing is ours: then the input is tried with Clang alone (clang-19 -fsyntax-only on the preprocessed text).
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "avocet/abi/provider.h"
#include "bcc/stages.hpp"
#include "bcc_kernel.hpp"
#include "headers/shipped.hpp"

namespace {

using namespace avocet::c;

avocet_probe_arg field(const char* name, avocet_place place, uint32_t offset, uint32_t size, uint32_t flags = 0) {
    avocet_probe_arg arg{};
    arg.name = avocet::to_abi(name);
    arg.place = place;
    arg.index = offset;
    arg.size = size;
    arg.flags = flags;
    return arg;
}

// Every tracepoint of this host has the same record: signed and not, odd sizes, a gap, a string behind it.
avocet_status describe(void*, avocet_str, avocet_span, int32_t, uint32_t, uint32_t, int32_t, avocet_group_fn emit,
                       void* ctx) {
    static const avocet_probe_arg fields[] = {
        field("dfd", AVOCET_PLACE_CONTEXT, 16, 8, AVOCET_ARG_SIGNED), field("filename", AVOCET_PLACE_CONTEXT, 24, 8),
        field("dev", AVOCET_PLACE_CONTEXT, 32, 4), field("rwbs", AVOCET_PLACE_CONTEXT, 36, 3),
        field("comm", AVOCET_PLACE_DATA_LOC, 40, 4)};
    avocet_probe_group group{};
    group.struct_size = sizeof group;
    group.arg_count = std::size(fields);
    group.args = fields;
    return emit(ctx, &group);
}

const void* extension(void*, const char* id) {
    static const avocet_host_probes probes{sizeof(avocet_host_probes), 0, nullptr, describe};
    return std::string_view(id) == AVOCET_HOST_PROBES_1 ? &probes : nullptr;
}
void report(void*, const avocet_diagnostic*) {}

BccAlternative at(std::string section, std::vector<std::string> args = {}) {
    BccAlternative out;
    out.section = std::move(section);
    out.args = std::move(args);
    return out;
}

BccJob attachments() {
    BccJob bcc;
    bcc.sections["on_add"] = {at("uprobe//bin/x:add")};
    bcc.sections["on_many"] = {at("usdt//bin/x:a:b"), at("uprobe//bin/x:add", {"1", "_"})};
    bcc.sections["on_usdt"] = {at("usdt//bin/x:a:b")};
    bcc.sections["on_open"] = {at("kprobe/do_sys_openat2"), at("fentry/do_sys_openat2"),
                               at("tracepoint/syscalls/sys_enter_openat", {"dfd", "filename", "_"})};
    bcc.sections["on_sample"] = {at("perf_event")};
    bcc.tail = [](const std::vector<BccFunction>&) { return std::string("\nint avocet_tail;\n"); };
    return bcc;
}

[[noreturn]] void fail(const char* what, const std::string& text) {
    std::fprintf(stderr, "%s:\n%s\n", what, text.c_str());
    std::abort();
}

// FUZZ_SAY=1 fuzz_bcc FILE: what became of it.
void say(const BccProgram& program) {
    std::printf("%s, %zu functions\n", program.result.ok ? "compiled" : "refused", program.functions.size());
    for (const Message& m : program.result.messages)
        std::printf("%u:%u %s\n", m.place.line, m.place.column, m.text.c_str());
    if (std::string_view(std::getenv("FUZZ_SAY")) == "text") std::printf("%s\n", program.rewritten.c_str());
}

}  // namespace

// Clang's archives are not instrumented, its headers here are: what the one half of an allocator poisons the other does
// not know to release.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "allow_user_poisoning=0"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (text.find("include") != std::string::npos && text.find("/dev/") != std::string::npos) return 0;
    const avocet_host raw{sizeof(avocet_host), 0, nullptr, report, extension};
    CompileJob job;
    job.name = "input.c";
    job.text = text;
    job.defines = {"__TARGET_ARCH_x86", "__BPF_TRACING__", "__x86_64__"};
    job.include_dirs = {"/avocet-headers", "/usr/include"};
    add_shipped_headers(job.files, "/avocet-headers", false);
    const BccProgram program =
        compile_bcc(std::move(job), attachments(), "/avocet-headers", fuzz_kernel, avocet::Host(&raw));
    if (std::getenv("FUZZ_SAY")) say(program);
    if (program.result.ok && program.result.object.empty()) fail("accepted without an object", text);
    for (const Message& m : program.result.messages)  // what happened there is above it in the output
        if (m.text.starts_with("the compiler: ended")) fail(m.text.c_str(), text);
    if (!program.result.ok && program.result.messages.empty()) fail("refused without a message", text);
    return 0;
}
