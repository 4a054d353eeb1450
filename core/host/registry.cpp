// SPDX-License-Identifier: Apache-2.0
//
// The table of plugins. What find() answers, what load() maps, and what each plugin sees of the host.
#include "host/registry.hpp"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "host/codes.hpp"
#include "host/crash_guard.hpp"
#include "host/crash_report.hpp"
#include "host/discovery.hpp"
#include "host/plugin_library.hpp"
#include "host/sidecar.hpp"

namespace avocet::core {
namespace {

constexpr std::string_view component = "core.host";

// What a plugin's host table points to. Its address is given to the plugin: it never moves.
struct HostContext {
    std::string id;
    Diagnostics* diagnostics;
    const ExtensionLookup* extensions;
    Diagnostics* captured = nullptr;  // while init runs: its words become causes of our error
    avocet_host table{};

    HostContext(std::string plugin, Diagnostics& d, const ExtensionLookup& lookup)
        : id(std::move(plugin)),
          diagnostics(&d),
          extensions(&lookup),
          table{sizeof(avocet_host), AVOCET_ABI_MINOR, this, report, extension} {}
    HostContext(const HostContext&) = delete;

    static void report(void* ctx, const avocet_diagnostic* diagnostic) noexcept {
        auto* self = static_cast<HostContext*>(ctx);
        if (diagnostic) (self->captured ? self->captured : self->diagnostics)->report(self->id, *diagnostic);
    }
    static const void* extension(void* ctx, const char* id) noexcept {
        auto* self = static_cast<HostContext*>(ctx);
        return id && *self->extensions ? (*self->extensions)(id) : nullptr;
    }
};

struct State {
    std::optional<Refusal> refusal;
    const avocet_plugin_entry_t* entry = nullptr;  // static: from the start
    std::unique_ptr<HostContext> host;
    std::unique_ptr<Registry::Loaded> loaded;
};

bool provides(const Sidecar& s, std::string_view name) {
    return std::find(s.provides.begin(), s.provides.end(), name) != s.provides.end();
}

}  // namespace

struct Registry::Impl {
    Diagnostics& diagnostics;
    ExtensionLookup extensions;
    std::vector<Sidecar> sidecars;
    std::deque<State> states;         // same order
    std::vector<State*> initialised;  // in the order of their init

    size_t index(const Sidecar& sidecar) const {
        auto found =
            std::find_if(sidecars.begin(), sidecars.end(), [&](const Sidecar& s) { return s.id == sidecar.id; });
        return static_cast<size_t>(found - sidecars.begin());
    }

    void add(Sidecar sidecar, State state) {
        const auto at = index(sidecar);
        if (at == sidecars.size()) {
            sidecars.push_back(std::move(sidecar));
            states.push_back(std::move(state));
            return;
        }
        // The first of an id wins, but one that can be loaded wins over one that cannot.
        auto message = fmt::format("plugin '{}' in '{}' is hidden by the one in '{}'", sidecar.id,
                                   sidecar.file.string(), sidecars[at].file.string());
        if (!sidecars[at].refusal.empty() && sidecar.refusal.empty() && !states[at].host) {
            sidecars[at] = std::move(sidecar);
            states[at] = std::move(state);
        }
        diagnostics.report(Diagnostic{AVOCET_DEBUG, 0, std::string(component), std::move(message), {}, {}, {}, {}, {}});
    }

    void refuse_conflicts();
    void conflict(Sidecar& a, Sidecar& b, std::string_view what, std::string_view name);
    const Loaded* refuse(const Sidecar& sidecar, Refusal refusal);
    std::optional<Refusal> load(const Sidecar& sidecar, State& state);
    std::optional<Refusal> initialise(const Sidecar& sidecar, State& state);
};

Registry::Registry(Diagnostics& diagnostics, ExtensionLookup extensions)
    : impl_(new Impl{diagnostics, std::move(extensions), {}, {}, {}}) {}

Registry::~Registry() {
    for (auto state = impl_->initialised.rbegin(); state != impl_->initialised.rend(); ++state)
        if ((*state)->entry->deinit) (*state)->entry->deinit();
}

void Registry::discover(const std::vector<std::filesystem::path>& directories) {
    for (auto& found : find_plugins(directories, impl_->diagnostics)) {
        State state;
        state.refusal = std::move(found.refusal);
        impl_->add(std::move(found.sidecar), std::move(state));
    }
    impl_->refuse_conflicts();
}

void Registry::add_static(const avocet_plugin_entry_t* entry, Sidecar sidecar) {
    State state;
    state.entry = entry;
    impl_->add(std::move(sidecar), std::move(state));
    impl_->refuse_conflicts();
}

const std::vector<Sidecar>& Registry::sidecars() const { return impl_->sidecars; }

// A plugin that is refused is found only if no other provides the name: an untrusted folder cannot take a name away.
template <class Match>
static const Sidecar* best(const std::vector<Sidecar>& sidecars, Match&& match) {
    const Sidecar* refused = nullptr;
    for (const auto& s : sidecars) {
        if (!match(s)) continue;
        if (s.refusal.empty()) return &s;
        if (!refused) refused = &s;
    }
    return refused;
}

const Sidecar* Registry::find(std::string_view kind, std::string_view name) const {
    return best(impl_->sidecars, [&](const Sidecar& s) {
        return s.kind == kind && (provides(s, name) || s.aliases.contains(std::string(name)));
    });
}

const Sidecar* Registry::find_extension(std::string_view extension) const {
    return best(impl_->sidecars, [&](const Sidecar& s) {
        return std::find(s.extensions.begin(), s.extensions.end(), extension) != s.extensions.end();
    });
}

const Sidecar* Registry::find_default(std::string_view kind) const {
    const Sidecar* chosen = best(impl_->sidecars, [&](const Sidecar& s) { return s.kind == kind && s.is_default; });
    if (chosen) return chosen;
    std::vector<const Sidecar*> all;
    for (const auto& s : impl_->sidecars)
        if (s.kind == kind && s.refusal.empty()) all.push_back(&s);
    return all.size() == 1 ? all.front() : nullptr;
}

std::vector<std::string> Registry::provided(std::string_view kind) const {
    std::vector<std::string> names;
    for (const auto& s : impl_->sidecars)
        if (s.kind == kind && s.refusal.empty()) names.insert(names.end(), s.provides.begin(), s.provides.end());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::string Registry::expand_alias(std::string_view kind, std::string_view name) const {
    const auto* sidecar = find(kind, name);
    if (!sidecar || provides(*sidecar, name)) return std::string(name);
    auto alias = sidecar->aliases.find(std::string(name));
    return alias == sidecar->aliases.end() ? std::string(name) : alias->second;
}

void Registry::Impl::conflict(Sidecar& a, Sidecar& b, std::string_view what, std::string_view name) {
    Refusal refusal{
        code::plugin_conflict, fmt::format("'{}' and '{}' both provide {} '{}'", a.id, b.id, what, name),
        fmt::format("remove one of '{}' and '{}'", a.file.parent_path().string(), b.file.parent_path().string())};
    for (auto* side : {&a, &b}) {
        auto& state = states[index(*side)];
        if (state.refusal || state.loaded) continue;
        side->refusal = refusal.message;
        state.refusal = refusal;
    }
}

// Names, aliases and extensions share one space for each kind. Plugins that are refused anyway do not take part.
void Registry::Impl::refuse_conflicts() {
    std::map<std::pair<std::string, std::string>, size_t> owners;
    std::vector<std::tuple<size_t, size_t, std::string, std::string>> conflicts;
    auto claim = [&](size_t at, const std::string& what, const std::string& name) {
        auto [owner, fresh] = owners.emplace(std::pair(what, name), at);
        if (!fresh && owner->second != at) conflicts.emplace_back(owner->second, at, what, name);
    };
    for (size_t i = 0; i < sidecars.size(); ++i) {
        if (!sidecars[i].refusal.empty()) continue;
        for (const auto& name : sidecars[i].provides) claim(i, sidecars[i].kind, name);
        for (const auto& [alias, target] : sidecars[i].aliases) claim(i, sidecars[i].kind, alias);
        for (const auto& extension : sidecars[i].extensions) claim(i, "file extension", extension);
    }
    for (const auto& [a, b, what, name] : conflicts) conflict(sidecars[a], sidecars[b], what, name);
}

const Registry::Loaded* Registry::Impl::refuse(const Sidecar& sidecar, Refusal refusal) {
    auto message = refusal.code == code::plugin_conflict ? "plugins " + refusal.message
                                                         : fmt::format("plugin '{}': {}", sidecar.id, refusal.message);
    diagnostics.report(Diagnostic{AVOCET_ERROR,
                                  refusal.code,
                                  std::string(component),
                                  std::move(message),
                                  std::move(refusal.hint),
                                  {},
                                  {},
                                  {},
                                  std::move(refusal.causes)});
    return nullptr;
}

const Registry::Loaded* Registry::load(const Sidecar& sidecar) {
    const auto at = impl_->index(sidecar);
    if (at == impl_->sidecars.size()) return impl_->refuse(sidecar, {code::plugin_unknown, "was never discovered", {}});
    auto& state = impl_->states[at];
    auto& known = impl_->sidecars[at];
    if (state.loaded) return state.loaded.get();
    if (!state.refusal) state.refusal = impl_->load(known, state);
    if (!state.refusal) return state.loaded.get();
    known.refusal = state.refusal->message;
    return impl_->refuse(known, *state.refusal);
}

std::optional<Refusal> Registry::Impl::load(const Sidecar& sidecar, State& state) {
    FileDescriptor file;
    if (!state.entry) {
        auto opened = open_library(sidecar.library);
        if (auto* refusal = std::get_if<Refusal>(&opened)) return std::move(*refusal);
        file = std::move(std::get<FileDescriptor>(opened));
        if (auto refusal = check_elf(file)) return refusal;
    }
    return initialise(sidecar, state);
}

// From here on the plugin's code runs, under guard.
std::optional<Refusal> Registry::Impl::initialise(const Sidecar& sidecar, State& state) {
    CrashGuard guard(sidecar.id);
    if (!state.entry) {
        guard.enter("while it was mapped");
        auto mapped = map_library(sidecar.library);
        if (auto* refusal = std::get_if<Refusal>(&mapped)) return std::move(*refusal);
        state.entry = std::get<const avocet_plugin_entry_t*>(mapped);
        name_library(state.entry, sidecar.id);
    }
    guard.enter("while its descriptor was read");
    if (auto refusal = check_entry(*state.entry, sidecar)) return refusal;

    state.host = std::make_unique<HostContext>(sidecar.id, diagnostics, extensions);
    guard.enter("in init");
    Diagnostics said;
    said.set_minimum(AVOCET_DEBUG);
    state.host->captured = &said;
    avocet_status status = state.entry->init ? state.entry->init(&state.host->table) : AVOCET_OK;
    state.host->captured = nullptr;
    Refusal failed{code::plugin_init, "init failed", {}, {}};
    for (auto& d : said.take()) {
        if (status >= 0)
            diagnostics.report(std::move(d));
        else
            failed.causes.push_back(d.hint.empty() ? d.message : d.message + " (" + d.hint + ")");
    }
    if (status < 0) return failed;
    initialised.push_back(&state);

    guard.enter("in get_factory");
    const void* factory = state.entry->get_factory(std::string(factory_id_of(sidecar.kind)).c_str());
    guard.enter("while its factory was read");
    if (auto refusal = check_factory(factory, sidecar)) return refusal;
    state.loaded = std::make_unique<Loaded>(Loaded{factory, &state.host->table, state.entry});
    return std::nullopt;
}

}  // namespace avocet::core
