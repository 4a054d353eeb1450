// SPDX-License-Identifier: Apache-2.0
//
// avocet/provider.hpp: a probe provider in C++.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "avocet/abi/provider.h"
#include "avocet/options.hpp"

namespace avocet {

// A spec with owned text. See avocet_probe_spec.
struct ProbeSpec {
    std::string kind, text;
    std::vector<std::string> parts;
    avocet_span span{};
    int32_t pid = -1;
    uint32_t flags = 0;

    explicit ProbeSpec(const avocet_probe_spec& s)
        : kind(string(s.kind)), text(string(s.text)), span(s.span), pid(s.pid), flags(s.flags) {
        for (uint32_t i = 0; i < s.part_count; ++i) parts.push_back(string(s.parts[i]));
    }
    bool verbose() const { return flags & AVOCET_SPEC_VERBOSE; }
    bool unsafe() const { return flags & AVOCET_SPEC_UNSAFE; }
};

// `*` matches any run of bytes, also an empty one; nothing else is special.
inline bool wildcard_match(std::string_view pattern, std::string_view text) {
    size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}
inline bool has_wildcard(std::string_view text) { return text.find('*') != std::string_view::npos; }

// Collects what a provider emits, and forwards it. Returning false means the receiver wants no more.
struct Emit {
    std::function<bool(const avocet_probe_info&)> probe;
    std::function<bool(const avocet_probe_group&)> group;
    std::function<bool(const avocet_plan&)> plan;
    std::function<void(std::string_view kind, std::string_view name)> depends;
};

// Throw avocet::Error to refuse; it is reported at the spec's span. [thread: control]
class Provider {
public:
    virtual ~Provider() = default;
    virtual void list(const ProbeSpec& pattern, const Emit& emit) = 0;
    virtual void describe(const ProbeSpec& spec, uint32_t flags, const Emit& emit) = 0;
    virtual void resolve(const ProbeSpec& spec, const Emit& emit) = 0;
};

namespace detail {

template <class Class, const auto& Schema>
struct ProviderBridge {
    struct Instance {
        Host host;
        Class provider;
        Instance(const Host& h, const Options& o) : host(h), provider(h, o) {}
    };
    static Instance* self(avocet_provider* p) noexcept { return reinterpret_cast<Instance*>(p); }

    static avocet_status create(const avocet_host* host, const avocet_options* options,
                                avocet_provider** out) noexcept {
        Host h(host);
        return guarded(h, [&] {
            *out = reinterpret_cast<avocet_provider*>(
                new Instance(h, Options(std::span<const avocet_option>(Schema), options)));
        });
    }
    static void destroy(avocet_provider* p) noexcept { delete self(p); }

    // Errors without a place of their own get the spec's.
    template <class Body>
    static avocet_status at_spec(avocet_provider* p, const avocet_probe_spec* spec, Body&& body) noexcept {
        return guarded(self(p)->host, [&] {
            ProbeSpec owned(*spec);
            try {
                body(owned);
            } catch (Error& e) {
                if (e.span().line == 0) e.at(spec->span);
                throw;
            }
        });
    }
    static avocet_status list(avocet_provider* p, const avocet_probe_spec* spec, avocet_list_fn emit,
                              void* ctx) noexcept {
        return at_spec(p, spec, [&](const ProbeSpec& s) {
            Emit e;
            e.probe = [&](const avocet_probe_info& info) { return emit(ctx, &info) == AVOCET_OK; };
            self(p)->provider.list(s, e);
        });
    }
    static avocet_status describe(avocet_provider* p, const avocet_probe_spec* spec, uint32_t flags,
                                  avocet_group_fn emit, avocet_dependency_fn depends, void* ctx) noexcept {
        return at_spec(p, spec, [&](const ProbeSpec& s) {
            Emit e;
            e.group = [&](const avocet_probe_group& group) { return emit(ctx, &group) == AVOCET_OK; };
            e.depends = [&](std::string_view kind, std::string_view name) {
                avocet_dependency d{sizeof(avocet_dependency), 0, to_abi(kind), to_abi(name)};
                if (depends) depends(ctx, &d);
            };
            self(p)->provider.describe(s, flags, e);
        });
    }
    static avocet_status resolve(avocet_provider* p, const avocet_probe_spec* spec, avocet_plan_fn emit,
                                 void* ctx) noexcept {
        return at_spec(p, spec, [&](const ProbeSpec& s) {
            Emit e;
            e.plan = [&](const avocet_plan& plan) { return emit(ctx, &plan) == AVOCET_OK; };
            self(p)->provider.resolve(s, e);
        });
    }
};

}  // namespace detail

template <class Class, const auto& Schema>
constexpr avocet_provider_factory provider_factory(const char* summary) {
    using B = detail::ProviderBridge<Class, Schema>;
    return {{sizeof(avocet_provider_factory), static_cast<uint32_t>(std::size(Schema)), AVOCET_PROVIDER_1, summary,
             Schema.data()},
            B::create,
            B::destroy,
            B::list,
            B::describe,
            B::resolve};
}

}  // namespace avocet
