// SPDX-License-Identifier: Apache-2.0
#include "trace_sink.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "avocet/record.hpp"

namespace avocet::trace {

namespace {

// Bytes from the traced system need not be UTF-8. The library is asked only about what needs escapes or repair:
// building its objects for every event took longer than everything else.
void append_quoted(std::string_view text, std::string& out) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f && c != '"' && c != '\\';
    });
    if (!plain) {
        using Json = nlohmann::json;
        out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
        return;
    }
    out += '"';
    out += text;
    out += '"';
}

uint64_t time_ns(const avocet_batch& batch, uint32_t row) {
    const uint64_t time = boot_time_ns(batch, row);
    return time ? time : batch.wall_ns;
}

// As microseconds, which the format wants.
void append_us(uint64_t ns, std::string& out) {
    char text[32];
    std::snprintf(text, sizeof text, "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
    out += text;
}

// What every entry begins with; its name, category and what is its own follow.
void begin_entry(char phase, uint64_t start_ns, uint64_t pid, uint64_t tid, std::string& out) {
    out.assign("{\"ph\":\"");
    out += phase;
    out += "\",\"ts\":";
    append_us(start_ns, out);
    out += ",\"pid\":" + std::to_string(pid) + ",\"tid\":" + std::to_string(tid);
}

const avocet_value* field(const avocet_batch& batch, uint32_t row, std::string_view name) {
    for (uint32_t i = 0; i < batch.schema->field_count; ++i)
        if (name == batch.schema->fields[i].name) return batch.rows + size_t{row} * batch.schema->field_count + i;
    return nullptr;
}

bool is_number(const avocet_value& v) { return v.kind == AVOCET_VALUE_INT || v.kind == AVOCET_VALUE_UINT; }

uint64_t number_field(const avocet_batch& batch, uint32_t row, std::string_view name, uint64_t otherwise) {
    const avocet_value* value = field(batch, row, name);
    return value && is_number(*value) ? value->v.u : otherwise;
}

// `*` stands for any run of characters.
bool matches(std::string_view pattern, std::string_view text) {
    size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*')
            star = p++, resume = t;
        else if (p < pattern.size() && pattern[p] == text[t])
            ++p, ++t;
        else if (star != std::string_view::npos)
            p = star + 1, t = ++resume;
        else
            return false;
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

void append(void* out, const char* data, size_t size) { static_cast<std::string*>(out)->append(data, size); }

}  // namespace

TraceSink::TraceSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      span_key_(options.text("span_key")),
      limit_open_(static_cast<size_t>(options.integer("limit_open_spans"))),
      file_(options.text("path")) {
    if (!render_)
        throw Error(AVOCET_ERR_ABI,
                    "sink '" + options.instance() + "': this host cannot render records (no " AVOCET_HOST_RENDER_1 ")");
    auto spans = options.list("spans");
    if (spans.empty() && options.is_set("spans")) spans.push_back(options.text("spans"));
    read_pairs(spans, options.instance());
}

uint32_t TraceSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    for (uint32_t row = first; row < batch.row_count; ++row) {
        if (batch.schema->kind == AVOCET_RECORD_EVENT) event(batch, row);
        if (batch.schema->kind == AVOCET_RECORD_MAP && batch.schema->field_count >= 2) counter(batch, row);
        if (file_.wants_flush()) look_at_file();
    }
    return taken = batch.row_count - first;
}

void TraceSink::read_pairs(const std::vector<std::string>& spans, const std::string& instance) {
    const auto trimmed = [](std::string text) {
        text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
    };
    for (const auto& span : spans) {
        const size_t arrow = span.find("->");
        const std::string begin = trimmed(span.substr(0, arrow)),
                          end = arrow == std::string::npos ? "" : trimmed(span.substr(arrow + 2));
        if (begin.empty() || end.empty())
            throw Error(AVOCET_ERR_INVALID, "sink '" + instance + "': span '" + span + "': is not a pair of probes",
                        "as in \"*:sys_enter_read -> *:sys_exit_read\"");
        pairs_.push_back({begin, end, {}});
    }
}

std::string TraceSink::key_of(const avocet_batch& batch, uint32_t row) const {
    for (uint32_t i = 0; i < batch.schema->field_count; ++i)
        if (span_key_ == batch.schema->fields[i].name)
            return value_text(*batch.schema->fields[i].type, batch.rows[size_t{row} * batch.schema->field_count + i]);
    return {};
}

// An event that begins a span waits for the one that ends it; the innermost open one of its key is ended first. What
// ends nothing is an instant.
void TraceSink::event(const avocet_batch& batch, uint32_t row) {
    const std::string_view probe = batch.schema->probe ? batch.schema->probe : "";
    for (auto& pair : pairs_) {
        const bool begins = matches(pair.begin, probe);
        if (!begins && !matches(pair.end, probe)) continue;
        const std::string key = key_of(batch, row);
        if (begins) {
            if (open_ >= limit_open_) break;
            return begin_span(pair, key, batch, row);
        }
        auto found = pair.open.find(key);
        if (found == pair.open.end()) break;
        const Open begun = std::move(found->second.back());
        found->second.pop_back();
        if (found->second.empty()) pair.open.erase(found);
        --open_;
        return end_span(begun, batch, row);
    }
    instant(batch, row);
}

void TraceSink::begin_span(Pair& pair, const std::string& key, const avocet_batch& batch, uint32_t row) {
    ++open_;
    const uint64_t pid = number_field(batch, row, "pid", 0);
    Open open{time_ns(batch, row),
              row_text(batch, row),
              batch.schema->probe ? batch.schema->probe : "",
              pid,
              number_field(batch, row, "tid", pid),
              {}};
    append_args(batch, row, open.args);
    pair.open[key].push_back(std::move(open));
    name_line(batch, row);
}

void TraceSink::end_span(const Open& begun, const avocet_batch& batch, uint32_t row) {
    const uint64_t end_ns = time_ns(batch, row);
    begin_entry('X', begun.start_ns, begun.pid, begun.tid, line_);
    line_ += ",\"dur\":";
    append_us(end_ns > begun.start_ns ? end_ns - begun.start_ns : 0, line_);
    line_ += ",\"name\":";
    append_quoted(begun.name, line_);
    line_ += ",\"cat\":";
    append_quoted(begun.probe, line_);
    line_ += ",\"args\":{\"begin\":" + begun.args + ",\"end\":";
    append_args(batch, row, line_);
    line_ += "}}";
    put(2);
}

void TraceSink::name_line(const avocet_batch& batch, uint32_t row) {
    const uint64_t pid = number_field(batch, row, "pid", 0), tid = number_field(batch, row, "tid", pid);
    const avocet_value* comm = field(batch, row, "comm");
    const bool has_comm = comm && (comm->kind == AVOCET_VALUE_STRING || comm->kind == AVOCET_VALUE_TEXT);
    name(pid, tid, has_comm ? std::string(comm->v.text, comm->count) : std::string());
}

void TraceSink::append_args(const avocet_batch& batch, uint32_t row, std::string& out) const {
    out += '{';
    for (uint32_t i = 0; i < batch.schema->field_count; ++i) {
        const avocet_value& value = batch.rows[size_t{row} * batch.schema->field_count + i];
        if (i) out += ',';
        append_quoted(batch.schema->fields[i].name, out);
        out += ':';
        append_quoted(value_text(*batch.schema->fields[i].type, value), out);
    }
    out += '}';
}

void TraceSink::instant(const avocet_batch& batch, uint32_t row) {
    const uint64_t pid = number_field(batch, row, "pid", 0), tid = number_field(batch, row, "tid", pid);
    name_line(batch, row);
    begin_entry('i', time_ns(batch, row), pid, tid, line_);
    line_ += ",\"s\":\"t\",\"name\":";
    append_quoted(row_text(batch, row), line_);
    line_ += ",\"cat\":";
    append_quoted(batch.schema->probe ? batch.schema->probe : "", line_);
    line_ += ",\"args\":";
    append_args(batch, row, line_);
    line_ += '}';
    put(1);
}

void TraceSink::counter(const avocet_batch& batch, uint32_t row) {
    const avocet_value* values = batch.rows + size_t{row} * batch.schema->field_count;
    if (!is_number(values[1])) return;
    const bool scalar = values[0].kind == AVOCET_VALUE_NONE;
    name(0, 0, "");
    begin_entry('C', time_ns(batch, row), 0, 0, line_);
    line_ += ",\"name\":";
    append_quoted(batch.schema->name, line_);
    line_ += ",\"args\":{";
    append_quoted(scalar ? "value" : value_text(*batch.schema->fields[0].type, values[0]), line_);
    line_ += ':';
    line_ += values[1].kind == AVOCET_VALUE_INT ? std::to_string(values[1].v.i) : std::to_string(values[1].v.u);
    line_ += "}}";
    put(1);
}

// A process is called like its first thread that was seen, until its main one is.
void TraceSink::name(uint64_t pid, uint64_t tid, const std::string& comm) {
    if (!named_threads_.insert({pid, tid}).second) return;
    const std::string shown = !comm.empty() ? comm : pid ? "process " + std::to_string(pid) : "avocet";
    if (named_processes_.insert(pid).second || pid == tid) put_name("process_name", pid, tid, shown);
    put_name("thread_name", pid, tid, shown);
}

void TraceSink::put_name(const char* what, uint64_t pid, uint64_t tid, const std::string& name) {
    line_ = std::string("{\"ph\":\"M\",\"name\":\"") + what + "\",\"pid\":" + std::to_string(pid) +
            ",\"tid\":" + std::to_string(tid) + ",\"args\":{\"name\":";
    append_quoted(name, line_);
    line_ += "}}";
    put(0);
}

std::string TraceSink::row_text(const avocet_batch& batch, uint32_t row) const {
    std::string out;
    render_->text(render_->ctx, &batch, row, 1, append, &out);
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
}

std::string TraceSink::value_text(const avocet_type& type, const avocet_value& value) const {
    std::string out;
    if (render_->value && render_->value(render_->ctx, &type, &value, append, &out) >= AVOCET_OK) return out;
    if (value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT) return {value.v.text, value.count};
    return std::to_string(value.v.i);
}

void TraceSink::put(uint32_t rows) { file_.add(line_, rows); }

// What was cut off may have held names.
void TraceSink::look_at_file() {
    if (file_.flush(lost_)) return;
    named_processes_.clear();
    named_threads_.clear();
    if (!std::exchange(told_, true))
        host_.report(Error(AVOCET_ERR_IO,
                           "file '" + file_.path() + "': cannot be written: " + errno_text(file_.error()),
                           "records that do not fit are counted as lost; writing goes on when it can"));
}

uint64_t TraceSink::flush() {
    look_at_file();
    return std::exchange(lost_, 0);
}

// A span that nothing has ended goes on to the right edge: a begin without an end.
uint64_t TraceSink::close() {
    for (auto& pair : pairs_)
        for (auto& [key, spans] : pair.open)
            for (auto& open : spans) {
                begin_entry('B', open.start_ns, open.pid, open.tid, line_);
                line_ += ",\"name\":";
                append_quoted(open.name, line_);
                line_ += ",\"cat\":";
                append_quoted(open.probe, line_);
                line_ += ",\"args\":" + open.args + "}";
                put(1);
            }
    pairs_.clear();
    look_at_file();
    if (!file_.close(lost_) && !std::exchange(told_, true))
        host_.report(
            Error(AVOCET_ERR_IO, "file '" + file_.path() + "': cannot be ended: " + errno_text(file_.error())));
    return std::exchange(lost_, 0);
}

}  // namespace avocet::trace
