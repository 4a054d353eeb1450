// SPDX-License-Identifier: Apache-2.0
#include "bundle/archive.hpp"

#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "avocet/error.hpp"
#include "bundle/codes.hpp"

namespace avocet::core {
namespace {

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;
using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

std::string reason(archive* a) {
    const char* text = archive_error_string(a);
    return text ? printable(text) : "no reason given";
}

const char* kind_of(archive_entry* entry) {
    if (archive_entry_hardlink(entry)) return "a hard link";
    switch (archive_entry_filetype(entry)) {
        case AE_IFREG: return nullptr;
        case AE_IFLNK: return "a symbolic link";
        case AE_IFDIR: return "a directory";
        case AE_IFCHR:
        case AE_IFBLK: return "a device";
        case AE_IFIFO: return "a pipe";
        case AE_IFSOCK: return "a socket";
        default: return "of no known kind";
    }
}

// A refusal, thrown through the few calls of one reading.
struct Refused {
    uint32_t code;
    std::string fact, hint;
};

class ArchiveReader {
public:
    ArchiveReader(std::string_view bytes, const ArchiveLimits& limits)
        : archive_(archive_read_new(), archive_read_free), limits_(limits) {
        archive_read_support_filter_zstd(archive_.get());
        archive_read_support_format_tar(archive_.get());
        if (bytes.empty() || archive_read_open_memory(archive_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
            throw Refused{code::bundle_archive, "is not an archive of tar and zstd", {}};
    }

    BundleFiles read() {
        for (;;) {
            archive_entry* entry = nullptr;
            const int status = archive_read_next_header(archive_.get(), &entry);
            if (status == ARCHIVE_EOF) break;
            if (status != ARCHIVE_OK) damaged();
            member(entry);
        }
        if (files_.empty()) throw Refused{code::bundle_archive, "is not an archive of a bundle: it is empty", {}};
        for (const auto& [path, file] : files_)
            for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
                if (files_.contains(path.substr(0, slash)))
                    throw Refused{
                        code::bundle_archive, fmt::format("'{}' is a file and a directory", path.substr(0, slash)), {}};
        return std::move(files_);
    }

private:
    [[noreturn]] void damaged() {
        throw Refused{code::bundle_archive, "is damaged: " + reason(archive_.get()), "get it again from its publisher"};
    }

    [[noreturn]] static void hostile(const std::string& path, const std::string& fact) {
        throw Refused{code::bundle_archive, fmt::format("file '{}' {}", printable(path), fact),
                      "no `avocet bundle build` makes such an archive"};
    }

    void member(archive_entry* entry) {
        const char* name = archive_entry_pathname(entry);
        const std::string path = name ? name : "";
        if (const char* kind = kind_of(entry)) hostile(path, fmt::format("is {}", kind));
        if (auto why = refuse_path(path); !why.empty()) hostile(path, why);
        const auto mode = static_cast<uint32_t>(archive_entry_perm(entry));
        if (mode != 0644 && mode != 0755) hostile(path, fmt::format("has mode {:04o}", mode));
        if (files_.contains(path)) hostile(path, "is in it twice");
        if (files_.size() >= limits_.files)
            throw Refused{code::bundle_limit, fmt::format("holds more than {} files", limits_.files), {}};
        const int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
        if (size < 0) hostile(path, "has no size");
        if (static_cast<uint64_t>(size) > limits_.bytes - total_) too_large();
        total_ += static_cast<uint64_t>(size);
        auto& file = files_[path];
        file.mode = mode;
        content(file.bytes, static_cast<size_t>(size));
    }

    [[noreturn]] void too_large() const {
        throw Refused{code::bundle_limit, fmt::format("holds more than {} bytes", limits_.bytes), {}};
    }

    // As much as there is, never what a header only promises; holes of sparse files are nothing we write.
    void content(std::string& out, size_t size) {
        const void* block = nullptr;
        size_t bytes = 0;
        la_int64_t offset = 0;
        for (;;) {
            const int status = archive_read_data_block(archive_.get(), &block, &bytes, &offset);
            if (status == ARCHIVE_EOF) break;
            if (status != ARCHIVE_OK || offset < 0 || static_cast<size_t>(offset) != out.size() ||
                bytes > size - out.size())
                damaged();
            out.append(static_cast<const char*>(block), bytes);
        }
        if (out.size() != size) damaged();
    }

    Reader archive_;
    ArchiveLimits limits_;
    BundleFiles files_;
    uint64_t total_ = 0;
};

la_ssize_t append(archive*, void* out, const void* bytes, size_t size) {
    static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
}

bool write_member(archive* a, const std::string& path, const BundleFile& file) {
    Entry entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), static_cast<mode_t>(file.mode));
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
    archive_entry_set_mtime(entry.get(), 0, 0);
    return archive_write_header(a, entry.get()) == ARCHIVE_OK &&
           archive_write_data(a, file.bytes.data(), file.bytes.size()) == static_cast<la_ssize_t>(file.bytes.size());
}

}  // namespace

std::optional<BundleFiles> read_bundle_archive(std::string_view bytes, const std::string& name,
                                               Diagnostics& diagnostics, const ArchiveLimits& limits) {
    try {
        return ArchiveReader(bytes, limits).read();
    } catch (const Refused& refused) {
        diagnostics.error("core.bundle", fmt::format("archive '{}': {}", name, refused.fact), refused.hint,
                          refused.code);
    } catch (const Error& e) {  // no libarchive
        diagnostics.error("core.bundle", fmt::format("archive '{}': {}", name, e.what()), e.hint(),
                          code::bundle_archive);
    }
    return std::nullopt;
}

std::optional<std::string> write_bundle_archive(const BundleFiles& files, std::string& why) try {
    std::string out;
    Writer writer(archive_write_new(), archive_write_free);
    archive* a = writer.get();
    bool good = archive_write_set_format_pax_restricted(a) == ARCHIVE_OK &&
                archive_write_add_filter_zstd(a) == ARCHIVE_OK &&
                archive_write_set_filter_option(a, "zstd", "compression-level", "19") == ARCHIVE_OK &&
                archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK &&  // no zeros behind what is compressed
                archive_write_open(a, &out, nullptr, append, nullptr) == ARCHIVE_OK;
    for (auto file = files.begin(); good && file != files.end(); ++file)
        good = write_member(a, file->first, file->second);
    if (good && archive_write_close(a) == ARCHIVE_OK) return out;
    why = reason(a);
    return std::nullopt;
} catch (const Error& e) {  // no libarchive
    why = fmt::format("{}; {}", e.what(), e.hint());
    return std::nullopt;
}

}  // namespace avocet::core
