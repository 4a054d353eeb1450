// SPDX-License-Identifier: Apache-2.0
//
// avocet/kernel_functions.hpp: the kernel's functions by name: those that can be traced, as tracefs lists them, and
// where they are, as /proc/kallsyms says. Both files are long and are made by the kernel as they are read, so each is
// read once, when first needed, and searched as text.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/error.hpp"
#include "avocet/provider.hpp"

namespace avocet {

// Views into the text of the KernelFunctions they came from.
struct KernelFunction {
    std::string_view name, module;  // module "vmlinux": the kernel proper
    auto operator<=>(const KernelFunction&) const = default;
};

struct KernelSymbol {
    std::string_view name, module;
    uint64_t address = 0;  // 0: hidden from this user (kernel.kptr_restrict)
};

// A name with `*`, or several joined by `|`.
inline bool matches_any(std::string_view alternatives, std::string_view name) {
    while (true) {
        size_t bar = alternatives.find('|');
        if (wildcard_match(alternatives.substr(0, bar), name)) return true;
        if (bar == std::string_view::npos) return false;
        alternatives.remove_prefix(bar + 1);
    }
}

class KernelFunctions {
public:
    struct Files {
        std::string traceable;  // empty: available_filter_functions of the mounted tracefs
        std::string symbols = "/proc/kallsyms";
        std::string blacklist = "/sys/kernel/debug/kprobes/blacklist";
    };
    KernelFunctions() = default;
    explicit KernelFunctions(Files files) : files_(std::move(files)) {}

    // Why the list of traceable functions cannot be read; empty if it can. Then the functions are all of kallsyms.
    const std::string& unreadable() {
        traceable_text();
        return unreadable_;
    }
    const std::string& traceable_file() {
        traceable_text();
        return files_.traceable;
    }

    // Matches of both patterns, sorted by name, then module; parts that the compiler split off (`.part.`) never match.
    // A name that several functions of one module have is there as often.
    std::vector<KernelFunction> matching(std::string_view module, std::string_view name) {
        std::vector<KernelFunction> out;
        for_each([&](const KernelFunction& f) {
            if (matches_any(name, f.name) && wildcard_match(module, f.module)) out.push_back(f);
        });
        std::sort(out.begin(), out.end());
        return out;
    }
    template <class Body>
    void for_each(Body&& body) {
        if (!unreadable().empty()) {
            for_each_symbol([&](const KernelSymbol& s) {
                if (!split_off(s.name)) body(KernelFunction{s.name, s.module});
            });
            return;
        }
        for_each_line(traceable_, [&](std::string_view line) {
            std::string_view name = word(line), module = word(line);
            if (name.empty() || split_off(name) || name.starts_with("__ftrace_invalid_address__")) return;
            body(KernelFunction{name, module_name(module)});
        });
    }

    // Functions of this name anywhere in the kernel, traceable or not.
    std::vector<KernelSymbol> symbols(std::string_view name) {
        std::vector<KernelSymbol> out;
        for_each_symbol([&](const KernelSymbol& s) {
            if (s.name == name) out.push_back(s);
        });
        return out;
    }
    template <class Body>
    void for_each_symbol(Body&& body) {
        for_each_line(symbol_text(), [&](std::string_view line) {
            std::string_view address = word(line), type = word(line), name = word(line), module = word(line);
            if (type.size() != 1 || (type[0] != 't' && type[0] != 'T' && type[0] != 'w' && type[0] != 'W')) return;
            KernelSymbol symbol{name, module_name(module), 0};
            std::from_chars(address.data(), address.data() + address.size(), symbol.address, 16);
            body(symbol);
        });
    }
    // Bytes up to the next symbol, which is what the kernel itself takes for a function's size; empty: not known.
    std::optional<uint64_t> size_of(const KernelSymbol& symbol) {
        if (!symbol.address) return std::nullopt;
        uint64_t next = UINT64_MAX;
        for_each_symbol([&](const KernelSymbol& s) {
            if (s.address > symbol.address) next = std::min(next, s.address);
        });
        return next == UINT64_MAX ? std::nullopt : std::optional(next - symbol.address);
    }

    bool module_loaded(std::string_view module) {
        bool found = false;
        for_each_symbol([&](const KernelSymbol& s) { found |= s.module == module; });
        return found;
    }

    // Names of functions that a single kprobe must not be put on; empty if the kernel does not show them.
    const std::set<std::string, std::less<>>& blacklist() {
        if (blacklist_read_) return blacklisted_;
        blacklist_read_ = true;
        std::string text;
        read_file(files_.blacklist, text);
        for_each_line(text, [&](std::string_view line) {
            word(line);
            blacklisted_.emplace(word(line));
        });
        return blacklisted_;
    }

private:
    static bool split_off(std::string_view name) { return name.find(".part.") != std::string_view::npos; }
    static std::string_view module_name(std::string_view word) {
        if (word.size() < 2 || word.front() != '[') return "vmlinux";
        return word.substr(1, word.find(']') - 1);
    }
    static std::string_view word(std::string_view& line) {
        size_t start = line.find_first_not_of(" \t");
        if (start == std::string_view::npos) return line = {};
        line.remove_prefix(start);
        std::string_view found = line.substr(0, line.find_first_of(" \t"));
        line.remove_prefix(found.size());
        return found;
    }
    template <class Body>
    static void for_each_line(std::string_view text, Body&& body) {
        while (!text.empty()) {
            size_t end = text.find('\n');
            body(text.substr(0, end));
            if (end == std::string_view::npos) return;
            text.remove_prefix(end + 1);
        }
    }
    // 0, or errno.
    static int read_file(const std::string& path, std::string& out) {
        int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) return errno;
        int error = 0;
        constexpr size_t step = 1 << 20;
        for (size_t size = 0;;) {
            out.resize(size + step);
            ssize_t got = read(fd, out.data() + size, step);
            if (got < 0 && errno == EINTR)
                got = 0;
            else if (got <= 0) {
                error = got < 0 ? errno : 0;
                out.resize(size);
                break;
            }
            size += static_cast<size_t>(got);
        }
        close(fd);
        return error;
    }
    std::string_view traceable_text() {
        if (traceable_read_) return traceable_;
        traceable_read_ = true;
        int error = ENOENT;
        if (!files_.traceable.empty()) {
            error = read_file(files_.traceable, traceable_);
        } else {
            for (const char* root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
                files_.traceable = std::string(root) + "/available_filter_functions";
                if ((error = read_file(files_.traceable, traceable_)) != ENOENT) break;
            }
        }
        if (error) unreadable_ = errno_text(error);
        return traceable_;
    }
    std::string_view symbol_text() {
        if (!symbols_read_) read_file(files_.symbols, symbols_);
        symbols_read_ = true;
        return symbols_;
    }

    Files files_;
    std::string traceable_, symbols_, unreadable_;
    std::set<std::string, std::less<>> blacklisted_;
    bool traceable_read_ = false, symbols_read_ = false, blacklist_read_ = false;
};

}  // namespace avocet
