// SPDX-License-Identifier: Apache-2.0
//
// avocet/sink.hpp: a sink in C++. Derive from Sink, make a factory with sink_factory<MySink>.
#pragma once

#include <span>

#include "avocet/abi/sink.h"
#include "avocet/options.hpp"

namespace avocet {

class Sink {
public:
    virtual ~Sink() = default;
    // Takes rows from `first` on; returns how many it took. Taking fewer means "call again later". Throwing means the
    // next row is lost; `taken` counts those before it. See avocet_sink_factory.consume. [thread: data]
    virtual uint32_t consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) = 0;
    // True after a consume that found nobody to write for any more: the host offers nothing further. [thread: data]
    virtual bool ended() const { return false; }
    // Returns how many taken rows are known to be lost since the last call. [thread: data]
    virtual uint64_t flush() { return 0; }
    virtual uint64_t close() { return flush(); }
    virtual void tick(uint64_t /*wall_ns*/) {}
};

namespace detail {

// Bridges: one set for each sink class. `Class` is constructed as Class(Host, const Options&).
template <class Class, const auto& Schema>
struct SinkBridge {
    struct Instance {
        Host host;
        Class sink;
        Instance(const Host& h, const Options& o) : host(h), sink(h, o) {}
    };
    static Instance* self(avocet_sink* s) noexcept { return reinterpret_cast<Instance*>(s); }

    static avocet_status create(const avocet_host* host, const avocet_options* options, avocet_sink** out) noexcept {
        Host h(host);
        return guarded(h, [&] {
            *out = reinterpret_cast<avocet_sink*>(
                new Instance(h, Options(std::span<const avocet_option>(Schema), options)));
        });
    }
    static void destroy(avocet_sink* s) noexcept { delete self(s); }
    static avocet_status consume(avocet_sink* s, const avocet_batch* batch, uint32_t first, uint32_t* taken) noexcept {
        *taken = 0;
        return guarded(self(s)->host, [&]() -> avocet_status {
            uint32_t wanted = batch->row_count - first;
            *taken = self(s)->sink.consume(*batch, first, *taken);
            if (self(s)->sink.ended()) return AVOCET_STOP;
            return *taken >= wanted ? AVOCET_OK : AVOCET_AGAIN;
        });
    }
    static avocet_status flush(avocet_sink* s, uint64_t* lost) noexcept {
        return guarded(self(s)->host, [&] { *lost = self(s)->sink.flush(); });
    }
    static avocet_status close(avocet_sink* s, uint64_t* lost) noexcept {
        return guarded(self(s)->host, [&] { *lost = self(s)->sink.close(); });
    }
    static avocet_status tick(avocet_sink* s, uint64_t wall_ns) noexcept {
        return guarded(self(s)->host, [&] { self(s)->sink.tick(wall_ns); });
    }
};

}  // namespace detail

// `Schema`: a static constexpr array of avocet_option (std::array, may be empty).
template <class Class, const auto& Schema>
constexpr avocet_sink_factory sink_factory(const char* summary) {
    using B = detail::SinkBridge<Class, Schema>;
    return {
        {sizeof(avocet_sink_factory), static_cast<uint32_t>(std::size(Schema)), AVOCET_SINK_1, summary, Schema.data()},
        B::create,
        B::destroy,
        B::consume,
        B::flush,
        B::close,
        B::tick};
}

}  // namespace avocet
