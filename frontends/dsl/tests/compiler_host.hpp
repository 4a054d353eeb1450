// SPDX-License-Identifier: Apache-2.0
//
// A host for compiler tests: describes a few kinds of probes the way the real providers do, answers from the running
// kernel's BTF, and keeps what is reported.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "frontend.hpp"

namespace avocet::dsl::test {

class CompilerHost {
public:
    CompilerHost() {
        std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
        btf_.assign(std::istreambuf_iterator<char>(file), {});
        probes_ = {sizeof probes_, 0, this, describe};
        kernel_ = {sizeof kernel_,
                   0,
                   this,
                   kernel_btf,
                   [](void*, avocet_str) -> uint64_t { return 0; },
                   [](void*, const char*) -> int32_t { return 1; }};
        host_ = {sizeof host_, 0, this, report, extension};
    }
    const avocet_host* raw() const { return &host_; }
    std::string messages;

    // Compiles; an empty object means refusal, with `messages` saying why. `dumps` gets what `stages` asks for.
    std::string compile(const std::string& text, const std::string& stages = "", uint32_t flags = 0) {
        messages.clear();
        dumps.clear();
        object_.clear();
        avocet_source source{};
        source.struct_size = sizeof source;
        source.flags = flags;
        source.name = to_abi("stdin");
        source.text = to_abi(text);
        source.tool = to_abi("stdin");
        source.pid = -1;
        source.dump = to_abi(stages);
        avocet_compile_events events{};
        events.struct_size = sizeof events;
        events.ctx = this;
        events.on_dump = [](void* ctx, avocet_str stage, avocet_str t) {
            static_cast<CompilerHost*>(ctx)->dumps += "== " + string(stage) + "\n" + string(t) + "\n";
        };
        events.on_program = [](void* ctx, avocet_bytes elf) {
            static_cast<CompilerHost*>(ctx)->object_.assign(static_cast<const char*>(elf.data), elf.size);
        };
        try {
            DslFrontend(Host(raw()), Options({}, nullptr)).compile(source, events);
        } catch (const Reported&) { object_.clear(); }
        return object_;
    }
    std::string dumps;

private:
    static void report(void* ctx, const avocet_diagnostic* d) {
        static_cast<CompilerHost*>(ctx)->messages +=
            std::to_string(d->span.line) + ":" + std::to_string(d->span.column) + ": " + string(d->message) + "\n";
    }
    static const void* extension(void* ctx, const char* id) {
        auto* self = static_cast<CompilerHost*>(ctx);
        if (std::string_view(id) == AVOCET_HOST_PROBES_1) return &self->probes_;
        if (std::string_view(id) == AVOCET_HOST_KERNEL_1) return &self->kernel_;
        return nullptr;
    }
    static avocet_bytes kernel_btf(void* ctx) {
        auto* self = static_cast<CompilerHost*>(ctx);
        return {self->btf_.data(), self->btf_.size()};
    }

    static avocet_status describe(void*, avocet_str text, avocet_span, int32_t, uint32_t, uint32_t, int32_t,
                                  avocet_group_fn emit, void* emit_ctx) {
        const std::string spec = string(text), kind = spec.substr(0, spec.find(':'));
        avocet_probe_group g{};
        g.struct_size = sizeof g;
        g.spec = text;
        g.probetype = to_abi(kind);
        g.target_count = 1;
        g.targets = &g.spec;
        g.identity = AVOCET_IDENTITY_FIXED;
        const bool special = kind == "begin" || kind == "end" || kind == "BEGIN" || kind == "END";
        if (special) {
            g.context = AVOCET_CONTEXT_RUNTIME;
            g.probetype = to_abi("special");
        } else if (kind == "rawtracepoint") {  // also stands for a set of system calls
            g.context = AVOCET_CONTEXT_RAW_TRACEPOINT;
            g.has = AVOCET_HAS_ARGN | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER;
            g.argn_place = AVOCET_PLACE_WORD;
            g.argn_count = 5;
            g.space = AVOCET_SPACE_KERNEL;
            g.identity = AVOCET_IDENTITY_COOKIE;
        } else if (kind == "tracepoint") {
            g.context = AVOCET_CONTEXT_RAW_TRACEPOINT;
            g.has = AVOCET_HAS_ARGN | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER;
            g.argn_place = AVOCET_PLACE_SYSCALL;
            g.argn_count = 6;
            g.space = AVOCET_SPACE_USER;
            g.identity = AVOCET_IDENTITY_SELECTOR;
            g.selector_count = 1024;
            g.selector_word = spec.find("sys_exit") != std::string::npos ? AVOCET_SYSCALL_NUMBER : 1;
        } else if (kind == "uprobe" || kind == "kprobe") {
            g.context = AVOCET_CONTEXT_PT_REGS;
            g.has = AVOCET_HAS_ARGN | AVOCET_HAS_FUNC | AVOCET_HAS_REGS | AVOCET_HAS_TASK;
            g.argn_place = AVOCET_PLACE_REGISTER;
            g.argn_count = 6;
            g.space = kind == "uprobe" ? AVOCET_SPACE_USER : AVOCET_SPACE_KERNEL;
            g.identity = AVOCET_IDENTITY_COOKIE;
            g.flags = kind == "uprobe" ? AVOCET_GROUP_PREEMPTIBLE : 0;
        } else if (kind == "profile" || kind == "interval") {
            g.context = AVOCET_CONTEXT_PERF_EVENT;
            g.has = AVOCET_HAS_REGS | AVOCET_HAS_TASK;
        } else {
            return AVOCET_ERR_NOT_FOUND;
        }
        return emit(emit_ctx, &g);
    }

    std::vector<char> btf_;
    avocet_host_probes probes_{};
    avocet_host_kernel kernel_{};
    avocet_host host_{};
    std::string object_;
};

}  // namespace avocet::dsl::test
