// SPDX-License-Identifier: Apache-2.0
//
// Plugins: found by sidecar, refused when unsafe, loaded with Boost.DLL when first needed, never unmapped.
// [thread: control]
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "avocet/abi/backend.h"
#include "avocet/abi/frontend.h"
#include "avocet/abi/provider.h"
#include "avocet/abi/sink.h"
#include "host/diagnostics.hpp"

namespace avocet::core {

// What plugin.toml says. Read without mapping the library.
struct Sidecar {
    std::string id, kind, version, summary;  // kind: "provider", "frontend", "backend", "sink"
    unsigned abi_major = 0, abi_minor = 0;
    std::filesystem::path library, file;                    // file: the sidecar itself
    std::vector<std::string> provides;                      // probe kinds; sink types; language names; backend names
    std::map<std::string, std::string> aliases;             // "t" -> "tracepoint"
    std::vector<std::string> lists;                         // providers: kinds that answer a pattern without a kind
    std::vector<std::string> lists_programs;                // providers: kinds that look into programs
    std::vector<std::string> extensions;                    // frontends: ".bt"
    std::vector<std::string> capabilities, files, network;  // needs
    bool is_default = false;  // `default = true`: taken when the user names none of this kind
    std::string refusal;      // not empty: why it will not be loaded
};

// Extensions offered to plugins, by id. Tables outlive every plugin instance.
using ExtensionLookup = std::function<const void*(const char* id)>;

class Registry {
public:
    Registry(Diagnostics& diagnostics, ExtensionLookup extensions);
    ~Registry();

    // Reads the sidecars of every directory (each `DIR/*/plugin.toml` and `DIR/plugin.toml`); maps nothing. Directories
    // that do not exist or come twice are fine. A Sidecar pointer is valid until the next discover() or add_static().
    void discover(const std::vector<std::filesystem::path>& directories);
    const std::vector<Sidecar>& sidecars() const;

    // Sidecar that provides `name` of `kind`, also one that load() will refuse (saying why); nullptr if none
    // ("provider" + "tracepoint"; aliases are followed).
    const Sidecar* find(std::string_view kind, std::string_view name) const;
    const Sidecar* find_extension(std::string_view extension) const;  // ".bt"
    // The plugin of a kind that says `default = true`, else the only one; nullptr if there is none.
    const Sidecar* find_default(std::string_view kind) const;
    std::vector<std::string> provided(std::string_view kind) const;  // every name, for suggestions
    std::string expand_alias(std::string_view kind, std::string_view name) const;

    // Loads if needed. nullptr: refused, and reported. `host` is the per-plugin host table to give to create().
    // A plugin that crashes meanwhile ends the process with exit_plugin_crashed (host/crash_guard.hpp).
    struct Loaded {
        const void* factory;  // avocet_sink_factory ... by the sidecar's kind
        const avocet_host* host;
        const avocet_plugin_entry_t* entry;
        // A table beside the factory ("avocet.sink.stream/1"); nullptr: the plugin lacks it, or has a smaller one.
        template <class Table>
        const Table* extension(const char* id) const {
            auto* table = static_cast<const Table*>(entry->get_factory(id));
            return table && table->base.struct_size >= sizeof(Table) ? table : nullptr;
        }
    };
    const Loaded* load(const Sidecar& sidecar);
    // For static builds and tests: registers an entry without a file. The same checks apply when it is loaded.
    void add_static(const avocet_plugin_entry_t* entry, Sidecar sidecar);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace avocet::core
