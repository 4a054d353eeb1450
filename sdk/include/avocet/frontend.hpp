// SPDX-License-Identifier: Apache-2.0
//
// avocet/frontend.hpp: a language frontend in C++.
#pragma once

#include <span>

#include "avocet/abi/frontend.h"
#include "avocet/options.hpp"

namespace avocet {

// Throw avocet::Error (after reporting every other error of the source) to refuse. [thread: control]
class Frontend {
public:
    virtual ~Frontend() = default;
    virtual void compile(const avocet_source& source, const avocet_compile_events& events) = 0;
    virtual void format(const avocet_source&, const avocet_compile_events&) {
        throw Error(AVOCET_ERR_UNSUPPORTED, "this language has no formatter");
    }
};

// Thrown when all errors have been reported already: carries only the status.
struct Reported {
    avocet_status status = AVOCET_ERR_INVALID;
};

namespace detail {

template <class Class, const auto& Schema>
struct FrontendBridge {
    struct Instance {
        Host host;
        Class frontend;
        Instance(const Host& h, const Options& o) : host(h), frontend(h, o) {}
    };
    static Instance* self(avocet_frontend* f) noexcept { return reinterpret_cast<Instance*>(f); }
    static avocet_status create(const avocet_host* host, const avocet_options* options,
                                avocet_frontend** out) noexcept {
        Host h(host);
        return guarded(h, [&] {
            *out = reinterpret_cast<avocet_frontend*>(
                new Instance(h, Options(std::span<const avocet_option>(Schema), options)));
        });
    }
    static void destroy(avocet_frontend* f) noexcept { delete self(f); }
    template <class Body>
    static avocet_status run(avocet_frontend* f, Body&& body) noexcept {
        return guarded(self(f)->host, [&]() -> avocet_status {
            try {
                body();
                return AVOCET_OK;
            } catch (const Reported& r) { return r.status; }
        });
    }
    static avocet_status compile(avocet_frontend* f, const avocet_source* s, const avocet_compile_events* e) noexcept {
        return run(f, [&] { self(f)->frontend.compile(*s, *e); });
    }
    static avocet_status format(avocet_frontend* f, const avocet_source* s, const avocet_compile_events* e) noexcept {
        return run(f, [&] { self(f)->frontend.format(*s, *e); });
    }
};

}  // namespace detail

template <class Class, const auto& Schema>
constexpr avocet_frontend_factory frontend_factory(const char* summary) {
    using B = detail::FrontendBridge<Class, Schema>;
    return {{sizeof(avocet_frontend_factory), static_cast<uint32_t>(std::size(Schema)), AVOCET_FRONTEND_1, summary,
             Schema.data()},
            B::create,
            B::destroy,
            B::compile,
            B::format};
}

}  // namespace avocet
