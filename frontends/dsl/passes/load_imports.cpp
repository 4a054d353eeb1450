// SPDX-License-Identifier: Apache-2.0
//
// A path is looked for relative to the directory of the file that imports it. What anyone on the machine could have
// changed (world-writable files and directories) is refused: an import runs with the tracer's privileges.
#include "passes/load_imports.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "avocet/abi/compile.h"
#include "avocet/nearest.hpp"
#include "syntax/parser.hpp"
#include "syntax/visit.hpp"
#include "types/c_library.hpp"

namespace avocet::dsl {
namespace {

namespace fs = std::filesystem;

constexpr size_t max_files = 200;
constexpr std::array<std::string_view, 3> library_parts{"stdlib", "stdlib/base", "stdlib/strings"};

bool is_world_writable(const fs::path& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && (info.st_mode & S_IWOTH) && !(info.st_mode & S_ISVTX);
}

bool is_importable(std::string_view name) {
    for (const char* ending : {".bt", ".h", ".bpf.c", ".bpf.o"})
        if (name.ends_with(ending)) return true;
    return false;
}

template <class T>
void move_all(std::vector<T>& into, std::vector<T>& from) {
    into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Everything of `from` behind everything of `into`.
void append(Script& into, Script&& from) {
    auto offset = [&](Script::Item item) -> size_t {
        switch (item) {
            case Script::Item::c_definition: return into.c_definitions.size();
            case Script::Item::config: return 0;
            case Script::Item::import: return into.imports.size();
            case Script::Item::macro: return into.macros.size();
            case Script::Item::function: return into.functions.size();
            case Script::Item::map_declaration: return into.map_declarations.size();
            case Script::Item::clause: return into.clauses.size();
        }
        return 0;
    };
    for (auto [item, i] : from.items) into.items.emplace_back(item, i + offset(item));
    move_all(into.c_definitions, from.c_definitions);
    move_all(into.c_definition_spans, from.c_definition_spans);
    move_all(into.imports, from.imports);
    move_all(into.macros, from.macros);
    move_all(into.functions, from.functions);
    move_all(into.map_declarations, from.map_declarations);
    move_all(into.clauses, from.clauses);
    move_all(into.comments, from.comments);
    move_all(into.config, from.config);
    if (from.config_span.line) into.config_span = from.config_span;
}

class Loader {
public:
    explicit Loader(Unit& unit) : unit_(unit) {}

    void run() {
        std::string name = unit_.source ? string(unit_.source->name) : std::string();
        std::error_code unnamed;  // "stdin"
        if (fs::path self = fs::canonical(name, unnamed); !unnamed) seen_.insert(self);
        Script all;
        load_imports_of(unit_.script, fs::path(name).parent_path(), all);
        append(all, std::move(unit_.script));
        unit_.script = std::move(all);
    }

private:
    Message& error(const Span& span, std::string text) { return unit_.diagnostics->error(span, std::move(text)); }

    void load_imports_of(const Script& script, const fs::path& directory, Script& all) {
        for (const auto& [path, span] : script.imports) load(path, span, directory, all);
    }

    void load(const std::string& written, const Span& span, const fs::path& directory, Script& all) {
        if (written == "stdlib" || written.starts_with("stdlib/")) return check_library(written, span);
        fs::path path = fs::path(written).is_absolute() ? fs::path(written) : directory / written;
        std::error_code ignored;
        if (!fs::exists(path, ignored)) {
            error(span, fmt::format("import '{}': no such file or directory", written))
                .with_hint("checked: " + path.string());
            return;
        }
        fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
        for (const fs::path& place : {path, parent}) {
            if (!is_world_writable(place)) continue;
            error(span, fmt::format("import '{}': refused, everyone may write to {}", written, place.string()))
                .with_hint("remove the write permission for others: chmod o-w");
            return;
        }
        if (fs::is_directory(path, ignored)) return load_directory(path, span, all);
        load_file(path, span, all);
    }

    // The library is part of the compiler: naming a part of it needs nothing, if there is such a part.
    void check_library(const std::string& written, const Span& span) {
        const std::string part = written.ends_with(".bt") ? written.substr(0, written.size() - 3) : written;
        if (std::find(library_parts.begin(), library_parts.end(), part) != library_parts.end()) return;
        const std::string hint = nearest_hint(part, library_parts);
        error(span, fmt::format("import '{}': the library has no such part", written))
            .with_hint(hint.empty() ? fmt::format("there are {}", fmt::join(library_parts, ", ")) : hint);
    }

    void load_directory(const fs::path& directory, const Span& span, Script& all) {
        std::vector<fs::path> files;
        std::error_code failure;
        for (const auto& entry : fs::directory_iterator(directory, failure))
            if (is_importable(entry.path().filename().string())) files.push_back(entry.path());
        if (failure) error(span, fmt::format("import '{}': {}", directory.string(), failure.message()));
        std::sort(files.begin(), files.end());
        for (const fs::path& file : files) load(file.filename().string(), span, directory, all);
    }

    void load_file(const fs::path& path, const Span& span, Script& all) {
        std::error_code failure;
        fs::path identity = fs::canonical(path, failure);
        if (!seen_.insert(failure ? path : identity).second) return;
        if (seen_.size() > max_files) {
            if (seen_.size() == max_files + 1) error(span, fmt::format("more than {} imported files", max_files));
            return;
        }
        unit_.dependencies.emplace_back("content", failure ? path.string() : identity.string());
        if (path.extension() == ".bt") return load_script(path, span, all);
        if (path.extension() == ".h") {
            all.items.emplace_back(Script::Item::c_definition, all.c_definitions.size());
            all.c_definitions.push_back(fmt::format("#include \"{}\"", identity.string()));
            all.c_definition_spans.push_back(span);
            return;
        }
        const std::string name = path.filename().string();
        if (name.ends_with(".bpf.c")) return compile_library(path, name, span);
        if (name.ends_with(".bpf.o")) return load_object(path, name, span);
        error(span, fmt::format("unknown import type: \"{}\"", name))
            .with_hint(
                "scripts (.bt), headers (.h), C programs (.bpf.c, .bpf.o) and directories of them can be imported");
    }

    void compile_library(const fs::path& path, const std::string& name, const Span& span) {
        const auto* host = unit_.host ? unit_.host->extension<avocet_host_compile>(AVOCET_HOST_COMPILE_1) : nullptr;
        if (!host) {
            error(span, fmt::format("import '{}': this host compiles no C", name))
                .with_hint("import its object, .bpf.o");
            return;
        }
        struct Answer {
            Unit& unit;
            std::string object;
        } answer{unit_, {}};
        avocet_compile_events events{};
        events.struct_size = sizeof events;
        events.ctx = &answer;
        events.on_dependency = [](void* ctx, const avocet_dependency* d) {
            static_cast<Answer*>(ctx)->unit.dependencies.emplace_back(string(d->kind), string(d->name));
        };
        events.on_program = [](void* ctx, avocet_bytes elf) {
            static_cast<Answer*>(ctx)->object.assign(static_cast<const char*>(elf.data), elf.size);
        };
        const std::string file = path.string();
        if (host->compile(host->ctx, to_abi(file), 0, &events) != AVOCET_OK) {
            error(span, fmt::format("import '{}': failed to build", name));
            return;
        }
        add_library({name, std::move(answer.object), span});
    }

    void load_object(const fs::path& path, const std::string& name, const Span& span) {
        std::ifstream in(path, std::ios::binary);
        std::string object((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        if (!in.is_open() || in.bad()) {
            error(span, fmt::format("import '{}': cannot be read", path.string()));
            return;
        }
        add_library({name, std::move(object), span});
    }

    void add_library(CLibrary library) {
        std::vector<CFunction> functions;
        if (!read_c_functions(library.object, functions)) {
            error(library.span, fmt::format("import '{}': no BPF object with types (BTF)", library.name))
                .with_hint("compile it with clang -g -O2 -target bpf");
            return;
        }
        for (CFunction& f : functions) unit_.c_functions.insert_or_assign(f.name, std::move(f));
        for (std::string& map : read_c_maps(library.object)) unit_.c_maps.insert(std::move(map));
        unit_.libraries.push_back(std::move(library));
    }

    void load_script(const fs::path& path, const Span& span, Script& all) {
        std::ifstream in(path, std::ios::binary);
        std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        if (!in.is_open() || in.bad()) {
            error(span, fmt::format("import '{}': cannot be read", path.string()));
            return;
        }
        Script script =
            parse_script(*unit_.sources, unit_.sources->add(path.string(), std::move(text)), *unit_.diagnostics, true);
        load_imports_of(script, path.parent_path(), all);
        script.comments.clear();
        append(all, std::move(script));
    }

    Unit& unit_;
    std::set<fs::path> seen_;
};

class InnerImports : public Walker {
public:
    explicit InnerImports(Unit& unit) : unit_(unit) {}
    void on_stmt(StmtPtr& s) override {
        if (s->kind == StmtKind::import)
            unit_.diagnostics->error(s->span, "import inside a block: only the built-in library may do this")
                .with_hint("imports stand before macros, functions and clauses");
        walk_children(*s);
    }

private:
    Unit& unit_;
};

void load_imports(Unit& unit) {
    InnerImports inner(unit);
    for (Clause& clause : unit.script.clauses) inner.on_clause(clause);
    for (Macro& macro : unit.script.macros) inner.on_block(*macro.body);
    if (!unit.script.imports.empty()) Loader(unit).run();
}

}  // namespace

Pass load_imports_pass() { return {"load_imports", false, load_imports, nullptr, nullptr}; }

}  // namespace avocet::dsl
