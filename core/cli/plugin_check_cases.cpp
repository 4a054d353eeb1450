// SPDX-License-Identifier: Apache-2.0
//
// What a hostile host does to any plugin, and to providers, frontends and backends. Sinks: plugin_check_sink.cpp.
#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <thread>

#include "avocet/abi/backend.h"
#include "avocet/abi/frontend.h"
#include "avocet/abi/provider.h"
#include "cli/plugin_check.hpp"

namespace avocet::core {

namespace {

using Provider = Made<avocet_provider_factory, avocet_provider>;
using Frontend = Made<avocet_frontend_factory, avocet_frontend>;
using Backend = Made<avocet_backend_factory, avocet_backend>;

avocet_str text(std::string_view s) { return {s.data(), s.size()}; }

size_t errors(const PluginUnderTest& plugin) { return plugin.app.diagnostics().error_count(); }

// An error that the host must pass on has a reason.
void require_reason(const PluginUnderTest& plugin, avocet_status status, size_t before) {
    if (status < 0) require(errors(plugin) > before, "returned an error without reporting a reason");
    require(status >= AVOCET_ERR_INTERNAL && status <= AVOCET_STOP, "returned a status that does not exist");
}

const avocet_plugin_entry_t* entry_of(const PluginUnderTest& plugin) {
    require(plugin.app.host().registry().load(plugin.sidecar), "is refused when loaded");
    void* library = dlopen(plugin.sidecar.library.c_str(), RTLD_NOW | RTLD_NOLOAD);
    require(library, "is loaded, and yet the loader does not know it");
    return static_cast<const avocet_plugin_entry_t*>(dlsym(library, AVOCET_PLUGIN_ENTRY_SYMBOL));
}

void unknown_factories(const PluginUnderTest& plugin) {
    const auto* entry = entry_of(plugin);
    require(entry, "exports no entry");
    for (const char* id : {"", "no.such/1", "avocet.sink/99", "avocet.provider/0"})
        require(!entry->get_factory(id), "get_factory gives a factory for an id that does not exist");
}

void same_factory(const PluginUnderTest& plugin) {
    const auto* entry = entry_of(plugin);
    for (const char* id : {AVOCET_SINK_1, AVOCET_PROVIDER_1, AVOCET_FRONTEND_1, AVOCET_BACKEND_1})
        require(entry->get_factory(id) == entry->get_factory(id), "get_factory gives another table each time");
}

// ---- providers ----

struct ListCount {
    size_t calls = 0;
    avocet_status answer = AVOCET_OK;
    bool broken = false;
};

avocet_status count_probe(void* ctx, const avocet_probe_info* info) {
    auto& count = *static_cast<ListCount*>(ctx);
    ++count.calls;
    count.broken |= !info || info->struct_size < offsetof(avocet_probe_info, args) || info->name.size == 0;
    return count.answer;
}

avocet_probe_spec spec_of(const std::string& kind, const std::vector<avocet_str>& parts, const std::string& whole) {
    avocet_probe_spec spec{};
    spec.struct_size = sizeof spec;
    spec.part_count = static_cast<uint32_t>(parts.size());
    spec.kind = text(kind);
    spec.text = text(whole);
    spec.parts = parts.data();
    spec.pid = -1;
    return spec;
}

void hostile_specs(const PluginUnderTest& plugin) {
    Provider provider(plugin);
    provider.require_made();
    const std::string large(1u << 16, 'x'), bytes("\xff\xfe\0\x80", 4);
    const std::vector<std::vector<avocet_str>> all{{},
                                                   {text("")},
                                                   {text(large)},
                                                   {text(bytes)},
                                                   {text("nosuch"), text("nosuch")},
                                                   {text(":"), text("\""), text("*")},
                                                   std::vector<avocet_str>(1000, text("a"))};
    for (const auto& kind : plugin.sidecar.provides) {
        for (const auto& parts : all) {
            const std::string whole = kind + ":...";
            const avocet_probe_spec spec = spec_of(kind, parts, whole);
            ListCount count{0, AVOCET_STOP, false};
            size_t before = errors(plugin);
            require_reason(plugin, provider->list(provider.self(), &spec, count_probe, &count), before);
            require(count.calls <= 1, "list went on after AVOCET_STOP");
            require(!count.broken, "list gave an empty or too small avocet_probe_info");
            before = errors(plugin);
            require_reason(plugin,
                           provider->describe(
                               provider.self(), &spec, AVOCET_DESCRIBE_ARGS,
                               [](void*, const avocet_probe_group*) -> avocet_status { return AVOCET_STOP; },
                               [](void*, const avocet_dependency*) {}, nullptr),
                           before);
            before = errors(plugin);
            require_reason(plugin,
                           provider->resolve(
                               provider.self(), &spec,
                               [](void*, const avocet_plan*) -> avocet_status { return AVOCET_STOP; }, nullptr),
                           before);
        }
    }
}

// A host of revision 1.0 knew no more than this; what follows is not there.
void short_spec(const PluginUnderTest& plugin) {
    Provider provider(plugin);
    provider.require_made();
    constexpr size_t size = offsetof(avocet_probe_spec, flags) + sizeof(uint32_t);
    const std::vector<avocet_str> parts{text("nosuch*")};
    const std::string kind = plugin.sidecar.provides.front(), whole = kind + ":nosuch*";
    avocet_probe_spec spec = spec_of(kind, parts, whole);
    spec.struct_size = size;
    GuardedBytes guarded(&spec, size);
    ListCount count;
    provider->list(provider.self(), guarded.as<avocet_probe_spec>(), count_probe, &count);
}

// ---- frontends ----

struct Compiled {
    int programs = 0;
    bool empty = false;
};

avocet_compile_events events_of(Compiled& compiled) {
    return {sizeof(avocet_compile_events), 0, &compiled, nullptr, nullptr, [](void* ctx, avocet_bytes elf) {
                auto& c = *static_cast<Compiled*>(ctx);
                ++c.programs;
                c.empty |= elf.size == 0;
            }};
}

void compile_one(const PluginUnderTest& plugin, Frontend& frontend, std::string_view script, uint32_t flags) {
    avocet_source source{};
    source.struct_size = sizeof source;
    source.flags = flags;
    source.name = source.tool = text("check");
    source.text = text(script);
    source.pid = -1;
    Compiled compiled;
    const avocet_compile_events events = events_of(compiled);
    const size_t before = errors(plugin);
    const avocet_status status = frontend->compile(frontend.self(), &source, &events);
    require_reason(plugin, status, before);
    const int wanted = status == AVOCET_OK && !(flags & AVOCET_COMPILE_CHECK) ? 1 : 0;
    require(compiled.programs == wanted, "on_program was not called exactly once for a success, and never otherwise");
    require(!compiled.empty, "on_program gave an empty object");
    frontend->format(frontend.self(), &source, &events);
}

void hostile_sources(const PluginUnderTest& plugin) {
    Frontend frontend(plugin);
    frontend.require_made();
    std::string deep(5000, '(');
    const std::string large(1u << 20, 'a'), zeros(100, '\0'), high(1000, '\xff');
    for (std::string_view script : {std::string_view(), std::string_view("\n"), std::string_view("{"),
                                    std::string_view(deep), std::string_view(large), std::string_view(zeros),
                                    std::string_view(high), std::string_view("\"\\"), std::string_view("/*")})
        for (uint32_t flags : {uint32_t{0}, uint32_t{AVOCET_COMPILE_CHECK}, uint32_t{AVOCET_COMPILE_PORTABLE}})
            compile_one(plugin, frontend, script, flags);
}

// ---- backends ----

void calls_before_load(const PluginUnderTest& plugin) {
    Backend backend(plugin);
    backend.require_made();
    avocet_sample_batch batch{};
    batch.struct_size = sizeof batch;
    int64_t result = 0;
    auto rows = [](void*, const avocet_map_rows*) -> avocet_status { return AVOCET_OK; };
    const uint64_t key = 0;
    auto* self = backend.self();
    require(backend->attach(self, nullptr, 0, nullptr, nullptr) < 0, "attach before load succeeded");
    require(backend->run(self, text("f"), 1, &result, nullptr) < 0, "run before load succeeded");
    require(backend->poll(self, 0, &batch) < 0, "poll before load succeeded");
    require(backend->map_read(self, text("m"), rows, nullptr) < 0, "map_read before load succeeded");
    require(backend->map_lookup(self, text("m"), &key, 1, rows, nullptr) < 0, "map_lookup before load succeeded");
    require(backend->map_clear(self, text("m")) < 0, "map_clear before load succeeded");
    backend->detach(self);
}

void hostile_objects(const PluginUnderTest& plugin) {
    for (std::string_view object : {std::string_view(), std::string_view("\177ELF"), std::string_view("garbage")}) {
        Backend backend(plugin);
        backend.require_made();
        avocet_load_request request{};
        request.struct_size = sizeof request;
        request.elf = {object.data(), object.size()};
        const size_t before = errors(plugin);
        const avocet_status status = backend->load(backend.self(), &request);
        require(status < 0, "load of what is no object succeeded");
        require_reason(plugin, status, before);
    }
}

void wake_from_elsewhere(const PluginUnderTest& plugin) {
    Backend backend(plugin);
    backend.require_made();
    std::thread([&] {
        for (int i = 0; i < 1000; ++i) backend->wake(backend.self());
    }).join();
}

}  // namespace

std::vector<CheckCase> common_cases() {
    return {
        {"loads, and agrees with its sidecar",
         [](const PluginUnderTest& p) { require(p.app.host().registry().load(p.sidecar), "is refused when loaded"); }},
        {"knows no factory that does not exist", unknown_factories},
        {"gives the same factory again", same_factory}};
}

std::vector<CheckCase> provider_cases() {
    return {{"hostile specs", hostile_specs}, {"a spec of revision 1.0", short_spec}};
}

std::vector<CheckCase> frontend_cases() { return {{"hostile sources", hostile_sources}}; }

std::vector<CheckCase> backend_cases() {
    return {{"calls before load", calls_before_load},
            {"objects that are none", hostile_objects},
            {"wake from another thread", wake_from_elsewhere}};
}

}  // namespace avocet::core
