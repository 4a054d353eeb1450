// SPDX-License-Identifier: Apache-2.0
//
// Opening, and the central directory of ZIP files.
#include "open_elf.hpp"

#include <fcntl.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace avocet::uprobe {

namespace {

constexpr uint64_t most_member_bytes = 1u << 30, most_directory_bytes = 64u << 20, most_bytes_read = 512u << 20;
constexpr size_t end_record = 22, most_comment = 0xffff, directory_entry = 46, local_header = 30;

class Fd {
public:
    explicit Fd(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~Fd() {
        if (fd_ >= 0) close(fd_);
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

std::string read_at(int fd, uint64_t offset, uint64_t size) {
    std::string out(size, '\0');
    size_t done = 0;
    while (done < out.size()) {
        ssize_t got = pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += static_cast<size_t>(got);
    }
    out.resize(done);
    return out;
}

template <class T>
T little(std::string_view bytes, size_t at) {
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
    return value;
}

}  // namespace

bool OpenElf::open_file(const std::string& path) {
    elf_version(EV_CURRENT);
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd_ < 0) error_ = errno;
    struct stat st {};
    return fd_ >= 0 && fstat(fd_, &st) == 0 && S_ISREG(st.st_mode);
}

OpenElf::OpenElf(const std::string& path) {
    if (!open_file(path)) return;
    // Mapped pages of a file that someone shortens meanwhile would end this process: only giants are mapped.
    struct stat st {};
    bool is_giant = fstat(fd_, &st) == 0 && static_cast<uint64_t>(st.st_size) > most_bytes_read;
    in_memory_ = is_giant;
    elf_ = elf_begin(fd_, is_giant ? ELF_C_READ_MMAP : ELF_C_READ, nullptr);
    if (elf_ && elf_kind(elf_) != ELF_K_ELF) {
        elf_end(elf_);
        elf_ = nullptr;
    }
}

OpenElf::OpenElf(const std::string& path, uint64_t offset, uint64_t size) {
    if (!open_file(path) || size > most_member_bytes) return;
    std::string bytes = read_at(fd_, offset, size);
    if (bytes.size() != size) return;
    *this = from_memory(std::move(bytes));
    open_file(path);
    offset_ = offset;
}

OpenElf OpenElf::from_memory(std::string bytes) {
    elf_version(EV_CURRENT);
    OpenElf out;
    out.in_memory_ = true;
    out.bytes_ = std::move(bytes);
    out.bytes_.reserve(64);  // on the heap: moving must not move the bytes
    if (out.bytes_.size() < EI_NIDENT) return out;
    out.elf_ = elf_memory(out.bytes_.data(), out.bytes_.size());
    if (out.elf_ && elf_kind(out.elf_) != ELF_K_ELF) {
        elf_end(out.elf_);
        out.elf_ = nullptr;
    }
    return out;
}

OpenElf OpenElf::copy_in_memory() const {
    struct stat st {};
    if (fd_ < 0 || fstat(fd_, &st) != 0) return {};
    return from_memory(read_at(fd_, 0, std::min(static_cast<uint64_t>(st.st_size), most_bytes_read)));
}

OpenElf::~OpenElf() {
    if (elf_) elf_end(elf_);
    if (fd_ >= 0) close(fd_);
}
OpenElf::OpenElf(OpenElf&& other) noexcept { *this = std::move(other); }
OpenElf& OpenElf::operator=(OpenElf&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(error_, other.error_);
    std::swap(offset_, other.offset_);
    std::swap(in_memory_, other.in_memory_);
    std::swap(bytes_, other.bytes_);
    std::swap(elf_, other.elf_);
    return *this;
}

std::optional<ArchivePath> split_archive_path(std::string_view text) {
    size_t mark = text.find("!/");
    if (mark == std::string_view::npos || mark == 0 || mark + 2 == text.size()) return std::nullopt;
    return ArchivePath{std::string(text.substr(0, mark)), std::string(text.substr(mark + 2))};
}

std::optional<ArchiveMember> find_member(const std::string& archive, const std::string& member) {
    Fd file(archive);
    struct stat st {};
    if (file.get() < 0 || fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
    auto size = static_cast<uint64_t>(st.st_size);
    uint64_t tail_size = std::min<uint64_t>(size, end_record + most_comment);
    std::string tail = read_at(file.get(), size - tail_size, tail_size);
    size_t end = tail.rfind("PK\x05\x06");
    if (end == std::string::npos || tail.size() - end < end_record) return std::nullopt;
    uint64_t directory_size = little<uint32_t>(tail, end + 12), directory_at = little<uint32_t>(tail, end + 16);
    if (directory_size > most_directory_bytes) return std::nullopt;
    std::string directory = read_at(file.get(), directory_at, directory_size);
    for (size_t at = 0; at + directory_entry <= directory.size();) {
        if (directory.compare(at, 4, "PK\x01\x02") != 0) return std::nullopt;
        size_t name = little<uint16_t>(directory, at + 28), extra = little<uint16_t>(directory, at + 30),
               comment = little<uint16_t>(directory, at + 32);
        if (at + directory_entry + name > directory.size()) return std::nullopt;
        if (directory.compare(at + directory_entry, name, member) != 0) {
            at += directory_entry + name + extra + comment;
            continue;
        }
        uint64_t local_at = little<uint32_t>(directory, at + 42);
        std::string local = read_at(file.get(), local_at, local_header);
        if (local.size() != local_header || local.compare(0, 4, "PK\x03\x04") != 0) return std::nullopt;
        ArchiveMember found;
        found.offset = local_at + local_header + little<uint16_t>(local, 26) + little<uint16_t>(local, 28);
        found.size = little<uint32_t>(directory, at + 20);
        found.compressed = little<uint16_t>(directory, at + 10) != 0;
        if (found.offset > size || found.size > size - found.offset) return std::nullopt;
        return found;
    }
    return std::nullopt;
}

}  // namespace avocet::uprobe
