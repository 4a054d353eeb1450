// SPDX-License-Identifier: Apache-2.0
#include "host/plugin_library.hpp"

#include <cerrno>
#include <cstring>

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <unistd.h>
#include <boost/dll/shared_library.hpp>

#include "avocet/error.hpp"
#include "host/codes.hpp"

namespace avocet::core {
namespace {

using Ehdr = ElfW(Ehdr);
using Phdr = ElfW(Phdr);

constexpr unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
#if defined(__x86_64__)
constexpr uint16_t own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t own_machine = EM_AARCH64;
#else
constexpr uint16_t own_machine = EM_NONE;  // not compared
#endif

template <class Header>
bool read_at(const FileDescriptor& file, uint64_t offset, Header& out) {
    return pread(file.get(), &out, sizeof out, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof out);
}

Refusal truncated(uint64_t size, uint64_t promised) {
    return {code::plugin_truncated,
            fmt::format("library is truncated: {} bytes, its headers promise {}", size, promised), "install it again"};
}

Refusal cannot_open(const std::filesystem::path& path, int error) {
    return {
        code::file_unreadable, fmt::format("library '{}' cannot be opened: {}", path.string(), errno_text(error)), {}};
}

Refusal unsafe(Unsafe why) { return {code::plugin_unsafe, std::move(why.message), std::move(why.hint)}; }

}  // namespace

std::optional<Refusal> check_elf(const FileDescriptor& file) {
    struct stat status {};
    if (fstat(file.get(), &status) != 0)
        return Refusal{code::file_unreadable, "library cannot be examined: " + errno_text(errno), {}};
    const auto size = static_cast<uint64_t>(status.st_size);
    Ehdr header{};
    if (size < SELFMAG || !read_at(file, 0, header.e_ident) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return Refusal{code::plugin_not_elf, "library is not an ELF file", {}};
    if (!read_at(file, 0, header)) return truncated(size, sizeof header);
    if (header.e_ident[EI_CLASS] != own_class || (own_machine != EM_NONE && header.e_machine != own_machine))
        return Refusal{code::plugin_not_elf,
                       fmt::format("library is for another machine (ELF machine {})", header.e_machine),
                       "rebuild it for this machine"};
    if (header.e_type != ET_DYN)
        return Refusal{code::plugin_not_elf, "library is an ELF file, but not a shared object", {}};
    const uint64_t sections = header.e_shoff + uint64_t{header.e_shnum} * header.e_shentsize;
    if (sections > size) return truncated(size, sections);
    for (uint16_t i = 0; i < header.e_phnum; ++i) {
        Phdr segment{};
        const uint64_t at = header.e_phoff + uint64_t{i} * header.e_phentsize;
        if (!read_at(file, at, segment)) return truncated(size, at + sizeof segment);
        if (segment.p_type == PT_LOAD && (segment.p_offset > size || segment.p_filesz > size - segment.p_offset))
            return truncated(size, segment.p_offset + segment.p_filesz);
    }
    return std::nullopt;
}

std::variant<FileDescriptor, Refusal> open_library(const std::filesystem::path& path) {
    FileDescriptor folder(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!folder || fstat(folder.get(), &status) != 0) return cannot_open(path, errno);
    if (auto why = check_ownership(status, "directory", path.parent_path())) return unsafe(*why);
    if (auto why = check_ancestors(canonical_path(folder))) return unsafe(*why);
    FileDescriptor file(openat(folder.get(), path.filename().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file && errno == ELOOP)
        return Refusal{code::plugin_unsafe, fmt::format("library '{}' is a symbolic link", path.string()),
                       "put the file itself beside plugin.toml"};
    if (!file && errno == ENOENT)
        return Refusal{code::file_unreadable, fmt::format("library '{}' does not exist", path.string()),
                       "is it built and installed?"};
    if (!file || fstat(file.get(), &status) != 0) return cannot_open(path, errno);
    if (!S_ISREG(status.st_mode))
        return Refusal{code::plugin_not_elf, fmt::format("library '{}' is not a file", path.string()), {}};
    if (auto why = check_ownership(status, "library", path)) return unsafe(*why);
    return file;
}

std::variant<const avocet_plugin_entry_t*, Refusal> map_library(const std::filesystem::path& path) {
    namespace dll = boost::dll;
    const auto mode = static_cast<dll::load_mode::type>(dll::load_mode::rtld_now | RTLD_NODELETE);
    dll::fs::error_code error;
    dll::shared_library library(dll::fs::path(path.string()), error, mode);
    if (error) {
        const char* detail = dlerror();
        return Refusal{code::plugin_unmappable, "library cannot be mapped", {}, {detail ? detail : error.message()}};
    }
    if (!library.has(AVOCET_PLUGIN_ENTRY_SYMBOL))
        return Refusal{code::plugin_no_entry,
                       fmt::format("library '{}' does not export '{}'", path.string(), AVOCET_PLUGIN_ENTRY_SYMBOL),
                       "is it an avocet plugin, declared with AVOCET_PLUGIN?"};
    return &library.get<const avocet_plugin_entry_t>(AVOCET_PLUGIN_ENTRY_SYMBOL);
}

}  // namespace avocet::core
