// SPDX-License-Identifier: Apache-2.0
//
// A backend instance as the session holds it: the factory table and the instance behind one C++ interface, so that a
// recording (recorder.hpp) can stand in front of any backend. Methods mirror avocet_backend_factory one to one, with
// its contracts on threads, states and lifetimes: see avocet/abi/backend.h.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "avocet/abi/backend.h"
#include "avocet/abi/map_write.h"
#include "avocet/abi/stream.h"

namespace avocet::core {

class BackendHandle {
public:
    using RowsFn = std::function<bool(const avocet_map_rows&)>;  // false: enough
    using FeatureFn = std::function<bool(const avocet_feature&)>;
    using LossFn = std::function<void(const avocet_kernel_loss&)>;
    // Told about every attach that failed; false: give up.
    using AttachErrorFn =
        std::function<bool(std::string_view function, const avocet_plan& plan, const avocet_diagnostic& why)>;

    virtual ~BackendHandle() = default;
    BackendHandle() = default;
    BackendHandle(const BackendHandle&) = delete;
    BackendHandle& operator=(const BackendHandle&) = delete;

    // Errors have been reported to the host when a method returns a negative status.
    virtual avocet_status features(const char* only_or_null, const FeatureFn& emit) = 0;
    virtual avocet_status load(const avocet_load_request& request) = 0;
    virtual avocet_status attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) = 0;
    // `mean_ns`: mean time of one run; may be nullptr.
    virtual avocet_status run(std::string_view function, uint32_t repeat, int64_t& result, uint64_t* mean_ns) = 0;
    avocet_status run(std::string_view function, int64_t& result) { return run(function, 1, result, nullptr); }
    // `out` is valid until the next call on this object. [states: see abi/backend.h]
    virtual avocet_status poll(uint64_t timeout_ns, avocet_sample_batch& out) = 0;
    virtual void wake() noexcept = 0;  // [thread: any, async-signal-safe]
    virtual avocet_status detach() = 0;
    virtual avocet_status map_read(std::string_view map, const RowsFn& emit) = 0;
    virtual avocet_status map_lookup(std::string_view map, const void* keys, size_t key_count, const RowsFn& emit) = 0;
    virtual avocet_status map_clear(std::string_view map) = 0;
    virtual avocet_status map_zero(std::string_view map) = 0;
    virtual avocet_status losses(const LossFn& emit) = 0;
    // Told before the session shows the maps of its own accord, at an interval.
    virtual void shows_maps(uint64_t /*wall_ns*/) {}
    // The stream extension; false: this backend has none, and the two calls below fail.
    virtual bool has_stream() const { return false; }
    virtual avocet_status pin_stream(const avocet_stream_pin&) { return AVOCET_ERR_UNSUPPORTED; }
    virtual avocet_status finish_stream(uint64_t&) { return AVOCET_ERR_UNSUPPORTED; }
    // The extension that writes elements of maps; UNSUPPORTED, and nothing is reported: this backend has none.
    virtual avocet_status map_write(const avocet_map_elements&) { return AVOCET_ERR_UNSUPPORTED; }
};

// What a plugin offers beside its factory; nullptr: not that.
struct BackendExtensions {
    const avocet_backend_stream* stream = nullptr;
    const avocet_backend_map_write* map_write = nullptr;
};

// Creates an instance with the factory and owns it: destroyed with the handle, which leaves nothing attached.
// nullptr: create failed with `status`, and said why. Exceptions thrown by callbacks are rethrown to the caller once
// the backend has returned (nothing of C++ crosses the ABI).
std::unique_ptr<BackendHandle> create_backend(const avocet_backend_factory& factory, const avocet_host* host,
                                              const avocet_options* options, avocet_status& status,
                                              const BackendExtensions& extensions = {});

}  // namespace avocet::core
