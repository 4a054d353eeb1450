// SPDX-License-Identifier: Apache-2.0
//
// A provider as the host sees it: the built library, loaded by dlopen, driven through its C tables, with everything it
// emits copied. Tests of all probe plugins use it, so that they test what is shipped.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "avocet/probe_group.hpp"
#include "files/tree.hpp"

namespace avocet::testing {

struct Listed {
    std::string name;
    std::vector<std::string> args;
};
struct Reported {
    avocet_severity severity;
    std::string message, hint;
    uint32_t line;
};

class LoadedProvider {
public:
    // `options`: text values by name.
    explicit LoadedProvider(const std::string& id, const std::map<std::string, std::string>& options = {}) {
        std::string file = id;
        file.replace(file.find('.'), 1, "-");
        std::string path = avocet::test::build_tree() + "/plugins/" + id + "/avocet-" + file + ".so";
        void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!library) throw std::runtime_error(dlerror());
        entry_ = static_cast<const avocet_plugin_entry_t*>(dlsym(library, AVOCET_PLUGIN_ENTRY_SYMBOL));
        if (!entry_ || entry_->id != id) throw std::runtime_error(path + ": wrong entry");
        host_ = {sizeof(avocet_host), AVOCET_ABI_MINOR, this, on_report, on_extension};
        kernel_ = {sizeof(avocet_host_kernel), 0, this, on_btf, on_symbol, on_feature};
        if (entry_->init(&host_) != AVOCET_OK) throw std::runtime_error("init failed");
        factory_ = static_cast<const avocet_provider_factory*>(entry_->get_factory(AVOCET_PROVIDER_1));
        if (!factory_) throw std::runtime_error("no provider factory");
        create(options);
    }
    ~LoadedProvider() {
        if (provider_) factory_->destroy(provider_);
    }
    LoadedProvider(const LoadedProvider&) = delete;
    LoadedProvider& operator=(const LoadedProvider&) = delete;

    // `text` is split at `:` as the host does, without quotes.
    std::vector<Listed> list(const std::string& text, uint32_t flags = 0, int32_t pid = -1) {
        std::vector<Listed> out;
        Spec spec(text, flags, pid);
        status = factory_->list(provider_, &spec.abi, on_probe, &out);
        return out;
    }
    std::vector<std::string> names(const std::string& text, uint32_t flags = 0, int32_t pid = -1) {
        std::vector<std::string> out;
        for (auto& probe : list(text, flags, pid)) out.push_back(probe.name);
        return out;
    }
    std::vector<ProbeGroup> describe(const std::string& text, uint32_t describe_flags = 0, int32_t pid = -1,
                                     uint32_t flags = 0) {
        Described out{{}, &dependencies};
        dependencies.clear();
        Spec spec(text, flags, pid);
        status = factory_->describe(provider_, &spec.abi, describe_flags, on_group, on_depends, &out);
        return out.groups;
    }
    std::vector<AttachPlan> resolve(const std::string& text, int32_t pid = -1, uint32_t flags = 0) {
        std::vector<AttachPlan> out;
        Spec spec(text, flags, pid);
        status = factory_->resolve(provider_, &spec.abi, on_plan, &out);
        return out;
    }
    // Names of every target that resolving gives, sorted.
    std::vector<std::string> resolved_names(const std::string& text, int32_t pid = -1, uint32_t flags = 0) {
        std::vector<std::string> out;
        for (const auto& plan : resolve(text, pid, flags))
            for (const auto& target : plan.targets) out.push_back(target.name);
        std::sort(out.begin(), out.end());
        return out;
    }

    avocet_status status = AVOCET_OK;
    std::vector<Reported> reports;
    std::vector<std::pair<std::string, std::string>> dependencies;
    std::set<std::string> features;  // what has_feature answers yes to
    std::string last_message() const { return reports.empty() ? "" : reports.back().message; }
    std::string last_hint() const { return reports.empty() ? "" : reports.back().hint; }
    // Lets has_feature and kernel BTF disappear, as on a host without the extension.
    bool with_kernel_extension = true, with_kernel_btf = true;

private:
    struct Spec {
        std::vector<std::string> words;
        std::vector<avocet_str> parts;
        std::string text;
        avocet_probe_spec abi{};
        Spec(const std::string& whole, uint32_t flags, int32_t pid) : text(whole) {
            size_t start = 0;
            while (true) {
                size_t colon = whole.find(':', start);
                words.push_back(whole.substr(start, colon - start));
                if (colon == std::string::npos) break;
                start = colon + 1;
            }
            for (size_t i = 1; i < words.size(); ++i) parts.push_back(to_abi(words[i]));
            abi.struct_size = sizeof abi;
            abi.part_count = static_cast<uint32_t>(parts.size());
            abi.kind = to_abi(words[0]);
            abi.text = to_abi(text);
            abi.parts = parts.data();
            abi.span = {to_abi("test.bt"), 7, 1, 7, 2};
            abi.pid = pid;
            abi.flags = flags;
        }
    };
    struct Described {
        std::vector<ProbeGroup> groups;
        std::vector<std::pair<std::string, std::string>>* dependencies;
    };

    void create(const std::map<std::string, std::string>& options) {
        std::vector<avocet_option_value> values;
        for (uint32_t i = 0; i < factory_->base.option_count; ++i) {
            avocet_option_value value{};
            value.struct_size = sizeof value;
            auto found = options.find(factory_->base.options[i].name);
            if (found != options.end()) {
                value.is_set = 1;
                value.text = to_abi(found->second);
            }
            values.push_back(value);
        }
        avocet_options abi{sizeof(avocet_options), static_cast<uint32_t>(values.size()), to_abi(""), values.data()};
        if (factory_->create(&host_, &abi, &provider_) != AVOCET_OK) throw std::runtime_error(last_message());
    }
    static LoadedProvider* self(void* ctx) { return static_cast<LoadedProvider*>(ctx); }
    static void on_report(void* ctx, const avocet_diagnostic* d) {
        self(ctx)->reports.push_back({d->severity, string(d->message), string(d->hint), d->span.line});
    }
    static const void* on_extension(void* ctx, const char* id) {
        return self(ctx)->with_kernel_extension && std::string_view(id) == AVOCET_HOST_KERNEL_1 ? &self(ctx)->kernel_
                                                                                                : nullptr;
    }
    static avocet_bytes on_btf(void* ctx) {
        auto& text = self(ctx)->kernel_btf_;
        if (!self(ctx)->with_kernel_btf) return {nullptr, 0};
        if (text.empty()) {
            std::ifstream in("/sys/kernel/btf/vmlinux", std::ios::binary);
            text.assign(std::istreambuf_iterator<char>(in), {});
        }
        return {text.data(), text.size()};
    }
    static uint64_t on_symbol(void*, avocet_str) { return 0; }
    static int32_t on_feature(void* ctx, const char* name) { return self(ctx)->features.count(name) ? 1 : 0; }

    static avocet_status on_probe(void* ctx, const avocet_probe_info* info) {
        Listed probe{string(info->name), {}};
        for (uint32_t i = 0; i < info->arg_count; ++i) probe.args.push_back(string(info->args[i]));
        static_cast<std::vector<Listed>*>(ctx)->push_back(probe);
        return AVOCET_OK;
    }
    static ProbeArg copy(const avocet_probe_arg& a) {
        return {string(a.name), a.type_id, a.place, a.index, a.size, a.flags, a.location};
    }
    static avocet_status on_group(void* ctx, const avocet_probe_group* g) {
        ProbeGroup out;
        out.context = g->context;
        out.identity = g->identity;
        out.has = g->has;
        out.space = g->space;
        out.selector_word = g->selector_word;
        out.selector_count = g->selector_count;
        out.argn_place = g->argn_place;
        out.argn_count = g->argn_count;
        out.flags = g->flags;
        for (uint32_t i = 0; i < g->arg_count; ++i) out.args.push_back(copy(g->args[i]));
        out.retval = copy(g->retval);
        auto* bytes = static_cast<const uint8_t*>(g->btf.data);
        out.btf.assign(bytes, bytes + g->btf.size);
        out.probetype = string(g->probetype);
        out.spec = string(g->spec);
        for (uint32_t i = 0; i < g->target_count; ++i) out.targets.push_back(string(g->targets[i]));
        static_cast<Described*>(ctx)->groups.push_back(std::move(out));
        return AVOCET_OK;
    }
    static void on_depends(void* ctx, const avocet_dependency* d) {
        static_cast<Described*>(ctx)->dependencies->emplace_back(string(d->kind), string(d->name));
    }
    static avocet_status on_plan(void* ctx, const avocet_plan* p) {
        AttachPlan out;
        out.kind = p->kind;
        out.flags = p->flags;
        out.pid = p->pid;
        out.cpu = p->cpu;
        out.category = string(p->category);
        out.event = string(p->event);
        out.path = string(p->path);
        out.module = string(p->module);
        out.note = string(p->note);
        out.offset = p->offset;
        out.perf_config = p->perf_config;
        out.period = p->period;
        out.perf_type = p->perf_type;
        for (uint32_t i = 0; i < p->target_count; ++i)
            out.targets.push_back({string(p->targets[i].name),
                                   string(p->targets[i].symbol),
                                   p->targets[i].value,
                                   p->targets[i].semaphore,
                                   {p->targets[i].locations, p->targets[i].locations + p->targets[i].location_count}});
        static_cast<std::vector<AttachPlan>*>(ctx)->push_back(std::move(out));
        return AVOCET_OK;
    }

    const avocet_plugin_entry_t* entry_ = nullptr;
    const avocet_provider_factory* factory_ = nullptr;
    avocet_host host_{};
    avocet_host_kernel kernel_{};
    avocet_provider* provider_ = nullptr;
    std::string kernel_btf_;
};

// The skip reason of tests that need the machine's own tracefs; empty: go on.
inline std::string needs_root() { return geteuid() == 0 ? "" : "needs root"; }

}  // namespace avocet::testing
