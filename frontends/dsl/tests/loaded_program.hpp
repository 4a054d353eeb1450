// SPDX-License-Identifier: Apache-2.0
//
// A compiled script in the running kernel, without the host: what lowering promises can be checked byte by byte.
#pragma once

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "avocet/abi/program.h"

namespace avocet::dsl::test {

struct Sample {
    avocet_event_header header{};
    std::string body;
    template <class T>
    T at(size_t offset) const {
        T value{};
        if (offset + sizeof(T) <= body.size()) std::memcpy(&value, body.data() + offset, sizeof value);
        return value;
    }
    // The string that an avocet:str member at `offset` refers to.
    std::string text(size_t offset) const {
        const auto reference = at<uint32_t>(offset);
        return body.substr(reference & 0xffff, (reference >> 16) & 0x7fff);
    }
};

class LoadedProgram {
public:
    explicit LoadedProgram(const std::string& object) : image_(object) {
        libbpf_set_print(nullptr);
        object_ = bpf_object__open_mem(image_.data(), image_.size(), nullptr);
        if (!object_) throw std::runtime_error("libbpf cannot open the object: " + std::string(strerror(errno)));
        log_.resize(1 << 20);
        for (bpf_program* p = bpf_object__next_program(object_, nullptr); p; p = bpf_object__next_program(object_, p))
            bpf_program__set_log_buf(p, log_.data(), log_.size());
        set("avocet_ncpus", static_cast<uint32_t>(libbpf_num_possible_cpus()));
    }
    ~LoadedProgram() {
        for (bpf_link* link : links_) bpf_link__destroy(link);
        ring_buffer__free(events_);
        ring_buffer__free(control_);
        bpf_object__close(object_);
    }
    LoadedProgram(const LoadedProgram&) = delete;
    LoadedProgram& operator=(const LoadedProgram&) = delete;

    // A .rodata constant; [state: before load]
    template <class T>
    void set(const std::string& name, T value, size_t index = 0) {
        const btf* types = bpf_object__btf(object_);
        bpf_map* map = bpf_object__find_map_by_name(object_, ".rodata");
        const int section = btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC);
        if (!map || section < 0) return;
        size_t size = 0;
        auto* bytes = const_cast<void*>(static_cast<const void*>(bpf_map__initial_value(map, &size)));
        const btf_type* t = btf__type_by_id(types, static_cast<uint32_t>(section));
        const btf_var_secinfo* v = btf_var_secinfos(t);
        for (int i = 0; i < btf_vlen(t); ++i, ++v)
            if (name == btf__name_by_offset(types, btf__type_by_id(types, v->type)->name_off))
                std::memcpy(static_cast<char*>(bytes) + v->offset + index * sizeof value, &value, sizeof value);
    }
    void use_perf_transport() {
        bpf_map* map = bpf_object__find_map_by_name(object_, AVOCET_MAP_EVENTS);
        bpf_map__set_type(map, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
        bpf_map__set_max_entries(map, static_cast<uint32_t>(libbpf_num_possible_cpus()));
        bpf_map__set_key_size(map, 4);
        bpf_map__set_value_size(map, 4);
        set("avocet_transport", uint32_t{1});
        perf_ = true;
    }
    void set_entries(const std::string& map, uint32_t entries) {
        bpf_map__set_max_entries(bpf_object__find_map_by_name(object_, map.c_str()), entries);
    }

    // Empty: loaded. Else what the verifier said.
    std::string load() {
        if (bpf_object__load(object_) != 0) return std::string(log_.data()) + " (" + strerror(errno) + ")";
        if (!perf_) events_ = ring_buffer__new(fd(AVOCET_MAP_EVENTS), collect, &samples, nullptr);
        control_ = ring_buffer__new(fd(AVOCET_MAP_CONTROL), collect, &controls, nullptr);
        return {};
    }
    int run(const std::string& name = "probe_0") {
        LIBBPF_OPTS(bpf_test_run_opts, options);
        const int status =
            bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object_, name.c_str())), &options);
        if (status != 0) throw std::runtime_error("test run of '" + name + "' failed: " + strerror(errno));
        drain();
        return static_cast<int>(options.retval);
    }
    void run_without_draining(const std::string& name = "probe_0") {
        LIBBPF_OPTS(bpf_test_run_opts, options);
        bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object_, name.c_str())), &options);
    }
    void drain() {
        if (events_) ring_buffer__consume(events_);
        ring_buffer__consume(control_);
    }
    void attach_raw(const std::string& program, const char* tracepoint) {
        bpf_link* link =
            bpf_program__attach_raw_tracepoint(bpf_object__find_program_by_name(object_, program.c_str()), tracepoint);
        if (!link) throw std::runtime_error("cannot attach '" + program + "': " + strerror(errno));
        links_.push_back(link);
    }
    void detach() {
        for (bpf_link* link : links_) bpf_link__destroy(link);
        links_.clear();
    }

    int fd(const std::string& map) const {
        bpf_map* m = bpf_object__find_map_by_name(object_, map.c_str());
        if (!m) throw std::runtime_error("no map '" + map + "'");
        return bpf_map__fd(m);
    }
    bpf_map* map(const std::string& name) const { return bpf_object__find_map_by_name(object_, name.c_str()); }
    uint32_t instructions(const std::string& program) const {
        bpf_prog_info info{};
        uint32_t size = sizeof info;
        bpf_obj_get_info_by_fd(bpf_program__fd(bpf_object__find_program_by_name(object_, program.c_str())), &info,
                               &size);
        return info.xlated_prog_len / 8;
    }

    // First word of a scalar map's value: "map_r".
    int64_t scalar(const std::string& name) const {
        bpf_map* m = map(name);
        if (!m) throw std::runtime_error("no map '" + name + "'");
        std::vector<char> value(bpf_map__value_size(m) + 8);
        const uint32_t key = 0;
        bpf_map_lookup_elem(bpf_map__fd(m), &key, value.data());
        int64_t word = 0;
        std::memcpy(&word, value.data(), sizeof word);
        return word;
    }
    void set_scalar(const std::string& name, int64_t word) {
        bpf_map* m = map(name);
        std::vector<char> value(bpf_map__value_size(m));
        std::memcpy(value.data(), &word, sizeof word);
        const uint32_t key = 0;
        bpf_map_update_elem(bpf_map__fd(m), &key, value.data(), BPF_ANY);
    }
    // Sum over the CPUs of word `word` of a per-CPU value.
    uint64_t per_cpu(const std::string& name, const void* key, size_t word = 0) const {
        bpf_map* m = map(name);
        const auto cpus = static_cast<size_t>(libbpf_num_possible_cpus());
        const size_t size = (bpf_map__value_size(m) + 7) / 8;
        std::vector<uint64_t> values(cpus * size);
        if (bpf_map_lookup_elem(bpf_map__fd(m), key, values.data()) != 0) return 0;
        uint64_t sum = 0;
        for (size_t cpu = 0; cpu < cpus; ++cpu) sum += values[cpu * size + word];
        return sum;
    }
    uint64_t per_cpu_at(const std::string& name, uint32_t index, size_t word = 0) const {
        return per_cpu(name, &index, word);
    }
    uint64_t losses(uint32_t function, uint32_t cause) const {
        return per_cpu_at(AVOCET_MAP_LOSSES, function * AVOCET_LOSS_SLOTS + cause);
    }

    std::vector<Sample> samples, controls;

private:
    static int collect(void* to, void* data, size_t size) {
        Sample sample;
        std::memcpy(&sample.header, data, sizeof sample.header);
        sample.body.assign(static_cast<const char*>(data) + sizeof sample.header, size - sizeof sample.header);
        static_cast<std::vector<Sample>*>(to)->push_back(sample);
        return 0;
    }
    std::string image_;
    std::vector<char> log_;
    bpf_object* object_ = nullptr;
    ring_buffer *events_ = nullptr, *control_ = nullptr;
    std::vector<bpf_link*> links_;
    bool perf_ = false;
};

}  // namespace avocet::dsl::test
