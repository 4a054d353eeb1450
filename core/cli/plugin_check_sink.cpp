// SPDX-License-Identifier: Apache-2.0
//
// What a hostile host does to a sink: nothing at all, single rows, hundreds of thousands, rows from the middle, values
// and records of kinds that it does not know, structs of the first revision in front of an unreadable page, and a host
// without extensions.
#include <cstddef>
#include <cstring>
#include <thread>

#include "avocet/abi/sink.h"
#include "cli/plugin_check.hpp"

namespace avocet::core {

namespace {

using Sink = Made<avocet_sink_factory, avocet_sink>;

constexpr uint32_t huge_rows = 300000, most_tries = 100000;

avocet_type type_of(avocet_value_kind kind) {
    avocet_type type{};
    type.struct_size = sizeof type;
    type.kind = kind;
    type.width = 8;
    type.name = "checked";
    return type;
}

// Rows of one column; the value's kind may be one that does not exist.
struct Rows {
    avocet_type type;
    avocet_field field{"arg0", nullptr};
    avocet_schema schema{};
    std::vector<avocet_value> values;
    std::vector<uint64_t> times;
    avocet_batch batch{};

    Rows(avocet_value value, avocet_record_kind kind, uint32_t count) : type(type_of(value.kind)) {
        field.type = &type;
        schema.struct_size = sizeof schema;
        schema.kind = kind;
        schema.output = kind == AVOCET_RECORD_EVENT ? AVOCET_OUTPUT_VALUE : AVOCET_OUTPUT_NONE;
        schema.field_count = 1;
        schema.fields = &field;
        schema.tool = "check";
        schema.name = schema.probe = "";
        values.assign(count, value);
        times.assign(count, 1);
        batch.struct_size = sizeof batch;
        batch.row_count = count;
        batch.schema = &schema;
        batch.rows = values.data();
        batch.times_ns = times.data();
        batch.wall_ns = 1;
    }
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
};

avocet_value number(uint64_t n) {
    avocet_value value{};
    value.kind = AVOCET_VALUE_UINT;
    value.width = 8;
    value.v.u = n;
    return value;
}

avocet_value words(const char* text) {
    avocet_value value{};
    value.kind = AVOCET_VALUE_STRING;
    value.count = static_cast<uint32_t>(std::strlen(text));
    value.v.text = text;
    return value;
}

// As the host's queue does: again with the rest after AGAIN, past the failed row after an error.
void feed(Sink& sink, const avocet_batch& batch, uint32_t first) {
    for (uint32_t tries = 0; first <= batch.row_count; ++tries) {
        require(tries < most_tries, "consume makes no progress");
        uint32_t taken = 0;
        const avocet_status status = sink->consume(sink.self(), &batch, first, &taken);
        require(taken <= batch.row_count - first, "consume took more rows than there are");
        first += taken;
        if (status == AVOCET_STOP) return;
        if (status == AVOCET_OK) {
            require(first == batch.row_count, "consume returned OK without taking all rows");
            return;
        }
        require(status == AVOCET_AGAIN || (status < 0 && status >= AVOCET_ERR_INTERNAL),
                "consume returned a status that does not exist");
        if (status < 0 && first < batch.row_count) ++first;
        if (first == batch.row_count) return;
        if (status == AVOCET_AGAIN && taken == 0) std::this_thread::yield();
    }
}

// consume, flush and close belong to one thread, which is not the one that creates and destroys.
template <class Body>
void on_data_thread(const Body& body) {
    Finding found;
    std::thread([&] {
        try {
            body();
        } catch (const Finding& finding) { found = finding; }
    }).join();
    if (!found.text.empty()) throw found;
}

void finish(Sink& sink) {
    uint64_t lost = 0;
    sink->flush(sink.self(), &lost);
    sink->close(sink.self(), &lost);
}

void lives(const PluginUnderTest& plugin) {
    for (int i = 0; i < 20; ++i) Sink(plugin).require_made();  // destroyed without close
    Sink sink(plugin);
    sink.require_made();
    on_data_thread([&] {
        uint64_t lost = 0;
        sink->flush(sink.self(), &lost);
        if (sink->tick) sink->tick(sink.self(), 0);
        sink->close(sink.self(), &lost);
        require(lost == 0, "reports losses without ever having taken a record");
    });
}

void sizes(const PluginUnderTest& plugin) {
    Sink sink(plugin);
    sink.require_made();
    on_data_thread([&] {
        for (uint32_t count : {0u, 1u, 2u, 1000u, huge_rows}) {
            Rows rows(number(7), AVOCET_RECORD_EVENT, count);
            feed(sink, rows.batch, 0);
            feed(sink, rows.batch, count / 2);
            feed(sink, rows.batch, count);  // nothing left
        }
        finish(sink);
    });
}

void values(const PluginUnderTest& plugin) {
    Sink sink(plugin);
    sink.require_made();
    const std::string large(1u << 20, 'x');
    on_data_thread([&] {
        for (const avocet_value& value : {number(0), number(UINT64_MAX), words(""), words("\x1b[2J\xff\xfe"),
                                          words(large.c_str()), avocet_value{}}) {
            Rows rows(value, AVOCET_RECORD_EVENT, 3);
            feed(sink, rows.batch, 0);
        }
        finish(sink);
    });
}

void unknown_kinds(const PluginUnderTest& plugin) {
    Sink sink(plugin);
    sink.require_made();
    on_data_thread([&] {
        avocet_value strange{};
        strange.kind = 200;
        for (avocet_record_kind kind : {avocet_record_kind{AVOCET_RECORD_EVENT}, avocet_record_kind{99}}) {
            Rows rows(kind == 99 ? number(1) : strange, kind, 2);
            feed(sink, rows.batch, 0);
        }
        finish(sink);
    });
}

void first_revision(const PluginUnderTest& plugin) {
    Sink sink(plugin);
    sink.require_made();
    on_data_thread([&] {
        Rows rows(number(7), AVOCET_RECORD_EVENT, 2);
        constexpr size_t size = offsetof(avocet_batch, flags) + sizeof(uint32_t);
        rows.batch.struct_size = size;
        GuardedBytes guarded(&rows.batch, size);
        feed(sink, *guarded.as<avocet_batch>(), 0);
        finish(sink);
    });
}

void poor_host(const PluginUnderTest& plugin) {
    size_t reports = 0;
    const avocet_host host{sizeof host, 0, &reports,
                           [](void* ctx, const avocet_diagnostic*) { ++*static_cast<size_t*>(ctx); },
                           [](void*, const char*) -> const void* { return nullptr; }};
    Sink sink(plugin, &host);
    if (sink.status() < 0) require(reports > 0, "refuses a host without extensions without saying why");
    if (sink.status() != AVOCET_OK) return;
    on_data_thread([&] {
        Rows rows(number(7), AVOCET_RECORD_EVENT, 2);
        feed(sink, rows.batch, 0);
        finish(sink);
    });
}

}  // namespace

std::vector<CheckCase> sink_cases() {
    return {{"made and destroyed, with and without close", lives},
            {"no row, one row, rows from the middle, 300000 rows", sizes},
            {"values of every size", values},
            {"values and records of unknown kinds", unknown_kinds},
            {"a batch of revision 1.0", first_revision},
            {"a host without extensions", poor_host}};
}

}  // namespace avocet::core
