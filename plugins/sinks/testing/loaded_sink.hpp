// SPDX-License-Identifier: Apache-2.0
//
// For the tests of sinks: loads a built plugin as a host would, with options by name, a host that remembers what it was
// told, and a renderer of fixed forms (text "row 7\n", JSON {"n":7}\n).
#pragma once

#include <dlfcn.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "avocet/abi/sink.h"
#include "avocet/error.hpp"

namespace avocet::testing {

// Rows of one field. Events and map rows carry a serial, lifecycle rows their event, messages their text.
class Records {
public:
    explicit Records(avocet_record_kind kind, std::string map = "") : map_(std::move(map)) {
        type_.struct_size = sizeof type_;
        type_.name = "";
        field_.name = kind == AVOCET_RECORD_LIFECYCLE ? "event" : "serial";
        field_.type = &type_;
        schema_.struct_size = sizeof schema_;
        schema_.kind = kind;
        schema_.field_count = 1;
        schema_.fields = &field_;
        schema_.tool = schema_.format = schema_.probe = "";
        schema_.name = map_.c_str();
    }
    Records(const Records&) = delete;
    Records& operator=(const Records&) = delete;

    // The next `count` serials. Valid until the next call.
    const avocet_batch& rows(uint32_t count, uint32_t flags = 0) {
        values_.assign(count, {});
        for (auto& value : values_) {
            value.kind = AVOCET_VALUE_UINT;
            value.width = 8;
            value.v.u = next_++;
        }
        return batch(flags);
    }
    const avocet_batch& text(std::string text) {
        text_ = std::move(text);
        values_.assign(1, {});
        values_[0].kind = AVOCET_VALUE_STRING;
        values_[0].count = static_cast<uint32_t>(text_.size());
        values_[0].v.text = text_.data();
        return batch(0);
    }

private:
    const avocet_batch& batch(uint32_t flags) {
        batch_ = {};
        batch_.struct_size = sizeof batch_;
        batch_.row_count = static_cast<uint32_t>(values_.size());
        batch_.schema = &schema_;
        batch_.rows = values_.data();
        batch_.flags = flags;
        return batch_;
    }
    std::string map_, text_;
    avocet_type type_{};
    avocet_field field_{};
    avocet_schema schema_{};
    std::vector<avocet_value> values_;
    avocet_batch batch_{};
    uint64_t next_ = 0;
};

class FakeHost {
public:
    FakeHost() {
        render_ = {sizeof render_, 0, this, render_text, render_json, nullptr};
        host_ = {sizeof host_, AVOCET_ABI_MINOR, this, report, extension};
    }
    const avocet_host* abi() const { return &host_; }
    std::vector<std::string> reports() const {
        std::lock_guard lock(mutex_);
        return reports_;
    }
    // Appended to every row: makes rows as long as a test needs.
    std::string padding;
    bool has_renderer = true;
    std::map<std::string, const void*> extensions;  // beside the renderer, by id

private:
    static FakeHost& of(void* ctx) { return *static_cast<FakeHost*>(ctx); }
    static void report(void* ctx, const avocet_diagnostic* d) {
        std::lock_guard lock(of(ctx).mutex_);
        of(ctx).reports_.push_back(string(d->message));
    }
    static const void* extension(void* ctx, const char* id) {
        if (auto more = of(ctx).extensions.find(id); more != of(ctx).extensions.end()) return more->second;
        return of(ctx).has_renderer && std::string_view(id) == AVOCET_HOST_RENDER_1 ? &of(ctx).render_ : nullptr;
    }
    static std::string row_text(FakeHost& host, const avocet_batch& batch, uint32_t row) {
        const avocet_value& value = batch.rows[row];
        std::string text =
            value.kind == AVOCET_VALUE_STRING ? std::string(value.v.text, value.count) : std::to_string(value.v.u);
        switch (batch.schema->kind) {
            case AVOCET_RECORD_EVENT: return "row " + text + host.padding + "\n";
            case AVOCET_RECORD_MAP: return std::string(batch.schema->name) + ": " + text + "\n";
            case AVOCET_RECORD_LIFECYCLE:
                return text == "attached" ? "Attached 1 probe\n" : text == "ending" ? "\n\n" : "";
            default: return text + "\n";
        }
    }
    static avocet_status render_text(void* ctx, const avocet_batch* batch, uint32_t first, uint32_t count,
                                     avocet_text_fn emit, void* emit_ctx) {
        for (uint32_t row = first; row < first + count; ++row) {
            std::string line = row_text(of(ctx), *batch, row);
            emit(emit_ctx, line.data(), line.size() / 2);  // in pieces, as a host may
            emit(emit_ctx, line.data() + line.size() / 2, line.size() - line.size() / 2);
        }
        return AVOCET_OK;
    }
    static avocet_status render_json(void* ctx, const avocet_batch* batch, uint32_t first, uint32_t count,
                                     avocet_text_fn emit, void* emit_ctx) {
        for (uint32_t row = first; row < first + count; ++row) {
            std::string text = row_text(of(ctx), *batch, row);
            while (!text.empty() && text.back() == '\n') text.pop_back();
            if (text.empty()) continue;
            std::string line = "{\"n\":\"" + text + "\"}\n";
            emit(emit_ctx, line.data(), line.size());
        }
        return AVOCET_OK;
    }

    avocet_host host_{};
    avocet_host_render render_{};
    mutable std::mutex mutex_;
    std::vector<std::string> reports_;
};

// A loaded sink with the options of one [[sink]] table, e.g. {{"format", "json"}}; numbers in bytes and nanoseconds.
class LoadedSink {
public:
    using Settings = std::map<std::string, std::string>;

    LoadedSink(const char* library, FakeHost& host, const Settings& settings) {
        void* handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);  // never unmapped, as in the host
        if (!handle) throw std::runtime_error(::dlerror());
        auto* entry = static_cast<const avocet_plugin_entry_t*>(::dlsym(handle, AVOCET_PLUGIN_ENTRY_SYMBOL));
        if (!entry) throw std::runtime_error(::dlerror());
        factory_ = static_cast<const avocet_sink_factory*>(entry->get_factory(AVOCET_SINK_1));
        std::vector<avocet_option_value> values;
        for (uint32_t i = 0; i < factory_->base.option_count; ++i)
            values.push_back(value_of(factory_->base.options[i], settings));
        avocet_options options{sizeof options, static_cast<uint32_t>(values.size()), to_abi("test"), values.data()};
        status_ = factory_->create(host.abi(), &options, &sink_);
        if (status_ < 0) sink_ = nullptr;
    }
    ~LoadedSink() {
        if (!sink_) return;
        if (!closed_) close();
        factory_->destroy(sink_);
    }
    LoadedSink(const LoadedSink&) = delete;
    LoadedSink& operator=(const LoadedSink&) = delete;

    avocet_status status() const { return status_; }
    // Gives all rows, as the host's lane does; returns how many the sink refused for good.
    uint64_t consume(const avocet_batch& batch) {
        uint64_t failed = 0;
        for (uint32_t first = 0; first < batch.row_count;) {
            uint32_t taken = 0;
            avocet_status status = factory_->consume(sink_, &batch, first, &taken);
            first += taken;
            if (status >= 0) continue;
            ++failed;
            ++first;
        }
        return failed;
    }
    struct Step {
        avocet_status status;
        uint32_t taken;
    };
    // One call of consume, from row `first` on.
    Step step(const avocet_batch& batch, uint32_t first = 0) {
        uint32_t taken = 0;
        avocet_status status = factory_->consume(sink_, &batch, first, &taken);
        return {status, taken};
    }
    uint64_t flush() {
        uint64_t lost = 0;
        factory_->flush(sink_, &lost);
        return lost;
    }
    uint64_t close() {
        uint64_t lost = 0;
        closed_ = true;
        factory_->close(sink_, &lost);
        return lost;
    }
    void tick(uint64_t wall_ns) { factory_->tick(sink_, wall_ns); }

private:
    static avocet_option_value value_of(const avocet_option& option, const Settings& settings) {
        avocet_option_value value{};
        value.struct_size = sizeof value;
        auto given = settings.find(option.name);
        const char* text = given != settings.end() ? given->second.c_str() : option.value_default;
        if (!text) return value;
        value.is_set = 1;
        value.text = to_abi(text);
        value.number = std::string_view(text) == "true" ? 1 : with_unit(text);
        for (int i = 0; option.choices && option.choices[i]; ++i)
            if (value.text.size && std::string_view(option.choices[i]) == text) value.number = i;
        return value;
    }
    // Enough of the host's units for the defaults in schemas.
    static int64_t with_unit(const char* text) {
        char* rest = nullptr;
        long long number = std::strtoll(text, &rest, 10);
        static const std::map<std::string, int64_t> units = {
            {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}};
        auto unit = units.find(rest);
        return unit == units.end() ? number : number * unit->second;
    }

    const avocet_sink_factory* factory_ = nullptr;
    avocet_sink* sink_ = nullptr;
    avocet_status status_ = AVOCET_OK;
    bool closed_ = false;
};

}  // namespace avocet::testing
