// SPDX-License-Identifier: Apache-2.0
//
// See "Debugging Information in Separate Files" and "MiniDebugInfo" of the GDB manual. A candidate counts only if it
// belongs to the file: same build-id, or where there is none the checksum of .gnu_debuglink.
#include "debug_file.hpp"

#include <fcntl.h>
#include <gelf.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace avocet::uprobe {

namespace {

constexpr size_t most_symbol_bytes = 512u << 20;
constexpr uint64_t lzma_memory = 256u << 20;

Elf_Data* section_data(::Elf* elf, std::string_view wanted) {
    size_t names = 0;
    if (!elf || elf_getshdrstrndx(elf, &names) != 0) return nullptr;
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        const char* name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : nullptr;
        if (name && wanted == name && header.sh_type != SHT_NOBITS) return elf_rawdata(section, nullptr);
    }
    return nullptr;
}

struct Link {
    std::string name;
    uint32_t checksum = 0;
};
std::optional<Link> debug_link(::Elf* elf) {
    Elf_Data* data = section_data(elf, ".gnu_debuglink");
    if (!data || !data->d_buf) return std::nullopt;
    std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
    size_t end = bytes.find('\0');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    size_t at = (end + 4) / 4 * 4;
    if (at + 4 > bytes.size() || bytes.substr(0, end).find('/') != std::string_view::npos) return std::nullopt;
    Link link{std::string(bytes.substr(0, end)), 0};
    std::memcpy(&link.checksum, bytes.data() + at, 4);
    return link;
}

// The CRC of .gnu_debuglink, that of ISO 3309.
bool has_checksum(const std::string& path, uint32_t wanted) {
    std::ifstream in(path, std::ios::binary);
    std::array<uint8_t, 65536> buffer;
    uint32_t crc = 0;
    while (in) {
        in.read(reinterpret_cast<char*>(buffer.data()), buffer.size());
        crc = lzma_crc32(buffer.data(), static_cast<size_t>(in.gcount()), crc);
    }
    return crc == wanted;
}

std::string hex(const std::string& bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (char c : bytes) {
        auto byte = static_cast<uint8_t>(c);
        out += {digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

std::string client_cache() {
    if (const char* path = getenv("DEBUGINFOD_CACHE_PATH")) return path;
    if (const char* path = getenv("XDG_CACHE_HOME")) return std::string(path) + "/debuginfod_client";
    const char* home = getenv("HOME");
    return home ? std::string(home) + "/.cache/debuginfod_client" : std::string();
}

bool is_file(const std::string& path) {
    struct stat st {};
    return stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

struct Candidate {
    std::string path;
    bool is_checked;  // by checksum, even where the build-id fits
};

std::string build_id_place(const std::string& root, const std::string& id) {
    return root + "/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
}

std::vector<Candidate> chosen_places(const std::string& list, const std::string& path, const std::string& id,
                                     const std::string& link) {
    std::vector<Candidate> places;
    const std::string beside = std::filesystem::path(path).parent_path().string();
    std::istringstream entries(list);
    for (std::string entry; std::getline(entries, entry, ':');) {
        const bool is_checked = entry.starts_with('+');
        if (is_checked) entry.erase(0, 1);
        if (entry.empty()) continue;
        const std::string directory = entry.front() == '/' ? entry : beside + "/" + entry;
        if (id.size() > 1) places.push_back({build_id_place(directory, hex(id)), is_checked});
        if (link.empty()) continue;
        places.push_back({directory + "/" + link, is_checked});
        places.push_back({directory + beside + "/" + link, is_checked});
    }
    return places;
}

}  // namespace

std::string build_id(::Elf* elf) {
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE) continue;
        Elf_Data* data = elf_getdata(section, nullptr);
        size_t at = 0, name_at = 0, bytes_at = 0;
        GElf_Nhdr note;
        while (data && data->d_buf && (at = gelf_getnote(data, at, &note, &name_at, &bytes_at)) > 0)
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz >= 2 && note.n_descsz <= 64)
                return {static_cast<const char*>(data->d_buf) + bytes_at, note.n_descsz};
    }
    return {};
}

DebugFile find_debug_file(::Elf* elf, const std::string& path, const std::string& root, const std::string& first) {
    std::string id = build_id(elf);
    auto link = debug_link(elf);
    std::vector<Candidate> candidates = chosen_places(first, path, id, link ? link->name : std::string());
    std::vector<std::string> debug_roots{"/usr/lib/debug"};
    if (!root.empty()) debug_roots.insert(debug_roots.begin(), root + "/usr/lib/debug");
    if (!id.empty()) {
        std::string name = hex(id);
        for (const auto& each : debug_roots) candidates.push_back({build_id_place(each, name), false});
        if (std::string cache = client_cache(); !cache.empty())
            candidates.push_back({cache + "/" + name + "/debuginfo", false});
    }
    if (link) {
        std::error_code error;
        std::string real = std::filesystem::canonical(path, error).string();
        for (const std::string& file : {path, real}) {
            if (file.empty()) continue;
            std::string directory = std::filesystem::path(file).parent_path().string();
            candidates.push_back({directory + "/" + link->name, false});
            candidates.push_back({directory + "/.debug/" + link->name, false});
            bool below = !root.empty() && directory.compare(0, root.size(), root) == 0;
            for (const auto& each : debug_roots)
                candidates.push_back(
                    {each + (below ? directory.substr(root.size()) : directory) + "/" + link->name, false});
        }
    }
    for (const auto& candidate : candidates) {
        std::error_code error;
        if (!is_file(candidate.path) || std::filesystem::equivalent(candidate.path, path, error)) continue;
        OpenElf file(candidate.path);
        if (!file.elf()) continue;
        const bool summed = (id.empty() || candidate.is_checked) && link;
        bool fits = id.empty() ? summed : build_id(file.elf()) == id;
        if (fits && summed) fits = has_checksum(candidate.path, link->checksum);
        if (fits) return {candidate.path, std::move(file)};
    }
    return {};
}

OpenElf embedded_symbols(::Elf* elf) {
    Elf_Data* data = section_data(elf, ".gnu_debugdata");
    if (!data || !data->d_buf) return {};
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&stream, lzma_memory, 0) != LZMA_OK) return {};
    stream.next_in = static_cast<const uint8_t*>(data->d_buf);
    stream.avail_in = data->d_size;
    std::string out;
    std::array<char, 65536> buffer;
    lzma_ret result = LZMA_OK;
    while (result == LZMA_OK && out.size() < most_symbol_bytes) {
        stream.next_out = reinterpret_cast<uint8_t*>(buffer.data());
        stream.avail_out = buffer.size();
        result = lzma_code(&stream, LZMA_FINISH);
        out.append(buffer.data(), buffer.size() - stream.avail_out);
    }
    lzma_end(&stream);
    return result == LZMA_STREAM_END ? OpenElf::from_memory(std::move(out)) : OpenElf();
}

}  // namespace avocet::uprobe
