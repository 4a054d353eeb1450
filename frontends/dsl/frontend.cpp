// SPDX-License-Identifier: Apache-2.0
#include "frontend.hpp"

#include "pipeline.hpp"
#include "syntax/parser.hpp"
#include "syntax/printer.hpp"

namespace avocet::dsl {

namespace {

std::function<avocet_bytes()> kernel_btf_loader(const Host& host) {
    return [host]() -> avocet_bytes {
        auto* kernel = host.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
        return kernel ? kernel->kernel_btf(kernel->ctx) : avocet_bytes{};
    };
}

}  // namespace

void DslFrontend::compile(const avocet_source& source, const avocet_compile_events& events) {
    Sources sources;
    DiagnosticList diagnostics;
    Unit unit;
    unit.host = &host_;
    unit.source = &source;
    unit.sources = &sources;
    unit.diagnostics = &diagnostics;
    unit.structs.set_kernel(kernel_btf_loader(host_));
    Pipeline pipeline(unit, [&](const std::string& stage, const std::string& text) {
        if (events.on_dump) events.on_dump(events.ctx, to_abi(stage), to_abi(text));
    });
    if (!pipeline.run()) throw Reported{};
    if (unit.structs.kernel_used() && events.on_dependency) {
        const avocet_dependency kernel{sizeof(avocet_dependency), 0, to_abi("kernel"), to_abi("")};
        events.on_dependency(events.ctx, &kernel);
    }
    for (const auto& [kind, name] : unit.dependencies) {
        const avocet_dependency fact{sizeof(avocet_dependency), 0, to_abi(kind), to_abi(name)};
        if (events.on_dependency) events.on_dependency(events.ctx, &fact);
    }
    if (!(source.flags & AVOCET_COMPILE_CHECK) && events.on_program)
        events.on_program(events.ctx, {unit.object.data(), unit.object.size()});
}

void DslFrontend::format(const avocet_source& source, const avocet_compile_events& events) {
    Sources sources;
    DiagnosticList diagnostics;
    const uint32_t file = sources.add(string(source.name), string(source.text));
    const Script script = parse_script(sources, file, diagnostics);
    const bool failed = diagnostics.has_errors();
    diagnostics.hand_over(host_, sources);
    if (failed) throw Reported{};
    const std::string text = print(script);
    if (events.on_dump) events.on_dump(events.ctx, to_abi("format"), to_abi(text));
}

}  // namespace avocet::dsl
