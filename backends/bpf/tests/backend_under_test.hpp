// SPDX-License-Identifier: Apache-2.0
//
// A backend plugin as a host sees it: the shared object, its factory, an instance, and everything it reported.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "avocet/abi/backend.h"
#include "avocet/abi/map_write.h"
#include "avocet/error.hpp"

namespace avocet::test {

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
}

struct Report {
    avocet_severity severity;
    std::string message, hint, file;
    uint32_t line, column;
};

// Storage behind a plan.
struct PlanBox {
    std::vector<std::string> text;
    std::vector<avocet_plan_target> targets;
    avocet_plan plan{};

    PlanBox(avocet_plan_kind kind, std::vector<avocet_plan_target> where) : targets(std::move(where)) {
        plan.struct_size = sizeof plan;
        plan.kind = kind;
        plan.pid = plan.cpu = -1;
        plan.targets = targets.data();
        plan.target_count = static_cast<uint32_t>(targets.size());
    }
    PlanBox(PlanBox&&) = default;
};

inline avocet_plan_target target(const char* name, uint32_t attach_id, uint64_t value = 0, const char* symbol = "") {
    return {to_abi(name), to_abi(symbol), value, 0, attach_id, 0, nullptr};
}

class BackendUnderTest {
public:
    BackendUnderTest(const std::string& library, std::vector<std::string> paths = {}) {
        handle_ = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!handle_) throw std::runtime_error(dlerror());
        auto* entry = static_cast<const avocet_plugin_entry_t*>(dlsym(handle_, AVOCET_PLUGIN_ENTRY_SYMBOL));
        host_ = {sizeof host_, 0, this, on_report, [](void*, const char*) -> const void* { return nullptr; }};
        entry->init(&host_);
        factory_ = static_cast<const avocet_backend_factory*>(entry->get_factory(AVOCET_BACKEND_1));
        map_write_ = static_cast<const avocet_backend_map_write*>(entry->get_factory(AVOCET_BACKEND_MAP_WRITE_1));
        std::vector<avocet_option_value> values(factory_->base.option_count);
        for (size_t i = 0; i < values.size(); ++i) {
            values[i].struct_size = sizeof values[i];
            if (i < paths.size() && !paths[i].empty()) values[i].is_set = 1, values[i].text = to_abi(paths[i]);
        }
        avocet_options options{sizeof options, static_cast<uint32_t>(values.size()), to_abi("test"), values.data()};
        create_status = factory_->create(&host_, &options, &self_);
    }
    ~BackendUnderTest() { destroy(); }
    void destroy() {
        if (self_) factory_->destroy(self_);
        self_ = nullptr;
    }

    // Adds a function and its plans; the strings in them must be literals or outlive this.
    void add(const char* function, std::vector<PlanBox> plans) {
        boxes_.push_back(std::move(plans));
        auto& flat = plans_.emplace_back();
        for (auto& box : boxes_.back()) flat.push_back(box.plan);
        functions_.push_back(
            {sizeof(avocet_function), static_cast<uint32_t>(flat.size()), to_abi(function), flat.data()});
        // The vectors may have moved: point again.
        for (size_t i = 0; i < functions_.size(); ++i) functions_[i].plans = plans_[i].data();
    }
    template <class T>
    void constant(const char* name, T value) {
        auto& bytes = constant_bytes_.emplace_back(reinterpret_cast<const char*>(&value), sizeof value);
        constants_.push_back({to_abi(name), {nullptr, bytes.size()}});
    }
    avocet_status load(const std::string& elf) {
        elf_ = elf;
        for (size_t i = 0; i < constants_.size(); ++i) constants_[i].value.data = constant_bytes_[i].data();
        request.struct_size = sizeof request;
        request.elf = {elf_.data(), elf_.size()};
        request.constants = constants_.data();
        request.constant_count = constants_.size();
        request.map_sizes = map_sizes.data();
        request.map_size_count = map_sizes.size();
        request.functions = functions_.data();
        request.function_count = functions_.size();
        return factory_->load(self_, &request);
    }
    avocet_status attach() {
        return factory_->attach(
            self_, functions_.data(), functions_.size(),
            [](void* ctx, avocet_str function, const avocet_plan* plan, const avocet_diagnostic* why) -> avocet_status {
                auto& me = *static_cast<BackendUnderTest*>(ctx);
                me.attach_errors.push_back(string(function) + ": " + string(plan->targets[0].name) + ": " +
                                           string(why->message));
                return me.go_on ? AVOCET_OK : AVOCET_STOP;
            },
            this);
    }
    avocet_status run(const char* function, int64_t& result) {
        return factory_->run(self_, to_abi(function), 1, &result, nullptr);
    }
    avocet_status poll(uint64_t timeout_ns, avocet_sample_batch& out) {
        out = {};
        out.struct_size = sizeof out;
        return factory_->poll(self_, timeout_ns, &out);
    }
    avocet_status detach() { return factory_->detach(self_); }
    void wake() { factory_->wake(self_); }

    // Rows of an integer map as key -> sum over CPUs.
    std::map<uint64_t, uint64_t> read(const char* map) {
        Sums sums;
        last_status = factory_->map_read(self_, to_abi(map), add_rows, &sums);
        return sums.rows;
    }
    std::map<uint64_t, uint64_t> lookup(const char* map, const std::vector<uint64_t>& keys) {
        Sums sums;
        last_status = factory_->map_lookup(self_, to_abi(map), keys.data(), keys.size(), add_rows, &sums);
        return sums.rows;
    }
    avocet_status clear(const char* map) { return factory_->map_clear(self_, to_abi(map)); }
    avocet_status zero(const char* map) { return factory_->map_zero(self_, to_abi(map)); }
    const avocet_backend_factory& factory() const { return *factory_; }
    const avocet_backend_map_write& map_write() const { return *map_write_; }
    avocet_backend* self() const { return self_; }
    const avocet_host* host() const { return &host_; }
    const avocet_load_request& prepared_request() const { return request; }
    std::vector<avocet_function>& functions() { return functions_; }

    std::string all_reports() const {
        std::string out;
        for (auto& r : reports) out += r.message + " | " + r.hint + "\n";
        return out;
    }

    avocet_load_request request{};
    std::vector<avocet_map_size> map_sizes;
    std::vector<Report> reports;
    std::vector<std::string> attach_errors;
    bool go_on = true;
    avocet_status create_status = AVOCET_OK, last_status = AVOCET_OK;

private:
    struct Sums {
        std::map<uint64_t, uint64_t> rows;
    };
    static uint64_t number(const char* bytes, uint32_t size) {
        uint64_t out = 0;
        memcpy(&out, bytes, std::min<size_t>(size, sizeof out));
        return out;
    }
    static avocet_status add_rows(void* ctx, const avocet_map_rows* rows) {
        auto& sums = *static_cast<Sums*>(ctx);
        for (uint32_t i = 0; i < rows->count; ++i) {
            const uint64_t key =
                number(static_cast<const char*>(rows->keys) + size_t{i} * rows->key_size, rows->key_size);
            for (uint32_t cpu = 0; cpu < rows->cpu_count; ++cpu)
                sums.rows[key] += number(
                    static_cast<const char*>(rows->values) + (size_t{i} * rows->cpu_count + cpu) * rows->slot_size,
                    rows->slot_size);
        }
        return AVOCET_OK;
    }
    static void on_report(void* ctx, const avocet_diagnostic* d) {
        static_cast<BackendUnderTest*>(ctx)->reports.push_back(
            {d->severity, string(d->message), string(d->hint), string(d->span.file), d->span.line, d->span.column});
    }

    void* handle_ = nullptr;
    avocet_host host_{};
    const avocet_backend_factory* factory_ = nullptr;
    const avocet_backend_map_write* map_write_ = nullptr;
    avocet_backend* self_ = nullptr;
    std::string elf_;
    std::vector<std::vector<PlanBox>> boxes_;
    std::vector<std::vector<avocet_plan>> plans_;
    std::vector<avocet_function> functions_;
    std::vector<std::string> constant_bytes_;
    std::vector<avocet_constant> constants_;
};

}  // namespace avocet::test
