// SPDX-License-Identifier: Apache-2.0
#include "host/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "host/codes.hpp"
#include "host/sidecar.hpp"

namespace avocet::core {
namespace {

// What revision 1.0 had; later fields are optional. A struct that claims more than a page is damaged.
constexpr size_t least_entry_bytes = offsetof(avocet_plugin_entry_t, get_factory) + sizeof(void*);
constexpr size_t largest_struct_bytes = 4096;

bool zero_after(const void* object, size_t known, size_t size) {
    auto* bytes = static_cast<const unsigned char*>(object);
    return size <= largest_struct_bytes &&
           std::all_of(bytes + std::min(known, size), bytes + size, [](unsigned char b) { return b == 0; });
}

std::string_view text(const char* s) { return s ? std::string_view(s) : std::string_view("(none)"); }

// The functions of a kind's table, in order, after the avocet_factory header. Optional ones come last.
struct Table {
    std::string_view kind;
    size_t size;
    std::span<const std::string_view> functions;
    size_t optional = 0;
};

constexpr std::array<std::string_view, 5> provider_functions{"create", "destroy", "list", "describe", "resolve"};
constexpr std::array<std::string_view, 4> frontend_functions{"create", "destroy", "compile", "format"};
constexpr std::array<std::string_view, 14> backend_functions{
    "create", "destroy", "features", "load",       "attach",    "run",      "poll",
    "wake",   "detach",  "map_read", "map_lookup", "map_clear", "map_zero", "losses"};
constexpr std::array<std::string_view, 6> sink_functions{"create", "destroy", "consume", "flush", "close", "tick"};

constexpr size_t table_bytes(size_t functions) { return sizeof(avocet_factory) + functions * sizeof(void (*)()); }
static_assert(sizeof(avocet_provider_factory) == table_bytes(provider_functions.size()));
static_assert(sizeof(avocet_frontend_factory) == table_bytes(frontend_functions.size()));
static_assert(sizeof(avocet_backend_factory) == table_bytes(backend_functions.size()));
static_assert(sizeof(avocet_sink_factory) == table_bytes(sink_functions.size()));

const Table* table_of(std::string_view kind) {
    static constexpr std::array<Table, 4> tables{{{"provider", sizeof(avocet_provider_factory), provider_functions},
                                                  {"frontend", sizeof(avocet_frontend_factory), frontend_functions},
                                                  {"backend", sizeof(avocet_backend_factory), backend_functions},
                                                  {"sink", sizeof(avocet_sink_factory), sink_functions, 1}}};
    auto found = std::find_if(tables.begin(), tables.end(), [&](const Table& t) { return t.kind == kind; });
    return found == tables.end() ? nullptr : &*found;
}

std::optional<Refusal> disagreement(std::string_view what, std::string_view library, std::string_view sidecar) {
    if (library == sidecar) return std::nullopt;
    return Refusal{code::plugin_disagrees,
                   fmt::format("{} is '{}' in the library, but '{}' in plugin.toml", what, library, sidecar),
                   "library and plugin.toml are not of one build: install both again"};
}

std::optional<Refusal> check_schema(const avocet_factory& factory) {
    auto malformed = [](std::string what) {
        return Refusal{code::plugin_schema, "option schema is malformed: " + what, {}};
    };
    if (factory.option_count == 0) return std::nullopt;
    if (!factory.options) return malformed(fmt::format("{} options, but no table", factory.option_count));
    const auto stride = factory.options->struct_size;
    if (stride < sizeof(avocet_option) || stride > largest_struct_bytes || stride % alignof(avocet_option))
        return malformed(fmt::format("an entry of {} bytes, needs at least {}", stride, sizeof(avocet_option)));
    auto* bytes = reinterpret_cast<const char*>(factory.options);
    for (uint32_t i = 0; i < factory.option_count; ++i, bytes += stride) {
        const auto& option = *reinterpret_cast<const avocet_option*>(bytes);
        if (option.struct_size != stride) return malformed(fmt::format("entry {} has another size than the first", i));
        if (!option.name || !*option.name) return malformed(fmt::format("entry {} has no name", i));
        if (option.type < AVOCET_OPTION_BOOL || option.type > AVOCET_OPTION_LIST)
            return malformed(fmt::format("option '{}' has type {}, which does not exist", option.name, option.type));
        if (option.type == AVOCET_OPTION_ENUM && (!option.choices || !option.choices[0]))
            return malformed(fmt::format("option '{}' has no choices", option.name));
    }
    return std::nullopt;
}

}  // namespace

std::optional<Refusal> check_entry(const avocet_plugin_entry_t& entry, const Sidecar& sidecar) {
    // The size comes first: nothing else of a short struct may be read; then the versions say how to read the rest.
    constexpr size_t version_bytes = offsetof(avocet_plugin_entry_t, id);
    if (entry.struct_size < version_bytes)
        return Refusal{code::plugin_entry_short,
                       fmt::format("descriptor of {} bytes, needs at least {}", entry.struct_size, least_entry_bytes),
                       {}};
    if (entry.abi_major != AVOCET_ABI_MAJOR)
        return Refusal{
            code::plugin_abi_major,
            fmt::format("built for ABI {}, this host has ABI {}", entry.abi_major, AVOCET_ABI_MAJOR),
            entry.abi_major > AVOCET_ABI_MAJOR ? "update avocet" : "rebuild the plugin with this version's SDK"};
    if (entry.abi_minor_needed > AVOCET_ABI_MINOR)
        return Refusal{code::plugin_abi_minor,
                       fmt::format("needs ABI {}.{} or newer, this host has {}.{}", entry.abi_major,
                                   entry.abi_minor_needed, AVOCET_ABI_MAJOR, AVOCET_ABI_MINOR),
                       "update avocet"};
    if (entry.struct_size < least_entry_bytes)
        return Refusal{code::plugin_entry_short,
                       fmt::format("descriptor of {} bytes, needs at least {}", entry.struct_size, least_entry_bytes),
                       {}};
    if (!zero_after(&entry, sizeof entry, entry.struct_size))
        return Refusal{code::plugin_entry_tail,
                       fmt::format("descriptor of {} bytes holds fields this host does not know", entry.struct_size),
                       "update avocet"};
    if (auto r = disagreement("id", text(entry.id), sidecar.id)) return r;
    if (auto r = disagreement("version", text(entry.version), sidecar.version)) return r;
    auto abi = fmt::format("{}.{}", entry.abi_major, entry.abi_minor_needed);
    if (auto r = disagreement("abi", abi, fmt::format("{}.{}", sidecar.abi_major, sidecar.abi_minor))) return r;
    if (!entry.get_factory) return Refusal{code::plugin_get_factory, "descriptor has no get_factory", {}};
    return std::nullopt;
}

std::optional<Refusal> check_factory(const void* raw, const Sidecar& sidecar) {
    const auto wanted = factory_id_of(sidecar.kind);
    const auto* table = table_of(sidecar.kind);
    if (!table) return Refusal{code::plugin_sidecar, fmt::format("kind '{}' does not exist", sidecar.kind), {}};
    if (!raw)
        return Refusal{code::plugin_no_factory, fmt::format("has no factory '{}'", wanted),
                       "is 'kind' in plugin.toml right?"};
    const auto& factory = *static_cast<const avocet_factory*>(raw);
    if (factory.struct_size < table->size)
        return Refusal{code::plugin_factory_short,
                       fmt::format("factory '{}' of {} bytes, needs {}", wanted, factory.struct_size, table->size),
                       {}};
    if (text(factory.factory_id) != wanted)
        return Refusal{code::plugin_factory_id,
                       fmt::format("factory says it is '{}', asked for '{}'", text(factory.factory_id), wanted),
                       {}};
    if (!zero_after(raw, table->size, factory.struct_size))
        return Refusal{code::plugin_factory_tail,
                       fmt::format("factory '{}' of {} bytes holds functions this host does not know", wanted,
                                   factory.struct_size),
                       "update avocet"};
    auto* functions = static_cast<const char*>(raw) + sizeof(avocet_factory);
    for (size_t i = 0; i + table->optional < table->functions.size(); ++i) {
        void* function = nullptr;
        std::memcpy(&function, functions + i * sizeof function, sizeof function);
        if (!function)
            return Refusal{
                code::plugin_factory_null, fmt::format("factory '{}' lacks {}", wanted, table->functions[i]), {}};
    }
    return check_schema(factory);
}

}  // namespace avocet::core
