// SPDX-License-Identifier: Apache-2.0
//
// Of a session: samples become records, losses are read off the program's counters, maps are shown, and what samples
// ask for is done.
#include <algorithm>
#include <cstring>

#include "avocet/abi/program.h"
#include "record/render.hpp"
#include "route/row_language.hpp"
#include "session/session_impl.hpp"

namespace avocet::core {

namespace {

constexpr uint64_t kLossInterval = 100'000'000;

const char* const kCauses[] = {"ring full",        "map full",        "memory unreadable",
                               "string truncated", "stack truncated", "stack map full",
                               "stack unreadable", "scratch busy",    "control ring full"};

bool loses_record(uint32_t cause) {
    return cause == AVOCET_LOSS_RING_FULL || cause == AVOCET_LOSS_SCRATCH_BUSY || cause == AVOCET_LOSS_CONTROL_FULL;
}

}  // namespace

void Session::Impl::finish_stream() {
    uint64_t unread = 0;
    if (!settings.stream || backend->finish_stream(unread) != AVOCET_OK || !unread) return;
    report_loss("sink '" + settings.stream->sink + "'", "not read from the stream", unread, true);
}

void Session::Impl::make_decoder() {
    DecoderContext context;
    context.probe_name = [this](uint32_t id) {
        return id < plans.attach_names.size() ? plans.attach_names[id] : std::string();
    };
    context.stack_frames = [this](uint64_t id, std::vector<uint64_t>& frames) { return stack_frames(id, frames); };
    context.map_stack_frames = [this](std::string_view map, uint32_t id, std::vector<uint64_t>& frames) {
        return map_stack_frames(map, id, frames);
    };
    context.map_value = [this](std::string_view map, const std::string& key, std::string& value) {
        return map_value(map, key, value);
    };
    context.language = row_language(&host.renderer());
    context.boot_to_wall_ns = settings.wall_minus_boot_ns;
    context.stamped = stamped;
    decoder = std::make_unique<Decoder>(program, std::move(context), host.diagnostics());
}

bool Session::Impl::stack_frames(uint64_t id, std::vector<uint64_t>& frames) {
    bool found = false;
    backend->map_lookup(AVOCET_MAP_STACKS, &id, 1, [&](const avocet_map_rows& rows) {
        if (rows.count == 0 || rows.slot_size < sizeof(uint64_t)) return true;
        const auto* words = static_cast<const uint64_t*>(rows.values);
        uint64_t limit = rows.slot_size / sizeof(uint64_t) - 1;
        frames.assign(words + 1, words + 1 + std::min(words[0], limit));
        found = true;
        return false;
    });
    return found;
}

bool Session::Impl::map_stack_frames(std::string_view map, uint32_t id, std::vector<uint64_t>& frames) {
    bool found = false;
    backend->map_lookup(map, &id, 1, [&](const avocet_map_rows& rows) {
        const auto* words = static_cast<const uint64_t*>(rows.values);
        if (rows.count) frames.assign(words, std::find(words, words + rows.slot_size / sizeof *words, 0u));
        found = rows.count > 0;
        return false;
    });
    return found;
}

bool Session::Impl::map_value(std::string_view map, const std::string& key, std::string& value) {
    bool found = false;
    backend->map_lookup(map, key.data(), 1, [&](const avocet_map_rows& rows) {
        found = rows.count > 0 && rows.key_size == key.size();
        if (found) value.assign(static_cast<const char*>(rows.values), rows.slot_size);
        return false;
    });
    return found;
}

void Session::Impl::publish(const BatchPtr& batch) {
    if (!batch) return;
    if (keeping)
        keep(view(batch));
    else
        router.offer(batch);
}

void Session::Impl::keep(const avocet_batch& batch) {
    const avocet_record_kind kind = batch.schema->kind;
    if (kind == AVOCET_RECORD_ERROR) kept.errors = kept.errors || is_error(batch);
    if (settings.mode == SessionMode::test && kind != AVOCET_RECORD_LOSS)
        host.renderer().text(batch, 0, batch.row_count, kept.output);
}

bool Session::Impl::is_error(const avocet_batch& batch) {
    constexpr size_t kind_field = 7;
    for (uint32_t i = 0; i < batch.row_count; ++i) {
        const avocet_value& v = batch.rows[size_t{i} * batch.schema->field_count + kind_field];
        if (std::string_view(v.v.text, v.count) != "warnf") return true;
    }
    return false;
}

void Session::Impl::print_map(uint32_t map, uint64_t top, uint64_t div, bool final) {
    if (map >= manifest.maps.size()) return;
    std::vector<BatchPtr> batches = read_map(map, top, div, final);
    // Memory that is all zero looks like no value at the end.
    if (batches.empty() && final && zeroed_maps.count(map)) batches = read_map(map, top, div, false);
    for (const BatchPtr& batch : batches) publish(batch);
}

std::vector<BatchPtr> Session::Impl::read_map(uint32_t map, uint64_t top, uint64_t div, bool final) {
    decoder->begin_map(map);
    for (const std::string& symbol : manifest.maps[map].symbols())
        backend->map_read(symbol, [&](const avocet_map_rows& rows) {
            decoder->map_rows(rows);
            return true;
        });
    return decoder->finish_map(top, div, final, settings.live_maps && !final, last_wall_ns);
}

void Session::Impl::clear_map(uint32_t map) {
    zeroed_maps.erase(map);
    for (const std::string& symbol : manifest.maps[map].symbols()) backend->map_clear(symbol);
}

void Session::Impl::zero_map(uint32_t map) {
    if (!manifest.maps[map].keyed && !read_map(map, 0, 0, true).empty()) zeroed_maps.insert(map);
    for (const std::string& symbol : manifest.maps[map].symbols()) backend->map_zero(symbol);
}

void Session::Impl::serve(const Action& action) {
    if (settings.replay) return;
    const ManifestOutput& output = manifest.outputs[action.map];
    std::string failure;
    if (action.kind == Action::packet) {
        failure = packets.write(output.file, action.time_ns, action.length, action.bytes);
    } else {
        std::string text = rendered(*action.request), answer;
        failure = action.kind == Action::cat ? read_start_of_file(text, output.max_bytes, answer)
                                             : run_shell_command(text, answer);
        if (failure.empty() || action.kind == Action::system) publish(decoder->text(action.map, answer, last_wall_ns));
    }
    if (!failure.empty()) publish(decoder->failure(failure, last_wall_ns));
}

std::string Session::Impl::rendered(const OwnedBatch& batch) {
    std::string text;
    host.renderer().text(batch.batch, 0, batch.batch.row_count, text);
    return text;
}

void Session::Impl::act(const Action& action) {
    switch (action.kind) {
        case Action::print_map: print_map(action.map, action.top, action.div, false); break;
        case Action::clear_map:
            if (action.map < manifest.maps.size()) clear_map(action.map);
            break;
        case Action::zero_map:
            if (action.map < manifest.maps.size()) zero_map(action.map);
            break;
        case Action::cat:
        case Action::system:
        case Action::packet: serve(action); break;
        case Action::exit:
            if (!exit_seen) exit_code = static_cast<int>(action.code & 255);
            exit_seen = true;
            break;
    }
}

void Session::Impl::report_loss(const std::string& where, const std::string& cause, uint64_t count, bool record) {
    if (settings.mode == SessionMode::bench) return;  // what benches print is dropped anyway
    ledger.add(where, cause, count, record);
    publish(decoder->loss(where, cause, count, last_wall_ns, record));
}

void Session::Impl::consume(const avocet_sample_batch& batch) {
    last_wall_ns = batch.wall_ns;
    decoder->decode(
        batch, [&](BatchPtr b) { publish(b); }, [&](const Action& a) { act(a); });
    if (batch.lost) report_loss("transport", "perf buffer full", batch.lost, true);
    if (batch.wall_ns - last_loss_ns >= kLossInterval) {
        last_loss_ns = batch.wall_ns;
        read_losses();
    }
}

// A C program's own counters: `avocet_lost_BUFFER`, a number for each CPU, of what found BUFFER full.
void Session::Impl::read_buffer_losses() {
    for (const std::string& buffer : program.channels()) {
        const std::string counter = "avocet_lost_" + buffer;
        if (!program.map_types(counter).value) continue;
        uint64_t total = 0;
        backend->map_read(counter, [&](const avocet_map_rows& rows) {
            const char* slots = static_cast<const char*>(rows.values);
            for (uint64_t i = 0; i < uint64_t{rows.count} * rows.cpu_count && rows.slot_size >= sizeof total; ++i) {
                uint64_t n;
                std::memcpy(&n, slots + i * rows.slot_size, sizeof n);
                total += n;
            }
            return true;
        });
        uint64_t& known = buffer_losses[buffer];
        if (total > known) report_loss("buffer '" + buffer + "'", kCauses[0], total - known, true);
        known = std::max(known, total);
    }
}

// A C program's reads of memory that was not there: a number among its variables.
void Session::Impl::read_unreadable() {
    const auto& counter = program.unreadable_counter();
    if (!counter) return;
    uint64_t total = 0;
    backend->map_read(counter->section, [&](const avocet_map_rows& rows) {
        if (rows.count && rows.slot_size >= counter->offset + sizeof total)
            std::memcpy(&total, static_cast<const char*>(rows.values) + counter->offset, sizeof total);
        return true;
    });
    if (total > unreadable) report_loss("reads by dereference", kCauses[2], total - unreadable, false);
    unreadable = std::max(unreadable, total);
}

void Session::Impl::read_losses() {
    read_buffer_losses();
    read_unreadable();
    if (!manifest.events) return;
    std::vector<uint64_t> totals(manifest.functions.size() * AVOCET_LOSS_SLOTS);
    backend->map_read(AVOCET_MAP_LOSSES, [&](const avocet_map_rows& rows) {
        for (uint32_t i = 0; i < rows.count; ++i) {
            uint32_t key;
            std::memcpy(&key, static_cast<const char*>(rows.keys) + i * size_t{rows.key_size}, sizeof key);
            if (key >= totals.size() || rows.slot_size < sizeof(uint64_t)) continue;
            const char* slots = static_cast<const char*>(rows.values) + i * size_t{rows.slot_size} * rows.cpu_count;
            for (uint32_t cpu = 0; cpu < rows.cpu_count; ++cpu) {
                uint64_t n;
                std::memcpy(&n, slots + cpu * size_t{rows.slot_size}, sizeof n);
                totals[key] += n;
            }
        }
        return true;
    });
    loss_totals.resize(totals.size());
    for (size_t i = 0; i < totals.size(); ++i) {
        if (totals[i] <= loss_totals[i]) continue;
        uint32_t cause = i % AVOCET_LOSS_SLOTS;
        const auto& f = manifest.functions[i / AVOCET_LOSS_SLOTS];
        report_loss(f.label.empty() ? f.name : f.label, cause < std::size(kCauses) ? kCauses[cause] : "other",
                    totals[i] - loss_totals[i], loses_record(cause));
        loss_totals[i] = totals[i];
    }
}

void Session::Impl::drain() {
    avocet_sample_batch batch{};
    batch.struct_size = sizeof batch;
    for (;;) {
        avocet_status status = backend->poll(0, batch);
        if (status < 0) return;
        if (batch.count || batch.lost) consume(batch);
        if (status == AVOCET_STOP || (batch.count == 0 && batch.lost == 0)) return;
    }
}

uint64_t Session::Impl::show_maps_if_due() {
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (now < next_show_ns) return next_show_ns - now;
    show_maps(clock_ns(CLOCK_REALTIME));
    exit_seen = exit_seen || ++shown_intervals == manifest.interval_count;
    next_show_ns = now + settings.show_maps_every_ns;
    return settings.show_maps_every_ns;
}

void Session::Impl::show_maps(uint64_t wall_ns) {
    last_wall_ns = wall_ns;
    backend->shows_maps(wall_ns);
    print_all_maps(false);
    for (uint32_t i = 0; i < manifest.maps.size(); ++i)
        if (manifest.maps[i].clear) clear_map(i);
}

// Between the same samples as when it was recorded.
void Session::Impl::replay_shows(uint64_t polls) {
    const auto& shows = settings.replay_shows;
    for (; shows_replayed < shows.size() && shows[shows_replayed].polls <= polls; ++shows_replayed)
        show_maps(shows[shows_replayed].wall_ns);
}

void Session::Impl::print_all_maps(bool final) {
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < manifest.maps.size(); ++i)
        if (const ManifestMap& m = manifest.maps[i]; m.print && (final ? m.at_end : m.at_interval)) order.push_back(i);
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return manifest.maps[a].name < manifest.maps[b].name; });
    for (uint32_t i : order) print_map(i, manifest.maps[i].top, 0, final);
}

}  // namespace avocet::core
