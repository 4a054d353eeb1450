// SPDX-License-Identifier: Apache-2.0
#include "cli/object_script.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "avocet/error.hpp"
#include "cli/source.hpp"

namespace avocet::core {

namespace {

constexpr std::string_view elf_magic = "\177ELF", shell = "#!/bin/sh\n# avocet program\n", end_mark = "exit 127\n";
constexpr size_t largest_head = 4096;

std::string quoted(const std::string& word) {
    std::string out = "'";
    for (char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

}  // namespace

std::optional<std::string> object_of(std::string_view text) {
    constexpr size_t least = 64;  // an ELF header
    if (text.starts_with(shell)) {
        const size_t at = text.substr(0, largest_head).find(end_mark);
        if (at == std::string_view::npos) return std::nullopt;
        text.remove_prefix(at + end_mark.size());
    }
    if (text.size() < least || !text.starts_with(elf_magic)) return std::nullopt;
    return std::string(text);
}

bool write_object_script(const std::string& file, std::string_view object, std::string& why) {
    std::error_code error;
    const std::string here = std::filesystem::read_symlink("/proc/self/exe", error).string();
    std::string text(shell);
    text += "command -v avocet >/dev/null && exec avocet bpftrace \"$0\" \"$@\"\n";
    text += "[ -x " + quoted(here) + " ] && exec " + quoted(here) + " bpftrace \"$0\" \"$@\"\n";
    text += "echo \"$0: needs avocet\" >&2\n";
    text += end_mark;
    text += object;
    if (!replace_file(file, text, why)) return false;
    if (chmod(file.c_str(), 0755) == 0) return true;
    why = errno_text(errno);
    return false;
}

}  // namespace avocet::core
