// SPDX-License-Identifier: Apache-2.0
//
// One walk over the kernel's types. A field is an anonymous union around a pointer (__bpf_md_ptr), or a plain member.
#include "kinds.hpp"

#include <bpf/btf.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <set>

#include "avocet/abi/provider.h"

namespace avocet::iter {

namespace {

constexpr std::string_view struct_prefix = "bpf_iter__", function_prefix = "bpf_iter_";

struct BtfDeleter {
    void operator()(::btf* types) const { btf__free(types); }
};
struct DumpDeleter {
    void operator()(btf_dump* dump) const { btf_dump__free(dump); }
};

void append_text(void* out, const char* format, va_list args) {
    char text[512];
    int size = vsnprintf(text, sizeof text, format, args);
    if (size > 0) static_cast<std::string*>(out)->append(text, std::min(static_cast<size_t>(size), sizeof text - 1));
}

std::string_view name_of(const ::btf* types, uint32_t offset) {
    const char* text = btf__name_by_offset(types, offset);
    return text ? text : "";
}

std::string declaration(const ::btf* types, uint32_t type_id, const std::string& name) {
    std::string text;
    std::unique_ptr<btf_dump, DumpDeleter> dump(btf_dump__new(types, append_text, &text, nullptr));
    btf_dump_emit_type_decl_opts options{};
    options.sz = sizeof options;
    options.field_name = name.c_str();
    if (!dump || btf_dump__emit_type_decl(dump.get(), type_id, &options) != 0) return name;
    return text;
}

// What an anonymous union holds stands for it.
btf_member named_member(const ::btf* types, const btf_member& member) {
    const btf_type* type = btf__type_by_id(types, member.type);
    bool wrapped = name_of(types, member.name_off).empty() && type && btf_is_composite(type) && btf_vlen(type) > 0;
    return wrapped ? btf_members(type)[0] : member;
}

Kind read_kind(const ::btf* types, const btf_type* context, std::string name) {
    Kind kind{std::move(name), {}};
    for (uint16_t i = 0; i < btf_vlen(context); ++i) {
        btf_member member = named_member(types, btf_members(context)[i]);
        std::string field(name_of(types, member.name_off));
        kind.fields.push_back(declaration(types, member.type, field));
    }
    return kind;
}

}  // namespace

bool walks_tasks(std::string_view name) { return name == "task" || name.substr(0, 5) == "task_"; }

bool needs_map(std::string_view name) {
    return name == "bpf_map_elem" || name == "bpf_sk_storage_map" || name == "sockmap";
}

avocet_bytes Kinds::kernel_btf() const {
    auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    return kernel ? kernel->kernel_btf(kernel->ctx) : avocet_bytes{nullptr, 0};
}

bool Kinds::exists(const std::string& name) const {
    avocet_bytes bytes = kernel_btf();
    std::string text = '\0' + std::string(struct_prefix) + name + '\0';
    return bytes.size > 0 && memmem(bytes.data, bytes.size, text.data(), text.size()) != nullptr;
}

const std::vector<Kind>& Kinds::all() {
    if (read_) return kinds_;
    avocet_bytes bytes = kernel_btf();
    std::unique_ptr<::btf, BtfDeleter> types;
    if (bytes.size > 0) types.reset(btf__new(bytes.data, static_cast<uint32_t>(bytes.size)));
    if (!types)
        throw Error(AVOCET_ERR_UNSUPPORTED, "iter probes require kernel BTF",
                    "the kernel needs CONFIG_DEBUG_INFO_BTF and Linux 5.8");
    std::set<std::string, std::less<>> functions;
    std::vector<std::pair<std::string, const btf_type*>> contexts;
    for (uint32_t id = 1; id < btf__type_cnt(types.get()); ++id) {
        const btf_type* type = btf__type_by_id(types.get(), id);
        if (!btf_is_struct(type) && !btf_is_func(type)) continue;
        std::string_view name = name_of(types.get(), type->name_off);
        if (btf_is_struct(type) && name.substr(0, struct_prefix.size()) == struct_prefix)
            contexts.emplace_back(name.substr(struct_prefix.size()), type);
        else if (btf_is_func(type) && name.substr(0, function_prefix.size()) == function_prefix)
            functions.emplace(name.substr(function_prefix.size()));
    }
    for (auto& [name, context] : contexts)
        if (functions.count(name)) kinds_.push_back(read_kind(types.get(), context, name));
    std::sort(kinds_.begin(), kinds_.end(), [](const Kind& a, const Kind& b) { return a.name < b.name; });
    read_ = true;
    return kinds_;
}

}  // namespace avocet::iter
