// SPDX-License-Identifier: Apache-2.0
//
// What the host offers plugins, in one object that outlives them: the extension tables (probes, kernel, render,
// symbols), and the providers created so far. [thread: control, but for render and symbols]
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "avocet/abi/compile.h"
#include "avocet/abi/provider.h"
#include "config/config.hpp"
#include "host/registry.hpp"
#include "record/render.hpp"
#include "session/spec.hpp"
#include "symbols/symbols.hpp"

namespace avocet::core {

// One provider instance, destroyed with the host.
class ProviderInstance {
public:
    ProviderInstance(const avocet_provider_factory* factory, avocet_provider* self) : factory_(factory), self_(self) {}
    ~ProviderInstance() { factory_->destroy(self_); }
    ProviderInstance(const ProviderInstance&) = delete;
    ProviderInstance& operator=(const ProviderInstance&) = delete;
    const avocet_provider_factory* factory() const { return factory_; }
    avocet_provider* self() const { return self_; }

private:
    const avocet_provider_factory* factory_;
    avocet_provider* self_;
};

class HostServices {
public:
    explicit HostServices(Diagnostics& diagnostics);
    ~HostServices();
    HostServices(const HostServices&) = delete;
    HostServices& operator=(const HostServices&) = delete;

    Diagnostics& diagnostics() { return diagnostics_; }
    Registry& registry() { return *registry_; }
    Symbols& symbols() { return *symbols_; }
    Renderer& renderer() { return *renderer_; }
    void set_renderer(RenderSettings settings);
    void set_config(const Config* config) { config_ = config; }
    // Who answers whether the kernel has a named feature; unset: unknown is "no".
    void set_feature_source(std::function<bool(const char*)> has) { has_feature_ = std::move(has); }

    // Who compiles a file that a frontend asks for (avocet/abi/compile.h); unset: nobody.
    using CompileFile =
        std::function<avocet_status(std::string_view path, uint32_t flags, const avocet_compile_events&)>;
    void set_compiler(CompileFile compile) { compile_file_ = std::move(compile); }

    // The kernel's types from this file instead of the running kernel's own (BPFTRACE_BTF).
    void set_kernel_btf_file(std::string file) { kernel_btf_file_ = std::move(file); }
    // An option of whichever plugin has one of this name and was not given it otherwise.
    void offer_option(std::string key, std::string value) { offered_.emplace_back(std::move(key), std::move(value)); }
    // This feature is said to be missing, whatever the kernel has.
    void disable_feature(std::string name) { disabled_features_.insert(std::move(name)); }

    // The provider of a spec's kind, created on first use; nullptr: refused and reported.
    ProviderInstance* provider(const Spec& spec);

    // Describes one attach point. `depends` is also told about the provider's own file.
    avocet_status describe(const Spec& spec, uint32_t describe_flags, avocet_group_fn emit, void* emit_ctx);
    void on_dependency(std::function<void(const avocet_dependency&)> listener) { dependency_ = std::move(listener); }

    // Options of a plugin from [plugin."ID"], validated; nullopt: reported.
    std::optional<OptionValues> plugin_options(const std::string& id, const avocet_factory& factory,
                                               const std::vector<std::pair<std::string, std::string>>& forced = {});
    bool has_feature(const char* name) {
        return !disabled_features_.contains(name) && has_feature_ && has_feature_(name);
    }

    const std::string& kernel_btf();  // raw; empty: this kernel has none

private:
    // One attach point as a frontend asks about it.
    struct AttachPoint {
        std::string_view text;
        Place place;
        int32_t pid = -1;
        uint32_t spec_flags = 0;
        bool names_several_kinds() const { return text.substr(0, text.find(':')).find('*') != text.npos; }
    };
    avocet_status describe_kinds(const AttachPoint& point, uint32_t describe_flags, avocet_group_fn emit,
                                 void* emit_ctx);
    const void* extension(const char* id);

    Diagnostics& diagnostics_;
    std::unique_ptr<Symbols> symbols_;
    std::unique_ptr<Renderer> renderer_;
    std::unique_ptr<Registry> registry_;
    std::map<std::string, std::unique_ptr<ProviderInstance>> providers_;  // by plugin id
    std::function<bool(const char*)> has_feature_;
    std::function<void(const avocet_dependency&)> dependency_;
    const Config* config_ = nullptr;
    std::string kernel_btf_, kernel_btf_file_ = "/sys/kernel/btf/vmlinux";
    std::vector<std::pair<std::string, std::string>> offered_;
    std::set<std::string, std::less<>> disabled_features_;
    bool kernel_btf_read_ = false;
    avocet_host_probes probes_table_{};
    avocet_host_kernel kernel_table_{};
    avocet_host_render render_table_{};
    avocet_host_records records_table_{};
    avocet_host_symbols symbols_table_{};
    CompileFile compile_file_;
    avocet_host_compile compile_table_{};
};

}  // namespace avocet::core
