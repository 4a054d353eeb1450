// SPDX-License-Identifier: Apache-2.0
//
// What is known of the traced file when the program is compiled. One function may have targets in several files: then
// the answer must be the same for all of them.
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <optional>
#include <set>

#include "avocet/abi/traced_symbol.h"
#include "passes/builtins/hooks.hpp"

namespace avocet::dsl {

namespace {

// Of "uprobe:PATH:FUNCTION" and "usdt:PATH:PROVIDER:NAME". An ARCHIVE!/MEMBER is the archive's file.
std::string file_of(const std::string& target) {
    const size_t begin = target.find(':') + 1, end = target.find(':', begin);
    std::string path = target.substr(begin, end - begin);
    if (path.size() > 1 && path.front() == '"' && path.back() == '"') path = path.substr(1, path.size() - 2);
    return path.substr(0, path.find("!/"));
}

std::set<std::string> traced_files(const ProbeFacts& facts) {
    std::set<std::string> files;
    for (const std::string& target : facts.targets) files.insert(file_of(target));
    return files;
}

// Linked to run at one address (elf(5): ET_EXEC).
std::optional<uint64_t> is_fixed_executable(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    Elf64_Ehdr header{};
    const ssize_t got = read(file, &header, sizeof header);
    close(file);
    if (got != sizeof header) return errno = ENOEXEC, std::nullopt;
    return header.e_type == ET_EXEC;
}

std::optional<uint64_t> inode(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return std::nullopt;
    return info.st_ino;
}

bool probes_files(const ProbeFacts& facts) {
    return facts.unknown || facts.probetype == "uprobe" || facts.probetype == "uretprobe" || facts.probetype == "usdt";
}

template <std::optional<uint64_t> (*Fact)(const std::string& path)>
void find_fact(Typer& t, CallExpr& e) {
    std::set<uint64_t> answers;
    for (const std::string& path : traced_files(t.facts())) {
        const auto answer = Fact(path);
        if (!answer) {
            t.error(e.span, e.name + ": '" + path + "' cannot be read: " + errno_text(errno));
            return;
        }
        answers.insert(*answer);
        t.unit().dependencies.emplace_back("file", path);
    }
    if (answers.size() > 1)
        t.error(e.span, e.name + ": the probe's files differ").with_hint("write a clause for each file");
    e.number = answers.empty() ? 0 : *answers.begin();
}

template <std::optional<uint64_t> (*Fact)(const std::string& path)>
void infer_fact(Typer& t, CallExpr& e) {
    if (!t.reporting()) return;
    if (!probes_files(t.facts()))
        t.error(e.span, e.name + ": '" + t.facts().probetype + "' probes have no file")
            .with_hint("uprobe, uretprobe and usdt probes have");
    else if (t.unit().portable())
        t.error(e.span, e.name + ": the traced file is not known in a portable program")
            .with_hint("compile without --portable");
    else
        find_fact<Fact>(t, e);
}

Type infer_elf_is_exe(Typer& t, CallExpr& e) {
    infer_fact<is_fixed_executable>(t, e);
    return Type::boolean();
}
void convert_elf_is_exe(Converter&, ExprPtr& owner, CallExpr& e) {
    auto answer = std::make_unique<BooleanExpr>(e.span, e.number != 0);
    answer->type = Type::boolean();
    owner = std::move(answer);
}

Type infer_elf_info(Typer& t, CallExpr& e) {
    infer_fact<inode>(t, e);
    return Type::integer(8, false);
}
void convert_elf_info(Converter&, ExprPtr& owner, CallExpr& e) {
    owner = make_integer(e.span, e.number, Type::integer(8, false));
}

constexpr size_t most_anchors = 32;
constexpr uint64_t instruction_pointer = 128;  // in struct pt_regs of x86-64 (arch/x86/include/asm/ptrace.h)

// What uaddr() asks for.
struct TracedSymbol {
    std::string name, problem, hint;  // problem not empty: there is no address
    bool is_found = false, is_fixed = false;
    uint64_t address = 0, size = 0;  // as the symbol table counts
    std::vector<uint64_t> anchors;   // if it moves with the probe: its places, as the symbol table counts
};

// The answers of the host for one function: one file, usually.
avocet_status on_symbol(void* ctx, const avocet_traced_symbol* found) {
    auto& out = *static_cast<TracedSymbol*>(ctx);
    const std::string subject = "symbol '" + out.name + "' of '" + string(found->path) + "': ";
    const bool is_fixed = found->flags & AVOCET_TRACED_FIXED;
    if (found->refusal.size) {
        out.problem = subject + string(found->refusal);
        out.hint = "`nm " + string(found->path) + "` shows what it has";
        return AVOCET_STOP;
    }
    if (out.is_found && (!is_fixed || !out.is_fixed || found->address != out.address || found->size != out.size)) {
        out.problem = "symbol '" + out.name + "': the probe's files differ";
        out.hint = "write a clause for each file";
        return AVOCET_STOP;
    }
    out.is_found = true;
    out.is_fixed = is_fixed;
    out.address = found->address;
    out.size = found->size;
    if (is_fixed) return AVOCET_OK;
    out.anchors.assign(found->anchors, found->anchors + found->anchor_count);
    std::set<uint64_t> in_page;
    for (const uint64_t anchor : out.anchors) in_page.insert(anchor % AVOCET_TRACED_PAGE);
    if (out.anchors.empty() || in_page.size() < out.anchors.size() || out.anchors.size() > most_anchors) {
        out.problem = subject + "the program is loaded anywhere, and the " + std::to_string(out.anchors.size()) +
                      " places of the probe cannot be told apart";
        out.hint = "choose another probe, or link the program with -no-pie";
        return AVOCET_STOP;
    }
    return AVOCET_OK;
}

// An entry is where the register says; only the kernel knows where what returns has begun.
void refuse_return(Typer& t, TracedSymbol& symbol) {
    const auto* kernel = t.unit().host->extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    const bool at_return = t.facts().has & AVOCET_HAS_RETVAL;
    if (!symbol.problem.empty() || symbol.is_fixed || !at_return) return;
    if (kernel && kernel->has_feature(kernel->ctx, "uprobe_multi") == 1) return;
    symbol.problem = "symbol '" + symbol.name + "': where the program is loaded is not known when a function returns";
    symbol.hint = "needs Linux 6.6; or ask at the function's entry, or link the program with -no-pie";
}

TracedSymbol find_symbol(Typer& t, const std::string& name) {
    TracedSymbol out;
    out.name = name;
    const auto* host = t.unit().host->extension<avocet_host_traced_symbol>(AVOCET_HOST_TRACED_SYMBOL_1);
    if (!host) {
        out.problem = "symbol '" + name + "': this host does not know traced programs";
        return out;
    }
    const uint32_t flags = t.unit().source->flags & AVOCET_COMPILE_UNSAFE ? uint32_t{AVOCET_SPEC_UNSAFE} : 0;
    for (const std::string& spec : t.facts().specs)
        if (out.problem.empty() && host->find(host->ctx, to_abi(spec), t.unit().source->pid, flags, to_abi(name),
                                              on_symbol, &out) != AVOCET_OK)
            out.problem = "symbol '" + name + "': '" + spec + "' has no file to look in";
    refuse_return(t, out);
    return out;
}

// The arguments of the call behind its own, once it was looked for: its size is its type, which every round asks for.
enum { given_name, given_problem, given_hint, given_address, given_size, given_fixed, given_anchors };

void keep(CallExpr& e, const TracedSymbol& symbol) {
    const auto text = [&](const std::string& value) { e.args.push_back(std::make_unique<StringExpr>(e.span, value)); };
    const auto number = [&](uint64_t value) { e.args.push_back(make_integer(e.span, value, Type::integer(8, false))); };
    text(symbol.problem);
    text(symbol.hint);
    number(symbol.address);
    number(symbol.size);
    number(symbol.is_fixed);
    for (const uint64_t anchor : symbol.anchors) number(anchor);
}

uint64_t given_number(const CallExpr& e, size_t index) { return as<const IntegerExpr>(*e.args[index]).value; }

bool is_symbol_name(const std::string& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '.' || c == '/' || c == '_' || c == '-';
    });
}

// Why there is nothing to look for; empty: there is.
std::string refusal_of_uaddr(Typer& t, const std::string* name) {
    if (!name) return "takes the name of a symbol as a string literal";
    if (!is_symbol_name(*name)) return "'" + *name + "' is not the name of a symbol";
    if (!probes_files(t.facts())) return "'" + t.facts().probetype + "' probes have no file";
    if (t.unit().portable()) return "the traced file is not known in a portable program";
    return {};
}

Type infer_uaddr(Typer& t, CallExpr& e) {
    const auto pointer = [](uint64_t size) { return Type::pointer_to(Type::integer(size, false), Space::user); };
    if (e.args.size() <= given_anchors - 1) {
        const std::string* name = e.args.size() == 1 ? literal_string(*e.args[0]) : nullptr;
        if (const std::string refusal = refusal_of_uaddr(t, name); !refusal.empty()) {
            t.error(e.span, "uaddr(): " + refusal);
            return pointer(8);
        }
        if (t.facts().unknown) return pointer(8);
        keep(e, find_symbol(t, *name));
    }
    if (const std::string& problem = *literal_string(*e.args[given_problem]); !problem.empty())
        t.error(e.args[given_name]->span, "uaddr(): " + problem).with_hint(*literal_string(*e.args[given_hint]));
    const uint64_t size = given_number(e, given_size);
    return pointer(size == 1 || size == 2 || size == 4 ? size : 8);
}

ExprPtr binary(const Span& span, Op op, ExprPtr left, ExprPtr right) {
    auto e = std::make_unique<BinaryExpr>(span, op, std::move(left), std::move(right));
    e->type = op == Op::eq ? Type::boolean() : Type::integer(8, false);
    return e;
}

// Where the probe fired; at a return: where the function begins, because the register is in the caller by then.
ExprPtr fired(const Span& span, bool at_return) {
    auto e = std::make_unique<CallExpr>(span, at_return ? "func" : "reg");
    e->builtin = at_return ? Builtin::func : Builtin::reg;
    e->number = instruction_pointer;
    e->type = Type::integer(8, false);
    return e;
}

// As far from its address in the file as the probe is from its own.
void convert_uaddr(Converter& c, ExprPtr& owner, CallExpr& e) {
    const Span span = e.span;
    const bool at_return = c.function().facts.has & AVOCET_HAS_RETVAL;
    const auto number = [&](uint64_t value) { return make_integer(span, value, Type::integer(8, false)); };
    ExprPtr address = number(e.args.size() > given_address ? given_number(e, given_address) : 0);
    if (e.args.size() > given_anchors) {
        ExprPtr anchor = number(given_number(e, given_anchors));
        for (size_t i = given_anchors + 1; i < e.args.size(); ++i) {
            const uint64_t other = given_number(e, i);
            auto here =
                binary(span, Op::eq, binary(span, Op::bit_and, fired(span, at_return), number(AVOCET_TRACED_PAGE - 1)),
                       number(other % AVOCET_TRACED_PAGE));
            anchor = std::make_unique<TernaryExpr>(span, std::move(here), number(other), std::move(anchor));
            anchor->type = Type::integer(8, false);
        }
        address =
            binary(span, Op::add, binary(span, Op::sub, fired(span, at_return), std::move(anchor)), std::move(address));
    }
    auto pointer = std::make_unique<CastExpr>(span, nullptr, std::move(address));
    pointer->type = e.type;
    owner = std::move(pointer);
}

// Rewritten by resolve_names where it makes sense.
Type infer_container_of(Typer& t, CallExpr& e) {
    t.error(e.span, "container_of(): takes a pointer, typeof(TYPE) and a member");
    return {};
}

constexpr BuiltinInfo table[] = {
    {"elf_is_exe", Builtin::elf_is_exe, builtin_word, 0, 0, infer_elf_is_exe, convert_elf_is_exe},
    {"elf_info", Builtin::elf_info, builtin_word, 0, 0, infer_elf_info, convert_elf_info},
    {"uaddr", Builtin::uaddr, builtin_literals, 1, -1, infer_uaddr, convert_uaddr},
    {"container_of", Builtin::container_of, builtin_literals, 3, 3, infer_container_of, nullptr},
};

}  // namespace

std::span<const BuiltinInfo> file_builtins() { return table; }

}  // namespace avocet::dsl
