// SPDX-License-Identifier: Apache-2.0
//
// Fake ends for topology tests: a source that makes numbered rows, and a sink that does what its script says and
// remembers everything. A row is one unsigned field, its serial number, so a test can name each row that was lost.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "avocet/abi/sink.h"
#include "record/batch.hpp"
#include "route/router.hpp"

namespace avocet::topology {

// A schema that owns its strings.
struct Schema {
    std::string tool, name, probe;
    avocet_type type{};
    avocet_field field{};
    avocet_schema abi{};

    explicit Schema(avocet_record_kind kind = AVOCET_RECORD_EVENT, std::string tool_name = "tool",
                    std::string map_name = "", std::string probe_name = "fake:source")
        : tool(std::move(tool_name)), name(std::move(map_name)), probe(std::move(probe_name)) {
        type.struct_size = sizeof type;
        type.kind = AVOCET_VALUE_UINT;
        type.width = 8;
        type.name = "uint64";
        field = {"serial", &type};
        abi.struct_size = sizeof abi;
        abi.kind = kind;
        abi.field_count = 1;
        abi.fields = &field;
        abi.tool = tool.c_str();
        abi.name = name.c_str();
        abi.probe = probe.c_str();
        abi.format = "";
    }
    Schema(const Schema&) = delete;
    Schema& operator=(const Schema&) = delete;
};

// Makes batches of consecutive serials.
class Source {
public:
    explicit Source(const Schema& schema) : schema_(schema) {}
    core::BatchPtr batch(uint32_t rows) {
        auto out = std::make_shared<core::OwnedBatch>();
        auto* values = out->allocate_array<avocet_value>(rows);
        for (uint32_t i = 0; i < rows; ++i) {
            values[i] = {};
            values[i].kind = AVOCET_VALUE_UINT;
            values[i].width = 8;
            values[i].v.u = next_++;
        }
        out->batch.schema = &schema_.abi;
        out->batch.row_count = rows;
        out->batch.rows = values;
        return out;
    }
    uint64_t made() const { return next_; }

private:
    const Schema& schema_;
    uint64_t next_ = 0;
};

// Something that happens once; waiting for it fails the test after ten seconds instead of hanging it.
class Event {
public:
    void set() {
        std::lock_guard lock(mutex_);
        happened_ = true;
        changed_.notify_all();
    }
    bool wait() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return happened_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool happened_ = false;
};

class FakeSink {
public:
    // Called on the sink's thread; returns a status and sets how many rows it takes.
    using Consume = std::function<avocet_status(const avocet_batch&, uint32_t first, uint32_t& taken)>;
    Consume on_consume = take_all;
    std::function<uint64_t()> on_flush = [] { return 0; };
    std::function<uint64_t()> on_close = [] { return 0; };
    Event entered, ticked, destroyed;

    static avocet_status take_all(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
        taken = batch.row_count - first;
        return AVOCET_OK;
    }
    // A consume that waits for `gate` the first time, then takes all.
    static Consume behind(Event& gate) {
        return [&gate](const avocet_batch& batch, uint32_t first, uint32_t& taken) {
            gate.wait();
            return take_all(batch, first, taken);
        };
    }

    static const avocet_sink_factory* factory();
    avocet_sink* abi() { return reinterpret_cast<avocet_sink*>(this); }

    std::vector<uint64_t> serials() const { return copy_of(serials_); }
    std::vector<std::string> calls() const { return copy_of(calls_); }
    size_t thread_count() const { return copy_of(threads_).size(); }

private:
    template <class Thing>
    Thing copy_of(const Thing& thing) const {
        std::lock_guard lock(mutex_);
        return thing;
    }
    void note(const char* call) {
        std::lock_guard lock(mutex_);
        if (calls_.empty() || calls_.back() != call) calls_.push_back(call);
        if (std::string_view(call) != "destroy") threads_.insert(std::this_thread::get_id());
    }
    avocet_status consume(const avocet_batch& batch, uint32_t first, uint32_t* taken) {
        note("consume");
        entered.set();
        avocet_status status = on_consume(batch, first, *taken);
        std::lock_guard lock(mutex_);
        for (uint32_t i = first; i < std::min(first + *taken, batch.row_count); ++i)
            serials_.push_back(batch.rows[i].v.u);
        return status;
    }

    mutable std::mutex mutex_;
    std::vector<uint64_t> serials_;
    std::vector<std::string> calls_;  // runs of the same call are one entry
    std::set<std::thread::id> threads_;
};

inline const avocet_sink_factory* FakeSink::factory() {
    static auto of = [](avocet_sink* sink) { return reinterpret_cast<FakeSink*>(sink); };
    static const avocet_sink_factory table = {{sizeof(avocet_sink_factory), 0, AVOCET_SINK_1, "a fake sink", nullptr},
                                              nullptr,
                                              [](avocet_sink* s) { of(s)->note("destroy"), of(s)->destroyed.set(); },
                                              [](avocet_sink* s, const avocet_batch* batch, uint32_t first,
                                                 uint32_t* taken) { return of(s)->consume(*batch, first, taken); },
                                              [](avocet_sink* s, uint64_t* lost) -> avocet_status {
                                                  of(s)->note("flush");
                                                  *lost = of(s)->on_flush();
                                                  return *lost ? AVOCET_ERR_IO : AVOCET_OK;
                                              },
                                              [](avocet_sink* s, uint64_t* lost) -> avocet_status {
                                                  of(s)->note("close");
                                                  *lost = of(s)->on_close();
                                                  return *lost ? AVOCET_ERR_IO : AVOCET_OK;
                                              },
                                              [](avocet_sink* s, uint64_t) -> avocet_status {
                                                  of(s)->ticked.set();
                                                  return AVOCET_OK;
                                              }};
    return &table;
}

}  // namespace avocet::topology
