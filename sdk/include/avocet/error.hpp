// SPDX-License-Identifier: Apache-2.0
//
// avocet/error.hpp: errors of plugin code, and the bridge that turns them into status + diagnostic at the ABI.
#pragma once

#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "avocet/abi/base.h"

namespace avocet {

inline avocet_str to_abi(std::string_view text) noexcept { return {text.data(), text.size()}; }
inline std::string_view view(avocet_str text) noexcept {
    return text.data ? std::string_view(text.data, text.size) : std::string_view();
}
inline std::string string(avocet_str text) { return std::string(view(text)); }

// Thrown by plugin code; carries everything a user is told. `causes`: outermost reason last.
class Error : public std::runtime_error {
public:
    Error(avocet_status status, const std::string& message, std::string hint = {}, uint32_t code = 0)
        : std::runtime_error(message), status_(status), hint_(std::move(hint)), code_(code) {}
    Error& at(const avocet_span& span) {
        span_ = span;
        file_ = string(span.file);
        return *this;
    }
    avocet_status status() const noexcept { return status_; }
    const std::string& hint() const noexcept { return hint_; }
    uint32_t code() const noexcept { return code_; }
    avocet_span span() const noexcept {
        avocet_span s = span_;
        s.file = to_abi(file_);
        return s;
    }

private:
    avocet_status status_;
    std::string hint_;
    uint32_t code_;
    avocet_span span_{};
    std::string file_;
};

// "No such file or directory" for an errno value; never a bare number.
inline std::string errno_text(int error) {
    char buffer[128];
    return strerror_r(error, buffer, sizeof buffer);
}

// The host as plugin code sees it. Cheap to copy; valid as long as the instance.
class Host {
public:
    Host() = default;
    explicit Host(const avocet_host* host) : host_(host) {}

    void report(avocet_severity severity, std::string_view message, std::string_view hint = {}, uint32_t code = 0,
                const avocet_span& span = {}) const noexcept {
        if (!host_ || !host_->report) return;
        avocet_diagnostic d{};
        d.struct_size = sizeof d;
        d.severity = severity;
        d.code = code;
        d.message = to_abi(message);
        d.hint = to_abi(hint);
        d.span = span;
        host_->report(host_->ctx, &d);
    }
    void report(const Error& e) const noexcept { report(AVOCET_ERROR, e.what(), e.hint(), e.code(), e.span()); }
    void warn(std::string_view message, std::string_view hint = {}) const noexcept {
        report(AVOCET_WARNING, message, hint);
    }
    void debug(std::string_view message) const noexcept { report(AVOCET_DEBUG, message); }

    // A table by id, nullptr if the host lacks it or offers a smaller one than this code was built for needs.
    template <class Table>
    const Table* extension(const char* id) const noexcept {
        if (!host_ || !host_->get_extension) return nullptr;
        auto* table = static_cast<const Table*>(host_->get_extension(host_->ctx, id));
        return table && table->struct_size >= sizeof(Table) ? table : nullptr;
    }
    const avocet_host* raw() const noexcept { return host_; }

private:
    const avocet_host* host_ = nullptr;
};

// Runs `body` (returning avocet_status or void) and lets no exception out.
template <class Body>
avocet_status guarded(const Host& host, Body&& body) noexcept {
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            return AVOCET_OK;
        } else {
            return body();
        }
    } catch (const Error& e) {
        host.report(e);
        return e.status();
    } catch (const std::bad_alloc&) {
        host.report(AVOCET_ERROR, "out of memory");
        return AVOCET_ERR_NO_MEMORY;
    } catch (const std::exception& e) {
        host.report(AVOCET_ERROR, e.what());
        return AVOCET_ERR_INTERNAL;
    } catch (...) {
        host.report(AVOCET_ERROR, "unknown failure");
        return AVOCET_ERR_INTERNAL;
    }
}

}  // namespace avocet
