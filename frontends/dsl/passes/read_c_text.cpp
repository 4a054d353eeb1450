// SPDX-License-Identifier: Apache-2.0
#include "passes/read_c_text.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "types/c_conditions.hpp"
#include "types/c_text.hpp"
#include "types/clang_reader.hpp"
#include "types/kernel_constants.hpp"

namespace avocet::dsl {

namespace {

namespace fs = std::filesystem;

constexpr uint32_t c_text_error = 320;  // E0320: refused by the C parser

class CTextReader {
public:
    explicit CTextReader(Unit& unit) : unit_(unit) {}

    void run() {
        std::vector<std::string> defined;
        if (unit_.structs.has_kernel_types()) defined.push_back("BPFTRACE_HAVE_BTF");
        const CSelection selection = select_c_text(unit_.script.c_definitions, defined);
        unit_.has_includes = !selection.includes.empty();
        const bool plain = !selection.needs_compiler && selection.includes.empty() && include_files().empty();
        if (plain && read_plainly(selection)) return;
        if (const auto clang = ClangLibrary::open()) return read_by_clang(*clang, defined);
        // Without libclang: kernel headers may be left out, BTF has the types and a table the constants.
        const bool covered = !selection.needs_compiler && include_files().empty() && uncovered(selection) == nullptr;
        if (covered && !defined.empty() && read_plainly(selection)) return;
        refuse_without_clang(selection);
    }

private:
    std::vector<std::string> include_files() const {
        std::vector<std::string> files;
        const avocet_source* source = unit_.source;
        if (!source) return files;
        for (size_t i = 0; i < source->include_file_count; ++i) files.push_back(string(source->include_files[i]));
        return files;
    }

    const Span& span_of(size_t piece) const {
        static const Span nowhere;
        return piece < unit_.script.c_definition_spans.size() ? unit_.script.c_definition_spans[piece] : nowhere;
    }

    bool read_plainly(const CSelection& selection) {
        problems_.clear();
        for (const CPiece& piece : selection.definitions)
            if (std::string problem = read_c_definition(unit_.structs, piece.text); !problem.empty())
                problems_.emplace_back(piece, std::move(problem));
        if (!problems_.empty()) return false;
        unit_.c_macros = selection.macros;
        return true;
    }

    static const CPiece* uncovered(const CSelection& selection) {
        for (const CPiece& include : selection.includes) {
            std::string_view header = include.text;
            const bool system = header.starts_with("<") && header.ends_with(">");
            if (!system || !header_is_covered(header.substr(1, header.size() - 2))) return &include;
        }
        return nullptr;
    }

    void refuse_without_clang(const CSelection& selection) {
        for (const std::string& text : unit_.script.c_definitions) unit_.refused_c_text += text + "\n";
        if (const CPiece* include = uncovered(selection)) {
            unit_.diagnostics
                ->error(span_of(include->index), fmt::format("#include {}: headers cannot be read here", include->text),
                        c_text_error)
                .with_hint(clang_missing_hint);
        }
        for (const auto& [piece, problem] : problems_)
            unit_.diagnostics->error(span_of(piece.index), "C definition: " + problem, c_text_error)
                .with_hint(clang_missing_hint);
        if (!unit_.failed())
            unit_.diagnostics
                ->error(unit_.script.c_definition_spans.empty() ? Span() : unit_.script.c_definition_spans.front(),
                        "this C text takes a C parser", c_text_error)
                .with_hint(clang_missing_hint);
    }

    // ---- libclang ----
    // The pieces at their places in the script, so that positions in messages are the script's. Imported ones follow
    // under the name of their file.
    std::string joined_text() const {
        std::string own, imported;
        uint32_t line = 1;
        size_t column = 1;
        for (size_t i = 0; i < unit_.script.c_definitions.size(); ++i) {
            const Span& span = span_of(i);
            const std::string& text = unit_.script.c_definitions[i];
            if (span.file != 0 || span.line < line || (span.line == line && line > 1 && column > 1 && text[0] == '#')) {
                imported += span.line ? fmt::format("#line {} \"{}\"\n", span.line, unit_.sources->name(span.file))
                                      : std::string();
                imported += text + (text.starts_with("#") ? "\n" : ";\n");
                continue;
            }
            if (span.line > line) {
                own.append(span.line - line, '\n');
                column = 1;
            }
            if (span.column > column) own.append(span.column - column, ' ');
            own += text;
            if (!text.starts_with("#") && !std::string_view(text).ends_with(";")) own += ";";
            line = span.line + static_cast<uint32_t>(std::count(text.begin(), text.end(), '\n'));
            column = own.size() - own.rfind('\n');
        }
        return imported.empty() ? own : imported + "#line 1 \"" + c_text_name + "\"\n" + own;
    }

    CText input(const std::vector<std::string>& defined) const {
        CText c;
        c.text = joined_text();
        c.definitions = defined;
        c.include_files = include_files();
        for (size_t i = 0; unit_.source && i < unit_.source->include_dir_count; ++i)
            c.include_dirs.push_back(string(unit_.source->include_dirs[i]));
        if (unit_.source) {
            const fs::path directory = fs::path(string(unit_.source->name)).parent_path();
            if (!directory.empty()) c.quote_dirs.push_back(directory.string());
        }
        add_kernel_headers(c);
        return c;
    }

    static std::string from_environment(const char* name) {
        const char* value = std::getenv(name);
        return value ? value : "";
    }

    // Kernel headers, when they are installed: /lib/modules/RELEASE/{source,build}, or where the environment says.
    static void add_kernel_headers(CText& c) {
        std::string source = from_environment("BPFTRACE_KERNEL_SOURCE"),
                    build = from_environment("BPFTRACE_KERNEL_BUILD");
        utsname machine{};
        uname(&machine);
        const std::string modules = std::string("/lib/modules/") + machine.release;
        std::error_code none;
        if (build.empty()) build = source.empty() ? modules + "/build" : source;
        if (source.empty()) source = fs::exists(modules + "/source", none) ? modules + "/source" : build;
        if (!fs::exists(source + "/include/linux/kconfig.h", none)) return;
        for (const std::string& root : {source, build})
            for (const char* part :
                 {"/arch/x86/include", "/arch/x86/include/generated", "/include", "/arch/x86/include/uapi",
                  "/arch/x86/include/generated/uapi", "/include/uapi", "/include/generated/uapi"})
                if (fs::exists(root + part, none)) c.system_dirs.push_back(root + part);
        c.include_files.insert(c.include_files.begin(), source + "/include/linux/kconfig.h");
        for (const char* name : {"__KERNEL__", "__BPF_TRACING__", "KBUILD_MODNAME=\"avocet\""})
            c.definitions.emplace_back(name);
    }

    void read_by_clang(const ClangLibrary& clang, const std::vector<std::string>& defined) {
        const CText text = input(defined);
        CFindings findings = read_with_clang(clang, unit_.structs, text);
        for (const std::string& header : findings.headers)
            unit_.dependencies.emplace_back("content", fs::absolute(header).string());
        unit_.c_macros = std::move(findings.macros);
        for (const std::string& name : findings.conflicts)
            unit_.diagnostics->warning({}, fmt::format("type '{}': the C text defines it otherwise than the kernel's "
                                                       "BTF; the script sees the C text's",
                                                       name));
        for (const std::string& header : findings.missing)
            if (!header_is_covered(header))
                unit_.diagnostics->warning({}, fmt::format("header '{}': not installed; the kernel's types come from "
                                                           "BTF, its macros are unknown",
                                                           header));
        if (findings.errors.empty()) return;
        for (const std::string& piece : unit_.script.c_definitions) unit_.refused_c_text += piece + "\n";
        const uint32_t file = unit_.sources->add(c_text_name, text.text);
        std::set<std::string> said;
        for (const CProblem& problem : findings.errors) {
            Span span;
            if (problem.file == c_text_name)
                span = {file, problem.line, problem.column, problem.line, problem.column + 1, 0};
            const std::string place = span.line || problem.file.empty()
                                          ? std::string()
                                          : fmt::format("{}:{}:{}: ", problem.file, problem.line, problem.column);
            if (said.insert(place + std::to_string(span.line) + problem.text).second)
                unit_.diagnostics->error(span, place + problem.text, c_text_error);
        }
    }

    Unit& unit_;
    std::vector<std::pair<CPiece, std::string>> problems_;
};

}  // namespace

void read_c_text(Unit& unit) {
    const bool included = unit.source && unit.source->include_file_count > 0;
    if (!unit.script.c_definitions.empty() || included) CTextReader(unit).run();
}

Pass read_c_text_pass() { return {"read_c_text", false, read_c_text, nullptr, nullptr, true}; }

}  // namespace avocet::dsl
