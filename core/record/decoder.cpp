// SPDX-License-Identifier: Apache-2.0
//
// The way of a sample: header, plan, row, batch. Rows of one schema are collected until another schema, an action or
// the end of the drained batch comes; order is never changed. What does not fit its type is counted and skipped.
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "record/decoder_state.hpp"

namespace avocet::core {

namespace {
constexpr uint32_t first_foreign_channel = 2;
constexpr size_t error_retcode = 9, error_message = 0, error_fields = 12;
}  // namespace

void Decoder::Impl::sample(const avocet_sample& s, uint64_t wall_ns, const std::function<void(BatchPtr)>& on_batch,
                           const std::function<void(const Action&)>& on_action) {
    auto* data = static_cast<const uint8_t*>(s.data);
    if (s.channel >= first_foreign_channel) {
        size_t index = s.channel - first_foreign_channel;
        if (index >= channels.size()) return void(++errors);
        if (!foreign(channels[index], data, s.size, wall_ns, on_batch)) ++errors;
        return;
    }
    avocet_event_header header;
    if (!program.manifest().events || s.size < sizeof header) return void(++errors);
    std::memcpy(&header, data, sizeof header);
    if (header.output >= outputs.size()) return void(++errors);
    const OutputPlan& plan = outputs[header.output];
    data += sizeof header;
    uint32_t size = s.size - static_cast<uint32_t>(sizeof header);
    if (plan.kind == OutputPlan::command || plan.kind == OutputPlan::packet) {
        if (BatchPtr batch = open.finish(wall_ns, sequence)) on_batch(std::move(batch));
        if (!request(plan, header.output, data, size, header.time_ns, wall_ns, on_action)) ++errors;
        return;
    }
    if (plan.kind != OutputPlan::action) {
        if (!emit(plan, data, size, header.time_ns, wall_ns, on_batch)) ++errors;
        return;
    }
    if (size < plan.layout.size) return void(++errors);
    Action action = plan.what;
    if (action.kind == Action::exit && size >= sizeof action.code) std::memcpy(&action.code, data, sizeof action.code);
    if (BatchPtr batch = open.finish(wall_ns, sequence)) on_batch(std::move(batch));
    if (on_action) on_action(action);
}

// The first struct of the buffer's that the bytes are, or can be.
bool Decoder::Impl::foreign(std::vector<OutputPlan>& variants, const uint8_t* data, uint32_t size, uint64_t wall_ns,
                            const std::function<void(BatchPtr)>& on_batch) {
    constexpr uint32_t padding = 8;  // samples of perf buffers are filled up to a multiple
    for (OutputPlan& plan : variants) {
        if (plan.by_size && (size < plan.layout.size || size - plan.layout.size >= padding)) continue;
        const Emitted emitted = emit_foreign(plan, data, size, wall_ns, on_batch);
        if (emitted == Emitted::not_mine) continue;
        if (emitted != Emitted::broken) return true;
        if (!plan.table.mine) return false;
    }
    return false;
}

// Programs send as much of an event as they filled: its last member may be cut off, or not be there.
Decoder::Impl::Emitted Decoder::Impl::emit_foreign(OutputPlan& plan, const uint8_t* data, uint32_t size,
                                                   uint64_t wall_ns, const std::function<void(BatchPtr)>& on_batch) {
    if (plan.table.mine && size >= plan.layout.size && !is_of(plan, data, size)) return Emitted::not_mine;
    if (size < plan.layout.size) {
        uint32_t needed = 0;
        for (const Step& f : plan.layout.fields) {
            const bool cuttable = f.op == Op::text || f.op == Op::words || f.op == Op::bytes || f.op == Op::array;
            needed = std::max(needed, f.offset + (cuttable ? 0 : f.size));
        }
        if (size < needed) return Emitted::broken;
        padded.assign(plan.layout.size, 0);
        std::memcpy(padded.data(), data, size);
        arrived = std::exchange(size, plan.layout.size);
        data = padded.data();
    }
    if (!open.fits(plan.schema))
        if (BatchPtr batch = open.finish(wall_ns, sequence)) on_batch(std::move(batch));
    const bool may_drop = plan.table.wanted || plan.table.skip_zero;
    if (may_drop) lookups.mark_times();
    Emitted out = fill_table(plan, data, size, open.add_row(plan.schema, 0));
    arrived = UINT32_MAX;
    if (out != Emitted::shown) {
        open.drop_row();
        if (may_drop) lookups.take_back_times();
        return out;
    }
    for (const std::string& one : std::exchange(plan.headings, {}))  // of several tables: above the first row
        on_batch(line(one, wall_ns));
    return out;
}

// Found out before the batch at hand is touched, which may be of another struct.
bool Decoder::Impl::is_of(const OutputPlan& plan, const uint8_t* data, uint32_t size) {
    decoded.resize(plan.layout.fields.size());
    lookups.mark_times();
    const bool good = fill(plan, data, size, 0, decoded.data());
    lookups.take_back_times();
    return good && plan.table.mine(decoded.data());
}

Decoder::Impl::Emitted Decoder::Impl::fill_table(const OutputPlan& plan, const uint8_t* data, uint32_t size,
                                                 avocet_value* row) {
    const TablePlan& shown = plan.table;
    avocet_value* values = row;
    if (!shown.shown.empty()) {
        decoded.resize(plan.layout.fields.size());
        values = decoded.data();
    }
    if (!fill(plan, data, size, 0, values)) return Emitted::broken;
    if (arrived < size && shown.mine && !shown.mine(values)) return Emitted::not_mine;
    if (shown.wanted && !shown.wanted(values)) return Emitted::dropped;
    if (!shown.shown.empty()) shown.make_row(values, row, open.arena(), lookups);
    return shown.leaves_out(row) ? Emitted::dropped : Emitted::shown;
}

// Of arrays, what has arrived.
void Decoder::Impl::cut(const Layout& layout, avocet_value* row) const {
    for (size_t i = 0; i < layout.fields.size(); ++i) {
        const Step& f = layout.fields[i];
        if (f.op != Op::bytes && f.op != Op::array) continue;
        const uint32_t each = std::max(f.op == Op::array && f.count ? f.size / f.count : 1, 1u);
        row[i].count = std::min(row[i].count, arrived > f.offset ? (arrived - f.offset) / each : 0);
    }
}

bool Decoder::Impl::request(const OutputPlan& plan, uint32_t output, const uint8_t* data, uint32_t size,
                            uint64_t time_ns, uint64_t wall_ns, const std::function<void(const Action&)>& on_action) {
    Action action{};
    action.map = output;
    action.time_ns = time_ns;
    if (plan.kind == OutputPlan::packet) {
        avocet_value row[2];
        if (!open.rows().decode(plan.layout, data, size, row)) return false;
        action.kind = Action::packet;
        action.length = row[0].v.u;
        action.bytes = {reinterpret_cast<const char*>(row[1].v.bytes), row[1].count};
        if (on_action) on_action(action);
        return true;
    }
    avocet_value* row = open.add_row(plan.schema, time_ns);
    if (!open.rows().decode(plan.layout, data, size, row)) return open.drop_row(), false;
    uint64_t unnumbered = 0;  // the request is no record
    action.kind = plan.output->kind == "cat" ? Action::cat : Action::system;
    action.request = open.finish(wall_ns, unnumbered);
    if (on_action) on_action(action);
    return true;
}

bool Decoder::Impl::emit(const OutputPlan& plan, const uint8_t* data, uint32_t size, uint64_t time_ns, uint64_t wall_ns,
                         const std::function<void(BatchPtr)>& on_batch) {
    if (plan.kind == OutputPlan::broken) return false;
    if (!open.fits(plan.schema))
        if (BatchPtr batch = open.finish(wall_ns, sequence)) on_batch(std::move(batch));
    avocet_value* row = open.add_row(plan.schema, time_ns);
    const bool good = fill(plan, data, size, wall_ns, row);
    if (!good) open.drop_row();
    return good;
}

bool Decoder::Impl::fill(const OutputPlan& plan, const uint8_t* data, uint32_t size, uint64_t wall_ns,
                         avocet_value* row) {
    auto text = [&](std::string_view t) {
        *row = {};
        row->kind = AVOCET_VALUE_TEXT;
        row->count = static_cast<uint32_t>(t.size());
        row->v.text = open.arena().copy(t);
    };
    switch (plan.kind) {
        case OutputPlan::row:
            if (plan.layout.fields.size() == 1 && plan.layout.fields[0].op == Op::bytes && plan.layout.size == 0) {
                text({reinterpret_cast<const char*>(data), size});
                row->kind = AVOCET_VALUE_BYTES;
                return true;
            }
            if (!open.rows().decode(plan.layout, data, size, row)) return false;
            if (arrived < size) cut(plan.layout, row);
            return true;
        case OutputPlan::time: text(lookups.wall_time(plan.output->format, wall_ns)); return true;
        case OutputPlan::join: return join(plan, data, size, row);
        case OutputPlan::error: return error(plan, data, size, row);
        default: return false;
    }
}

bool Decoder::Impl::error(const OutputPlan& plan, const uint8_t* data, uint32_t size, avocet_value* row) {
    std::copy(plan.fixed.begin(), plan.fixed.end(), row);
    if (plan.schema->field_count > error_fields) return open.rows().decode(plan.layout, data, size, row + error_fields);
    int64_t detail = 0;
    if (size >= sizeof detail) std::memcpy(&detail, data, sizeof detail);
    row[error_retcode].v.i = detail;
    if (!plan.output->message.empty() || plan.output->helper.empty()) return true;
    std::string_view message = lookups.error_name(detail);  // a failed read says what errno says
    row[error_message].count = static_cast<uint32_t>(message.size());
    row[error_message].v.text = open.arena().copy(message);
    return true;
}

// Only the strings that were filled in need to be in the sample, so the layout is cut after them.
bool Decoder::Impl::join(const OutputPlan& plan, const uint8_t* data, uint32_t size, avocet_value* row) {
    const Step& count_step = plan.layout.fields[0];
    const Step& first = plan.layout.fields[1];
    if (size < uint64_t{count_step.offset} + 4) return false;
    uint32_t count = 0;
    std::memcpy(&count, data + count_step.offset, sizeof count);
    bool array = first.op == Op::array;
    if (count > (array ? first.count : plan.layout.fields.size() - 1)) return false;
    Layout filled;
    for (uint32_t i = 0; i < count; ++i) {
        Step step = array ? plan.layout.steps[first.first] : plan.layout.fields[1 + i];
        if (array) step.offset = first.offset + i * step.size;
        filled.size = step.offset + step.size;
        filled.fields.push_back(step);
    }
    std::vector<avocet_value> strings(count);
    if (!open.rows().decode(filled, data, size, strings.data())) return false;
    std::string text;
    for (uint32_t i = 0; i < count; ++i) {
        if (i) text += plan.output->separator;
        text.append(strings[i].v.text, strings[i].count);
    }
    *row = {};
    row->kind = AVOCET_VALUE_TEXT;
    row->count = static_cast<uint32_t>(text.size());
    row->v.text = open.arena().copy(text);
    return true;
}

BatchPtr Decoder::Impl::single(const avocet_schema* schema, std::span<const avocet_value> values, uint64_t wall_ns) {
    auto batch = std::make_shared<SessionBatch>(store);
    auto* row = const_cast<avocet_value*>(batch->copy(values));
    for (size_t i = 0; i < values.size(); ++i)
        if (row[i].kind == AVOCET_VALUE_STRING)
            row[i].v.text = batch->copy(std::string_view(row[i].v.text, row[i].count));
    batch->batch.schema = schema;
    batch->batch.row_count = 1;
    batch->batch.rows = row;
    batch->batch.sequence = sequence++;
    batch->batch.wall_ns = wall_ns;
    return batch;
}

Decoder::Decoder(const Program& program, DecoderContext context, Diagnostics& diagnostics)
    : impl_(std::make_unique<Impl>(program, std::move(context), diagnostics)) {}
Decoder::~Decoder() = default;

void Decoder::decode(const avocet_sample_batch& samples, const std::function<void(BatchPtr)>& on_batch,
                     const std::function<void(const Action&)>& on_action) {
    for (uint32_t i = 0; i < samples.count; ++i)
        impl_->sample(samples.samples[i], samples.wall_ns, on_batch, on_action);
    if (BatchPtr batch = impl_->open.finish(samples.wall_ns, impl_->sequence)) on_batch(std::move(batch));
}

void Decoder::begin_map(uint32_t map) {
    impl_->table.reset();
    if (map < impl_->maps.size()) impl_->table = std::make_unique<MapTable>(impl_->maps[map]);
}

void Decoder::map_rows(const avocet_map_rows& rows) {
    if (impl_->table && !impl_->table->add(rows)) impl_->errors += rows.count;
}

std::vector<BatchPtr> Decoder::finish_map(uint64_t top, uint64_t div, bool final, bool redraw, uint64_t wall_ns) {
    std::unique_ptr<MapTable> table = std::move(impl_->table);
    if (!table) return {};
    const uint32_t flags = (final ? uint32_t{AVOCET_BATCH_FINAL} : 0) | (redraw ? uint32_t{AVOCET_BATCH_REDRAW} : 0);
    if (table->is_table()) return impl_->finish_table(*table, top, flags, wall_ns);
    auto batch = std::make_shared<SessionBatch>(impl_->store);
    if (!table->finish(*batch, impl_->lookups, top, div, final, impl_->errors)) return {};
    impl_->complete(*batch, table->schema(), flags, wall_ns);
    return {batch};
}

void Decoder::Impl::complete(SessionBatch& batch, const avocet_schema* schema, uint32_t flags, uint64_t wall_ns) {
    batch.batch.schema = schema;
    batch.batch.sequence = sequence;
    sequence += batch.batch.row_count;
    batch.batch.wall_ns = wall_ns;
    batch.batch.wall_minus_boot_ns = lookups.wall_minus_boot_ns();
    batch.batch.flags |= flags;
}

std::vector<BatchPtr> Decoder::Impl::finish_table(const MapTable& map, uint64_t top, uint32_t flags, uint64_t wall_ns) {
    auto batch = std::make_shared<SessionBatch>(store);
    std::string total;
    if (!map.finish_rows(*batch, lookups, top, map_value, errors, total)) return {};
    std::vector<BatchPtr> out;
    if (const std::string& heading = map.heading(); !heading.empty()) out.push_back(line(heading, wall_ns));
    complete(*batch, map.schema(), flags, wall_ns);
    out.push_back(std::move(batch));
    if (!total.empty()) out.push_back(line(total, wall_ns));
    return out;
}

namespace {
avocet_value string_value(std::string_view text) {
    avocet_value v{};
    v.kind = AVOCET_VALUE_STRING;
    v.count = static_cast<uint32_t>(text.size());
    v.v.text = text.data();
    return v;
}
avocet_value count_value(uint64_t count) {
    avocet_value v{};
    v.kind = AVOCET_VALUE_UINT;
    v.width = 8;
    v.v.u = count;
    return v;
}
}  // namespace

BatchPtr Decoder::loss(std::string_view probe, std::string_view cause, uint64_t count, uint64_t wall_ns,
                       bool record_lost) {
    avocet_value row[] = {string_value(probe), string_value(cause), count_value(count), count_value(record_lost)};
    row[3].kind = AVOCET_VALUE_BOOL;
    return impl_->single(impl_->loss_schema, row, wall_ns);
}

BatchPtr Decoder::lifecycle(std::string_view event, uint64_t count, uint64_t wall_ns) {
    avocet_value row[] = {string_value(event), count_value(count)};
    return impl_->single(impl_->lifecycle_schema, row, wall_ns);
}

BatchPtr Decoder::text(uint32_t output, std::string_view text, uint64_t wall_ns) {
    avocet_value row = string_value(text);
    BatchPtr batch = impl_->single(impl_->outputs[output].answer, {&row, 1}, wall_ns);
    const_cast<avocet_value*>(batch->batch.rows)->kind = AVOCET_VALUE_TEXT;
    return batch;
}

BatchPtr Decoder::failure(std::string_view message, uint64_t wall_ns) {
    avocet_value none = string_value(""), zero = count_value(0), code = count_value(0);
    code.kind = AVOCET_VALUE_INT;
    avocet_value row[] = {string_value(message),
                          string_value("error"),
                          none,
                          zero,
                          zero,
                          zero,
                          zero,
                          string_value("runtime_error"),
                          none,
                          code,
                          none,
                          none};
    return impl_->single(impl_->failure_schema, row, wall_ns);
}

uint64_t Decoder::decode_errors() const { return impl_->errors; }
bool Decoder::refused() const { return impl_->refused; }

}  // namespace avocet::core
