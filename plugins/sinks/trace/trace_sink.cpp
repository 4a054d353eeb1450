// SPDX-License-Identifier: Apache-2.0
#include "trace_sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

namespace avocet::trace {

namespace {

using Json = nlohmann::json;

// Bytes from the traced system need not be UTF-8.
std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

double time_us(const avocet_batch& batch, uint32_t row) {
    return static_cast<double>(batch.times_ns ? batch.times_ns[row] : batch.wall_ns) / 1000.0;
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

void append(void* out, const char* data, size_t size) { static_cast<std::string*>(out)->append(data, size); }

}  // namespace

TraceSink::TraceSink(const Host& host, const Options& options)
    : host_(host), render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)), path_(options.text("path")) {
    if (!render_)
        throw Error(AVOCET_ERR_ABI,
                    "sink '" + options.instance() + "': this host cannot render records (no " AVOCET_HOST_RENDER_1 ")");
    int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        throw Error(errno == EACCES ? AVOCET_ERR_PERMISSION : AVOCET_ERR_IO,
                    "file '" + path_ + "': cannot be opened for writing: " + errno_text(errno));
    file_.reset(::fdopen(fd, "w"));
    std::fputc('[', file_.get());
}

uint32_t TraceSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    for (uint32_t row = first; row < batch.row_count; ++row) {
        if (batch.schema->kind == AVOCET_RECORD_EVENT) instant(batch, row);
        if (batch.schema->kind == AVOCET_RECORD_MAP && batch.schema->field_count >= 2) counter(batch, row);
    }
    unflushed_ += batch.row_count - first;
    return taken = batch.row_count - first;
}

void TraceSink::instant(const avocet_batch& batch, uint32_t row) {
    const uint64_t pid = number_field(batch, row, "pid", 0), tid = number_field(batch, row, "tid", pid);
    const avocet_value* comm = field(batch, row, "comm");
    const bool has_comm = comm && (comm->kind == AVOCET_VALUE_STRING || comm->kind == AVOCET_VALUE_TEXT);
    name_thread(pid, tid, has_comm ? std::string(comm->v.text, comm->count) : std::string());
    Json args = Json::object();
    for (uint32_t i = 0; i < batch.schema->field_count; ++i) {
        const avocet_value& value = batch.rows[size_t{row} * batch.schema->field_count + i];
        args[batch.schema->fields[i].name] = value_text(*batch.schema->fields[i].type, value);
    }
    put(dumped({{"ph", "i"},
                {"s", "t"},
                {"name", row_text(batch, row)},
                {"cat", batch.schema->probe},
                {"ts", time_us(batch, row)},
                {"pid", pid},
                {"tid", tid},
                {"args", std::move(args)}}));
}

void TraceSink::counter(const avocet_batch& batch, uint32_t row) {
    const avocet_value* values = batch.rows + size_t{row} * batch.schema->field_count;
    if (!is_number(values[1])) return;
    const bool scalar = values[0].kind == AVOCET_VALUE_NONE;
    const std::string series = scalar ? "value" : value_text(*batch.schema->fields[0].type, values[0]);
    Json number = values[1].kind == AVOCET_VALUE_INT ? Json(values[1].v.i) : Json(values[1].v.u);
    name_thread(0, 0, "");
    put(dumped({{"ph", "C"},
                {"name", batch.schema->name},
                {"ts", time_us(batch, row)},
                {"pid", 0},
                {"args", {{series, std::move(number)}}}}));
}

void TraceSink::name_thread(uint64_t pid, uint64_t tid, const std::string& comm) {
    if (!named_.insert({pid, tid}).second) return;
    const std::string name = !comm.empty() ? comm : pid ? "process " + std::to_string(pid) : "avocet";
    if (pid == tid)
        put(dumped({{"ph", "M"}, {"name", "process_name"}, {"pid", pid}, {"tid", tid}, {"args", {{"name", name}}}}));
    put(dumped({{"ph", "M"}, {"name", "thread_name"}, {"pid", pid}, {"tid", tid}, {"args", {{"name", name}}}}));
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

void TraceSink::put(const std::string& json) {
    std::fputs(std::exchange(first_, false) ? "\n" : ",\n", file_.get());
    std::fwrite(json.data(), 1, json.size(), file_.get());
}

// Which of the rows since the last good flush are on the disk is not known: all count as lost.
uint64_t TraceSink::flush() {
    const uint64_t rows = std::exchange(unflushed_, 0);
    errno = 0;
    if (std::fflush(file_.get()) == 0 && !std::ferror(file_.get())) return 0;
    const int error = errno;
    std::clearerr(file_.get());
    if (!std::exchange(told_, true))
        host_.report(Error(AVOCET_ERR_IO, "file '" + path_ + "': cannot be written: " + errno_text(error ? error : EIO),
                           "records that do not fit are counted as lost"));
    return rows;
}

uint64_t TraceSink::close() {
    std::fputs("\n]\n", file_.get());
    return flush();
}

}  // namespace avocet::trace
