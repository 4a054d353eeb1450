// SPDX-License-Identifier: Apache-2.0
#include "types/module_types.hpp"

#include <filesystem>
#include <memory>

#include <bpf/btf.h>

namespace avocet::c {

namespace {

struct FreeBtf {
    void operator()(btf* b) const { btf__free(b); }
};

bool defines(const btf* module, uint32_t first, const std::string& name) {
    for (uint32_t id = first; id < btf__type_cnt(module); ++id) {
        const btf_type* t = btf__type_by_id(module, id);
        if (!btf_is_composite(t) && !btf_is_any_enum(t) && !btf_is_typedef(t)) continue;
        const char* own = btf__name_by_offset(module, t->name_off);
        if (own && name == own) return true;
    }
    return false;
}

}  // namespace

std::string module_with_type(avocet_bytes kernel, const std::string& name) {
    const std::unique_ptr<btf, FreeBtf> base(btf__new(kernel.data, static_cast<uint32_t>(kernel.size)));
    if (!base) return {};
    std::error_code none;
    for (const auto& file : std::filesystem::directory_iterator("/sys/kernel/btf", none)) {
        const std::string module = file.path().filename();
        if (module == "vmlinux") continue;
        const std::unique_ptr<btf, FreeBtf> types(btf__parse_split(file.path().c_str(), base.get()));
        if (types && defines(types.get(), btf__type_cnt(base.get()), name)) return module;
    }
    return {};
}

}  // namespace avocet::c
