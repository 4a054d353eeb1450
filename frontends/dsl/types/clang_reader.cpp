// SPDX-License-Identifier: Apache-2.0
#include "types/clang_reader.hpp"

#include <set>
#include <string_view>

#include "types/btf_declarations.hpp"
#include "types/clang_types.hpp"
#include "types/kernel_constants.hpp"

namespace avocet::dsl {

namespace {

constexpr const char* kernel_header = "/avocet/kernel_types.h";
constexpr const char* missing_headers = "/avocet/missing/";
constexpr int most_rounds = 12;

// What clang says is missing: the quoted name in "unknown type name 'X'", "incomplete type 'struct X'" ...
std::string quoted(std::string_view text) {
    const size_t open = text.find('\'');
    const size_t close = open == std::string_view::npos ? open : text.find('\'', open + 1);
    if (close == std::string_view::npos) return {};
    std::string_view name = text.substr(open + 1, close - open - 1);
    for (const std::string_view word : {"struct ", "union ", "enum ", "const "})
        if (name.starts_with(word)) name.remove_prefix(word.size());
    return std::string(name);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// One parse: index, unit and the files that exist only in memory.
class Parse {
public:
    Parse(const ClangLibrary& clang, const CText& input, const std::string& kernel_types,
          const std::set<std::string>& empty_headers)
        : clang_(clang) {
        arguments_ = {"-x", "c", "-std=gnu11", "-w", "-ferror-limit=0", "-DBPFTRACE=1"};
        for (const auto& d : input.definitions) arguments_.push_back("-D" + d);
        for (const auto& d : input.quote_dirs) arguments_.insert(arguments_.end(), {"-iquote", d});
        for (const auto& d : input.include_dirs) arguments_.push_back("-I" + d);
        for (const auto& d : input.system_dirs) arguments_.insert(arguments_.end(), {"-isystem", d});
        arguments_.insert(arguments_.end(), {"-idirafter", missing_headers});
        if (!kernel_types.empty()) arguments_.insert(arguments_.end(), {"-include", kernel_header});
        for (const auto& f : input.include_files) arguments_.insert(arguments_.end(), {"-include", f});
        for (const auto& a : arguments_) pointers_.push_back(a.c_str());
        for (const auto& h : empty_headers) names_.push_back(missing_headers + h);
        add(c_text_name, input.text);
        if (!kernel_types.empty()) add(kernel_header, kernel_types);
        for (const auto& n : names_) add(n.c_str(), empty_);
        index_ = clang.createIndex(0, 0);
        clang.parseTranslationUnit2(index_, c_text_name, pointers_.data(), static_cast<int>(pointers_.size()),
                                    files_.data(), static_cast<unsigned>(files_.size()),
                                    CXTranslationUnit_DetailedPreprocessingRecord | CXTranslationUnit_KeepGoing |
                                        CXTranslationUnit_SkipFunctionBodies,
                                    &unit_);
    }
    ~Parse() {
        if (unit_) clang_.disposeTranslationUnit(unit_);
        clang_.disposeIndex(index_);
    }
    Parse(const Parse&) = delete;
    Parse& operator=(const Parse&) = delete;

    CXTranslationUnit unit() const { return unit_; }

    CProblem place(CXSourceLocation location) const {
        CProblem problem;
        CXFile file = nullptr;
        unsigned offset = 0;
        clang_.getExpansionLocation(location, &file, &problem.line, &problem.column, &offset);
        if (file) problem.file = clang_.text(clang_.getFileName(file));
        return problem;
    }

    std::vector<CProblem> errors() const {
        std::vector<CProblem> out;
        if (!unit_) return {{"the C text cannot be read by libclang", c_text_name, 0, 0}};
        for (unsigned i = 0; i < clang_.getNumDiagnostics(unit_); ++i) {
            CXDiagnostic diagnostic = clang_.getDiagnostic(unit_, i);
            if (clang_.getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
                CProblem problem = place(clang_.getDiagnosticLocation(diagnostic));
                problem.text = clang_.text(clang_.getDiagnosticSpelling(diagnostic));
                out.push_back(std::move(problem));
            }
            clang_.disposeDiagnostic(diagnostic);
        }
        return out;
    }

private:
    void add(const char* name, const std::string& text) { files_.push_back({name, text.c_str(), text.size()}); }

    const ClangLibrary& clang_;
    std::vector<std::string> arguments_, names_;
    std::vector<const char*> pointers_;
    std::vector<CXUnsavedFile> files_;
    std::string empty_;
    CXIndex index_ = nullptr;
    CXTranslationUnit unit_ = nullptr;
};

class Reader {
public:
    Reader(const ClangLibrary& clang, StructTable& table, const CText& input)
        : clang_(clang), table_(table), input_(input) {}

    CFindings run() {
        CFindings out;
        for (int round = 0; round < most_rounds; ++round) {
            Parse parse(clang_, input_, kernel_types(), empty_headers_);
            out.errors = parse.errors();
            if (!out.errors.empty() && supply(out.errors)) continue;
            if (parse.unit()) collect(parse, out);
            break;
        }
        out.missing.assign(empty_headers_.begin(), empty_headers_.end());
        out.conflicts.assign(conflicts_.begin(), conflicts_.end());
        return out;
    }

private:
    std::string kernel_types() {
        const BtfIndex* btf = names_.empty() ? nullptr : table_.kernel_btf();
        if (!btf) return {};
        BtfDeclarations declarations(*btf);
        bool used = false;
        for (auto name = names_.begin(); name != names_.end();) {
            const bool known = !dropped_.contains(*name) && declarations.add(*name);
            used = used || known;
            name = known ? std::next(name) : names_.erase(name);
        }
        if (used) table_.use_kernel();
        return declarations.text();
    }

    // Whether reading the text once more may mend some of the errors.
    bool supply(const std::vector<CProblem>& errors) {
        bool changed = false;
        for (const CProblem& error : errors) {
            const std::string name = quoted(error.text);
            if (name.empty()) continue;
            if (contains(error.text, "file not found")) {
                changed =
                    (table_.kernel_btf() && is_kernel_header(name) && empty_headers_.insert(name).second) || changed;
            } else if (contains(error.text, "redefinition")) {
                if (names_.contains(name) && dropped_.insert(name).second) {
                    if (error.file == c_text_name || error.file.find("/usr/") != 0) conflicts_.insert(name);
                    changed = true;
                }
            } else if (contains(error.text, "unknown type name") || contains(error.text, "incomplete") ||
                       contains(error.text, "undeclared identifier")) {
                const bool wanted = table_.kernel_btf() && !dropped_.contains(name) && !tried_.contains(name);
                if (!wanted) continue;
                tried_.insert(name);
                names_.insert(name);
                changed = true;
            }
        }
        return changed;
    }

    static bool is_kernel_header(const std::string& name) {
        return header_is_covered(name) || name.starts_with("linux/") || name.starts_with("net/") ||
               name.starts_with("asm/") || name.starts_with("uapi/") || name.starts_with("asm-generic/");
    }

    void collect(Parse& parse, CFindings& out) {
        std::set<std::string> headers;
        auto note_header = [&](CXFile file) { headers.insert(clang_.text(clang_.getFileName(file))); };
        using Note = decltype(note_header);
        clang_.getInclusions(
            parse.unit(),
            [](CXFile file, CXSourceLocation*, unsigned, CXClientData data) { (*static_cast<Note*>(data))(file); },
            &note_header);
        for (const std::string& header : headers)
            if (header != c_text_name && !header.starts_with("/avocet/")) out.headers.push_back(header);
        ClangTypes types(clang_, table_, [&](CXCursor cursor) {
            return parse.place(clang_.getCursorLocation(cursor)).file == kernel_header;
        });
        auto visit = [&](CXCursor cursor) {
            if (clang_.getCursorKind(cursor) == CXCursor_MacroDefinition)
                take_macro(parse, cursor, out);
            else
                types.define(cursor);
        };
        using Visit = decltype(visit);
        clang_.visitChildren(
            clang_.getTranslationUnitCursor(parse.unit()),
            [](CXCursor cursor, CXCursor, CXClientData data) {
                (*static_cast<Visit*>(data))(cursor);
                return CXChildVisit_Continue;
            },
            &visit);
    }

    void take_macro(Parse& parse, CXCursor cursor, CFindings& out) {
        if (clang_.Cursor_isMacroFunctionLike(cursor) || clang_.Cursor_isMacroBuiltin(cursor)) return;
        CXToken* tokens = nullptr;
        unsigned count = 0;
        clang_.tokenize(parse.unit(), clang_.getCursorExtent(cursor), &tokens, &count);
        std::string text;
        unsigned end_of_last = 0;
        for (unsigned i = 1; i < count; ++i) {  // the first is the name
            const CXSourceRange extent = clang_.getTokenExtent(parse.unit(), tokens[i]);
            unsigned begin = 0, end = 0;
            clang_.getExpansionLocation(clang_.getRangeStart(extent), nullptr, nullptr, nullptr, &begin);
            clang_.getExpansionLocation(clang_.getRangeEnd(extent), nullptr, nullptr, nullptr, &end);
            if (!text.empty() && begin != end_of_last) text += ' ';
            text += clang_.text(clang_.getTokenSpelling(parse.unit(), tokens[i]));
            end_of_last = end;
        }
        clang_.disposeTokens(parse.unit(), tokens, count);
        out.macros[clang_.text(clang_.getCursorSpelling(cursor))] = std::move(text);
    }

    const ClangLibrary& clang_;
    StructTable& table_;
    const CText& input_;
    std::set<std::string> names_, tried_, dropped_, conflicts_, empty_headers_;
};

}  // namespace

CFindings read_with_clang(const ClangLibrary& clang, StructTable& table, const CText& input) {
    return Reader(clang, table, input).run();
}

}  // namespace avocet::dsl
