// SPDX-License-Identifier: Apache-2.0
//
// One switch over the common kinds, kept small so that it inlines well; the rest is out of line.
#include "record/row_decode.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace avocet::core {

namespace {

template <class T>
T load(const uint8_t* at) {
    T out;
    std::memcpy(&out, at, sizeof out);
    return out;
}

int64_t load_integer(const uint8_t* at, uint8_t width, bool is_signed) {
    switch (width) {
        case 1: return is_signed ? load<int8_t>(at) : load<uint8_t>(at);
        case 2: return is_signed ? load<int16_t>(at) : load<uint16_t>(at);
        case 4: return is_signed ? load<int32_t>(at) : static_cast<int64_t>(load<uint32_t>(at));
        default: return load<int64_t>(at);
    }
}

}  // namespace

void RowDecoder::text(std::string_view text, avocet_value& out, uint8_t kind, uint16_t flags) {
    out.kind = kind;
    out.flags = flags;
    out.count = static_cast<uint32_t>(text.size());
    out.v.text = batch_.copy(text);
}

void RowDecoder::value(const Step& step, const uint8_t* base, avocet_value& out) {
    const uint8_t* at = base + step.offset;
    out = {};
    auto integer = [&](avocet_value_kind kind, auto number) {
        out.kind = kind;
        out.width = sizeof number;
        out.v.i = static_cast<int64_t>(number);
    };
    switch (step.op) {
        case Op::u8: return integer(AVOCET_VALUE_UINT, load<uint8_t>(at));
        case Op::u16: return integer(AVOCET_VALUE_UINT, load<uint16_t>(at));
        case Op::u32: return integer(AVOCET_VALUE_UINT, load<uint32_t>(at));
        case Op::u64: return integer(AVOCET_VALUE_UINT, load<uint64_t>(at));
        case Op::s8: return integer(AVOCET_VALUE_INT, load<int8_t>(at));
        case Op::s16: return integer(AVOCET_VALUE_INT, load<int16_t>(at));
        case Op::s32: return integer(AVOCET_VALUE_INT, load<int32_t>(at));
        case Op::s64: return integer(AVOCET_VALUE_INT, load<int64_t>(at));
        case Op::text:
        case Op::string: {
            auto* chars = reinterpret_cast<const char*>(at);
            size_t length = strnlen(chars, step.size);
            bool cut = step.op == Op::string && length == step.size && length > 0;
            return text({chars, length}, out, AVOCET_VALUE_STRING, cut ? AVOCET_VALUE_TRUNCATED : 0);
        }
        case Op::string_ref:
        case Op::buffer_ref: return reference(step, at, out);
        default: return rare(step, at, out);
    }
}

// Texts one behind the other, each with its end, as an argument list has them.
void RowDecoder::words(std::string_view bytes, avocet_value& out) {
    std::string joined;
    for (char c : bytes) {
        if (c == '\0' && (joined.empty() || joined.back() == '\0')) continue;
        joined += c;
    }
    if (joined.ends_with('\0')) joined.pop_back();
    std::replace(joined.begin(), joined.end(), '\0', ' ');
    text(joined, out, AVOCET_VALUE_STRING);
}

void RowDecoder::reference(const Step& step, const uint8_t* at, avocet_value& out) {
    uint32_t word = load<uint32_t>(at), offset = word & 0xffff, length = word >> 16 & 0x7fff;
    if (offset > size_ || size_ - offset < length) {
        failed_ = true;
        return;
    }
    std::string_view bytes(reinterpret_cast<const char*>(data_) + offset, length);
    bool is_text = step.op == Op::string_ref;
    if (is_text) bytes = bytes.substr(0, bytes.find('\0'));
    text(bytes, out, is_text ? AVOCET_VALUE_STRING : AVOCET_VALUE_BYTES, word >> 31 ? AVOCET_VALUE_TRUNCATED : 0);
}

void RowDecoder::rare(const Step& step, const uint8_t* at, avocet_value& out) {
    auto resolved = [&](std::string_view t) { text(t, out, AVOCET_VALUE_TEXT); };
    auto number = [&] { return load_integer(at, step.width, step.is_signed); };
    switch (step.op) {
        case Op::boolean:
            out.kind = AVOCET_VALUE_BOOL;
            out.width = 1;
            out.v.u = std::any_of(at, at + step.size, [](uint8_t b) { return b != 0; });
            return;
        case Op::bits:
        case Op::signed_bits: return bits(step, at, out);
        case Op::enumeration: return enumeration(step, at, out);
        case Op::flags: return resolved(flag_names(step, load_integer(at, step.width, false)));
        case Op::pointer:
            out.kind = AVOCET_VALUE_POINTER;
            out.width = 8;
            out.v.i = load_integer(at, step.width, false);
            return;
        case Op::buffer: {
            uint32_t length = load<uint32_t>(at);
            if (length > step.size - 4) {
                failed_ = true;
                return;
            }
            return text({reinterpret_cast<const char*>(at) + 4, length}, out, AVOCET_VALUE_BYTES);
        }
        case Op::words: return words({reinterpret_cast<const char*>(at), step.size}, out);
        case Op::bytes: return text({reinterpret_cast<const char*>(at), step.size}, out, AVOCET_VALUE_BYTES);
        case Op::array:
        case Op::composite: return items(step, at, out);
        case Op::stack: return stack(step, at, out);
        case Op::symbol_kernel: return symbol(load<uint64_t>(at), 0, out);
        case Op::symbol_user: return symbol(load<uint64_t>(at), static_cast<uint32_t>(load<uint64_t>(at + 8)), out);
        case Op::probe: return resolved(lookups_.probe(load<uint32_t>(at)));
        case Op::username:
            return resolved(lookups_.username(static_cast<uint64_t>(load_integer(at, step.width, false))));
        case Op::time: return resolved(lookups_.time(step.type->format, load<uint64_t>(at), load<uint64_t>(at + 8)));
        case Op::inet: return resolved(lookups_.inet(load<uint64_t>(at), at + 8));
        case Op::mac: return resolved(lookups_.mac(at));
        case Op::cgroup_path: return resolved(lookups_.cgroup_path(load<uint64_t>(at), step.type->format));
        case Op::error_name: return resolved(lookups_.error_name(number()));
        case Op::signal_name: return resolved(lookups_.signal_name(number()));
        case Op::syscall_name: return resolved(lookups_.syscall_name(number()));
        case Op::elapsed:
            out.kind = AVOCET_VALUE_INT;
            out.width = 8;
            out.v.i = lookups_.elapsed(load<uint64_t>(at));
            return;
        case Op::delta:
            out.kind = AVOCET_VALUE_INT;
            out.width = 8;
            out.v.i = lookups_.delta(step.type, load<uint64_t>(at));
            return;
        case Op::group_name:
            return resolved(lookups_.group_name(static_cast<uint64_t>(load_integer(at, step.width, false))));
        case Op::process_name: return resolved(lookups_.process_name(load_integer(at, step.width, step.is_signed)));
        case Op::clock: return resolved(lookups_.time(step.type->format, load<uint64_t>(at), 1));
        case Op::ipv4: return resolved(lookups_.inet(AF_INET, at));
        case Op::ipv6: return resolved(lookups_.inet(AF_INET6, at));
        case Op::ip_of_family: return resolved(lookups_.inet(beside(step, at), at));
        case Op::port_big_endian:
            out.kind = AVOCET_VALUE_UINT;
            out.width = 2;
            out.v.u = static_cast<uint64_t>(at[0]) << 8 | at[1];
            return;
        case Op::symbol_beside: return symbol(load<uint64_t>(at), static_cast<uint32_t>(beside(step, at)), out);
        case Op::map_stack: return map_stack(step, at, out);
        case Op::device: {
            const auto device = load<uint32_t>(at);  // the kernel's own form: 20 bits for the minor number
            return resolved(fmt::format("{}:{}", device >> 20, device & 0xfffff));
        }
        case Op::interface_name: return resolved(lookups_.interface_name(load<uint32_t>(at)));
        default: return;
    }
}

// Bit-fields as compilers lay them out on this byte order: little endian, from the lowest bit.
void RowDecoder::bits(const Step& step, const uint8_t* at, avocet_value& out) {
    uint64_t word = 0;
    std::memcpy(&word, at, step.size);
    unsigned high = 64u - step.bit_count;
    word = word >> step.bit_offset << high;
    out.kind = step.type->kind;
    out.width = step.type->width;
    if (step.op == Op::signed_bits)
        out.v.i = static_cast<int64_t>(word) >> high;
    else
        out.v.u = word >> high;
}

// "READ|SYNC|0x40": names of single bits, then what has none; a name of the whole number comes first.
std::string RowDecoder::flag_names(const Step& step, int64_t number) {
    auto rest = static_cast<uint64_t>(number);
    std::string out;
    for (const EnumName& name : *step.names)
        if (name.value == number) return std::string(name.pair[0].v.text, name.pair[0].count);
    for (const EnumName& name : *step.names) {
        const auto bit = static_cast<uint64_t>(name.value);
        if (!bit || (bit & (bit - 1)) || !(rest & bit)) continue;
        out += (out.empty() ? "" : "|") + std::string(name.pair[0].v.text, name.pair[0].count);
        rest &= ~bit;
    }
    if (rest || out.empty()) out += (out.empty() ? "" : "|") + fmt::format("{:#x}", rest);
    return out;
}

void RowDecoder::enumeration(const Step& step, const uint8_t* at, avocet_value& out) {
    int64_t number = 0;
    if (step.bit_count) {
        bits(step, at, out);
        number = out.v.i;
        if (step.is_signed) number = static_cast<int64_t>(out.v.u << (64u - step.bit_count)) >> (64u - step.bit_count);
    } else {
        number = load_integer(at, step.width, step.is_signed);
    }
    out.kind = AVOCET_VALUE_ENUM;
    out.width = step.width;
    auto found = std::lower_bound(step.names->begin(), step.names->end(), number,
                                  [](const EnumName& e, int64_t n) { return e.value < n; });
    if (found != step.names->end() && found->value == number) {
        out.count = 2;
        out.v.items = found->pair;
    } else {
        out.v.i = number;
    }
}

void RowDecoder::items(const Step& step, const uint8_t* at, avocet_value& out) {
    auto* values = batch_.allocate_array<avocet_value>(step.count);
    bool array = step.op == Op::array;
    for (uint32_t i = 0; i < step.count && !failed_; ++i) {
        const Step& inner = steps_[step.first + (array ? 0 : i)];
        value(inner, array ? at + size_t{i} * inner.size : at, values[i]);
    }
    out.kind = step.type->kind;
    out.count = step.count;
    out.v.items = values;
}

void RowDecoder::symbol(uint64_t address, uint32_t pid, avocet_value& out) {
    auto* frame = batch_.allocate_array<avocet_frame>(1);
    *frame = {address, pid, 0};
    out.kind = AVOCET_VALUE_SYMBOL;
    out.count = 1;
    out.v.frames = frame;
}

// `at` is step.offset bytes after the start of what both lie in.
uint64_t RowDecoder::beside(const Step& step, const uint8_t* at) {
    return static_cast<uint64_t>(
        load_integer(at - step.offset + step.beside, static_cast<uint8_t>(step.beside_size), false));
}

void RowDecoder::map_stack(const Step& step, const uint8_t* at, avocet_value& out) {
    const int64_t id = load_integer(at, step.width, true);
    out.kind = AVOCET_VALUE_STACK;
    if (id < 0) return;  // -EFAULT and the like: there was none
    const bool user = step.type->flags & AVOCET_TYPE_USER;
    const uint32_t pid = user && step.beside_size ? static_cast<uint32_t>(beside(step, at)) : 0;
    const std::vector<uint64_t>* addresses = lookups_.map_stack(step.map, static_cast<uint32_t>(id));
    if (!addresses) {
        out.flags = AVOCET_VALUE_UNREADABLE;
        return;
    }
    auto* frames = batch_.allocate_array<avocet_frame>(addresses->size());
    for (size_t i = 0; i < addresses->size(); ++i) frames[i] = {(*addresses)[i], pid, 0};
    out.count = static_cast<uint32_t>(addresses->size());
    out.v.frames = frames;
}

void RowDecoder::stack(const Step& step, const uint8_t* at, avocet_value& out) {
    uint64_t id = load<uint64_t>(at);
    auto pid = step.type->flags & AVOCET_TYPE_USER ? static_cast<uint32_t>(load<uint64_t>(at + 8)) : 0u;
    out.kind = AVOCET_VALUE_STACK;
    if (id == 0) return;
    const std::vector<uint64_t>* addresses = lookups_.stack(id);
    if (!addresses) {
        out.flags = AVOCET_VALUE_UNREADABLE;
        return;
    }
    size_t count = std::min<size_t>(addresses->size(), step.type->limit);
    auto* frames = batch_.allocate_array<avocet_frame>(count);
    for (size_t i = 0; i < count; ++i) frames[i] = {(*addresses)[i], pid, 0};
    out.count = static_cast<uint32_t>(count);
    out.v.frames = frames;
}

}  // namespace avocet::core
