// SPDX-License-Identifier: Apache-2.0
//
// avocet/recording.hpp: the format of recordings, for whoever writes or reads them. Header-only; needs libarchive and
// nlohmann-json.
//
// A recording is an ordinary tar archive. Everything a backend told the session is a member, written when it happened:
//
//   avocet.json          format version, tool, its options, transport, CPU count, byte order: always the first
//   program.o            the program as it was loaded
//   plan.json            functions with their attach plans, targets and attach ids
//   call-NNNNNN.bin      one answered call: a line of JSON ("call", "name", "status", ...), a newline, bytes
//   batch-NNNNNN.bin     one poll that brought samples or the end: BatchHead, SampleHead[count], bytes at multiples of
//   8 symbols.json         addresses and their names; the last member
//
// NNNNNN counts calls and batches together and only grows. What is whole can be read even if the archive is cut off.
// Readers trust nothing: sizes are checked against the member before anything is looked at.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "avocet/abi/backend.h"
#include "avocet/error.hpp"

namespace avocet::recording {

using Json = nlohmann::json;

inline constexpr unsigned format_version = 1;
inline constexpr size_t longest_member = size_t{1} << 30;
inline constexpr const char* member_about = "avocet.json";
inline constexpr const char* member_program = "program.o";
inline constexpr const char* member_plan = "plan.json";
inline constexpr const char* member_symbols = "symbols.json";

// Binary members are in the byte order of the machine that recorded; avocet.json names it.
inline constexpr const char* byte_order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big";

struct BatchHead {
    int32_t status;  // AVOCET_OK or AVOCET_STOP
    uint32_t count;
    uint64_t lost, wall_ns, boot_ns;
};
struct SampleHead {
    uint32_t size, cpu, channel, reserved;
};

inline std::string member_name(const char* kind, uint64_t number) {
    char name[48];
    snprintf(name, sizeof name, "%s-%06llu.bin", kind, static_cast<unsigned long long>(number));
    return name;
}

// Writes members one by one; each reaches the file before the next begins.
class Writer {
public:
    // Throws Error.
    explicit Writer(const std::string& path) : path_(path) {
        fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd_ < 0) throw Error(AVOCET_ERR_IO, "recording '" + path + "': cannot be created: " + errno_text(errno));
        archive_.reset(archive_write_new());
        if (!archive_) throw std::bad_alloc();
        archive_write_set_format_pax_restricted(archive_.get());
        archive_write_set_bytes_per_block(archive_.get(), 0);  // nothing is kept back
        check(archive_write_open_fd(archive_.get(), fd_));
    }
    ~Writer() {
        archive_.reset();
        if (fd_ >= 0) ::close(fd_);
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Throws Error when the disk is full or broken; the archive then ends with the last whole member.
    void add(const std::string& name, std::initializer_list<std::string_view> parts) {
        size_t size = 0;
        for (auto part : parts) size += part.size();
        std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), archive_entry_free);
        archive_entry_set_pathname(entry.get(), name.c_str());
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0600);
        check(archive_write_header(archive_.get(), entry.get()));
        for (auto part : parts)
            if (!part.empty() && archive_write_data(archive_.get(), part.data(), part.size()) < 0) check(ARCHIVE_FATAL);
        check(archive_write_finish_entry(archive_.get()));
    }
    void close() { check(archive_write_close(archive_.get())); }

private:
    void check(int result) const {
        if (result >= ARCHIVE_WARN) return;
        throw Error(AVOCET_ERR_IO,
                    "recording '" + path_ + "': cannot be written: " + errno_text(archive_errno(archive_.get())));
    }
    struct Free {
        void operator()(::archive* a) const { archive_write_free(a); }
    };
    std::string path_;
    int fd_ = -1;
    std::unique_ptr<::archive, Free> archive_;
};

// Reads members in order. Damage ends the recording at the last whole member.
class Reader {
public:
    // Throws Error when it cannot be opened or is no archive.
    explicit Reader(const std::string& path) : path_(path), archive_(start()) {
        if (archive_read_open_filename(archive_.get(), path.c_str(), 1 << 16) != ARCHIVE_OK) refuse();
    }
    // From memory, which must stay. `name`: for messages.
    Reader(std::string_view bytes, std::string name) : path_(std::move(name)), archive_(start()) {
        if (archive_read_open_memory(archive_.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) refuse();
    }

    // False: no more. The content is read by `content`, or skipped.
    bool next(std::string& name) {
        archive_entry* entry = nullptr;
        if (damaged_) return false;
        const int result = archive_read_next_header(archive_.get(), &entry);
        if (result == ARCHIVE_EOF) return false;
        const char* path = result >= ARCHIVE_WARN ? archive_entry_pathname(entry) : nullptr;
        if (!path || !archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0) return damaged_ = true, false;
        size_ = static_cast<size_t>(archive_entry_size(entry));
        name = path;
        return true;
    }
    // Bytes of the current member; nullopt: cut off, damaged or longer than any member may be.
    std::optional<std::string> content() {
        std::string out;
        if (size_ > longest_member) return damaged_ = true, std::nullopt;
        char piece[1 << 16];  // grown by what is there, not by what the header says
        while (out.size() < size_) {
            const la_ssize_t got = archive_read_data(archive_.get(), piece, std::min(sizeof piece, size_ - out.size()));
            if (got <= 0) return damaged_ = true, std::nullopt;
            out.append(piece, static_cast<size_t>(got));
        }
        return out;
    }
    bool damaged() const { return damaged_; }

private:
    struct Free {
        void operator()(::archive* a) const { archive_read_free(a); }
    };
    static ::archive* start() {
        ::archive* a = archive_read_new();
        if (!a) throw std::bad_alloc();
        archive_read_support_format_tar(a);
        archive_read_support_filter_zstd(a);  // compressed by hand
        archive_read_support_filter_gzip(a);
        return a;
    }
    [[noreturn]] void refuse() const {
        const char* why = archive_error_string(archive_.get());
        throw Error(AVOCET_ERR_INVALID, "recording '" + path_ + "': cannot be read: " + (why ? why : "not an archive"));
    }
    std::string path_;
    std::unique_ptr<::archive, Free> archive_;
    size_t size_ = 0;
    bool damaged_ = false;
};

// --- batches

inline std::string encode_batch(avocet_status status, const avocet_sample_batch& batch) {
    const BatchHead head{status, batch.count, batch.lost, batch.wall_ns, batch.boot_ns};
    size_t size = sizeof head + batch.count * sizeof(SampleHead);
    for (uint32_t i = 0; i < batch.count; ++i) size += (size_t{batch.samples[i].size} + 7) & ~size_t{7};
    std::string out;
    out.reserve(size);
    out.append(reinterpret_cast<const char*>(&head), sizeof head);
    for (uint32_t i = 0; i < batch.count; ++i) {
        const avocet_sample& s = batch.samples[i];
        const SampleHead sample{s.size, s.cpu, s.channel, 0};
        out.append(reinterpret_cast<const char*>(&sample), sizeof sample);
    }
    for (uint32_t i = 0; i < batch.count; ++i) {
        out.append(static_cast<const char*>(batch.samples[i].data), batch.samples[i].size);
        out.append((8 - out.size() % 8) % 8, '\0');  // the heads are multiples of 8
    }
    return out;
}

struct Batch {
    avocet_status status = AVOCET_OK;
    avocet_sample_batch batch{};  // `samples` points into the members below
    std::vector<avocet_sample> samples;
    std::vector<uint64_t> bytes;  // aligned copy of the member
};

// nullopt: damaged.
inline std::optional<Batch> decode_batch(std::string_view member) {
    BatchHead head;
    if (member.size() < sizeof head) return std::nullopt;
    memcpy(&head, member.data(), sizeof head);
    if (head.status != AVOCET_OK && head.status != AVOCET_STOP) return std::nullopt;
    size_t at = sizeof head + head.count * sizeof(SampleHead);
    if (at > member.size()) return std::nullopt;
    Batch out;
    out.bytes.resize((member.size() + 7) / 8);
    memcpy(out.bytes.data(), member.data(), member.size());
    const char* base = reinterpret_cast<const char*>(out.bytes.data());
    for (uint32_t i = 0; i < head.count; ++i) {
        SampleHead s;
        memcpy(&s, member.data() + sizeof head + i * sizeof s, sizeof s);
        if (s.size > member.size() - at) return std::nullopt;
        out.samples.push_back({base + at, s.size, s.cpu, s.channel, 0});
        at = std::min(member.size(), (at + s.size + 7) & ~size_t{7});
    }
    out.status = head.status;
    out.batch = {sizeof out.batch, head.count, out.samples.data(), head.lost, head.wall_ns, head.boot_ns};
    return out;
}

// --- calls

struct Call {
    Json about;         // "call", "name", "status", and what the call adds
    std::string bytes;  // keys and values of each block
};

inline std::string encode_call_head(const Json& about) {
    return about.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

inline std::optional<Call> decode_call(std::string_view member) {
    const size_t end = member.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    Call out;
    out.about = Json::parse(member.substr(0, end), nullptr, false);
    if (!out.about.is_object()) return std::nullopt;
    out.bytes = member.substr(end + 1);
    return out;
}

// Fields of untrusted JSON: a missing or wrong one is the default.
inline std::string text_of(const Json& object, const char* key) {
    const auto it = object.is_object() ? object.find(key) : object.end();
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}
inline int64_t number_of(const Json& object, const char* key, int64_t otherwise = 0) {
    const auto it = object.is_object() ? object.find(key) : object.end();
    if (it == object.end() || !it->is_number_integer()) return otherwise;
    return it->is_number_unsigned() ? static_cast<int64_t>(it->get<uint64_t>()) : it->get<int64_t>();
}

// Map rows as they were handed out, block after block: {"count","key_size","slot_size","cpu_count"} in "blocks".
inline Json describe_rows(const avocet_map_rows& r) {
    return {{"count", r.count}, {"key_size", r.key_size}, {"slot_size", r.slot_size}, {"cpu_count", r.cpu_count}};
}
inline size_t key_bytes(const avocet_map_rows& r) { return size_t{r.count} * r.key_size; }
inline size_t value_bytes(const avocet_map_rows& r) { return size_t{r.count} * r.slot_size * r.cpu_count; }

// Calls emit(const avocet_map_rows&) -> bool for each block. False: damaged.
template <class Emit>
bool replay_rows(const Call& call, Emit&& emit) {
    const auto blocks = call.about.find("blocks");
    if (blocks == call.about.end() || !blocks->is_array()) return true;
    std::string_view left = call.bytes;
    for (const Json& block : *blocks) {
        constexpr int64_t most = 1 << 28;
        const int64_t count = number_of(block, "count"), key = number_of(block, "key_size"),
                      slot = number_of(block, "slot_size"), cpus = number_of(block, "cpu_count");
        if (count < 0 || key < 0 || slot < 0 || cpus < 1 || count > most || key > most || slot > most || cpus > 65536)
            return false;
        const auto rows_of = [&](int64_t row) { return row == 0 || count <= static_cast<int64_t>(left.size()) / row; };
        if (!rows_of(key) || !rows_of(slot * cpus) || !rows_of(key + slot * cpus)) return false;
        // Copies, because members are not aligned.
        const size_t keys_size = static_cast<size_t>(count * key),
                     values_size = static_cast<size_t>(count * slot * cpus);
        std::vector<uint64_t> keys(keys_size / 8 + 1), values(values_size / 8 + 1);
        memcpy(keys.data(), left.data(), keys_size);
        memcpy(values.data(), left.data() + keys_size, values_size);
        left.remove_prefix(keys_size + values_size);
        const avocet_map_rows rows{sizeof rows,
                                   static_cast<uint32_t>(count),
                                   static_cast<uint32_t>(key),
                                   static_cast<uint32_t>(slot),
                                   static_cast<uint32_t>(cpus),
                                   0,
                                   keys.data(),
                                   values.data()};
        if (!emit(rows)) return true;
    }
    return true;
}

}  // namespace avocet::recording
