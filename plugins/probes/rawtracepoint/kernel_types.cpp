// SPDX-License-Identifier: Apache-2.0
//
// One walk over all types finds every tracepoint.
#include "kernel_types.hpp"

#include <bpf/btf.h>

#include <cstring>
#include <filesystem>

#include "avocet/abi/provider.h"

namespace avocet::rawtracepoint {

namespace {

constexpr std::string_view typedef_prefix = "btf_trace_", stub_prefix = "__probestub_", iter_prefix = "__traceiter_";

std::string_view after(std::string_view name, std::string_view prefix) {
    return name.substr(0, prefix.size()) == prefix ? name.substr(prefix.size()) : std::string_view();
}

// Typedef -> pointer -> prototype, 0 if it is not that.
uint32_t prototype_of(const ::btf* types, const btf_type* named) {
    const btf_type* pointer = btf__type_by_id(types, named->type);
    if (!pointer || !btf_is_ptr(pointer)) return 0;
    const btf_type* prototype = btf__type_by_id(types, pointer->type);
    return prototype && btf_is_func_proto(prototype) ? pointer->type : 0;
}

void find_tracepoints(Module& module, uint32_t first_id) {
    const ::btf* types = module.types.get();
    std::map<std::string, uint32_t, std::less<>> named;
    for (uint32_t id = first_id; id < btf__type_cnt(types); ++id) {
        const btf_type* type = btf__type_by_id(types, id);
        if (!btf_is_typedef(type) && !btf_is_func(type)) continue;
        const char* text = btf__name_by_offset(types, type->name_off);
        if (!text) continue;
        std::string_view name = text;
        if (btf_is_typedef(type)) {
            if (auto event = after(name, typedef_prefix); !event.empty())
                if (uint32_t prototype = prototype_of(types, type))
                    module.tracepoints[std::string(event)].prototype = prototype;
            continue;
        }
        if (auto stub = after(name, stub_prefix); !stub.empty())
            named[std::string(stub)] = type->type;
        else if (auto iter = after(name, iter_prefix); !iter.empty())
            named.emplace(iter, type->type);
    }
    for (auto& [event, tracepoint] : module.tracepoints)
        if (auto found = named.find(event); found != named.end()) tracepoint.named_prototype = found->second;
}

}  // namespace

std::vector<Parameter> Module::parameters(const Tracepoint& tracepoint) const {
    const btf_type* prototype = btf__type_by_id(types.get(), tracepoint.prototype);
    const btf_type* named =
        tracepoint.named_prototype ? btf__type_by_id(types.get(), tracepoint.named_prototype) : nullptr;
    if (named && (!btf_is_func_proto(named) || btf_vlen(named) != btf_vlen(prototype))) named = nullptr;
    std::vector<Parameter> out;
    for (uint16_t i = 1; i < btf_vlen(prototype); ++i) {
        const char* text = named ? btf__name_by_offset(types.get(), btf_params(named)[i].name_off) : nullptr;
        out.push_back({text && *text ? text : "arg" + std::to_string(i - 1), btf_params(prototype)[i].type});
    }
    return out;
}

avocet_bytes KernelTypes::kernel_btf() const {
    auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    return kernel ? kernel->kernel_btf(kernel->ctx) : avocet_bytes{nullptr, 0};
}

bool KernelTypes::has_event(const std::string& event) const {
    avocet_bytes bytes = kernel_btf();
    std::string name = '\0' + std::string(typedef_prefix) + event + '\0';
    return bytes.size > 0 && memmem(bytes.data, bytes.size, name.data(), name.size()) != nullptr;
}

const Module& KernelTypes::vmlinux() {
    if (vmlinux_) return *vmlinux_;
    avocet_bytes bytes = kernel_btf();
    auto module = std::make_unique<Module>();
    module->name = "vmlinux";
    if (bytes.size > 0) module->types.reset(btf__new(bytes.data, static_cast<uint32_t>(bytes.size)));
    if (!module->types)
        throw Error(AVOCET_ERR_UNSUPPORTED, "rawtracepoints require kernel BTF",
                    "try using a 'tracepoint' instead; the kernel needs CONFIG_DEBUG_INFO_BTF");
    find_tracepoints(*module, 1);
    vmlinux_ = std::move(module);
    return *vmlinux_;
}

const std::map<std::string, Module>& KernelTypes::modules() {
    if (modules_read_) return modules_;
    modules_read_ = true;
    ::btf* base = vmlinux().types.get();
    std::error_code error;
    for (const auto& file : std::filesystem::directory_iterator("/sys/kernel/btf", error)) {
        std::string name = file.path().filename();
        if (name == "vmlinux") continue;
        Module module;
        module.name = name;
        module.types.reset(btf__parse_split(file.path().c_str(), base));
        if (!module.types) continue;
        find_tracepoints(module, btf__type_cnt(base));
        modules_.emplace(name, std::move(module));
    }
    return modules_;
}

}  // namespace avocet::rawtracepoint
