// SPDX-License-Identifier: Apache-2.0
//
// The direct handle: forwards every call to the factory table. Callbacks are C++ functions wrapped so that an exception
// stops the enumeration, waits until the backend has returned, and goes on to the caller.
#include "session/backend_handle.hpp"

#include <exception>
#include <utility>

namespace avocet::core {
namespace {

avocet_str str(std::string_view text) { return {text.data(), text.size()}; }

// A callback on its way through C. `stopped` is what the C function returns when the callback threw.
template <class Fn>
struct Carried {
    const Fn& fn;
    std::exception_ptr thrown;

    template <class Call>
    avocet_status guard(Call&& call) noexcept {
        if (thrown) return AVOCET_STOP;
        try {
            return std::forward<Call>(call)() ? AVOCET_OK : AVOCET_STOP;
        } catch (...) {
            thrown = std::current_exception();
            return AVOCET_STOP;
        }
    }
    avocet_status finish(avocet_status status) const {
        if (thrown) std::rethrow_exception(thrown);
        return status;
    }
};

avocet_status carry_rows(void* ctx, const avocet_map_rows* rows) {
    auto& c = *static_cast<Carried<BackendHandle::RowsFn>*>(ctx);
    return c.guard([&] { return c.fn(*rows); });
}
avocet_status carry_feature(void* ctx, const avocet_feature* feature) {
    auto& c = *static_cast<Carried<BackendHandle::FeatureFn>*>(ctx);
    return c.guard([&] { return c.fn(*feature); });
}
void carry_loss(void* ctx, const avocet_kernel_loss* loss) {
    auto& c = *static_cast<Carried<BackendHandle::LossFn>*>(ctx);
    c.guard([&] { return c.fn(*loss), true; });
}
avocet_status carry_attach_error(void* ctx, avocet_str function, const avocet_plan* plan,
                                 const avocet_diagnostic* why) {
    auto& c = *static_cast<Carried<BackendHandle::AttachErrorFn>*>(ctx);
    return c.guard([&] { return c.fn({function.data, function.size}, *plan, *why); });
}

class DirectBackend final : public BackendHandle {
public:
    DirectBackend(const avocet_backend_factory& factory, avocet_backend* self, const BackendExtensions& extensions)
        : factory_(factory), self_(self), extensions_(extensions) {}
    ~DirectBackend() override { factory_.destroy(self_); }

    avocet_status features(const char* only, const FeatureFn& emit) override {
        Carried<FeatureFn> c{emit, {}};
        return c.finish(factory_.features(self_, only, carry_feature, &c));
    }
    avocet_status load(const avocet_load_request& request) override { return factory_.load(self_, &request); }
    avocet_status attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) override {
        Carried<AttachErrorFn> c{on_error, {}};
        return c.finish(factory_.attach(self_, functions.data(), functions.size(), carry_attach_error, &c));
    }
    avocet_status run(std::string_view function, uint32_t repeat, int64_t& result, uint64_t* mean_ns) override {
        return factory_.run(self_, str(function), repeat, &result, mean_ns);
    }
    avocet_status poll(uint64_t timeout_ns, avocet_sample_batch& out) override {
        out = {};
        out.struct_size = sizeof out;
        return factory_.poll(self_, timeout_ns, &out);
    }
    void wake() noexcept override { factory_.wake(self_); }
    avocet_status detach() override { return factory_.detach(self_); }
    avocet_status map_read(std::string_view map, const RowsFn& emit) override {
        Carried<RowsFn> c{emit, {}};
        return c.finish(factory_.map_read(self_, str(map), carry_rows, &c));
    }
    avocet_status map_lookup(std::string_view map, const void* keys, size_t count, const RowsFn& emit) override {
        Carried<RowsFn> c{emit, {}};
        return c.finish(factory_.map_lookup(self_, str(map), keys, count, carry_rows, &c));
    }
    avocet_status map_clear(std::string_view map) override { return factory_.map_clear(self_, str(map)); }
    avocet_status map_zero(std::string_view map) override { return factory_.map_zero(self_, str(map)); }
    avocet_status losses(const LossFn& emit) override {
        Carried<LossFn> c{emit, {}};
        return c.finish(factory_.losses(self_, carry_loss, &c));
    }

    bool has_stream() const override { return extensions_.stream; }
    avocet_status pin_stream(const avocet_stream_pin& pin) override {
        return extensions_.stream ? extensions_.stream->pin(self_, &pin) : AVOCET_ERR_UNSUPPORTED;
    }
    avocet_status finish_stream(uint64_t& unread) override {
        return extensions_.stream ? extensions_.stream->finish(self_, &unread) : AVOCET_ERR_UNSUPPORTED;
    }
    avocet_status map_write(const avocet_map_elements& elements) override {
        return extensions_.map_write ? extensions_.map_write->write(self_, &elements) : AVOCET_ERR_UNSUPPORTED;
    }

private:
    const avocet_backend_factory& factory_;
    avocet_backend* self_;
    BackendExtensions extensions_;
};

}  // namespace

std::unique_ptr<BackendHandle> create_backend(const avocet_backend_factory& factory, const avocet_host* host,
                                              const avocet_options* options, avocet_status& status,
                                              const BackendExtensions& extensions) {
    avocet_backend* self = nullptr;
    status = factory.create(host, options, &self);
    if (status < 0 || !self) return nullptr;
    return std::make_unique<DirectBackend>(factory, self, extensions);
}

}  // namespace avocet::core
