// SPDX-License-Identifier: Apache-2.0
//
// Scripts to objects: any bytes are refused with a located error, or compiled by the whole front end to an object that
// libbpf opens and whose manifest the core reads, once for this machine and once portable. Probes and kernel types come
// from the compiler tests' made-up host. libclang is not opened (see CMakeLists.txt): its faults are not ours to find.
#include <bpf/libbpf.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fake_host.hpp"
#include "frontend.hpp"
#include "program/program.hpp"

// The linker puts this in the place of dlopen: the C reader then answers as on a machine without libclang.
extern "C" void* __wrap_dlopen(const char*, int);
extern "C" void* __wrap_dlopen(const char*, int) { return nullptr; }

namespace {

using namespace avocet;

[[noreturn]] void fail(const char* what, const std::string& script) {
    std::fprintf(stderr, "%s:\n%s\n", what, script.c_str());
    std::abort();
}

avocet_source source_of(const std::string& script, const avocet_str (&parameters)[3], uint32_t flags) {
    avocet_source source{};
    source.struct_size = sizeof source;
    source.flags = flags | AVOCET_COMPILE_UNSAFE;
    source.name = to_abi("stdin");
    source.text = to_abi(script);
    source.tool = to_abi("stdin");
    source.parameters = parameters;
    source.parameter_count = 3;
    source.pid = -1;
    return source;
}

void check_object(const std::string& object, const std::string& script) {
    core::Diagnostics diagnostics;
    if (!core::Program::open(object, "fuzz", diagnostics)) fail("the core does not read the object", script);
    bpf_object* opened = bpf_object__open_mem(object.data(), object.size(), nullptr);
    if (!opened) fail("libbpf does not open the object", script);
    bpf_object__close(opened);
}

void compile(const std::string& script, uint32_t flags) {
    static const avocet_str parameters[3] = {to_abi("5s"), to_abi("$1\""), to_abi("-7")};
    const avocet_source source = source_of(script, parameters, flags);
    dsl::test::FakeHost host;
    std::string object;
    avocet_compile_events events{};
    events.struct_size = sizeof events;
    events.ctx = &object;
    events.on_program = [](void* ctx, avocet_bytes elf) {
        static_cast<std::string*>(ctx)->assign(static_cast<const char*>(elf.data), elf.size);
    };
    bool refused = false;
    try {
        dsl::DslFrontend(host.host(), Options({}, nullptr)).compile(source, events);
    } catch (const Reported&) { refused = true; }
    if (refused && host.reports.find("ERROR: ") == std::string::npos) fail("refused without an error", script);
    if (!refused) check_object(object, script);
}

void run(std::string_view text) {
    const std::string script(text);
    if (script.find("import") != std::string::npos) return;  // files of this machine are no input
    compile(script, 0);
    compile(script, AVOCET_COMPILE_PORTABLE);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    libbpf_set_print(nullptr);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr std::string_view mark = "--- input\n";
    size_t at = text.find(mark);
    if (at == std::string_view::npos) run(text);
    for (; at != std::string_view::npos; at = text.find(mark, at)) {
        at += mark.size();
        run(text.substr(at, text.find("\n--- ", at) - at));
    }
    return 0;
}
