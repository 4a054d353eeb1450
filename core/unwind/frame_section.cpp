// SPDX-License-Identifier: Apache-2.0
#include "unwind/frame_section.hpp"

#include <optional>
#include <unordered_map>

#include "unwind/byte_reader.hpp"

namespace avocet::core {

namespace {

enum : uint8_t {  // DW_EH_PE_*
    as_pointer = 0x00,
    as_uleb = 0x01,
    as_u16 = 0x02,
    as_u32 = 0x03,
    as_u64 = 0x04,
    as_sleb = 0x09,
    as_s16 = 0x0a,
    as_s32 = 0x0b,
    as_s64 = 0x0c,
    from_here = 0x10,
    relative_to = 0x70,
    indirect = 0x80,
    omitted = 0xff
};

// What each function of a file runs again: compilers write some 30 bytes, and a hostile file shall not make us run
// long.
constexpr size_t most_common_bytes = 256;

class SectionReader {
public:
    SectionReader(const FrameSection& section, std::vector<FunctionRows>& functions, std::vector<FrameRow>& rows)
        : section_(section), functions_(functions), rows_(rows) {}

    void run() {
        ByteReader in(section_.bytes);
        while (in.more() && rows_.size() <= most_frame_rows) {
            Entry entry;
            if (!read_entry(in, entry)) return;
            if (!entry.is_common) read_function(entry);
        }
    }

private:
    struct Entry {
        size_t start = 0, body = 0, end = 0;  // offsets in the section
        uint64_t common = 0;                  // where the function's common entry begins
        bool is_common = false;
    };

    bool of_exceptions() const { return section_.format == FrameFormat::eh_frame; }

    // Leaves `in` behind the entry. False: nothing more to read.
    bool read_entry(ByteReader& in, Entry& entry) const {
        constexpr uint32_t has_64_bits = 0xffffffff;
        entry.start = in.at();
        uint64_t size = in.number<uint32_t>();
        const bool is_long = size == has_64_bits;
        if (is_long) size = in.number<uint64_t>();
        if (size == 0) return of_exceptions() ? false : in.more();  // the end of .eh_frame
        const size_t id_at = in.at();
        in.take(size);
        if (in.failed()) return false;
        entry.end = in.at();
        ByteReader head(section_.bytes.substr(0, entry.end), id_at);
        const uint64_t id = is_long && !of_exceptions() ? head.number<uint64_t>() : head.number<uint32_t>();
        entry.body = head.at();
        entry.is_common = id == (of_exceptions() ? 0 : is_long ? ~uint64_t{0} : uint64_t{has_64_bits});
        entry.common = of_exceptions() ? id_at - id : id;
        return !head.failed();
    }

    const std::optional<FrameCommon>& common_at(uint64_t offset) {
        auto [known, is_new] = common_.try_emplace(offset);
        if (!is_new || offset >= section_.bytes.size()) return known->second;
        ByteReader in(section_.bytes, offset);
        Entry entry;
        if (read_entry(in, entry) && entry.is_common) known->second = read_common(entry);
        return known->second;
    }

    std::optional<FrameCommon> read_common(const Entry& entry) {
        if (entry.end - entry.body > most_common_bytes) return std::nullopt;
        ByteReader in(section_.bytes.substr(0, entry.end), entry.body);
        FrameCommon common;
        const auto version = in.number<uint8_t>();
        const std::string_view letters = in.text();
        if (version != 1 && version != 3 && version != 4) return std::nullopt;
        if (version == 4 && (in.number<uint8_t>() != sizeof(uint64_t) || in.number<uint8_t>() != 0))
            return std::nullopt;  // of another machine, or with segments
        common.code_alignment = in.uleb();
        common.data_alignment = in.sleb();
        common.return_register = version == 1 ? in.number<uint8_t>() : in.uleb();
        if (!letters.empty() && !read_letters(letters, in, common)) return std::nullopt;
        common.instructions = in.take(entry.end - in.at());
        return in.failed() ? std::nullopt : std::optional(common);
    }

    bool read_letters(std::string_view letters, ByteReader& in, FrameCommon& common) const {
        if (letters[0] != 'z') return false;
        common.has_size = true;
        const uint64_t size = in.uleb();
        const size_t begin = in.at();
        in.take(size);
        ByteReader data(section_.bytes.substr(0, in.at()), begin);
        for (const char letter : letters.substr(1)) {
            if (letter == 'R') {
                common.encoding = data.number<uint8_t>();
            } else if (letter == 'L') {
                data.number<uint8_t>();
            } else if (letter == 'P') {  // of no interest, but it has to be passed
                const auto encoding = data.number<uint8_t>();
                if (!encoded(static_cast<uint8_t>(encoding & ~indirect), data)) return false;
            } else if (letter == 'S') {
                common.is_signal = true;
            } else if (letter != 'B') {
                return false;
            }
        }
        return !data.failed();
    }

    std::optional<uint64_t> encoded(uint8_t encoding, ByteReader& in) const {
        if (encoding == omitted || encoding & indirect) return std::nullopt;
        const uint64_t here = section_.address + in.at();
        uint64_t value = 0;
        switch (encoding & 0x0f) {
            case as_pointer:
            case as_u64:
            case as_s64: value = in.number<uint64_t>(); break;
            case as_uleb: value = in.uleb(); break;
            case as_u16: value = in.number<uint16_t>(); break;
            case as_u32: value = in.number<uint32_t>(); break;
            case as_sleb: value = static_cast<uint64_t>(in.sleb()); break;
            case as_s16: value = static_cast<uint64_t>(int64_t{in.number<int16_t>()}); break;
            case as_s32: value = static_cast<uint64_t>(int64_t{in.number<int32_t>()}); break;
            default: return std::nullopt;
        }
        if ((encoding & relative_to) == from_here) return value + here;
        return (encoding & relative_to) == 0 ? std::optional(value) : std::nullopt;
    }

    void read_function(const Entry& entry) {
        const auto& common = common_at(entry.common);
        if (!common) return;
        ByteReader in(section_.bytes.substr(0, entry.end), entry.body);
        const auto start = encoded(common->encoding, in);
        const auto size = encoded(common->encoding & 0x0f, in);
        if (common->has_size) in.take(in.uleb());
        if (!start || !size || in.failed() || !*size || *size > ~uint64_t{0} - *start) return;
        const size_t first = rows_.size();
        run_frame_program(*common, in.take(entry.end - in.at()), *start, *start + *size, rows_);
        functions_.push_back({*start, *start + *size, first, rows_.size() - first});
    }

    const FrameSection& section_;
    std::vector<FunctionRows>& functions_;
    std::vector<FrameRow>& rows_;
    std::unordered_map<uint64_t, std::optional<FrameCommon>> common_;  // by offset
};

}  // namespace

void read_frame_section(const FrameSection& section, std::vector<FunctionRows>& functions,
                        std::vector<FrameRow>& rows) {
    SectionReader(section, functions, rows).run();
}

}  // namespace avocet::core
