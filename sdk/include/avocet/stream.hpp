// SPDX-License-Identifier: Apache-2.0
//
// avocet/stream.hpp: the stream extensions in C++. A sink that takes the stream whole has a method
//     StreamRequest stream() const;
// and names sink_stream<MySink, schema>() beside its factory in AVOCET_PLUGIN; a backend that can pin one has
//     void pin_stream(const avocet_stream_pin&);  uint64_t finish_stream();
// See avocet/abi/stream.h for the contract.
#pragma once

#include <string>

#include "avocet/abi/stream.h"
#include "avocet/backend.hpp"
#include "avocet/sink.hpp"

namespace avocet {

// `directory` must live as long as the sink.
struct StreamRequest {
    std::string_view directory;
    uint32_t mode = 0600;
    int64_t group = -1;
    uint64_t end_wait_ns = 0;
    uint64_t wake_bytes = 0;
};

namespace detail {

template <class Class, const auto& Schema>
avocet_status sink_stream_request(avocet_sink* s, avocet_stream_request* out) noexcept {
    auto* self = SinkBridge<Class, Schema>::self(s);
    return guarded(self->host, [&] {
        const StreamRequest wanted = self->sink.stream();
        *out = {sizeof *out,        wanted.mode,  to_abi(wanted.directory),
                wanted.end_wait_ns, wanted.group, wanted.wake_bytes};
    });
}

template <class Class, const auto& Schema>
avocet_status backend_stream_pin(avocet_backend* b, const avocet_stream_pin* pin) noexcept {
    using Bridge = BackendBridge<Class, Schema>;
    return guarded(Bridge::host(b), [&] { Bridge::of(b).pin_stream(*pin); });
}

template <class Class, const auto& Schema>
avocet_status backend_stream_finish(avocet_backend* b, uint64_t* unread) noexcept {
    using Bridge = BackendBridge<Class, Schema>;
    return guarded(Bridge::host(b), [&] { *unread = Bridge::of(b).finish_stream(); });
}

}  // namespace detail

template <class Class, const auto& Schema>
constexpr avocet_sink_stream sink_stream() {
    return {{sizeof(avocet_sink_stream), 0, AVOCET_SINK_STREAM_1, "takes the event stream whole", nullptr},
            detail::sink_stream_request<Class, Schema>};
}

template <class Class, const auto& Schema>
constexpr avocet_backend_stream backend_stream() {
    return {{sizeof(avocet_backend_stream), 0, AVOCET_BACKEND_STREAM_1, "pins the event stream", nullptr},
            detail::backend_stream_pin<Class, Schema>,
            detail::backend_stream_finish<Class, Schema>};
}

}  // namespace avocet
