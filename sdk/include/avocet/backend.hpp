// SPDX-License-Identifier: Apache-2.0
//
// avocet/backend.hpp: a backend in C++. See avocet/abi/backend.h for the life of an instance.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "avocet/abi/backend.h"
#include "avocet/options.hpp"

namespace avocet {

class Backend {
public:
    using RowsFn = std::function<bool(const avocet_map_rows&)>;  // false: enough
    using FeatureFn = std::function<bool(const avocet_feature&)>;
    using LossFn = std::function<void(const avocet_kernel_loss&)>;
    // Returns false to give up.
    using AttachErrorFn = std::function<bool(std::string_view function, const avocet_plan&, const Error& why)>;

    virtual ~Backend() = default;
    virtual void features(const char* only, const FeatureFn& emit) = 0;
    virtual void load(const avocet_load_request& request) = 0;
    virtual void attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) = 0;
    virtual int64_t run(std::string_view function, uint32_t repeat, uint64_t& mean_ns) = 0;
    virtual avocet_status poll(uint64_t timeout_ns, avocet_sample_batch& out) = 0;  // OK or STOP
    virtual void wake() noexcept = 0;
    virtual void detach() = 0;
    virtual void map_read(std::string_view map, const RowsFn& emit) = 0;
    virtual void map_lookup(std::string_view map, const void* keys, size_t count, const RowsFn& emit) = 0;
    virtual void map_clear(std::string_view map) = 0;
    virtual void map_zero(std::string_view map) = 0;
    virtual void losses(const LossFn& emit) = 0;
};

namespace detail {

template <class Class, const auto& Schema>
struct BackendBridge {
    struct Instance {
        Host host;
        Class backend;
        Instance(const Host& h, const Options& o) : host(h), backend(h, o) {}
    };
    static Instance* self(avocet_backend* b) noexcept { return reinterpret_cast<Instance*>(b); }
    static Class& of(avocet_backend* b) noexcept { return self(b)->backend; }
    static const Host& host(avocet_backend* b) noexcept { return self(b)->host; }

    static avocet_status create(const avocet_host* host, const avocet_options* options, avocet_backend** out) noexcept {
        Host h(host);
        return guarded(h, [&] {
            *out = reinterpret_cast<avocet_backend*>(
                new Instance(h, Options(std::span<const avocet_option>(Schema), options)));
        });
    }
    static void destroy(avocet_backend* b) noexcept { delete self(b); }
    static avocet_status features(avocet_backend* b, const char* only, avocet_feature_fn emit, void* ctx) noexcept {
        return guarded(host(b), [&] {
            of(b).features(only, [&](const avocet_feature& f) { return emit(ctx, &f) == AVOCET_OK; });
        });
    }
    static avocet_status load(avocet_backend* b, const avocet_load_request* r) noexcept {
        return guarded(host(b), [&] { of(b).load(*r); });
    }
    static avocet_status attach(avocet_backend* b, const avocet_function* functions, size_t count,
                                avocet_attach_error_fn on_error, void* ctx) noexcept {
        bool told = false;  // the host has heard why through on_error: not twice
        const Backend::AttachErrorFn tell = [&](std::string_view function, const avocet_plan& plan, const Error& why) {
            std::string message = why.what();
            avocet_diagnostic d{};
            d.struct_size = sizeof d;
            d.severity = AVOCET_ERROR;
            d.code = why.code();
            d.message = to_abi(message);
            d.hint = to_abi(why.hint());
            d.span = why.span();
            told = !on_error || on_error(ctx, to_abi(function), &plan, &d) != AVOCET_OK;
            return !told;
        };
        return guarded(host(b), [&]() -> avocet_status {
            try {
                of(b).attach({functions, count}, tell);
                return AVOCET_OK;
            } catch (const Error& e) {
                if (told && on_error) return e.status();
                throw;
            }
        });
    }
    static avocet_status run(avocet_backend* b, avocet_str function, uint32_t repeat, int64_t* result,
                             uint64_t* mean_ns) noexcept {
        return guarded(host(b), [&] {
            uint64_t mean = 0;
            *result = of(b).run(view(function), repeat ? repeat : 1, mean);
            if (mean_ns) *mean_ns = mean;
        });
    }
    static avocet_status poll(avocet_backend* b, uint64_t timeout_ns, avocet_sample_batch* out) noexcept {
        return guarded(host(b), [&] { return of(b).poll(timeout_ns, *out); });
    }
    static void wake(avocet_backend* b) noexcept { of(b).wake(); }
    static avocet_status detach(avocet_backend* b) noexcept {
        return guarded(host(b), [&] { of(b).detach(); });
    }
    static Backend::RowsFn rows(avocet_map_rows_fn emit, void* ctx) {
        return [emit, ctx](const avocet_map_rows& r) { return emit(ctx, &r) == AVOCET_OK; };
    }
    static avocet_status map_read(avocet_backend* b, avocet_str map, avocet_map_rows_fn emit, void* ctx) noexcept {
        return guarded(host(b), [&] { of(b).map_read(view(map), rows(emit, ctx)); });
    }
    static avocet_status map_lookup(avocet_backend* b, avocet_str map, const void* keys, size_t count,
                                    avocet_map_rows_fn emit, void* ctx) noexcept {
        return guarded(host(b), [&] { of(b).map_lookup(view(map), keys, count, rows(emit, ctx)); });
    }
    static avocet_status map_clear(avocet_backend* b, avocet_str map) noexcept {
        return guarded(host(b), [&] { of(b).map_clear(view(map)); });
    }
    static avocet_status map_zero(avocet_backend* b, avocet_str map) noexcept {
        return guarded(host(b), [&] { of(b).map_zero(view(map)); });
    }
    static avocet_status losses(avocet_backend* b, avocet_kernel_loss_fn emit, void* ctx) noexcept {
        return guarded(host(b), [&] { of(b).losses([&](const avocet_kernel_loss& l) { emit(ctx, &l); }); });
    }
};

}  // namespace detail

template <class Class, const auto& Schema>
constexpr avocet_backend_factory backend_factory(const char* summary) {
    using B = detail::BackendBridge<Class, Schema>;
    return {{sizeof(avocet_backend_factory), static_cast<uint32_t>(std::size(Schema)), AVOCET_BACKEND_1, summary,
             Schema.data()},
            B::create,
            B::destroy,
            B::features,
            B::load,
            B::attach,
            B::run,
            B::poll,
            B::wake,
            B::detach,
            B::map_read,
            B::map_lookup,
            B::map_clear,
            B::map_zero,
            B::losses};
}

}  // namespace avocet
