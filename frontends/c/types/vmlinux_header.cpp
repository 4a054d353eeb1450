// SPDX-License-Identifier: Apache-2.0
#include "types/vmlinux_header.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "avocet/error.hpp"

namespace avocet::c {

namespace {

constexpr int format_version = 1;

constexpr const char* head = R"(#ifndef __VMLINUX_H__
#define __VMLINUX_H__
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif
)";
constexpr const char* tail = R"(
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif
#endif
)";

void append(void* text, const char* format, va_list args) {
    char buffer[512];
    va_list again;
    va_copy(again, args);
    const int length = vsnprintf(buffer, sizeof buffer, format, args);
    auto& out = *static_cast<std::string*>(text);
    if (length < static_cast<int>(sizeof buffer)) {
        out.append(buffer, static_cast<size_t>(std::max(length, 0)));
    } else {
        std::string large(static_cast<size_t>(length) + 1, '\0');
        vsnprintf(large.data(), large.size(), format, again);
        out.append(large.data(), static_cast<size_t>(length));
    }
    va_end(again);
}

struct FreeBtf {
    void operator()(btf* b) const { btf__free(b); }
    void operator()(btf_dump* d) const { btf_dump__free(d); }
};

std::filesystem::path cache_directory() {
    if (const char* dir = std::getenv("XDG_CACHE_HOME"); dir && *dir == '/')
        return std::filesystem::path(dir) / "avocet/btf";
    if (const char* home = std::getenv("HOME"); home && *home == '/')
        return std::filesystem::path(home) / ".cache/avocet/btf";
    return {};
}

// Only what nobody else could have written is believed.
bool trusted(const std::filesystem::path& path) {
    struct stat info {};
    return lstat(path.c_str(), &info) == 0 && info.st_uid == geteuid() && !(info.st_mode & (S_IWGRP | S_IWOTH)) &&
           !S_ISLNK(info.st_mode);
}

void write_whole(const std::filesystem::path& path, const std::string& text) {
    const std::string beside = path.string() + "." + std::to_string(getpid());
    const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return;
    size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = write(fd, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += static_cast<size_t>(n);
    }
    const bool whole = close(fd) == 0 && done == text.size();
    if (!whole || rename(beside.c_str(), path.c_str()) != 0) unlink(beside.c_str());
}

}  // namespace

std::string vmlinux_header(avocet_bytes btf_bytes) {
    std::unique_ptr<btf, FreeBtf> types(btf__new(btf_bytes.data, static_cast<uint32_t>(btf_bytes.size)));
    if (!types) throw Error(AVOCET_ERR_INVALID, "kernel types: the BTF cannot be read: " + errno_text(errno));
    std::string out = head;
    std::unique_ptr<btf_dump, FreeBtf> dump(btf_dump__new(types.get(), append, &out, nullptr));
    if (!dump) throw Error(AVOCET_ERR_NO_MEMORY, "kernel types: cannot be written as C: " + errno_text(errno));
    for (uint32_t id = 1; id < btf__type_cnt(types.get()); ++id) {
        if (const int error = btf_dump__dump_type(dump.get(), id))
            throw Error(AVOCET_ERR_INVALID, "kernel types: type " + std::to_string(id) + ": " + errno_text(-error));
    }
    return out + tail;
}

std::string cached_vmlinux_header(avocet_bytes btf_bytes) {
    const std::filesystem::path directory = cache_directory();
    if (directory.empty()) return vmlinux_header(btf_bytes);
    char name[64];
    snprintf(name, sizeof name, "vmlinux-%016llx-%d.h",
             static_cast<unsigned long long>(XXH3_64bits(btf_bytes.data, btf_bytes.size)), format_version);
    const std::filesystem::path path = directory / name;
    if (trusted(directory) && trusted(path)) {
        std::ifstream in(path, std::ios::binary);
        std::string text((std::istreambuf_iterator<char>(in)), {});
        if (in.good() || in.eof()) return text;
    }
    const std::string text = vmlinux_header(btf_bytes);
    std::error_code ignored;
    std::filesystem::create_directories(directory, ignored);
    if (trusted(directory)) write_whole(path, text);
    return text;
}

}  // namespace avocet::c
