// SPDX-License-Identifier: Apache-2.0
//
// Tracepoints as the kernel's BTF knows them. Each has a typedef `btf_trace_NAME` of its callback's type, whose
// parameters have no names; the function `__probestub_NAME` (Linux 6.6) or `__traceiter_NAME` (5.10) has the same
// parameters with names. The first, `void *__data`, belongs to the mechanism and is left out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/btf_types.hpp"
#include "avocet/error.hpp"

namespace avocet::rawtracepoint {

struct Parameter {
    std::string name;  // "arg0" if the kernel does not say
    uint32_t type_id;  // in the module's BTF
};

struct Tracepoint {
    uint32_t prototype = 0;        // of the callback
    uint32_t named_prototype = 0;  // with names, 0: none
};

// The BTF of one module, or of the kernel proper ("vmlinux").
struct Module {
    std::string name;
    BtfPtr types;
    std::map<std::string, Tracepoint, std::less<>> tracepoints;
    std::vector<Parameter> parameters(const Tracepoint& tracepoint) const;
};

class KernelTypes {
public:
    explicit KernelTypes(const Host& host) : host_(host) {}
    // Whether the kernel proper has the tracepoint, without parsing its BTF: its typedef's name is among the strings.
    bool has_event(const std::string& event) const;
    // Reads BTF when first called; throws avocet::Error if the kernel has none.
    const Module& vmlinux();
    // Loaded modules with BTF of their own, by name; not vmlinux.
    const std::map<std::string, Module>& modules();

private:
    avocet_bytes kernel_btf() const;
    Host host_;
    std::unique_ptr<Module> vmlinux_;
    std::map<std::string, Module> modules_;
    bool modules_read_ = false;
};

}  // namespace avocet::rawtracepoint
