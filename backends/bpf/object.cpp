// SPDX-License-Identifier: Apache-2.0
#include "object.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>

#include "avocet/abi/hook.h"
#include "avocet/abi/program.h"
#include "line_table.hpp"
#include "messages.hpp"
#include "perf_buffer.hpp"
#include "rejection.hpp"
#include "ring_shards.hpp"

namespace avocet::bpf {
namespace {

// Address space only: pages are taken when the kernel writes to them, which it does for a rejected program alone.
constexpr size_t default_log_bytes = 16u << 20;

class LogBuffer {
public:
    explicit LogBuffer(size_t size) : size_(size) {
        void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        data_ = static_cast<char*>(memory);
    }
    ~LogBuffer() { munmap(data_, size_); }
    LogBuffer(const LogBuffer&) = delete;
    LogBuffer& operator=(const LogBuffer&) = delete;
    char* data() const { return data_; }
    size_t size() const { return size_; }

private:
    size_t size_;
    char* data_;
};

Map describe(bpf_map* map) {
    return {map,
            bpf_map__fd(map),
            bpf_map__type(map),
            bpf_map__key_size(map),
            bpf_map__value_size(map),
            bpf_map__max_entries(map)};
}

std::string_view elf_bytes(avocet_bytes bytes) { return {static_cast<const char*>(bytes.data), bytes.size}; }

std::string kernel_name(const Variant& v) {
    return v.attach == attach_trace_raw_tp ? "btf_trace_" + v.target : v.target;
}

}  // namespace

AttachType function_attach(uint32_t flags) {
    if (flags & AVOCET_PLAN_LSM) return attach_lsm;
    if (flags & AVOCET_PLAN_MODIFY) return attach_modify_return;
    return flags & AVOCET_PLAN_RETURN ? attach_trace_fexit : attach_trace_fentry;
}

Variant variant_of(const avocet_plan& plan, bool as_single) {
    const auto target = [&] { return string(plan.target_count ? plan.targets[0].symbol : avocet_str{}); };
    switch (plan.kind) {
        case AVOCET_PLAN_TRACEPOINT: return {BPF_PROG_TYPE_TRACEPOINT, attach_none, "", 0};
        case AVOCET_PLAN_RAW_TRACEPOINT: return {BPF_PROG_TYPE_RAW_TRACEPOINT, attach_none, "", 0};
        case AVOCET_PLAN_TRACEPOINT_BTF: return {BPF_PROG_TYPE_TRACING, attach_trace_raw_tp, string(plan.event), 0};
        case AVOCET_PLAN_KPROBE_MULTI:
            if (as_single) return {BPF_PROG_TYPE_KPROBE, attach_none, "", 0};
            return {BPF_PROG_TYPE_KPROBE,
                    plan.flags & AVOCET_PLAN_SESSION ? attach_kprobe_session : attach_kprobe_multi, "", 0};
        case AVOCET_PLAN_UPROBE_MULTI:
            return {BPF_PROG_TYPE_KPROBE, as_single ? attach_none : attach_uprobe_multi, "", 0};
        case AVOCET_PLAN_KPROBE:
        case AVOCET_PLAN_UPROBE: return {BPF_PROG_TYPE_KPROBE, attach_none, "", 0};
        case AVOCET_PLAN_FUNCTION:
            return {plan.flags & AVOCET_PLAN_LSM ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING,
                    function_attach(plan.flags), target(),
                    plan.target_count ? static_cast<uint32_t>(plan.targets[0].value) : 0, string(plan.module)};
        case AVOCET_PLAN_PERF_EVENT:
        case AVOCET_PLAN_HW_BREAKPOINT: return {BPF_PROG_TYPE_PERF_EVENT, attach_none, "", 0};
        case AVOCET_PLAN_ITERATOR:
            return {BPF_PROG_TYPE_TRACING, attach_trace_iter, "bpf_iter_" + string(plan.event), 0};
        case AVOCET_PLAN_TIMER:
        case AVOCET_PLAN_RUNTIME: return {BPF_PROG_TYPE_RAW_TRACEPOINT, attach_none, "", 0};
    }
    throw Error(AVOCET_ERR_UNSUPPORTED,
                "attach plan of kind " + std::to_string(plan.kind) + ": this backend does not know it");
}

Object::Object(const avocet_load_request& request, const SingleFn& single) : elf_(elf_bytes(request.elf)) {
    LibbpfMessages messages;
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "avocet");
    object_.reset(bpf_object__open_mem(request.elf.data, request.elf.size, &options));
    if (!object_)
        throw Error(AVOCET_ERR_INVALID, "program: not a BPF object that can be opened: " + errno_text(errno),
                    messages.tail());
    set_constants(request);
    set_maps(request);
    choose_programs(request, single);
    load(request);
}

// Read-only variables are found by name in the BTF of their section; libbpf has filled in their offsets.
void Object::set_constants(const avocet_load_request& request) {
    const btf* types = bpf_object__btf(object_.get());
    if (!types) return;
    for (uint32_t id = 1; id < btf__type_cnt(types); ++id) {
        const btf_type* section = btf__type_by_id(types, id);
        if (!btf_is_datasec(section)) continue;
        const char* name = btf__name_by_offset(types, section->name_off);
        if (!std::string_view(name).starts_with(".rodata")) continue;
        bpf_map* map = bpf_object__find_map_by_name(object_.get(), name);
        size_t size = 0;
        auto* initial = map ? static_cast<const char*>(bpf_map__initial_value(map, &size)) : nullptr;
        if (!initial) continue;
        std::vector<char> bytes(initial, initial + size);
        const btf_var_secinfo* variable = btf_var_secinfos(section);
        for (uint16_t i = 0; i < btf_vlen(section); ++i, ++variable) {
            const std::string_view symbol =
                btf__name_by_offset(types, btf__type_by_id(types, variable->type)->name_off);
            for (size_t c = 0; c < request.constant_count; ++c) {
                const avocet_constant& constant = request.constants[c];
                if (view(constant.name) != symbol) continue;
                if (constant.value.size != variable->size || variable->offset + uint64_t{variable->size} > size)
                    throw Error(AVOCET_ERR_ABI, "constant '" + std::string(symbol) + "': the program has " +
                                                    std::to_string(variable->size) + " bytes, the session gave " +
                                                    std::to_string(constant.value.size));
                memcpy(bytes.data() + variable->offset, constant.value.data, constant.value.size);
            }
        }
        bpf_map__set_initial_value(map, bytes.data(), size);
    }
}

// What the loader of a tool sets by hand, where the text leaves it open.
void Object::set_open_sizes() {
    constexpr uint32_t entries = 10240, frames = 127;
    bpf_map* map;
    bpf_object__for_each_map(map, object_.get()) {
        const bpf_map_type type = bpf_map__type(map);
        const bool sized = type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
                           type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
                           type == BPF_MAP_TYPE_STACK_TRACE;
        if (sized && !bpf_map__max_entries(map)) bpf_map__set_max_entries(map, entries);
        if (type == BPF_MAP_TYPE_CGROUP_ARRAY && !bpf_map__max_entries(map)) bpf_map__set_max_entries(map, 1);
        if (type != BPF_MAP_TYPE_STACK_TRACE) continue;
        if (!bpf_map__key_size(map)) bpf_map__set_key_size(map, sizeof(uint32_t));
        if (!bpf_map__value_size(map)) bpf_map__set_value_size(map, frames * sizeof(uint64_t));
    }
}

void Object::set_maps(const avocet_load_request& request) {
    set_open_sizes();
    for (size_t i = 0; i < request.map_size_count; ++i) {
        const std::string name = string(request.map_sizes[i].name);
        bpf_map* map = bpf_object__find_map_by_name(object_.get(), name.c_str());
        if (map) bpf_map__set_max_entries(map, request.map_sizes[i].max_entries);
    }
    for (size_t i = 0; i < request.map_image_count; ++i) {
        bpf_map* map = bpf_object__find_map_by_name(object_.get(), string(request.map_images[i].name).c_str());
        if (map && bpf_map__type(map) == BPF_MAP_TYPE_ARRAY)
            bpf_map__set_max_entries(map, std::max(request.map_images[i].count, 1u));
    }
    bpf_map* events = bpf_object__find_map_by_name(object_.get(), AVOCET_MAP_EVENTS);
    const bool sharded = make_rings(request);
    if (!events) return;
    if (sharded) {  // not written to
        bpf_map__set_max_entries(events, static_cast<uint32_t>(sysconf(_SC_PAGESIZE)));
        return;
    }
    const int cpus = std::max(libbpf_num_possible_cpus(), 1);
    if (request.transport == AVOCET_TRANSPORT_PERF) {
        bpf_map__set_type(events, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
        bpf_map__set_key_size(events, sizeof(uint32_t));
        bpf_map__set_value_size(events, sizeof(uint32_t));
        bpf_map__set_max_entries(events, static_cast<uint32_t>(cpus));
    } else if (bpf_map__type(events) == BPF_MAP_TYPE_RINGBUF && request.buffer_bytes_per_cpu) {
        const uint64_t size = round_up_power_of_two(request.buffer_bytes_per_cpu * static_cast<uint64_t>(cpus), 4096);
        bpf_map__set_max_entries(events, static_cast<uint32_t>(std::min<uint64_t>(size, 1u << 30)));
    }
}

// The rings of avocet_rings are made here, for libbpf knows only one size for all machines. Not wanted: the map is not
// created; the verifier drops the code that names it, by avocet_ring_count.
bool Object::make_rings(const avocet_load_request& request) {
    bpf_map* outer = bpf_object__find_map_by_name(object_.get(), AVOCET_MAP_RINGS);
    if (!outer) return false;
    if (request.ring_count < 2 || request.transport != AVOCET_TRANSPORT_RING) {
        bpf_map__set_autocreate(outer, false);
        return false;
    }
    const auto cpus = static_cast<uint64_t>(std::max(libbpf_num_possible_cpus(), 1));
    const uint64_t wanted = request.buffer_bytes_per_cpu ? request.buffer_bytes_per_cpu : (uint64_t{1} << 20);
    const uint64_t size = round_up_power_of_two(wanted * cpus / request.ring_count, 4096);
    ring_bytes_ = static_cast<uint32_t>(std::min<uint64_t>(size, 1u << 30));
    for (uint32_t i = 0; i < request.ring_count; ++i) rings_.push_back(RingShards::create(ring_bytes_));
    bpf_map__set_max_entries(outer, request.ring_count);
    bpf_map__set_inner_map_fd(outer, rings_.front().get());
    return true;
}

void Object::choose_programs(const avocet_load_request& request, const SingleFn& single) {
    bpf_program* program;
    bpf_object__for_each_program(program, object_.get()) bpf_program__set_autoload(program, false);
    for (size_t i = 0; i < request.function_count; ++i) {
        const avocet_function& f = request.functions[i];
        if (!f.plan_count) continue;
        const std::string name = string(f.name);
        Function function;
        function.program = bpf_object__find_program_by_name(object_.get(), name.c_str());
        if (!function.program)
            throw Error(AVOCET_ERR_INVALID, "function '" + name + "': the object has no such program");
        const avocet_plan& first = first_plan(f);
        function.first = variant_of(first, single(first));
        prepare(function, name);
        functions_.emplace(name, std::move(function));
    }
}

// libbpf looks a function up in the kernel proper and then in every module, so the first is one of the kernel proper.
const avocet_plan& Object::first_plan(const avocet_function& function) {
    for (uint32_t i = 0; i < function.plan_count; ++i)
        if (!function.plans[i].module.size) return function.plans[i];
    return function.plans[0];
}

void Object::prepare(Function& function, std::string_view name) {
    const Variant& v = function.first;
    bpf_program* p = function.program;
    bpf_program__set_autoload(p, true);
    if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC) {
        bpf_program__set_type(p, v.type);
        const std::string_view section = bpf_program__section_name(p);  // one that libbpf is too old for
        if (section.substr(0, section.find('/')).ends_with(".s"))
            bpf_program__set_flags(p, bpf_program__flags(p) | BPF_F_SLEEPABLE);
    }
    if (bpf_program__type(p) != v.type)
        throw Error(AVOCET_ERR_INVALID, "function '" + std::string(name) + "': its section '" +
                                            bpf_program__section_name(p) + "' does not fit how it is to be attached");
    if (v.attach != attach_none) bpf_program__set_expected_attach_type(p, static_cast<bpf_attach_type>(v.attach));
    if (v.target.empty()) return;
    LibbpfMessages messages;
    if (v.target_program) function.outer = Fd(bpf_prog_get_fd_by_id(v.target_program));
    if (!v.module.empty() && kernel_type(v))
        throw Error(
            AVOCET_ERR_UNSUPPORTED,
            "'" + v.target + "' of module '" + v.module + "': the kernel proper has a function of this name too",
            "attach it together with a function of the kernel proper, or use kprobe:" + v.module + ":" + v.target);
    // libbpf puts its own prefixes ("bpf_iter_") in front.
    const size_t prefix = v.attach == attach_trace_iter ? sizeof "bpf_iter_" - 1 : 0;
    const std::string target = v.target.substr(v.attach == attach_lsm ? sizeof "bpf_lsm_" - 1 : prefix);
    if (const int error = bpf_program__set_attach_target(p, function.outer ? function.outer.get() : 0, target.c_str()))
        throw Error(AVOCET_ERR_NOT_FOUND,
                    "function '" + std::string(name) + "': the kernel's types have no '" + target +
                        "' to attach to: " + errno_text(-error),
                    messages.tail());
}

// Where the script's own text for the function begins.
Error Object::at_function(Error error, std::string_view name) const {
    const auto place = LineTable(elf_).find(name, 0);
    if (!place) return error;
    return error.at({to_abi(place->file), place->line, place->column, place->line, place->column});
}

void Object::load(const avocet_load_request& request) {
    LibbpfMessages messages;
    LogBuffer log(request.verifier_log_bytes ? request.verifier_log_bytes : default_log_bytes);
    for (auto& [name, function] : functions_) bpf_program__set_log_buf(function.program, log.data(), log.size());
    const int error = bpf_object__load(object_.get());
    if (!error) {
        publish_rings();
        return fill_images(request);
    }
    if (error == -EPERM && !log.data()[0])
        for (auto& [name, function] : functions_)
            if (const auto kind = probes_of(function.first.type, function.first.attach);
                !kind.empty() && messages.tail(8).find("prog '" + name + "'") != std::string::npos)
                throw at_function(forbidden_kind(kind), name);
    throw load_error(error, messages, {log.data(), strnlen(log.data(), log.size())}, elf_bytes(request.elf));
}

void Object::publish_rings() {
    const bpf_map* outer = bpf_object__find_map_by_name(object_.get(), AVOCET_MAP_RINGS);
    for (uint32_t i = 0; i < rings_.size(); ++i) {
        const int fd = rings_[i].get();
        if (bpf_map_update_elem(bpf_map__fd(outer), &i, &fd, BPF_ANY))
            throw Error(AVOCET_ERR_IO,
                        std::string("map '" AVOCET_MAP_RINGS "': cannot be filled: ") + errno_text(errno));
    }
}

void Object::fill_images(const avocet_load_request& request) {
    for (size_t i = 0; i < request.map_image_count; ++i) {
        const avocet_map_image& image = request.map_images[i];
        const std::string name = string(image.name);
        bpf_map* map = bpf_object__find_map_by_name(object_.get(), name.c_str());
        if (!map) continue;
        const bool array = bpf_map__type(map) == BPF_MAP_TYPE_ARRAY || bpf_map__type(map) == BPF_MAP_TYPE_CGROUP_ARRAY;
        if (!array || bpf_map__value_size(map) != image.value_size)
            throw Error(AVOCET_ERR_ABI,
                        "map '" + name + "': is not an array of " + std::to_string(image.value_size) + " bytes each");
        for (uint32_t k = 0; k < image.count; ++k) {
            const auto* value = static_cast<const char*>(image.values) + size_t{k} * image.value_size;
            if (bpf_map_update_elem(bpf_map__fd(map), &k, value, BPF_ANY))
                throw Error(AVOCET_ERR_IO, "map '" + name + "': cannot be filled: " + errno_text(errno));
        }
    }
}

Object::Function& Object::find(std::string_view name) {
    const auto it = functions_.find(name);
    if (it == functions_.end()) throw Error(AVOCET_ERR_STATE, "function '" + std::string(name) + "': was not loaded");
    return it->second;
}

int Object::program(std::string_view name) { return bpf_program__fd(find(name).program); }

int Object::program(std::string_view name, const Variant& variant) {
    Function& function = find(name);
    if (variant == function.first) return bpf_program__fd(function.program);
    Fd& fd = function.others[variant];
    if (!fd) fd = load_variant(function, variant);
    return fd.get();
}

const btf* Object::kernel_types() {
    if (!kernel_) kernel_.reset(btf__load_vmlinux_btf());
    if (!kernel_)
        throw Error(AVOCET_ERR_UNSUPPORTED, "kernel types: cannot be read: " + errno_text(errno),
                    "needs CONFIG_DEBUG_INFO_BTF");
    return kernel_.get();
}

// Of the kernel proper; 0: it has none of this name.
uint32_t Object::kernel_type(const Variant& variant) {
    const btf* types = kernel_types();
    if (variant.attach == attach_trace_raw_tp) {
        const int id = btf__find_by_name_kind(types, kernel_name(variant).c_str(), BTF_KIND_TYPEDEF);
        return id > 0 ? static_cast<uint32_t>(id) : 0;
    }
    const uint32_t end = kernel_functions_.empty() ? btf__type_cnt(types) : 0;
    for (uint32_t id = 1; id < end; ++id) {
        const btf_type* type = btf__type_by_id(types, id);
        if (btf_is_func(type)) kernel_functions_.emplace(btf__name_by_offset(types, type->name_off), id);
    }
    const auto found = kernel_functions_.find(variant.target);
    return found == kernel_functions_.end() ? 0 : found->second;
}

// The kernel numbers the BTF of modules; the one that is named like the module is meant.
Object::Binding Object::module_type(const Variant& variant) {
    uint32_t id = 0;
    while (bpf_btf_get_next_id(id, &id) == 0) {
        Fd fd(bpf_btf_get_fd_by_id(id));
        char name[64] = "";
        bpf_btf_info info{};
        info.name = reinterpret_cast<uintptr_t>(name);
        info.name_len = sizeof name;
        uint32_t size = sizeof info;
        if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) || !info.kernel_btf || variant.module != name)
            continue;
        const std::unique_ptr<btf, FreeBtf> types(btf__load_module_btf(name, const_cast<btf*>(kernel_types())));
        const int type = types ? btf__find_by_name_kind(types.get(), variant.target.c_str(), BTF_KIND_FUNC) : 0;
        if (type > 0) return {static_cast<uint32_t>(type), std::move(fd)};
    }
    return {};
}

Object::Binding Object::program_type(const Variant& variant) {
    Fd fd(bpf_prog_get_fd_by_id(variant.target_program));
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size)) return {};
    const std::unique_ptr<btf, FreeBtf> types(btf__load_from_kernel_by_id(info.btf_id));
    const int type = types ? btf__find_by_name_kind(types.get(), variant.target.c_str(), BTF_KIND_FUNC) : 0;
    return type > 0 ? Binding{static_cast<uint32_t>(type), std::move(fd)} : Binding{};
}

Fd Object::load_variant(const Function& function, const Variant& variant) {
    const bpf_program* p = function.program;
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = static_cast<bpf_attach_type>(variant.attach);
    options.prog_flags = bpf_program__flags(p);
    Binding binding;
    if (variant.target_program) {
        binding = program_type(variant);
        options.attach_prog_fd = static_cast<uint32_t>(binding.owner.get());
    } else if (!variant.module.empty()) {
        binding = module_type(variant);
        options.attach_btf_obj_fd = static_cast<uint32_t>(binding.owner.get());
    } else if (!variant.target.empty()) {
        binding.type = kernel_type(variant);
    }
    if (!variant.target.empty() && !binding.type)
        throw Error(AVOCET_ERR_NOT_FOUND, "'" + variant.target + "': not among the types of " +
                                              (variant.target_program    ? "the BPF program"
                                               : !variant.module.empty() ? "module '" + variant.module + "'"
                                                                         : "the kernel"));
    options.attach_btf_id = binding.type;
    if (license_.empty()) license_ = LineTable(elf_).license();
    Fd fd(bpf_prog_load(variant.type, bpf_program__name(p), license_.c_str(), bpf_program__insns(p),
                        bpf_program__insn_cnt(p), &options));
    if (fd) return fd;
    const std::string kind = probes_of(variant.type, variant.attach);
    if (!kind.empty() && errno == EPERM) throw forbidden_kind(kind);
    throw Error(AVOCET_ERR_REJECTED, "function '" + std::string(bpf_program__name(p)) +
                                         "': cannot be loaded again for '" + variant.target +
                                         "': " + errno_text(errno));
}

Map Object::find_map(std::string_view symbol) const {
    bpf_map* map = bpf_object__find_map_by_name(object_.get(), std::string(symbol).c_str());
    return map ? describe(map) : Map{};
}

Map Object::map(std::string_view symbol) const {
    Map found = find_map(symbol);
    if (found.fd < 0)
        throw Error(AVOCET_ERR_NOT_FOUND, "map '" + std::string(symbol) + "': the program has no such map");
    return found;
}

std::vector<Map> Object::maps() const {
    std::vector<Map> out;
    bpf_map* map;
    bpf_object__for_each_map(map, object_.get()) out.push_back(describe(map));
    return out;
}

std::vector<Object::Loaded> Object::programs() const {
    std::vector<Loaded> out;
    for (auto& [name, function] : functions_) {
        out.push_back({name, bpf_program__fd(function.program)});
        for (auto& [variant, fd] : function.others) out.push_back({name, fd.get()});
    }
    return out;
}

}  // namespace avocet::bpf
