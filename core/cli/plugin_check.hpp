// SPDX-License-Identifier: Apache-2.0
//
// `avocet plugin check`: a plugin under a hostile host. Every case runs in a process of its own, so that a crash or an
// endless loop is a report and not the end.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cli/application.hpp"

namespace avocet::core {

// What a case finds. Thrown by require(); the text is the report.
struct Finding {
    std::string text;
};
inline void require(bool good, const char* text) {
    if (!good) throw Finding{text};
}

struct PluginUnderTest {
    Application& app;
    const Sidecar& sidecar;
    std::vector<std::pair<std::string, std::string>> options;  // for create, key and text
};

struct CheckCase {
    std::string name;
    std::function<void(const PluginUnderTest&)> body;  // throws Finding
};

// Cases for the kind; the first ones are for every kind.
std::vector<CheckCase> common_cases();
std::vector<CheckCase> sink_cases();
std::vector<CheckCase> provider_cases();
std::vector<CheckCase> frontend_cases();
std::vector<CheckCase> backend_cases();

// Memory that ends where an unreadable page begins: what reads past a struct's own size crashes.
class GuardedBytes {
public:
    GuardedBytes(const void* data, size_t size);
    ~GuardedBytes();
    GuardedBytes(const GuardedBytes&) = delete;
    GuardedBytes& operator=(const GuardedBytes&) = delete;
    template <class T>
    T* as() const {
        return static_cast<T*>(at_);
    }

private:
    void* base_;
    void* at_;
    size_t mapped_;
};

// An instance made with the options, destroyed at the end. Throws when create fails.
template <class Factory, class Instance>
class Made {
public:
    Made(const PluginUnderTest& plugin, const avocet_host* host = nullptr) {
        const auto* loaded = plugin.app.host().registry().load(plugin.sidecar);
        require(loaded, "is refused when loaded");
        factory_ = static_cast<const Factory*>(loaded->factory);
        auto values = plugin.app.host().plugin_options(plugin.sidecar.id, factory_->base, plugin.options);
        require(values.has_value(), "its options are not complete: give them with --option KEY=VALUE");
        status_ = factory_->create(host ? host : loaded->host, &values->abi(), &self_);
    }
    ~Made() {
        if (status_ == AVOCET_OK) factory_->destroy(self_);
    }
    Made(const Made&) = delete;
    Made& operator=(const Made&) = delete;
    void require_made() const { require(status_ == AVOCET_OK, "create failed"); }
    avocet_status status() const { return status_; }
    const Factory* operator->() const { return factory_; }
    Instance* self() const { return self_; }

private:
    const Factory* factory_ = nullptr;
    Instance* self_ = nullptr;
    avocet_status status_ = AVOCET_ERR_INTERNAL;
};

// Runs the cases of the plugin's kind and prints a line for each. Exit status.
int check_plugin(const GlobalOptions& global, const std::string& plugin,
                 const std::vector<std::pair<std::string, std::string>>& options);

}  // namespace avocet::core
