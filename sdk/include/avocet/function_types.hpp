// SPDX-License-Identifier: Apache-2.0
//
// avocet/function_types.hpp: parameters and results of kernel functions, from the BTF of the kernel proper and of its
// modules. Include it where libbpf is linked. Nothing is parsed before it is asked for.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "avocet/abi/provider.h"
#include "avocet/btf_types.hpp"

namespace avocet {

struct FunctionParameter {
    std::string name;  // "arg2" if the kernel does not say
    uint32_t type_id;
    ValueShape shape;
    uint32_t words;  // registers it takes: 1, 2 for a struct of 9 to 16 bytes, 0: passed in memory
    bool is_struct;
};

// `prototype` is in `types`; without types: the kernel's BTF does not have the function.
struct FunctionType {
    const ::btf* types = nullptr;
    uint32_t prototype = 0;
    explicit operator bool() const { return types != nullptr; }

    std::vector<FunctionParameter> parameters() const {
        std::vector<FunctionParameter> out;
        const btf_type* type = types ? btf__type_by_id(types, prototype) : nullptr;
        for (uint16_t i = 0; type && i < btf_vlen(type); ++i) {
            const btf_param& p = btf_params(type)[i];
            const char* name = btf__name_by_offset(types, p.name_off);
            if (p.type == 0 && !(name && *name)) break;  // the `...` of a variadic function
            const btf_type* value = btf_without_modifiers(types, p.type);
            const bool is_struct = value && btf_is_composite(value);
            uint32_t words = 1;
            if (is_struct) words = value->size > 16 ? 0 : (value->size + 7) / 8;
            out.push_back(
                {name && *name ? name : "arg" + std::to_string(i), p.type, shape_of(types, p.type), words, is_struct});
        }
        return out;
    }
    uint32_t result() const {
        const btf_type* type = types ? btf__type_by_id(types, prototype) : nullptr;
        return type ? type->type : 0;
    }
    bool returns_value() const { return result() != 0; }
};

class FunctionTypes {
public:
    explicit FunctionTypes(const Host& host) : host_(host) {}
    FunctionTypes(const FunctionTypes&) = delete;
    FunctionTypes& operator=(const FunctionTypes&) = delete;

    // module "vmlinux": the kernel proper. Empty if there is no BTF or it lacks the function.
    FunctionType find(std::string_view module, std::string_view function) {
        const Module& m = load(module);
        const auto found = m.functions.find(function);
        return found == m.functions.end() ? FunctionType{} : FunctionType{m.types.get(), found->second};
    }
    template <class Each>
    void for_each(std::string_view module, const Each& each) {
        for (const auto& [name, prototype] : load(module).functions) each(name);
    }
    bool available() { return load("vmlinux").types != nullptr; }

private:
    struct Module {
        BtfPtr types;
        std::unordered_map<std::string_view, uint32_t> functions;  // name to prototype
    };

    const Module& load(std::string_view name) {
        const auto known = modules_.find(name);
        if (known != modules_.end()) return known->second;
        Module& module = modules_[std::string(name)];
        uint32_t first = 1;
        if (name == "vmlinux") {
            auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
            const avocet_bytes bytes = kernel ? kernel->kernel_btf(kernel->ctx) : avocet_bytes{nullptr, 0};
            if (bytes.size > 0) module.types.reset(btf__new(bytes.data, static_cast<uint32_t>(bytes.size)));
        } else if (::btf* base = load("vmlinux").types.get()) {
            const std::string path = "/sys/kernel/btf/" + std::string(name);
            std::error_code error;
            if (std::filesystem::exists(path, error)) module.types.reset(btf__parse_split(path.c_str(), base));
            first = btf__type_cnt(base);
        }
        if (!module.types) return module;
        for (uint32_t id = first; id < btf__type_cnt(module.types.get()); ++id) {
            const btf_type* type = btf__type_by_id(module.types.get(), id);
            if (btf_is_func(type))
                module.functions.emplace(btf__name_by_offset(module.types.get(), type->name_off), type->type);
        }
        return module;
    }

    Host host_;
    std::map<std::string, Module, std::less<>> modules_;
};

}  // namespace avocet
