// SPDX-License-Identifier: Apache-2.0
#include "session/host_services.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "avocet/error.hpp"
#include "session/traced_symbols.hpp"

namespace avocet::core {

namespace {

HostServices& services(void* ctx) { return *static_cast<HostServices*>(ctx); }

Place to_place(const avocet_span& span) {
    return {string(span.file), span.line, span.column, span.end_line, span.end_column};
}

// Offered options that the plugin has and was not given.
std::vector<std::pair<std::string, std::string>> fitting(
    const std::vector<std::pair<std::string, std::string>>& offered, const avocet_factory& factory,
    const SinkConfig& settings) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& pair : offered) {
        const auto* end = factory.options + factory.option_count;
        const bool known =
            std::any_of(factory.options, end, [&](const avocet_option& o) { return pair.first == o.name; });
        const bool given = std::any_of(settings.settings.begin(), settings.settings.end(),
                                       [&](const auto& s) { return s.key == pair.first; });
        if (known && !given) out.push_back(pair);
    }
    return out;
}

}  // namespace

HostServices::HostServices(Diagnostics& diagnostics)
    : diagnostics_(diagnostics), symbols_(std::make_unique<Symbols>()) {
    symbols_table_ = {sizeof symbols_table_, 0, symbols_.get(),
                      [](void* ctx, const avocet_frame* frame, avocet_symbol* out) -> avocet_status {
                          static_cast<Symbols*>(ctx)->resolve(*frame, *out);
                          return AVOCET_OK;
                      }};
    probes_table_ = {sizeof probes_table_, 0, this,
                     [](void* ctx, avocet_str text, avocet_span span, int32_t pid, uint32_t describe_flags,
                        uint32_t spec_flags, int32_t quiet, avocet_group_fn emit, void* emit_ctx) -> avocet_status {
                         HostServices& host = services(ctx);
                         const AttachPoint point{avocet::view(text), to_place(span), pid, spec_flags};
                         if (point.names_several_kinds())
                             return host.describe_kinds(point, describe_flags, emit, emit_ctx);
                         auto spec =
                             parse_spec(avocet::view(text), host.registry(), host.diagnostics(), to_place(span));
                         if (!spec) return AVOCET_ERR_INVALID;
                         spec->pid = pid;
                         spec->flags = spec_flags;
                         size_t mark = host.diagnostics().mark();
                         avocet_status status = host.describe(*spec, describe_flags, emit, emit_ctx);
                         if (quiet && status == AVOCET_ERR_NOT_FOUND) host.diagnostics().take_back(mark);
                         return status;
                     }};
    kernel_table_ = {
        sizeof kernel_table_,
        0,
        this,
        [](void* ctx) -> avocet_bytes {
            const std::string& btf = services(ctx).kernel_btf();
            return {btf.data(), btf.size()};
        },
        [](void* ctx, avocet_str name) { return services(ctx).symbols().kernel_address(avocet::view(name)); },
        [](void* ctx, const char* name) -> int32_t { return services(ctx).has_feature(name); }};
    symbols_->on_warning([this](const std::string& message, const std::string& hint) {
        diagnostics_.warning("core.symbols", message, hint);
    });
    compile_table_ = {sizeof compile_table_, 0, this,
                      [](void* ctx, avocet_str path, uint32_t flags, const avocet_compile_events* events) {
                          return static_cast<HostServices*>(ctx)->compile_file_(avocet::view(path), flags, *events);
                      }};
    set_renderer({});
    // As long as the registry, which hands it out.
    const auto traced = std::make_shared<const avocet_host_traced_symbol>(avocet_host_traced_symbol{
        sizeof(avocet_host_traced_symbol), 0, this,
        [](void* ctx, avocet_str text, int32_t pid, uint32_t spec_flags, avocet_str symbol,
           avocet_traced_symbol_fn emit, void* emit_ctx) -> avocet_status {
            HostServices& host = services(ctx);
            const size_t mark = host.diagnostics().mark();
            auto spec = parse_spec(avocet::view(text), host.registry(), host.diagnostics(), {});
            avocet_status status = AVOCET_ERR_INVALID;
            if (spec) {
                spec->pid = pid;
                spec->flags = spec_flags;
                status = find_traced_symbol(host, *spec, avocet::view(symbol), host.dependency_, emit, emit_ctx);
            }
            host.diagnostics().take_back(mark);  // said where the probe is described or attached
            return status;
        }});
    registry_ = std::make_unique<Registry>(diagnostics_, [this, traced](const char* id) -> const void* {
        return std::strcmp(id, AVOCET_HOST_TRACED_SYMBOL_1) == 0 ? traced.get() : extension(id);
    });
}

HostServices::~HostServices() { providers_.clear(); }

void HostServices::set_renderer(RenderSettings settings) {
    renderer_ = std::make_unique<Renderer>(symbols_table_, std::move(settings));
    render_table_ = renderer_->table();
    records_table_ = renderer_->records_table();
}

const void* HostServices::extension(const char* id) {
    if (std::strcmp(id, AVOCET_HOST_PROBES_1) == 0) return &probes_table_;
    if (std::strcmp(id, AVOCET_HOST_KERNEL_1) == 0) return &kernel_table_;
    if (std::strcmp(id, AVOCET_HOST_COMPILE_1) == 0) return compile_file_ ? &compile_table_ : nullptr;
    if (std::strcmp(id, AVOCET_HOST_RENDER_1) == 0) return &render_table_;
    if (std::strcmp(id, AVOCET_HOST_RECORDS_1) == 0) return &records_table_;
    if (std::strcmp(id, AVOCET_HOST_SYMBOLS_1) == 0) return &symbols_table_;
    return nullptr;
}

const std::string& HostServices::kernel_btf() {
    if (!kernel_btf_read_) {
        kernel_btf_read_ = true;
        std::ifstream file(kernel_btf_file_, std::ios::binary | std::ios::ate);
        if (file) {
            auto size = file.tellg();
            kernel_btf_.resize(size > 0 ? static_cast<size_t>(size) : 0);
            file.seekg(0);
            file.read(kernel_btf_.data(), static_cast<std::streamsize>(kernel_btf_.size()));
            kernel_btf_.resize(static_cast<size_t>(file.gcount()));
        }
    }
    return kernel_btf_;
}

std::optional<OptionValues> HostServices::plugin_options(
    const std::string& id, const avocet_factory& factory,
    const std::vector<std::pair<std::string, std::string>>& forced) {
    SinkConfig settings;
    if (config_) {
        if (auto it = config_->plugin_options.find(id); it != config_->plugin_options.end()) settings = it->second;
    }
    settings.name = settings.type = id;
    const std::vector<std::pair<std::string, std::string>> offered = fitting(offered_, factory, settings);
    for (const auto& [key, text] : offered) settings.settings.push_back({key, text, {}, {}, 0});
    for (const auto& [key, text] : forced) {
        std::erase_if(settings.settings, [&](const auto& s) { return s.key == key; });
        settings.settings.push_back({key, text, {}, {}, 0});
    }
    return validate_options(factory, settings, PathValues::now(), diagnostics_);
}

// `*` in the kind stands for every kind that lists: of the kernel, or of programs when a process or a path is named.
// Forms that do not fit a kind are dropped.
avocet_status HostServices::describe_kinds(const AttachPoint& point, uint32_t describe_flags, avocet_group_fn emit,
                                           void* emit_ctx) {
    const size_t colon = std::min(point.text.find(':'), point.text.size());
    const std::string pattern(point.text.substr(0, colon));
    const std::string_view rest = point.text.substr(colon);
    const bool programs = point.pid > 0 || rest.substr(0, rest.find(':', 1)).find('/') != std::string_view::npos;
    bool any = false;
    std::set<std::string> kinds;
    for (const Sidecar& s : registry_->sidecars()) {
        const auto& list = programs ? s.lists_programs : s.lists;
        if (s.kind == "provider" && s.refusal.empty()) kinds.insert(list.begin(), list.end());
    }
    for (const auto& kind : kinds) {
        if (fnmatch(pattern.c_str(), kind.c_str(), FNM_NOESCAPE) != 0) continue;
        const size_t mark = diagnostics_.mark();
        auto spec = parse_spec(kind + std::string(rest), *registry_, diagnostics_, point.place);
        if (spec) {
            spec->pid = point.pid;
            spec->flags = point.spec_flags;
        }
        if (spec && describe(*spec, describe_flags, emit, emit_ctx) == AVOCET_OK)
            any = true;
        else
            diagnostics_.take_back(mark);
    }
    if (any) return AVOCET_OK;
    diagnostics_.error("probe", "no probe type matched for " + std::string(point.text),
                       "`avocet list '" + std::string(point.text) + "'` shows what there is", 202, point.place);
    return AVOCET_ERR_INVALID;
}

ProviderInstance* HostServices::provider(const Spec& spec) {
    const Sidecar* sidecar = registry_->find("provider", spec.kind);
    if (!sidecar) return nullptr;
    if (auto it = providers_.find(sidecar->id); it != providers_.end()) return it->second.get();
    const auto* loaded = registry_->load(*sidecar);
    if (!loaded) return nullptr;
    auto* factory = static_cast<const avocet_provider_factory*>(loaded->factory);
    auto options = plugin_options(sidecar->id, factory->base);
    if (!options) return nullptr;
    avocet_provider* self = nullptr;
    if (factory->create(loaded->host, &options->abi(), &self) != AVOCET_OK) return nullptr;
    auto& slot = providers_[sidecar->id];
    slot = std::make_unique<ProviderInstance>(factory, self);
    return slot.get();
}

avocet_status HostServices::describe(const Spec& spec, uint32_t describe_flags, avocet_group_fn emit, void* emit_ctx) {
    ProviderInstance* instance = provider(spec);
    if (!instance) return AVOCET_ERR_UNSUPPORTED;
    struct Relay {
        HostServices* host;
        avocet_group_fn emit;
        void* ctx;
    } relay{this, emit, emit_ctx};
    if (dependency_) {
        std::string library = registry_->find("provider", spec.kind)->library.string();
        avocet_dependency d{sizeof d, 0, to_abi("file"), to_abi(library)};
        dependency_(d);
    }
    std::vector<avocet_str> views;
    avocet_probe_spec abi = abi_spec(spec, views);
    return instance->factory()->describe(
        instance->self(), &abi, describe_flags,
        [](void* ctx, const avocet_probe_group* group) {
            auto* r = static_cast<Relay*>(ctx);
            return r->emit(r->ctx, group);
        },
        [](void* ctx, const avocet_dependency* d) {
            auto* r = static_cast<Relay*>(ctx);
            if (r->host->dependency_) r->host->dependency_(*d);
        },
        &relay);
}

}  // namespace avocet::core
