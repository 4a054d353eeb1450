// SPDX-License-Identifier: Apache-2.0
#include "notes.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

namespace avocet::usdt {

namespace {

constexpr uint32_t stapsdt_type = 3;
constexpr std::string_view owner("stapsdt", 8);  // with its NUL
constexpr size_t most_notes = 1u << 20;

struct RawNote {
    uint64_t location = 0, base = 0, semaphore = 0;
    std::string_view provider, name, arguments;
};

uint64_t u64_at(std::string_view bytes, size_t offset) {
    uint64_t value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::optional<std::string_view> take_text(std::string_view& bytes) {
    size_t end = bytes.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return text;
}

std::optional<RawNote> parse_note(std::string_view description) {
    if (description.size() < 24) return std::nullopt;
    RawNote note{u64_at(description, 0), u64_at(description, 8), u64_at(description, 16), {}, {}, {}};
    description.remove_prefix(24);
    auto provider = take_text(description), name = take_text(description), arguments = take_text(description);
    if (!provider || !name || name->empty()) return std::nullopt;
    note.provider = *provider;
    note.name = *name;
    if (arguments) note.arguments = *arguments;
    return note;
}

class NoteReader {
public:
    explicit NoteReader(const ElfImage& image) : image_(image) {
        for (const Section& section : image.sections())
            if (section.name == ".stapsdt.base") base_ = section.address;
    }

    Notes read() {
        bool any = false;
        for (const Section& section : image_.sections()) {
            if (section.type != SHT_NOTE || section.alignment > 4) continue;  // others are padded differently
            any = true;
            read_area(section.offset, section.size);
        }
        if (!any)  // no section headers: the notes are there if they are loaded
            for (const Segment& segment : image_.segments())
                if (segment.type == PT_NOTE && segment.alignment <= 4) read_area(segment.offset, segment.size);
        for (auto& [key, probe] : probes_) {
            std::sort(probe.sites.begin(), probe.sites.end(),
                      [](const Site& a, const Site& b) { return a.offset < b.offset; });
            out_.probes.push_back(std::move(probe));
        }
        return std::move(out_);
    }

private:
    // Each note: sizes of name and description, type; name; description. Both are padded to 4 bytes.
    void read_area(uint64_t offset, uint64_t size) {
        auto bytes = image_.bytes(offset, size);
        if (!bytes) {
            ++out_.damaged;
            return;
        }
        std::string_view rest = *bytes;
        while (rest.size() >= sizeof(Elf64_Nhdr) && count_ < most_notes) {
            Elf64_Nhdr header;
            std::memcpy(&header, rest.data(), sizeof header);
            rest.remove_prefix(sizeof header);
            uint64_t name_size = (uint64_t{header.n_namesz} + 3) & ~uint64_t{3};
            if (name_size > rest.size() || header.n_descsz > rest.size() - name_size) {
                ++out_.damaged;
                return;
            }
            std::string_view name = rest.substr(0, header.n_namesz);
            std::string_view description = rest.substr(name_size, header.n_descsz);
            uint64_t whole = name_size + ((uint64_t{header.n_descsz} + 3) & ~uint64_t{3});
            rest.remove_prefix(std::min<uint64_t>(whole, rest.size()));
            if (name == owner && header.n_type == stapsdt_type) add(description);
        }
    }

    void add(std::string_view description) {
        ++count_;
        auto note = parse_note(description);
        if (!note) {
            ++out_.damaged;
            return;
        }
        const uint64_t moved = base_ && note->base ? base_ - note->base : 0;
        const uint64_t location = note->location + moved;
        auto offset = image_.file_offset(location, true);
        std::optional<uint64_t> semaphore = uint64_t{0};
        if (note->semaphore) semaphore = image_.file_offset(note->semaphore + moved, false);
        if (!offset || !semaphore) {
            ++out_.damaged;
            return;
        }
        Probe& probe = probes_[{std::string(note->provider), std::string(note->name)}];
        probe.provider = note->provider;
        probe.name = note->name;
        if (std::any_of(probe.sites.begin(), probe.sites.end(), [&](const Site& s) { return s.offset == *offset; }))
            return;
        const bool is_hidden = note->semaphore && image_.is_loaded_before(note->semaphore + moved);
        probe.sites.push_back({*offset, *semaphore, is_hidden, arguments(note->arguments, location)});
    }

    std::vector<Argument> arguments(std::string_view text, uint64_t site) const {
        ArgumentContext context{image_.machine(), site, [this](std::string_view name) { return image_.symbol(name); }};
        std::vector<Argument> out;
        for (std::string_view argument : split_arguments(text)) {
            if (out.size() == AVOCET_MAX_LOCATIONS) break;
            out.push_back(parse_argument(argument, context));
        }
        return out;
    }

    const ElfImage& image_;
    uint64_t base_ = 0;
    size_t count_ = 0;
    std::map<std::pair<std::string, std::string>, Probe> probes_;
    Notes out_;
};

}  // namespace

Notes read_notes(const ElfImage& image) { return NoteReader(image).read(); }

}  // namespace avocet::usdt
