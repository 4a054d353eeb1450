// SPDX-License-Identifier: Apache-2.0
#include "flamegraph_sink.hpp"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "svg.hpp"

namespace avocet::flamegraph {

namespace {

const avocet_type no_type{};

bool is_stack(const avocet_value& value) { return value.kind == AVOCET_VALUE_STACK; }

// What a map's value weighs; nothing negative has a width.
uint64_t weight(const avocet_value& value) {
    switch (value.kind) {
        case AVOCET_VALUE_INT: return value.v.i > 0 ? static_cast<uint64_t>(value.v.i) : 0;
        case AVOCET_VALUE_UINT: return value.v.u;
        case AVOCET_VALUE_STATS: return value.count ? weight(value.v.items[0]) : 0;
        case AVOCET_VALUE_HIST: {
            uint64_t sum = 0;
            for (uint32_t i = 0; i < value.count; ++i) sum += value.v.buckets[i].count;
            return sum;
        }
        default: return 0;
    }
}

void join(std::string& stack, const std::string& frames) {
    if (!stack.empty() && !frames.empty()) stack += ';';
    stack += frames;
}

Folded read_base(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file)
        throw Error(AVOCET_ERR_IO, "file '" + path + "': cannot be read: " + errno_text(errno),
                    "base_path is a file that folded_path of another run has written");
    size_t bad_line = 0;
    Folded base = read_folded(text, bad_line);
    if (bad_line || base.empty())
        throw Error(
            AVOCET_ERR_INVALID,
            "file '" + path + "': " +
                (bad_line ? "line " + std::to_string(bad_line) + " is no stack with its count" : "holds no stack"),
            "a line is frames joined by ';', a blank, a number");
    return base;
}

}  // namespace

FlamegraphSink::FlamegraphSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      symbols_(host.extension<avocet_host_symbols>(AVOCET_HOST_SYMBOLS_1)),
      instance_(options.instance()),
      title_(options.text("title")),
      map_(options.is_set("map") ? options.text("map") : ""),
      sum_(options.text("snapshots") == "sum"),
      width_px_(static_cast<unsigned>(options.integer("width_px"))),
      limit_(static_cast<size_t>(options.integer("limit_stacks"))) {
    if (!options.is_set("path") && !options.is_set("folded_path"))
        throw Error(AVOCET_ERR_INVALID, "sink '" + instance_ + "': has neither 'path' nor 'folded_path'",
                    "path = \"graph.svg\" writes a graph, folded_path = \"stacks.txt\" its text");
    if (options.is_set("base_path")) base_ = read_base(options.text("base_path"));
    if (options.is_set("path")) svg_.emplace(options.text("path"));
    if (options.is_set("folded_path")) folded_.emplace(options.text("folded_path"));
}

bool FlamegraphSink::wanted(const avocet_schema& of_batch) const {
    if (of_batch.kind == AVOCET_RECORD_MAP) return of_batch.field_count >= 2 && (map_.empty() || map_ == of_batch.name);
    return of_batch.kind == AVOCET_RECORD_EVENT && map_.empty();
}

uint32_t FlamegraphSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    if (wanted(*batch.schema)) {
        const bool map = batch.schema->kind == AVOCET_RECORD_MAP;
        Source& source = sources_[batch.schema];
        if (map && first == 0 && !sum_) {
            distinct_ -= source.stacks.size();
            source = {};
        }
        for (uint32_t row = first; row < batch.row_count; ++row)
            map ? take_map_row(batch, row, source) : take_event_row(batch, row, source);
    }
    return taken = batch.row_count - first;
}

void FlamegraphSink::take_map_row(const avocet_batch& batch, uint32_t row, Source& source) {
    const avocet_value* values = batch.rows + size_t{row} * batch.schema->field_count;
    std::string stack = fold(*batch.schema->fields[0].type, values[0]);
    const uint64_t count = weight(values[1]);
    if (!stack.empty() && count) add(source, std::move(stack), count);
}

void FlamegraphSink::take_event_row(const avocet_batch& batch, uint32_t row, Source& source) {
    const avocet_value* values = batch.rows + size_t{row} * batch.schema->field_count;
    std::string user, kernel;
    for (uint32_t i = 0; i < batch.schema->field_count; ++i) {
        if (!is_stack(values[i])) continue;
        const bool of_user = values[i].count && values[i].v.frames[0].pid;
        join(of_user ? user : kernel, fold_frames(values[i]));
    }
    join(user, kernel);
    if (!user.empty()) add(source, std::move(user), 1);
}

void FlamegraphSink::add(Source& source, std::string stack, uint64_t count) {
    auto known = source.stacks.find(stack);
    if (known == source.stacks.end()) {
        if (distinct_ >= limit_) {
            ++lost_;
            if (!std::exchange(limit_told_, true))
                host_.warn("sink '" + instance_ + "': more than " + std::to_string(limit_) + " different stacks",
                           "limit_stacks sets how many are kept; records with others are counted as lost");
            return;
        }
        ++distinct_;
        known = source.stacks.emplace(std::move(stack), 0).first;
    }
    known->second += count;
    ++source.rows;
}

std::string FlamegraphSink::fold(const avocet_type& type, const avocet_value& value) const {
    if (is_stack(value)) return fold_frames(value);
    if (value.kind != AVOCET_VALUE_TUPLE) return {};
    std::string labels, user, kernel;
    bool found = false;
    for (uint32_t i = 0; i < value.count; ++i) {
        const avocet_value& item = value.v.items[i];
        if (is_stack(item)) {
            found = true;
            const bool of_user = item.count && item.v.frames[0].pid;
            join(of_user ? user : kernel, fold_frames(item));
        } else {
            join(labels, folded_name(text_of(i < type.member_count ? *type.members[i] : no_type, item)));
        }
    }
    if (!found) return {};
    join(labels, user);
    join(labels, kernel);
    return labels;
}

// Frames come leaf first.
std::string FlamegraphSink::fold_frames(const avocet_value& stack) const {
    std::string out = stack.flags & AVOCET_VALUE_TRUNCATED ? "[truncated]" : "";
    if (!stack.count) join(out, stack.flags & AVOCET_VALUE_UNREADABLE ? "[unreadable]" : "[empty]");
    for (uint32_t i = stack.count; i-- > 0;) {
        const avocet_frame& frame = stack.v.frames[i];
        avocet_symbol symbol{};
        symbol.struct_size = sizeof symbol;
        char address[24];
        std::snprintf(address, sizeof address, "0x%" PRIx64, frame.address);
        const bool named = symbols_ && symbols_->resolve(symbols_->ctx, &frame, &symbol) >= AVOCET_OK && symbol.found;
        join(out, folded_name(named ? view(symbol.name) : std::string_view(address)) + (frame.pid ? "" : "_[k]"));
    }
    return out;
}

std::string FlamegraphSink::text_of(const avocet_type& type, const avocet_value& value) const {
    std::string out;
    auto append = [](void* text, const char* data, size_t size) {
        static_cast<std::string*>(text)->append(data, size);
    };
    if (render_ && render_->value && render_->value(render_->ctx, &type, &value, append, &out) >= AVOCET_OK) return out;
    if (value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT) return {value.v.text, value.count};
    return std::to_string(value.v.i);
}

uint64_t FlamegraphSink::flush() { return std::exchange(lost_, 0); }

uint64_t FlamegraphSink::close() {
    Folded all;
    uint64_t rows = 0;
    for (const auto& [of_schema, source] : sources_) {
        rows += source.rows;
        for (const auto& [stack, count] : source.stacks) all[stack] += count;
    }
    if (all.empty())
        host_.warn("sink '" + instance_ + "': no stack came",
                   "it takes maps keyed by kstack or ustack, e.g. @[kstack] = count(), and events that print one");
    try {
        if (folded_) folded_->write(folded_text(all));
        if (svg_)
            svg_->write(picture::as_named(
                svg_->path(), title_,
                svg_of(tree_of(all, base_ ? &*base_ : nullptr), {title_, "samples", width_px_, base_.has_value()})));
    } catch (const Error& e) {
        host_.report(e);
        lost_ += rows;
    }
    return std::exchange(lost_, 0);
}

}  // namespace avocet::flamegraph
