// SPDX-License-Identifier: Apache-2.0
//
// Answers are written after they were given: what the session saw is what a replay sees. Empty polls are left out, and
// so are looked-up rows that are as they were recorded before (stacks are looked up again and again).
#include "session/recorder.hpp"

#include <functional>
#include <unordered_map>
#include <utility>

#include "avocet/recording.hpp"
#include "session/planner.hpp"

namespace avocet::core {
namespace {

using recording::Json;

std::string dump(const Json& json) { return json.dump(1, ' ', true, Json::error_handler_t::replace); }

Json describe_plan(const avocet_plan& plan) {
    Json targets = Json::array();
    for (uint32_t i = 0; i < plan.target_count; ++i) {
        const avocet_plan_target& t = plan.targets[i];
        targets.push_back(
            {{"name", string(t.name)}, {"attach_id", t.attach_id}, {"symbol", string(t.symbol)}, {"value", t.value}});
        if (plan.flags & AVOCET_PLAN_SESSION && t.semaphore)  // the id of the return
            targets.push_back({{"name", name_of_return(string(t.name))}, {"attach_id", t.semaphore}});
    }
    return {{"kind", plan.kind},
            {"flags", plan.flags},
            {"pid", plan.pid},
            {"category", string(plan.category)},
            {"event", string(plan.event)},
            {"path", string(plan.path)},
            {"period", plan.period},
            {"targets", std::move(targets)}};
}

Json describe_functions(std::span<const avocet_function> functions) {
    Json out = Json::array();
    for (const avocet_function& f : functions) {
        Json plans = Json::array();
        for (uint32_t i = 0; i < f.plan_count; ++i) plans.push_back(describe_plan(f.plans[i]));
        out.push_back({{"name", string(f.name)}, {"plans", std::move(plans)}});
    }
    return {{"functions", std::move(out)}};
}

Json about(const char* call, std::string_view name, avocet_status status) {
    return {{"call", call}, {"name", std::string(name)}, {"status", status}};
}

}  // namespace

struct RecordingBackend::Impl {
    std::unique_ptr<BackendHandle> inner;
    std::unique_ptr<recording::Writer> writer;  // empty: finished, or failed
    std::string tool, failure, plan;
    std::vector<std::string> options;
    uint64_t number = 0, wall_minus_boot_ns = 0;
    std::unordered_map<std::string, std::unordered_map<std::string, size_t>> values;  // map -> key -> hash of the value

    // A recording that cannot be written ends; the session goes on.
    template <class Write>
    void record(Write&& write) {
        if (!writer) return;
        try {
            write();
        } catch (const std::exception& e) {
            failure = e.what();
            writer.reset();
        }
    }
    void call(const Json& head, std::string_view bytes = {}) {
        record([&] {
            writer->add(recording::member_name("call", ++number), {recording::encode_call_head(head), bytes});
        });
    }
    void describe(std::span<const avocet_function> functions) {
        std::string text = dump(describe_functions(functions));
        if (functions.empty() || text == plan) return;
        record([&] { writer->add(recording::member_plan, {text}); });
        plan = std::move(text);
    }
    // Hands rows on and keeps them. `changed`: only rows that are not as they were when last recorded.
    avocet_status rows(const char* name_of_call, std::string_view map, bool changed, const RowsFn& emit,
                       const std::function<avocet_status(const RowsFn&)>& ask) {
        Json blocks = Json::array();
        std::string bytes;
        const avocet_status status = ask([&](const avocet_map_rows& r) {
            if (writer) keep(r, changed ? &values[std::string(map)] : nullptr, blocks, bytes);
            return emit(r);
        });
        if (!writer || (changed && blocks.empty())) return status;
        Json head = about(name_of_call, map, status);
        head["blocks"] = std::move(blocks);
        call(head, bytes);
        return status;
    }
    static void keep(const avocet_map_rows& r, std::unordered_map<std::string, size_t>* known, Json& blocks,
                     std::string& bytes) {
        std::string keys, contents;
        avocet_map_rows kept = r;
        kept.count = 0;
        const size_t value_size = size_t{r.slot_size} * r.cpu_count;
        for (uint32_t i = 0; i < r.count; ++i) {
            const std::string_view key(static_cast<const char*>(r.keys) + size_t{i} * r.key_size, r.key_size);
            const std::string_view value(static_cast<const char*>(r.values) + i * value_size, value_size);
            if (known) {
                const size_t now = std::hash<std::string_view>{}(value) | 1;
                if (std::exchange((*known)[std::string(key)], now) == now) continue;
            }
            keys += key;
            contents += value;
            ++kept.count;
        }
        if (known && !kept.count) return;
        blocks.push_back(recording::describe_rows(kept));
        bytes += keys;
        bytes += contents;
    }
};

RecordingBackend::RecordingBackend(std::unique_ptr<BackendHandle> inner, const std::string& path, std::string tool,
                                   uint64_t wall_minus_boot_ns, std::vector<std::string> options)
    : impl_(std::make_unique<Impl>()) {
    impl_->wall_minus_boot_ns = wall_minus_boot_ns;
    impl_->inner = std::move(inner);
    impl_->writer = std::make_unique<recording::Writer>(path);
    impl_->tool = std::move(tool);
    impl_->options = std::move(options);
}

RecordingBackend::~RecordingBackend() = default;

const std::string& RecordingBackend::why_failed() const { return impl_->failure; }

bool RecordingBackend::finish(const std::vector<SymbolSnapshotEntry>& symbols) {
    Json list = Json::array();
    for (const SymbolSnapshotEntry& s : symbols)
        list.push_back({{"address", s.address},
                        {"pid", s.pid},
                        {"found", s.found},
                        {"name", s.name},
                        {"module", s.module},
                        {"offset", s.offset},
                        {"file_offset", s.file_offset}});
    impl_->record([&] {
        impl_->writer->add(recording::member_symbols, {dump({{"symbols", std::move(list)}})});
        impl_->writer->close();
    });
    impl_->writer.reset();
    return impl_->failure.empty();
}

avocet_status RecordingBackend::features(const char* only, const FeatureFn& emit) {
    Json list = Json::array();
    const avocet_status status = impl_->inner->features(only, [&](const avocet_feature& f) {
        list.push_back({{"name", f.name},
                        {"needs", f.needs},
                        {"purpose", f.purpose},
                        {"present", f.present},
                        {"detail", string(f.detail)}});
        return emit(f);
    });
    Json head = about("features", only ? only : "", status);
    head["features"] = std::move(list);
    impl_->call(head);
    return status;
}

avocet_status RecordingBackend::load(const avocet_load_request& request) {
    const avocet_status status = impl_->inner->load(request);
    const Json facts = {{"format", recording::format_version},
                        {"tool", impl_->tool},
                        {"options", impl_->options},
                        {"byte_order", recording::byte_order},
                        {"transport", request.transport == AVOCET_TRANSPORT_PERF ? "perf" : "ring"},
                        {"cpus", sysconf(_SC_NPROCESSORS_CONF)},
                        {"wall_minus_boot_ns", impl_->wall_minus_boot_ns},
                        {"load_status", status}};
    impl_->record([&] {
        impl_->writer->add(recording::member_about, {dump(facts)});
        impl_->writer->add(recording::member_program, {{static_cast<const char*>(request.elf.data), request.elf.size}});
    });
    impl_->describe({request.functions, request.function_count});
    return status;
}

avocet_status RecordingBackend::attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) {
    impl_->describe(functions);
    Json errors = Json::array();
    const avocet_status status =
        impl_->inner->attach(functions, [&](std::string_view f, const avocet_plan& p, const avocet_diagnostic& why) {
            Json names = Json::array();
            for (uint32_t i = 0; i < p.target_count; ++i) names.push_back(string(p.targets[i].name));
            errors.push_back({{"function", std::string(f)},
                              {"targets", std::move(names)},
                              {"message", string(why.message)},
                              {"hint", string(why.hint)}});
            return on_error(f, p, why);
        });
    Json head = about("attach", "", status);
    head["errors"] = std::move(errors);
    impl_->call(head);
    return status;
}

avocet_status RecordingBackend::run(std::string_view function, uint32_t repeat, int64_t& result, uint64_t* mean_ns) {
    uint64_t mean = 0;
    const avocet_status status = impl_->inner->run(function, repeat, result, &mean);
    if (mean_ns) *mean_ns = mean;
    Json head = about("run", function, status);
    head["result"] = result;
    head["mean_ns"] = mean;
    impl_->call(head);
    return status;
}

avocet_status RecordingBackend::poll(uint64_t timeout_ns, avocet_sample_batch& out) {
    const avocet_status status = impl_->inner->poll(timeout_ns, out);
    if (status == AVOCET_STOP || (status == AVOCET_OK && (out.count || out.lost)))
        impl_->record([&] {
            impl_->writer->add(recording::member_name("batch", ++impl_->number),
                               {recording::encode_batch(status, out)});
        });
    return status;
}

void RecordingBackend::wake() noexcept { impl_->inner->wake(); }

avocet_status RecordingBackend::detach() {
    const avocet_status status = impl_->inner->detach();
    impl_->call(about("detach", "", status));
    return status;
}

avocet_status RecordingBackend::map_read(std::string_view map, const RowsFn& emit) {
    return impl_->rows("map_read", map, false, emit,
                       [&](const RowsFn& keep) { return impl_->inner->map_read(map, keep); });
}

avocet_status RecordingBackend::map_lookup(std::string_view map, const void* keys, size_t key_count,
                                           const RowsFn& emit) {
    return impl_->rows("map_lookup", map, true, emit,
                       [&](const RowsFn& keep) { return impl_->inner->map_lookup(map, keys, key_count, keep); });
}

void RecordingBackend::shows_maps(uint64_t wall_ns) {
    Json head = about("show_maps", "", AVOCET_OK);
    head["wall_ns"] = wall_ns;
    impl_->call(head);
}

avocet_status RecordingBackend::map_clear(std::string_view map) {
    const avocet_status status = impl_->inner->map_clear(map);
    impl_->call(about("map_clear", map, status));
    return status;
}

avocet_status RecordingBackend::map_zero(std::string_view map) {
    const avocet_status status = impl_->inner->map_zero(map);
    impl_->call(about("map_zero", map, status));
    return status;
}

avocet_status RecordingBackend::map_write(const avocet_map_elements& elements) {
    return impl_->inner->map_write(elements);
}

avocet_status RecordingBackend::losses(const LossFn& emit) {
    Json list = Json::array();
    const avocet_status status = impl_->inner->losses([&](const avocet_kernel_loss& l) {
        list.push_back({{"function", string(l.function)}, {"cause", l.cause}, {"count", l.count}});
        emit(l);
    });
    Json head = about("losses", "", status);
    head["losses"] = std::move(list);
    impl_->call(head);
    return status;
}

}  // namespace avocet::core
