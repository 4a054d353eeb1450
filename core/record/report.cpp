// SPDX-License-Identifier: Apache-2.0
//
// Lines of test and bench mode. Their layout and colours are fixed by the language: tools look for them, so they are
// there also where the output is no terminal.
#include "record/report.hpp"

#include <fmt/format.h>

#include "record/decoder_state.hpp"
#include "record/renderer.hpp"

namespace avocet::core {

namespace {

constexpr std::string_view green = "\x1b[32m", red = "\x1b[31m", plain = "\x1b[0m";
constexpr const char* schema_name = "report";
constexpr uint64_t ns_per_us = 1000, time_column = 15;

enum Field { event, name, passed, time_ns, count, failed, width, output };

void tag(std::string_view colour, std::string_view text, std::string& out) {
    fmt::format_to(std::back_inserter(out), "{}[{}]{} ", colour, text, plain);
}

void lines_without_empty(std::string_view text, std::string& out) {
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) (out += text.substr(0, end)) += '\n';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::string counted(uint64_t n) { return fmt::format("{} test{}", n, n == 1 ? "" : "s"); }

void test_text(const avocet_value* row, std::string& out) {
    const bool good = row[passed].v.u;
    if (!good) lines_without_empty(text_of(row[output]), out);
    tag(good ? green : red, good ? "       OK " : "  FAILED  ", out);
    fmt::format_to(std::back_inserter(out), "{} ({} μs)\n", text_of(row[name]), row[time_ns].v.u / ns_per_us);
}

void summary_text(const avocet_value* row, std::string& out) {
    tag(green, "==========", out);
    out += counted(row[count].v.u) + " ran.\n";
    tag(green, "  PASSED  ", out);
    out += counted(row[count].v.u - row[failed].v.u) + ".\n";
    if (!row[failed].v.u) return;
    tag(red, "  FAILED  ", out);
    out += counted(row[failed].v.u) + ", listed below:\n";
    std::string_view names = text_of(row[output]);
    while (!names.empty()) {
        const size_t end = std::min(names.find('\n'), names.size());
        tag(red, "  FAILED  ", out);
        (out += names.substr(0, end)) += '\n';
        names.remove_prefix(std::min(end + 1, names.size()));
    }
}

void bench_row(std::string_view first, std::string_view second, std::string_view third, uint64_t column,
               std::string& out) {
    fmt::format_to(std::back_inserter(out), "{:<{}}{:<{}}{}\n", first, column, second, time_column, third);
}

}  // namespace

Reports::Reports(const std::string& tool) {
    const avocet_type* text = &store_->add(AVOCET_VALUE_STRING, 0, "string");
    const avocet_type* number = &store_->add(AVOCET_VALUE_UINT, 8, "uint64");
    const avocet_type* flag = &store_->add(AVOCET_VALUE_BOOL, 1, "bool");
    auto& schema = store_->add_schema(AVOCET_RECORD_EVENT, AVOCET_OUTPUT_NONE,
                                      {{"event", text},
                                       {"name", text},
                                       {"passed", flag},
                                       {"time_ns", number},
                                       {"count", number},
                                       {"failed", number},
                                       {"width", number},
                                       {"output", text}});
    schema.name = schema_name;
    schema.tool = store_->text(tool);
    schema_ = &schema;
}

BatchPtr Reports::batch(const Report& report, uint64_t wall_ns) {
    auto batch = std::make_shared<SessionBatch>(store_);
    auto* row = batch->allocate_array<avocet_value>(schema_->field_count);
    const auto text = [&](Field field, const std::string& value) {
        row[field] = {};
        row[field].kind = AVOCET_VALUE_STRING;
        row[field].count = static_cast<uint32_t>(value.size());
        row[field].v.text = batch->copy(std::string_view(value));
    };
    const auto number = [&](Field field, avocet_value_kind kind, uint64_t value) {
        row[field] = {};
        row[field].kind = kind;
        row[field].width = kind == AVOCET_VALUE_BOOL ? 1 : 8;
        row[field].v.u = value;
    };
    text(event, report.event);
    text(name, report.name);
    number(passed, AVOCET_VALUE_BOOL, report.passed);
    number(time_ns, AVOCET_VALUE_UINT, report.time_ns);
    number(count, AVOCET_VALUE_UINT, report.count);
    number(failed, AVOCET_VALUE_UINT, report.failed);
    number(width, AVOCET_VALUE_UINT, report.width);
    text(output, report.output);
    batch->batch.schema = schema_;
    batch->batch.row_count = 1;
    batch->batch.rows = row;
    batch->batch.sequence = sequence_++;
    batch->batch.wall_ns = wall_ns;
    return batch;
}

bool is_report(const avocet_schema& schema) {
    return schema.kind == AVOCET_RECORD_EVENT && schema.output == AVOCET_OUTPUT_NONE && schema.name &&
           std::string_view(schema.name) == schema_name;
}

void report_text(const avocet_value* row, std::string& out) {
    const std::string_view what = text_of(row[event]);
    if (what == "tests") {
        tag(green, "==========", out);
        fmt::format_to(std::back_inserter(out), "Running {} tests.\n", row[count].v.u);
    } else if (what == "test_begins") {
        tag(green, " RUN      ", out);
        (out += text_of(row[name])) += '\n';
    } else if (what == "test") {
        test_text(row, out);
    } else if (what == "tests_end") {
        summary_text(row, out);
    } else if (what == "benches") {
        bench_row("Benchmark", "Time(ns)", "Iterations", row[width].v.u, out);
        out.append(row[width].v.u + time_column + std::string_view("Iterations").size(), '-');
        out += '\n';
    } else if (what == "bench") {
        bench_row(text_of(row[name]), std::to_string(row[time_ns].v.u), std::to_string(row[count].v.u), row[width].v.u,
                  out);
    }
}

void report_json(const avocet_value* row, std::string& out) {
    const std::string_view what = text_of(row[event]);
    if (what != "test" && what != "bench") return;
    out += what == "test" ? "{\"type\": \"test_result\", \"data\": {" : "{\"type\": \"benchmark_result\", \"data\": {";
    append_json_string(text_of(row[name]), out);
    if (what == "test") {
        fmt::format_to(std::back_inserter(out), ": {{\"duration\": {}, \"passed\": {}, \"output\": ", row[time_ns].v.u,
                       row[passed].v.u ? "true" : "false");
        append_json_string(text_of(row[output]), out);
        out += "}}}\n";
    } else {
        fmt::format_to(std::back_inserter(out), ": {{\"average\": {}, \"iters\": {}}}}}}}\n", row[time_ns].v.u,
                       row[count].v.u);
    }
}

}  // namespace avocet::core
