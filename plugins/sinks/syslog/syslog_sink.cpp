// SPDX-License-Identifier: Apache-2.0
#include "syslog_sink.hpp"

#include <time.h>
#include <unistd.h>

#include "avocet/record.hpp"

namespace avocet::syslog {

namespace {

uint64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

std::string host_name() {
    char name[256] = "";
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

Form form_of(const std::string& choice, const std::string& address) {
    const bool local = address.rfind("unix:", 0) == 0;
    if (choice == "rfc3164") return local ? Form::local : Form::rfc3164;
    return choice == "auto" && local ? Form::local : Form::rfc5424;
}

constexpr const char* tls_options[] = {"tls.ca", "tls.certificate", "tls.key", "tls.name"};

std::unique_ptr<Tls> tls_of(const Options& options, const Address& address) {
    if (!address.encrypted) {
        for (const char* name : tls_options)
            if (options.is_set(name))
                throw Error(AVOCET_ERR_INVALID, std::string(name) + ": address '" + address.text + "' does not use TLS",
                            "address = \"tls://HOST:PORT\" does");
        return nullptr;
    }
    return std::make_unique<Tls>(TlsSettings{address.host, options.text("tls.name"), options.text("tls.ca"),
                                             options.text("tls.certificate"), options.text("tls.key"),
                                             options.boolean("tls.verify")});
}

Channel channel_of(const Options& options) {
    Address address = resolve(options.text("address"));
    auto tls = tls_of(options, address);
    return Channel(std::move(address), std::move(tls));
}

void append(void* out, const char* data, size_t size) { static_cast<std::string*>(out)->append(data, size); }

}  // namespace

SyslogSink::SyslogSink(const Host& host, const Options& options)
    : host_(host),
      render_(host.extension<avocet_host_render>(AVOCET_HOST_RENDER_1)),
      instance_(options.instance()),
      address_(options.text("address")),
      application_(options.text("app_name")),
      data_id_(options.text("data_id")),
      host_name_(host_name()),
      form_(form_of(options.text("format"), address_)),
      facility_(static_cast<unsigned>(options.integer("facility"))),
      limit_(static_cast<size_t>(options.integer("message_limit_bytes"))),
      outage_wait_(options.integer("outage_wait_ms")),
      end_wait_(options.integer("end_wait_ms")),
      channel_(channel_of(options)) {
    if (!render_)
        throw Error(AVOCET_ERR_ABI,
                    "sink '" + instance_ + "': this host cannot render records (no " AVOCET_HOST_RENDER_1 ")");
    // A wrong address is told before anything is attached.
    const auto until = Clock::now() + std::chrono::seconds(address_.starts_with("tls:") ? 5 : 1);
    for (channel_.advance(); !channel_.up() && channel_.why().empty() && Clock::now() < until; channel_.advance())
        channel_.wait(50);
    if (!channel_.up())
        throw Error(AVOCET_ERR_IO,
                    "address '" + address_ +
                        "': cannot be reached: " + (channel_.why().empty() ? "no answer in time" : channel_.why()),
                    "is a syslog daemon running and listening there?");
}

// A connection that has ended is seen before anything is taken.
uint32_t SyslogSink::consume(const avocet_batch& batch, uint32_t first, uint32_t& taken) {
    channel_.advance();
    for (uint32_t row = first; row < batch.row_count; ++row) {
        if (format_row(batch, row) && !deliver()) break;
        taken = row + 1 - first;
    }
    channel_.advance();
    watch();
    return taken;
}

bool SyslogSink::format_row(const avocet_batch& batch, uint32_t row) {
    text_.clear();
    bytes_.clear();
    if (render_->text(render_->ctx, &batch, row, 1, append, &text_) < AVOCET_OK) {
        ++lost_;  // the renderer said why
        return false;
    }
    std::string_view text = text_;
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    while (!text.empty() && text.front() == '\n') text.remove_prefix(1);
    if (text.empty()) return false;
    Message message;
    message.facility = facility_;
    message.severity = static_cast<unsigned>(severity_of(batch, row));
    const uint64_t time_ns = wall_time_ns(batch, row);
    message.wall_ns = time_ns ? time_ns : now_ns();
    message.host = host_name_;
    message.application = application_;
    message.pid = ::getpid();
    message.id = record_kind_name(batch.schema->kind);
    message.text = text;
    if (form_ == Form::rfc5424 && !data_id_.empty()) add_fields(batch, row, message);
    cut_ += append_message(form_, message, limit_, bytes_);
    return true;
}

void SyslogSink::add_fields(const avocet_batch& batch, uint32_t row, Message& message) {
    const avocet_schema& schema_of_row = *batch.schema;
    message.data_id = data_id_;
    auto add = [&](const char* name, const char* value) {
        if (value && *value) message.data.emplace_back(name, value);
    };
    add("tool", schema_of_row.tool);
    add("probe", schema_of_row.probe);
    add("name", schema_of_row.name);
    size_t room = limit_ / 2;  // the other half is the text's
    for (uint32_t i = 0; i < schema_of_row.field_count; ++i) {
        const avocet_field& field = schema_of_row.fields[i];
        const avocet_value& value = batch.rows[size_t{row} * schema_of_row.field_count + i];
        if (value.kind == AVOCET_VALUE_NONE) continue;
        std::string text = value_text(*field.type, value);
        if (text.size() + 40 > room) continue;
        room -= text.size() + 40;
        message.data.emplace_back(field.name, std::move(text));
    }
}

std::string SyslogSink::value_text(const avocet_type& type, const avocet_value& value) const {
    std::string out;
    if (render_->value && render_->value(render_->ctx, &type, &value, append, &out) >= AVOCET_OK) return out;
    if (value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT) return {value.v.text, value.count};
    return value.kind == AVOCET_VALUE_UINT ? std::to_string(value.v.u) : std::string();
}

bool SyslogSink::deliver() {
    auto sent = channel_.send(bytes_);
    watch();
    if (sent == Channel::Sent::yes) return true;
    if (sent == Channel::Sent::never) {
        ++lost_;
        if (!std::exchange(told_, true))
            host_.report(Error(AVOCET_ERR_IO,
                               "address '" + address_ + "': refuses a message of " + std::to_string(bytes_.size()) +
                                   " bytes: " + channel_.why(),
                               "set message_limit_bytes to what it takes; these records are counted as lost"));
        return true;
    }
    if (!down_since_ || Clock::now() - *down_since_ < outage_wait_) return false;
    ++lost_;
    return true;
}

void SyslogSink::watch() {
    lost_ += channel_.take_refused();
    if (!channel_.up() && !down_since_) {
        down_since_ = Clock::now();
        host_.warn("sink '" + instance_ + "': address '" + address_ + "': " + channel_.why(),
                   "records wait for it and are then counted as lost; outage_wait_ms says how long");
    } else if (channel_.up() && down_since_ && !channel_.doubtful()) {
        down_since_.reset();
    }
}

void SyslogSink::tick(uint64_t) {
    channel_.advance();
    watch();
}

uint64_t SyslogSink::flush() {
    channel_.advance();
    watch();
    return std::exchange(lost_, 0);
}

uint64_t SyslogSink::close() {
    const auto until = Clock::now() + end_wait_;
    for (channel_.advance(); !channel_.idle() && Clock::now() < until; channel_.advance()) channel_.wait(5);
    const uint64_t unsent = channel_.give_up();
    if (unsent)
        host_.report(AVOCET_ERROR, "sink '" + instance_ + "': address '" + address_ + "': " + std::to_string(unsent) +
                                       " messages were not acknowledged before the end");
    if (cut_)
        host_.warn("sink '" + instance_ + "': " + std::to_string(cut_) + " messages were cut at " +
                       std::to_string(limit_) + " bytes",
                   "raise message_limit_bytes");
    lost_ += unsent + channel_.take_refused();
    return std::exchange(lost_, 0);
}

}  // namespace avocet::syslog
