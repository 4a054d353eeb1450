// SPDX-License-Identifier: Apache-2.0
#include "bcc/records.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>

#include <bpf/btf.h>

#include "avocet/abi/provider.h"

namespace avocet::c {

namespace {

constexpr std::string_view prefix = "tracepoint__";
constexpr uint32_t common_bytes = 8;

struct Field {
    std::string declaration;  // without offset
    uint32_t offset, size;
};

struct FreeBtf {
    void operator()(btf* b) const { btf__free(b); }
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

const btf_type* resolved(const btf* types, uint32_t id) {
    const btf_type* t = btf__type_by_id(types, id);
    while (t && (btf_is_typedef(t) || btf_is_const(t) || btf_is_volatile(t) || btf_is_restrict(t)))
        t = btf__type_by_id(types, t->type);
    return t;
}

std::string integer(uint32_t size, bool is_signed) {
    return std::string(is_signed ? "s" : "u") + std::to_string(std::min(size, 8u) * 8);
}

std::string declare(const btf* types, const avocet_probe_arg& arg) {
    const std::string name = string(arg.name);
    if (arg.place == AVOCET_PLACE_DATA_LOC) return "int data_loc_" + name;
    const btf_type* t = types ? resolved(types, arg.type_id) : nullptr;
    if (t && btf_is_ptr(t)) {
        const btf_type* to = resolved(types, t->type);
        const char* target = to ? btf__name_by_offset(types, to->name_off) : "";
        if (to && (btf_is_composite(to) || btf_is_fwd(to)) && *target)
            return "struct " + std::string(target) + "* " + name;
        return "void* " + name;
    }
    if (t && btf_is_array(t)) {
        const struct btf_array* array = ::btf_array(t);
        const btf_type* element = resolved(types, array->type);
        const uint32_t size = array->nelems ? arg.size / array->nelems : 1;
        const bool text = element && btf_is_int(element) && size == 1;
        return (text ? std::string("char") : integer(size, false)) + " " + name + "[" + std::to_string(array->nelems) +
               "]";
    }
    const bool is_signed =
        arg.flags & AVOCET_ARG_SIGNED || (t && btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED);
    if (arg.size == 1 || arg.size == 2 || arg.size == 4 || arg.size == 8)
        return integer(arg.size, is_signed) + " " + name;
    return "u8 " + name + "[" + std::to_string(arg.size) + "]";
}

avocet_status collect(void* ctx, const avocet_probe_group* group) {
    auto& fields = *static_cast<std::vector<Field>*>(ctx);
    if (!fields.empty()) return AVOCET_OK;
    std::unique_ptr<btf, FreeBtf> types(
        group->btf.size ? btf__new(group->btf.data, static_cast<uint32_t>(group->btf.size)) : nullptr);
    for (uint32_t i = 0; i < group->arg_count; ++i) {
        const avocet_probe_arg& arg = group->args[i];
        fields.push_back({declare(types.get(), arg), arg.index, arg.place == AVOCET_PLACE_DATA_LOC ? 4 : arg.size});
    }
    return AVOCET_OK;
}

std::string define(const std::string& name, std::vector<Field> fields) {
    std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.offset < b.offset; });
    std::string out = "struct " + name + " { u64 __do_not_use__;";
    uint32_t at = common_bytes;
    int gaps = 0;
    for (const Field& field : fields) {
        if (field.offset < at) continue;
        if (field.offset > at)
            out += " u8 __gap" + std::to_string(gaps++) + "[" + std::to_string(field.offset - at) + "];";
        out += " " + field.declaration + ";";
        at = field.offset + field.size;
    }
    return out + " } __attribute__((packed, aligned(8)));\n";  // aligned: members are loaded whole, not byte by byte
}

}  // namespace

std::string tracepoint_records(std::string_view text, const Host& host) {
    const auto* probes = host.extension<avocet_host_probes>(AVOCET_HOST_PROBES_1);
    std::set<std::string> names;
    for (size_t at = text.find(prefix); at != std::string_view::npos; at = text.find(prefix, at + 1)) {
        if (at > 0 && is_word(text[at - 1])) continue;
        size_t end = at;
        while (end < text.size() && is_word(text[end])) ++end;
        names.insert(std::string(text.substr(at, end - at)));
    }
    std::string out;
    for (const std::string& name : names) {
        const std::string rest = name.substr(prefix.size());
        const size_t split = rest.find("__");
        if (split == std::string::npos || !probes) continue;
        const std::string spec = "tracepoint:" + rest.substr(0, split) + ":" + rest.substr(split + 2);
        std::vector<Field> fields;
        probes->describe(probes->ctx, to_abi(spec), avocet_span{}, -1, AVOCET_DESCRIBE_ARGS, AVOCET_SPEC_OWN_TYPE, 1,
                         collect, &fields);
        if (!fields.empty()) out += define(name, std::move(fields));
    }
    return out;
}

}  // namespace avocet::c
