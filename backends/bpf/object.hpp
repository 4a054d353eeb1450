// SPDX-License-Identifier: Apache-2.0
//
// A program object in the kernel: opened, given its constants and sizes, loaded.
//
// A kernel program is bound to an attach type, and some kinds (BTF-typed tracepoints, functions, iterators) to one
// target, when it is loaded. A function whose plans need more than one such binding is loaded once by libbpf, for the
// first of them, and again from libbpf's relocated instructions for each of the others: a `Variant` each.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "avocet/backend.hpp"
#include "fd.hpp"
#include "syscall.hpp"

namespace avocet::bpf {

// What is fixed at load, as an attach plan asks for it.
struct Variant {
    bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
    AttachType attach = attach_none;
    std::string target;           // kernel BTF name: function, tracepoint or iterator kind
    uint32_t target_program = 0;  // id of the BPF program that `target` is a function of; 0: the kernel
    std::string module{};         // whose function `target` is; empty: the kernel proper
    auto operator<=>(const Variant&) const = default;
};

// Of a plan on a kernel function, by its flags.
AttachType function_attach(uint32_t flags);
// `as_single`: a multi plan that will be attached one target at a time.
Variant variant_of(const avocet_plan& plan, bool as_single);

// A map of the object and the facts that are asked for all the time.
struct Map {
    bpf_map* map = nullptr;
    int fd = -1;  // owned by the object
    bpf_map_type type = BPF_MAP_TYPE_UNSPEC;
    uint32_t key_size = 0, value_size = 0, max_entries = 0;
};

class Object {
public:
    // `single`: whether multi plans are attached one by one (asked for each plan). Throws Error; a refusal by the
    // verifier is AVOCET_ERR_REJECTED at the line of the source that the instruction came from.
    using SingleFn = std::function<bool(const avocet_plan&)>;
    Object(const avocet_load_request& request, const SingleFn& single);

    // Program descriptor for a function in a variant; loads the variant if it is not yet. Throws Error.
    int program(std::string_view function, const Variant& variant);
    int program(std::string_view function);       // as loaded first
    Map map(std::string_view symbol) const;       // Throws Error when there is none
    Map find_map(std::string_view symbol) const;  // fd -1 when there is none
    std::vector<Map> maps() const;
    const btf* types() const { return bpf_object__btf(object_.get()); }
    bool has_map(std::string_view symbol) const { return find_map(symbol).fd >= 0; }

    // The shards of the event transport; empty when there is one ring.
    std::vector<Fd> take_rings() { return std::move(rings_); }
    uint32_t ring_bytes() const { return ring_bytes_; }

    struct Loaded {
        std::string function;
        int fd;
    };
    std::vector<Loaded> programs() const;  // variants of one function one after the other

private:
    struct Function {
        bpf_program* program = nullptr;
        Variant first;
        Fd outer;  // the BPF program that `first` is a function of; libbpf keeps its number until the load
        std::map<Variant, Fd> others;
    };
    struct CloseObject {
        void operator()(bpf_object* o) const { bpf_object__close(o); }
    };
    struct FreeBtf {
        void operator()(btf* b) const { btf__free(b); }
    };

    void set_constants(const avocet_load_request& request);
    void set_open_sizes();
    void set_maps(const avocet_load_request& request);
    bool make_rings(const avocet_load_request& request);  // whether events are sharded
    void publish_rings();
    void fill_images(const avocet_load_request& request);
    void choose_programs(const avocet_load_request& request, const SingleFn& single);
    void prepare(Function& function, std::string_view name);
    void load(const avocet_load_request& request);
    Error at_function(Error error, std::string_view name) const;
    Function& find(std::string_view name);
    Fd load_variant(const Function& function, const Variant& variant);
    // What the kernel is to bind a program to: a type, and the descriptor of the BTF or of the program that has it.
    struct Binding {
        uint32_t type = 0;
        Fd owner{};
    };
    const btf* kernel_types();
    uint32_t kernel_type(const Variant& variant);
    Binding module_type(const Variant& variant);
    Binding program_type(const Variant& variant);
    const avocet_plan& first_plan(const avocet_function& function);

    std::string license_;   // once it was needed
    std::string_view elf_;  // stays valid as long as the instance
    std::unique_ptr<bpf_object, CloseObject> object_;
    std::unique_ptr<btf, FreeBtf> kernel_;
    std::unordered_map<std::string_view, uint32_t> kernel_functions_;  // of kernel_, filled when first needed
    std::map<std::string, Function, std::less<>> functions_;
    std::vector<Fd> rings_;
    uint32_t ring_bytes_ = 0;
};

}  // namespace avocet::bpf
