// SPDX-License-Identifier: Apache-2.0
//
// Words of BTF.
#include "btf_writer.hpp"

#include <linux/btf.h>

#include <algorithm>
#include <cstring>

namespace avocet::uprobe {

namespace {

constexpr size_t most_members = 0xffff;
constexpr uint32_t most_bits = 0xffffff;  // of a member's offset

}  // namespace

uint32_t BtfWriter::reserve() {
    types_.emplace_back();
    return static_cast<uint32_t>(types_.size());
}

uint32_t BtfWriter::string(std::string_view text) {
    text = text.substr(0, text.find('\0'));
    if (text.empty()) return 0;
    auto [entry, is_new] = known_.try_emplace(std::string(text), static_cast<uint32_t>(strings_.size()));
    if (is_new) strings_.append(text).push_back('\0');
    return entry->second;
}

void BtfWriter::set(uint32_t id, std::string_view name, uint32_t kind, size_t count, bool flag, uint32_t size_or_type) {
    types_[id - 1] = {string(name), static_cast<uint32_t>(count) | kind << 24 | (flag ? 1u << 31 : 0), size_or_type};
}

void BtfWriter::fill_integer(uint32_t id, std::string_view name, uint32_t bytes, Scalar scalar) {
    set(id, name, BTF_KIND_INT, 0, false, bytes);
    uint32_t encoding = scalar == Scalar::is_signed   ? BTF_INT_SIGNED
                        : scalar == Scalar::character ? BTF_INT_SIGNED | BTF_INT_CHAR
                        : scalar == Scalar::boolean   ? BTF_INT_BOOL
                                                      : 0;
    types_[id - 1].push_back(encoding << 24 | bytes * 8);
}

void BtfWriter::fill_float(uint32_t id, std::string_view name, uint32_t bytes) {
    set(id, name, BTF_KIND_FLOAT, 0, false, bytes);
}

void BtfWriter::fill_reference(uint32_t id, uint32_t kind, std::string_view name, uint32_t target) {
    set(id, name, kind, 0, false, target);
}

uint32_t BtfWriter::index_type() {
    if (index_ == 0) {
        index_ = reserve();
        fill_integer(index_, "__ARRAY_SIZE_TYPE__", 4, Scalar::is_unsigned);
    }
    return index_;
}

void BtfWriter::fill_array(uint32_t id, uint32_t element, uint32_t count) {
    uint32_t index = index_type();
    set(id, {}, BTF_KIND_ARRAY, 0, false, 0);
    types_[id - 1].insert(types_[id - 1].end(), {element, index, count});
}

void BtfWriter::fill_struct(uint32_t id, std::string_view name, uint32_t bytes, bool is_union,
                            const std::vector<Member>& members) {
    std::vector<uint32_t> words;
    size_t count = 0;
    for (const Member& m : members) {
        if (m.bit_offset > most_bits || m.bit_size > 0xff || count == most_members) continue;
        words.insert(words.end(), {string(m.name), m.type, m.bit_size << 24 | m.bit_offset});
        ++count;
    }
    set(id, name, is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT, count, true, bytes);
    types_[id - 1].insert(types_[id - 1].end(), words.begin(), words.end());
}

void BtfWriter::fill_forward(uint32_t id, std::string_view name, bool is_union) {
    set(id, name, BTF_KIND_FWD, 0, is_union, 0);
}

void BtfWriter::fill_enum(uint32_t id, std::string_view name, uint32_t bytes, bool is_signed,
                          const std::vector<Enumerator>& values) {
    bool wide = std::any_of(values.begin(), values.end(), [](const Enumerator& e) {
        return e.value > static_cast<int64_t>(UINT32_MAX) || e.value < INT32_MIN;
    });
    size_t count = std::min(values.size(), most_members);
    set(id, name, wide ? BTF_KIND_ENUM64 : BTF_KIND_ENUM, count, is_signed, bytes);
    for (size_t i = 0; i < count; ++i) {
        uint32_t text = string(values[i].name);
        auto value = static_cast<uint64_t>(values[i].value);
        auto& words = types_[id - 1];
        words.insert(words.end(), {text, static_cast<uint32_t>(value)});
        if (wide) words.push_back(static_cast<uint32_t>(value >> 32));
    }
}

void BtfWriter::fill_function(uint32_t id) { set(id, {}, BTF_KIND_FUNC_PROTO, 0, false, 0); }

std::vector<uint8_t> BtfWriter::bytes() {
    std::vector<uint32_t> words;
    for (size_t i = 0; i < types_.size(); ++i) {
        if (types_[i].empty()) fill_forward(static_cast<uint32_t>(i + 1), {}, false);
        words.insert(words.end(), types_[i].begin(), types_[i].end());
    }
    btf_header header{};
    header.magic = BTF_MAGIC;
    header.version = BTF_VERSION;
    header.hdr_len = sizeof header;
    header.type_len = static_cast<uint32_t>(words.size() * sizeof(uint32_t));
    header.str_off = header.type_len;
    header.str_len = static_cast<uint32_t>(strings_.size());
    std::vector<uint8_t> out(sizeof header + header.type_len + header.str_len);
    std::memcpy(out.data(), &header, sizeof header);
    if (!words.empty()) std::memcpy(out.data() + sizeof header, words.data(), header.type_len);
    std::memcpy(out.data() + sizeof header + header.type_len, strings_.data(), strings_.size());
    return out;
}

}  // namespace avocet::uprobe
