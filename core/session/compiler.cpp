// SPDX-License-Identifier: Apache-2.0
#include "session/compiler.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "avocet/abi/frontend.h"
#include "avocet/error.hpp"

namespace avocet::core {

namespace {

std::vector<avocet_str> views(const std::vector<std::string>& texts) {
    std::vector<avocet_str> out;
    for (const auto& t : texts) out.push_back(to_abi(t));
    return out;
}

// avocet_source with the storage behind its lists.
struct AbiSource {
    std::vector<avocet_str> parameters, include_dirs, include_files, settings;
    avocet_source abi{};

    explicit AbiSource(const SourceInput& s)
        : parameters(views(s.parameters)),
          include_dirs(views(s.include_dirs)),
          include_files(views(s.include_files)),
          settings(views(s.settings)) {
        abi.struct_size = sizeof abi;
        if (s.portable) abi.flags |= AVOCET_COMPILE_PORTABLE;
        if (s.unsafe) abi.flags |= AVOCET_COMPILE_UNSAFE;
        if (s.check_only) abi.flags |= AVOCET_COMPILE_CHECK;
        if (s.warnings) abi.flags |= AVOCET_COMPILE_WARNINGS;
        abi.name = to_abi(s.name);
        abi.text = to_abi(s.text);
        abi.tool = to_abi(s.tool);
        abi.parameters = parameters.data();
        abi.parameter_count = parameters.size();
        abi.include_dirs = include_dirs.data();
        abi.include_dir_count = include_dirs.size();
        abi.include_files = include_files.data();
        abi.include_file_count = include_files.size();
        abi.settings = settings.data();
        abi.setting_count = settings.size();
        abi.pid = s.pid;
        abi.has_command = s.has_command;
        abi.dump = to_abi(s.dump);
        abi.disable = to_abi(s.disable);
    }
};

class FrontendInstance {
public:
    FrontendInstance(HostServices& host, const Sidecar& sidecar) {
        const auto* loaded = host.registry().load(sidecar);
        if (!loaded) return;
        factory_ = static_cast<const avocet_frontend_factory*>(loaded->factory);
        auto options = host.plugin_options(sidecar.id, factory_->base);
        if (!options || factory_->create(loaded->host, &options->abi(), &self_) != AVOCET_OK) self_ = nullptr;
    }
    ~FrontendInstance() {
        if (self_) factory_->destroy(self_);
    }
    FrontendInstance(const FrontendInstance&) = delete;
    FrontendInstance& operator=(const FrontendInstance&) = delete;
    explicit operator bool() const { return self_; }
    const avocet_frontend_factory* operator->() const { return factory_; }
    avocet_frontend* self() const { return self_; }

private:
    const avocet_frontend_factory* factory_ = nullptr;
    avocet_frontend* self_ = nullptr;
};

// What a compilation produces, as it arrives.
struct Events {
    std::function<void(std::string_view, std::string_view)> on_dump;
    std::vector<Dependency> dependencies;
    std::string object;

    void depend(const avocet_dependency& d) {
        std::string kind = string(d.kind), name = string(d.name);
        dependencies.push_back({kind, name, dependency_state(kind, name)});
    }
    avocet_compile_events table() {
        return {sizeof(avocet_compile_events),
                0,
                this,
                [](void* ctx, const avocet_dependency* d) { static_cast<Events*>(ctx)->depend(*d); },
                [](void* ctx, avocet_str stage, avocet_str text) {
                    auto& self = *static_cast<Events*>(ctx);
                    if (self.on_dump) self.on_dump(avocet::view(stage), avocet::view(text));
                },
                [](void* ctx, avocet_bytes elf) {
                    static_cast<Events*>(ctx)->object.assign(static_cast<const char*>(elf.data), elf.size);
                }};
    }
};

}  // namespace

const Sidecar* Compiler::choose(const SourceInput& source) {
    Registry& registry = host_.registry();
    std::string wanted = source.frontend;
    if (wanted.empty()) {
        std::string extension = std::filesystem::path(source.name).extension().string();
        const Sidecar* by_name = extension.empty() ? nullptr : registry.find_extension(extension);
        if (by_name && by_name->kind == "frontend") return by_name;
        wanted = config_.frontend;
    }
    if (!wanted.empty()) {
        if (const Sidecar* found = registry.find("frontend", wanted)) return found;
        std::string near = closest(wanted, registry.provided("frontend"));
        host_.diagnostics().error(
            "core", "frontend '" + wanted + "': no plugin provides it",
            near.empty() ? "`avocet plugins` lists what is installed" : "did you mean '" + near + "'?", 110);
        return nullptr;
    }
    if (const Sidecar* found = registry.find_default("frontend")) return found;
    host_.diagnostics().error("core", "no frontend is installed",
                              "set AVOCET_PLUGINS_DIRECTORIES, or [plugins] directories", 111);
    return nullptr;
}

std::string Compiler::key(const SourceInput& source, const Sidecar& sidecar) const {
    CacheKey key;
    key.add("format", "1").add("frontend", sidecar.id).add("version", sidecar.version);
    key.add("library", dependency_state("file", sidecar.library.string()));
    key.add("name", source.name).add("text", source.text).add("tool", source.tool);
    for (const auto& p : source.parameters) key.add("parameter", p);
    for (const auto& d : source.include_dirs) key.add("include", d);
    for (const auto& f : source.include_files) key.add("header", f);
    // What the C parser reads from the environment decides which headers are found.
    for (const char* name : {"CPATH", "C_INCLUDE_PATH", "BPFTRACE_KERNEL_SOURCE", "BPFTRACE_KERNEL_BUILD"})
        if (const char* value = std::getenv(name)) key.add(name, value);
    for (const auto& s : source.settings) key.add("setting", s);
    key.add("pid", std::to_string(source.pid)).add("command", source.has_command ? "1" : "0");
    key.add("unsafe", source.unsafe ? "1" : "0").add("warnings", source.warnings ? "1" : "0");
    key.add("portable", source.portable ? "1" : "0").add("disable", source.disable);
    return key.hex();
}

// A file that a frontend asks for: in whatever language its name says.
avocet_status Compiler::compile_file(const SourceInput& importer, std::string_view path, uint32_t flags,
                                     const avocet_compile_events& events) {
    SourceInput source;
    source.name = std::string(path);
    source.tool = std::filesystem::path(path).stem().string();
    source.include_dirs = importer.include_dirs;
    std::ifstream file(source.name, std::ios::binary);
    source.text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (!file.is_open() || file.bad()) {
        host_.diagnostics().error("core", "file '" + source.name + "': cannot be read", {}, 190);
        return AVOCET_ERR_IO;
    }
    const Sidecar* sidecar = host_.registry().find_extension(std::filesystem::path(path).extension().string());
    if (!sidecar || sidecar->kind != "frontend") {
        host_.diagnostics().error("core", "file '" + source.name + "': no frontend is installed for it",
                                  "`avocet plugins` lists what is", 191);
        return AVOCET_ERR_NOT_FOUND;
    }
    host_.diagnostics().add_source(source.name, source.text);
    FrontendInstance frontend(host_, *sidecar);
    if (!frontend) return AVOCET_ERR_NOT_FOUND;
    AbiSource abi(source);
    abi.abi.flags = flags;
    return frontend->compile(frontend.self(), &abi.abi, &events);
}

CompileOutcome Compiler::compile(const SourceInput& source,
                                 const std::function<void(std::string_view, std::string_view)>& on_dump) {
    CompileOutcome outcome;
    const Sidecar* sidecar = choose(source);
    if (!sidecar) return outcome;
    host_.diagnostics().add_source(source.name, source.text);

    bool cacheable =
        config_.cache_enabled && !config_.cache_directory.empty() && source.dump.empty() && !source.check_only;
    std::optional<CompileCache> cache;
    std::string entry;
    if (cacheable) {
        cache.emplace(config_.cache_directory, config_.cache_bytes, host_.diagnostics());
        entry = key(source, *sidecar);
        if (auto object = cache->find(entry, outcome.cache_note)) {
            outcome.program = Program::open(std::move(*object), source.name, host_.diagnostics());
            outcome.ok = outcome.program != nullptr;
            return outcome;
        }
    }
    FrontendInstance frontend(host_, *sidecar);
    if (!frontend) return outcome;
    Events events;
    events.on_dump = on_dump;
    host_.on_dependency([&](const avocet_dependency& d) { events.depend(d); });
    host_.set_compiler([&](std::string_view path, uint32_t flags, const avocet_compile_events& e) {
        return compile_file(source, path, flags, e);
    });
    AbiSource abi(source);
    avocet_compile_events table = events.table();
    size_t errors = host_.diagnostics().error_count(), reports = host_.diagnostics().report_count();
    avocet_status status = frontend->compile(frontend.self(), &abi.abi, &table);
    host_.on_dependency(nullptr);
    host_.set_compiler(nullptr);
    if (status != AVOCET_OK) {
        if (host_.diagnostics().error_count() == errors)
            host_.diagnostics().error(sidecar->id, "compilation failed without a reason given", {}, 112);
        return outcome;
    }
    outcome.ok = true;
    if (source.check_only) return outcome;
    if (events.object.empty()) {
        host_.diagnostics().error(sidecar->id, "compilation produced no program", {}, 113);
        outcome.ok = false;
        return outcome;
    }
    // Warnings belong to every run of a source, so a compilation that had some is not cached.
    if (cache && host_.diagnostics().report_count() == reports) {
        std::string why;
        if (!cache->store(entry, events.object, std::move(events.dependencies), why))
            outcome.cache_note += "; not stored: " + why;
    }
    outcome.program = Program::open(std::move(events.object), source.name, host_.diagnostics());
    outcome.ok = outcome.program != nullptr;
    return outcome;
}

std::optional<std::string> Compiler::format(const SourceInput& source) {
    const Sidecar* sidecar = choose(source);
    if (!sidecar) return std::nullopt;
    host_.diagnostics().add_source(source.name, source.text);
    FrontendInstance frontend(host_, *sidecar);
    if (!frontend) return std::nullopt;
    Events events;
    std::string text;
    events.on_dump = [&](std::string_view, std::string_view t) { text = std::string(t); };
    AbiSource abi(source);
    avocet_compile_events table = events.table();
    if (frontend->format(frontend.self(), &abi.abi, &table) != AVOCET_OK) return std::nullopt;
    return text;
}

}  // namespace avocet::core
