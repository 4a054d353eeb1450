// SPDX-License-Identifier: Apache-2.0
//
// From the manifest's outputs to plans and schemas, once, when a session starts. An output whose type cannot be shown
// is reported then; its samples count as decode errors.
#include <algorithm>

#include <fmt/format.h>

#include "avocet/abi/heading.h"
#include "record/decoder_state.hpp"

namespace avocet::core {

namespace {

// The line of a text, without its newline.
std::string_view line_of(std::string_view text, uint32_t line) {
    for (; line > 1 && !text.empty(); --line) {
        size_t end = text.find('\n');
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    return line ? text.substr(0, text.find('\n')) : std::string_view();
}

avocet_output_kind output_kind(std::string_view kind) {
    if (kind == "printf") return AVOCET_OUTPUT_PRINTF;
    if (kind == "time") return AVOCET_OUTPUT_TIME;
    if (kind == "join") return AVOCET_OUTPUT_JOIN;
    return AVOCET_OUTPUT_VALUE;
}

// A count, then strings: one array of them, or one member for each.
bool is_join(const Layout& layout) {
    auto is_text = [](const Step& s) { return s.op == Op::text || s.op == Op::string || s.op == Op::string_ref; };
    if (layout.fields.size() < 2 || layout.fields[0].op != Op::u32) return false;
    if (layout.fields[1].op != Op::array) return std::all_of(layout.fields.begin() + 1, layout.fields.end(), is_text);
    return layout.fields.size() == 2 && is_text(layout.steps[layout.fields[1].first]);
}

avocet_value number_value(uint64_t n) {
    avocet_value v{};
    v.kind = AVOCET_VALUE_UINT;
    v.width = 8;
    v.v.u = n;
    return v;
}

}  // namespace

Decoder::Impl::Impl(const Program& p, DecoderContext context, Diagnostics& diagnostics)
    : program(p),
      language(std::move(context.language)),
      map_value(std::move(context.map_value)),
      types(p.btf()),
      lookups(std::move(context.probe_name), std::move(context.stack_frames), context.boot_to_wall_ns),
      open(store, lookups) {
    lookups.set_map_stacks(std::move(context.map_stack_frames));
    compile_fixed_schemas();
    compile_outputs(diagnostics);
    for (const auto& map : p.manifest().maps) {
        maps.push_back(compile_map(p, map, types, *store, language.get(), diagnostics));
        refused |= maps.back().refused;
    }
    for (const auto& symbol : p.channels()) channels.push_back(compile_channel(symbol, diagnostics));
    check_conditions(diagnostics);
}

avocet_value Decoder::Impl::text_value(std::string_view text) {
    avocet_value v{};
    v.kind = AVOCET_VALUE_STRING;
    v.count = static_cast<uint32_t>(text.size());
    v.v.text = store->text(text);
    return v;
}

void Decoder::Impl::compile_fixed_schemas() {
    const avocet_type* text = &store->add(AVOCET_VALUE_STRING, 0, "string");
    const avocet_type* number = &store->add(AVOCET_VALUE_UINT, 8, "uint64");
    const avocet_type* flag = &store->add(AVOCET_VALUE_BOOL, 1, "bool");
    auto& loss = store->add_schema(AVOCET_RECORD_LOSS, AVOCET_OUTPUT_NONE,
                                   {{"probe", text}, {"cause", text}, {"count", number}, {"record_lost", flag}});
    auto& life = store->add_schema(AVOCET_RECORD_LIFECYCLE, AVOCET_OUTPUT_NONE, {{"event", text}, {"count", number}});
    auto& failure = store->add_schema(AVOCET_RECORD_ERROR, AVOCET_OUTPUT_NONE, error_record_fields());
    failure.tool = store->text(program.manifest().tool);
    failure_schema = &failure;
    loss.tool = life.tool = store->text(program.manifest().tool);
    auto& heading = store->add_schema(AVOCET_RECORD_EVENT, static_cast<avocet_output_kind>(AVOCET_OUTPUT_HEADING),
                                      {{"text", text}});
    heading.tool = store->text(program.manifest().tool);
    heading_schema = &heading;
    loss_schema = &loss;
    lifecycle_schema = &life;
}

const char* Decoder::Impl::clause_probe(uint32_t clause) {
    for (const auto& f : program.manifest().functions)
        if (f.clause == clause) return store->text(f.label);
    return "";
}

std::vector<avocet_field> Decoder::Impl::fields(const Layout& layout) const {
    std::vector<avocet_field> out;
    for (size_t i = 0; i < layout.fields.size(); ++i) out.push_back({layout.names[i], layout.fields[i].type});
    return out;
}

void Decoder::Impl::compile_outputs(Diagnostics& diagnostics) {
    for (const auto& output : program.manifest().outputs) {
        outputs.push_back(compile_output(output, diagnostics));
        OutputPlan& plan = outputs.back();
        if (!plan.schema) continue;
        auto& schema = const_cast<avocet_schema&>(*plan.schema);
        schema.tool = store->text(program.manifest().tool);
        schema.probe = clause_probe(output.clause);
        if (output.kind == "printf" || plan.kind == OutputPlan::error || plan.kind == OutputPlan::command) {
            schema.format = store->text(output.format);
            schema.format_size = static_cast<uint32_t>(output.format.size());
        }
    }
}

OutputPlan Decoder::Impl::compile_output(const ManifestOutput& output, Diagnostics& diagnostics) {
    OutputPlan plan;
    plan.output = &output;
    constexpr std::pair<std::string_view, Action::Kind> actions[] = {{"print_map", Action::print_map},
                                                                     {"clear", Action::clear_map},
                                                                     {"zero", Action::zero_map},
                                                                     {"exit", Action::exit}};
    auto action =
        std::find_if(std::begin(actions), std::end(actions), [&](const auto& a) { return a.first == output.kind; });
    std::string why;
    LayoutCompiler compiler(types, *store);
    if (!output.type.empty() && !compiler.compile_members(types.find_struct(output.type), plan.layout, why)) {
        diagnostics.error("core.record", fmt::format("output '{}': {}", output.type, why),
                          "the object was made by an incompatible compiler", 320);
        return plan;
    }
    if (action != std::end(actions)) {
        plan.kind = OutputPlan::action;
        plan.what = {action->second, static_cast<uint32_t>(std::max(output.map, 0)), output.top, output.div, 0};
        return plan;
    }
    if (output.kind == "error") {
        plan.kind = OutputPlan::error;
        compile_error(plan, fields(plan.layout));
        return plan;
    }
    const avocet_type* answer = &store->add(AVOCET_VALUE_TEXT, 0, "string");
    if (output.kind == "packet") {
        plan.kind = OutputPlan::packet;
        if (plan.layout.fields.size() == 2) return plan;
        diagnostics.error("core.record", fmt::format("output '{}': its members do not fit a packet", output.type), "",
                          320);
        return OutputPlan{};
    }
    if (output.kind == "cat" || output.kind == "system") {
        plan.kind = OutputPlan::command;
        plan.schema = &store->add_schema(AVOCET_RECORD_EVENT, AVOCET_OUTPUT_PRINTF, fields(plan.layout));
        plan.answer = &store->add_schema(
            AVOCET_RECORD_EVENT, output.kind == "cat" ? AVOCET_OUTPUT_CAT : AVOCET_OUTPUT_SYSTEM, {{"text", answer}});
        auto& shown = const_cast<avocet_schema&>(*plan.answer);
        shown.tool = store->text(program.manifest().tool);
        shown.probe = clause_probe(output.clause);
        return plan;
    }
    plan.kind = output.kind == "time" ? OutputPlan::time : output.kind == "join" ? OutputPlan::join : OutputPlan::row;
    bool text = plan.kind != OutputPlan::row;
    bool good =
        plan.kind == OutputPlan::join ? is_join(plan.layout) : output.kind != "value" || plan.layout.fields.size() == 1;
    if (!good) {
        diagnostics.error("core.record",
                          fmt::format("output '{}': its members do not fit a {}", output.type, output.kind), "", 320);
        return OutputPlan{};
    }
    std::vector<avocet_field> shown = fields(plan.layout);
    if (text) shown = {{"text", &store->add(AVOCET_VALUE_TEXT, 0, "string")}};
    plan.schema = &store->add_schema(AVOCET_RECORD_EVENT, output_kind(output.kind), shown);
    return plan;
}

std::vector<avocet_field> Decoder::Impl::error_record_fields() {
    const avocet_type* text = &store->add(AVOCET_VALUE_STRING, 0, "string");
    const avocet_type* number = &store->add(AVOCET_VALUE_UINT, 8, "uint64");
    const avocet_type* code = &store->add(AVOCET_VALUE_INT, 8, "int64");
    return {{"message", text},  {"severity", text},   {"file", text},         {"line", number},
            {"column", number}, {"end_line", number}, {"end_column", number}, {"kind", text},
            {"helper", text},   {"retcode", code},    {"source", text},       {"probe", text}};
}

// An error record: twelve fixed fields (message, severity, file, line, column, end_line, end_column, kind, helper,
// retcode, source, probe), then the arguments when the output has a format.
void Decoder::Impl::compile_error(OutputPlan& plan, std::vector<avocet_field> arguments) {
    const ManifestOutput& o = *plan.output;
    bool formatted = !o.format.empty();
    bool warning = o.severity == "warning";
    std::vector<avocet_field> shown = error_record_fields();
    if (formatted) shown.insert(shown.end(), arguments.begin(), arguments.end());
    const char* kind = formatted ? warning ? "warnf" : "errorf" : o.helper.empty() ? "runtime_error" : "helper_error";
    avocet_value zero = number_value(0);
    zero.kind = AVOCET_VALUE_INT;
    plan.fixed = {text_value(o.message),
                  text_value(o.severity),
                  text_value(o.place.file),
                  number_value(o.place.line),
                  number_value(o.place.column),
                  number_value(o.place.end_line),
                  number_value(o.place.end_column),
                  text_value(kind),
                  text_value(o.helper),
                  zero,
                  text_value(line_of(program.manifest().source_text, o.place.line)),
                  text_value(clause_probe(o.clause))};
    plan.schema = &store->add_schema(AVOCET_RECORD_ERROR, formatted ? AVOCET_OUTPUT_PRINTF : AVOCET_OUTPUT_NONE, shown);
}

}  // namespace avocet::core
