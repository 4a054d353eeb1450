// SPDX-License-Identifier: Apache-2.0
//
// The presentation tags. A tag on a type that it does not fit is a mistake of whoever made the object and is refused;
// a tag that this version does not know is ignored, and the value is shown by its BTF.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "record/layout.hpp"

namespace avocet::core {

namespace {

struct SimpleTag {
    std::string_view tag;
    Op op;
    avocet_value_kind kind;
    uint32_t bytes;  // 0: any integer
    uint16_t flags;
};

constexpr SimpleTag simple_tags[] = {
    {"str", Op::string_ref, AVOCET_VALUE_STRING, 4, 0},
    {"buf", Op::buffer_ref, AVOCET_VALUE_BYTES, 4, 0},
    {"pointer", Op::pointer, AVOCET_VALUE_POINTER, 0, 0},
    {"ksym", Op::symbol_kernel, AVOCET_VALUE_SYMBOL, 8, 0},
    {"usym", Op::symbol_user, AVOCET_VALUE_SYMBOL, 16, AVOCET_TYPE_USER},
    {"probe", Op::probe, AVOCET_VALUE_TEXT, 4, 0},
    {"username", Op::username, AVOCET_VALUE_TEXT, 0, 0},
    {"inet", Op::inet, AVOCET_VALUE_TEXT, 24, 0},
    {"mac", Op::mac, AVOCET_VALUE_TEXT, 6, 0},
    {"ipv4", Op::ipv4, AVOCET_VALUE_TEXT, 4, 0},
    {"ipv6", Op::ipv6, AVOCET_VALUE_TEXT, 16, 0},
    {"errno", Op::error_name, AVOCET_VALUE_TEXT, 0, 0},
    {"signal", Op::signal_name, AVOCET_VALUE_TEXT, 0, 0},
    {"syscall", Op::syscall_name, AVOCET_VALUE_TEXT, 0, 0},
    {"uid", Op::username, AVOCET_VALUE_TEXT, 0, 0},
    {"dev", Op::device, AVOCET_VALUE_TEXT, 4, 0},
    {"ifindex", Op::interface_name, AVOCET_VALUE_TEXT, 4, 0},
    {"hex", Op::pointer, AVOCET_VALUE_POINTER, 0, 0},
    {"strerror", Op::error_name, AVOCET_VALUE_TEXT, 0, 0},
    {"signal_name", Op::signal_name, AVOCET_VALUE_TEXT, 0, 0},
    {"syscall_name", Op::syscall_name, AVOCET_VALUE_TEXT, 0, 0},
};

const SimpleTag* find_simple(std::string_view tag) {
    for (const auto& s : simple_tags)
        if (s.tag == tag) return &s;
    return nullptr;
}

std::string_view mode_name(std::string_view mode) {
    for (std::string_view known : {"bpftrace", "perf", "raw", "build_id"})
        if (mode == known) return known;
    return {};
}

}  // namespace

void LayoutCompiler::need_bytes(const Slot& slot, std::string_view tag, uint32_t bytes) const {
    auto size = types_.size(types_.resolve(slot.type));
    if (!size || *size != bytes) fail(slot, fmt::format("has tag 'avocet:{}', which needs {} bytes", tag, bytes));
}

Step LayoutCompiler::compile_stack(const Slot& slot, std::string_view arguments, bool user) {
    need_bytes(slot, "stack", 16);
    size_t comma = arguments.find(',');
    std::string_view mode = mode_name(arguments.substr(0, comma));
    if (mode.empty()) fail(slot, fmt::format("has an unknown stack mode '{}'", arguments.substr(0, comma)));
    uint32_t limit = 127;
    if (comma != std::string_view::npos) {
        std::string_view number = arguments.substr(comma + 1);
        auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), limit);
        if (error != std::errc() || end != number.data() + number.size())
            fail(slot, "has a stack limit that is no number");
    }
    avocet_type& type = store_.add(AVOCET_VALUE_STACK, 0, user ? "ustack" : "kstack");
    type.format = store_.text(mode);
    type.limit = limit;
    type.flags = user ? AVOCET_TYPE_USER : 0;
    Step step;
    step.op = Op::stack;
    step.size = 16;
    step.type = &type;
    return step;
}

bool LayoutCompiler::compile_tag(const Slot& slot, std::string_view tag, Layout& out, int depth, Step& step) {
    size_t equals = tag.find('=');
    std::string_view word = tag.substr(0, equals);
    std::string_view arguments = equals == std::string_view::npos ? std::string_view() : tag.substr(equals + 1);
    uint32_t id = types_.resolve(slot.type);
    const btf_type* t = types_.type(id);
    auto size = types_.size(id);
    if (!t || !size) fail(slot, "has no size");
    step.size = *size;
    if (word == "tuple" || word == "record") {
        if (!btf_is_composite(t)) return false;
        step = compile_composite(slot, t, word == "tuple", out, depth);
        return true;
    }
    if ((word == "stack.kernel" || word == "stack.user") && arguments.empty() && *size == 4)
        return compile_stack_id(slot, word == "stack.user", step);
    if (word == "stack.kernel" || word == "stack.user") {
        step = compile_stack(slot, arguments, word == "stack.user");
        return true;
    }
    if (word == "string") {
        if (!btf_is_array(t)) fail(slot, "has tag 'avocet:string', which needs an array");
        avocet_type& type = store_.add(AVOCET_VALUE_STRING, 0, types_.spell(slot.type));
        type.limit = *size;
        if (arguments == "spare" && *size > 1) step.size = *size - 1;  // the last byte is a NUL in any case
        step.op = Op::string;
        step.type = &type;
        return true;
    }
    if (word == "buffer") {
        if (*size < 4) fail(slot, "has tag 'avocet:buffer', which needs a length and bytes");
        avocet_type& type = store_.add(AVOCET_VALUE_BYTES, 0, types_.spell(slot.type));
        type.limit = *size - 4;
        step.op = Op::buffer;
        step.type = &type;
        return true;
    }
    if (word == "time" || word == "cgroup_path") {
        need_bytes(slot, word, word == "time" ? 16 : 8);
        avocet_type& type = store_.add(AVOCET_VALUE_TEXT, 0, word == "time" ? "timestamp" : "cgroup_path");
        type.format = store_.text(arguments);
        step.op = word == "time" ? Op::time : Op::cgroup_path;
        step.type = &type;
        return true;
    }
    if (word == "port" && *size == 2) {
        if (arguments == "host") return false;
        step.op = Op::port_big_endian;
        step.type = &store_.add(AVOCET_VALUE_UINT, 2, types_.spell(slot.type));
        return true;
    }
    if (word == "enum" || word == "flags") {
        if (*size != 1 && *size != 2 && *size != 4 && *size != 8) fail(slot, "is an integer of an unusual width");
        step.op = word == "enum" ? Op::enumeration : Op::flags;
        step.width = static_cast<uint8_t>(*size);
        step.is_signed = btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED;
        step.type = &store_.add(word == "enum" ? AVOCET_VALUE_ENUM : AVOCET_VALUE_TEXT,
                                static_cast<uint8_t>(word == "enum" ? *size : 0), types_.spell(slot.type));
        compile_names(slot, word, arguments, step);
        return true;
    }
    const SimpleTag* simple = find_simple(word);
    if (!simple) return false;
    if (simple->bytes)
        need_bytes(slot, word, simple->bytes);
    else if (!btf_is_int(t) && !btf_is_any_enum(t) && !btf_is_ptr(t))
        fail(slot, fmt::format("has tag 'avocet:{}', which needs an integer", word));
    else if (*size != 1 && *size != 2 && *size != 4 && *size != 8)
        fail(slot, "is an integer of an unusual width");
    step.op = simple->op;
    step.width = static_cast<uint8_t>(std::min(*size, 255u));
    step.is_signed = btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED;
    avocet_type& type = store_.add(simple->kind, simple->kind == AVOCET_VALUE_POINTER ? 8 : 0, types_.spell(slot.type));
    type.flags = simple->flags;
    step.type = &type;
    return true;
}

}  // namespace avocet::core
