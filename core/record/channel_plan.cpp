// SPDX-License-Identifier: Apache-2.0
//
// What a foreign ring or perf buffer carries: the struct that its manifest entry or its tag names, else the only struct
// tagged `avocet:table`, else bytes. A struct is shown as a table: columns as the entry lists them, else one for each
// leaf with a width that fits its type. What a column cannot show is said once, and the column left out.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <linux/bpf.h>

#include "avocet/abi/heading.h"
#include "record/decoder_state.hpp"
#include "record/foreign_histogram.hpp"
#include "record/table_format.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t code_channel = 322, code_column = 323;

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

// Decimal digits that the largest number of so many bytes has.
int digits_of(uint32_t bytes) { return bytes == 1 ? 3 : bytes == 2 ? 5 : bytes == 4 ? 10 : 12; }

bool names_process(std::string_view name) {
    for (std::string_view word : {"pid", "tid", "tgid", "ppid", "uid", "gid", "cpu"})
        if (name == word || name.ends_with(std::string("_") + std::string(word))) return true;
    return false;
}

// Head and specifier of a column that nobody has described.
struct Look {
    std::string head, format;
};

Look look_of(const Leaf& leaf, std::string_view form) {
    Look look{upper(leaf.path), {}};
    if (form == "elapsed") return {"TIME(s)", "%-14.6f"};
    const bool left = leaf.is_array || !leaf.is_integer || !form.empty();
    int width = form == "ipv6" || form.starts_with("ip:") ? 25 : form == "ipv4" ? 15 : 16;
    if (!left) width = names_process(leaf.name) ? 7 : digits_of(leaf.bits ? (leaf.bits + 7) / 8 : leaf.size);
    if (form == "port") width = 5;
    width = std::max(width, static_cast<int>(look.head.size()));
    look.format = fmt::format("%{}{}{}", left && form != "port" ? "-" : "", width,
                              left             ? "s"
                              : leaf.is_signed ? "d"
                                               : "u");
    return look;
}

// "%-16.3{ms}f": the width with its sign, to put a head of the same width above.
std::string head_text(std::string_view head, std::string_view format) {
    const bool left =
        format.find('-') != std::string_view::npos && format.find('-') < format.find_first_of("123456789.");
    size_t at = format.find_first_of("123456789."), width = 0;
    for (; at < format.size() && std::isdigit(static_cast<unsigned char>(format[at])); ++at)
        width = std::min<size_t>(width * 10 + static_cast<size_t>(format[at] - '0'), 1024);
    const std::string blanks(width > head.size() ? width - head.size() : 0, ' ');
    return left ? std::string(head) + blanks : blanks + std::string(head);
}

}  // namespace

// The program's stack trace map, if it has one and no more.
std::string only_stack_map(const BtfView& types) {
    std::string found;
    const uint32_t count = types.raw() ? btf__type_cnt(types.raw()) : 0;
    for (uint32_t id = 1; id < count; ++id) {
        const btf_type* section = types.type(id);
        if (!section || !btf_is_datasec(section) || types.name(section) != ".maps") continue;
        for (uint32_t i = 0; i < btf_vlen(section); ++i) {
            const btf_type* v = types.type(btf_var_secinfos(section)[i].type);
            const btf_type* definition = v ? types.type(types.resolve(v->type)) : nullptr;
            const btf_member* kind = types.member(definition, "type");
            if (!kind || types.definition_number(kind->type).value_or(0) != BPF_MAP_TYPE_STACK_TRACE) continue;
            const std::string_view name = types.name(v);
            if (name.starts_with("avocet_")) continue;
            if (!found.empty()) return {};
            found = name;
        }
    }
    return found;
}

uint32_t Decoder::Impl::channel_type(const std::string& symbol, const ManifestChannel* said) const {
    if (said && !said->type.empty()) return types.find_struct(said->type);
    for (auto tag : types.tags(types.find_variable(".maps", symbol)))
        for (std::string_view word : {"avocet:table=", "avocet:event="})
            if (tag.starts_with(word)) return types.find_struct(tag.substr(word.size()));
    uint32_t tagged = 0;
    const uint32_t count = types.raw() ? btf__type_cnt(types.raw()) : 0;
    for (uint32_t id = 1; id < count; ++id)
        for (auto tag : types.tags(id))
            if (tag == "avocet:table") {
                if (tagged && tagged != id) return 0;
                tagged = id;
            }
    return tagged;
}

// Columns from the members and their tags and names.
std::vector<ManifestColumn> Decoder::Impl::natural_columns(uint32_t type, LayoutCompiler& compiler) const {
    std::vector<ManifestColumn> out;
    for (const Leaf& leaf : compiler.leaves(type)) {
        ManifestColumn column;
        column.field = leaf.path;
        bool hidden = false, tagged = false;
        int width = 0;
        for (const std::string& tag : leaf.tags) {
            if (tag == "hide")
                hidden = true;
            else if (tag.starts_with("head="))
                column.head = tag.substr(5);
            else if (tag.starts_with("width="))
                width = std::clamp(atoi(tag.c_str() + 6), 1, 256);
            else if (tag.starts_with("time=") && tag.size() > 5)
                column.as = "wallclock";
            else if (!tag.starts_with("unit="))
                tagged = true;
        }
        if (hidden) continue;
        if (column.as.empty() && !tagged) column.as = form_by_name(leaf);
        const bool stack = leaf.size == 4 && ends_like_stack_id(leaf.name);
        const Look look = look_of(leaf, tagged || stack ? "tag" : column.as);
        if (column.head.empty()) column.head = look.head;
        column.format = look.format;
        if (width) column.format = fmt::format("%{}{}s", look.format[1] == '-' ? "-" : "", width);
        out.push_back(std::move(column));
    }
    if (!out.empty() && out.back().format.starts_with("%-") && out.back().format.ends_with('s'))
        out.back().format = "%s";  // nothing stands behind it
    return out;
}

// Adds the columns that can be shown; false: none.
bool Decoder::Impl::compile_columns(uint32_t type, const std::vector<ManifestColumn>& columns, OutputPlan& plan,
                                    Diagnostics& diagnostics) {
    LayoutCompiler compiler(types, *store);
    compiler.set_stack_map(only_stack_map(types));
    plan.layout.size = types.size(type).value_or(0);
    for (const ManifestColumn& column : columns) {
        std::string why;
        if (!column.format.empty()) why = column_format_error(column.format);
        if (!why.empty())
            why = fmt::format("format '{}' {}", column.format, why);
        else if (!is_column_form(column.as))
            why = fmt::format("is to be shown as '{}', which is not known", column.as);
        else if (compiler.compile_column(type, column.field, column.as, plan.layout, why)) {
            const Look look = {upper(column.field), column.as == "elapsed" || column.as == "duration" ? "%-14.6f" : ""};
            const std::string head = column.head.empty() ? look.head : column.head;
            std::string format = column.format.empty() ? look.format : column.format;
            if (format.empty()) format = fmt::format("%-{}s", std::max<size_t>(head.size(), 12));
            plan.format += (plan.format.empty() ? "" : " ") + format;
            plan.heading += (plan.heading.empty() ? "" : " ") + head_text(head, format);
            continue;
        }
        diagnostics.report(
            Diagnostic{AVOCET_WARNING,
                       code_column,
                       "core.record",
                       fmt::format("column '{}': {}", column.head.empty() ? column.field : column.head, why),
                       "it is left out",
                       {},
                       column.place,
                       {},
                       {}});
    }
    return !plan.layout.fields.empty();
}

OutputPlan Decoder::Impl::compile_channel(const std::string& symbol, Diagnostics& diagnostics) {
    const auto& all = program.manifest().channels;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.map == symbol; });
    const ManifestChannel* said = found == all.end() ? nullptr : &*found;
    const uint32_t type = channel_type(symbol, said);
    OutputPlan plan;
    plan.kind = OutputPlan::row;
    if (said && !said->type.empty() && !type)
        diagnostics.warning("core.record", fmt::format("buffer '{}': the program has no type '{}'", symbol, said->type),
                            "its samples are shown as bytes", code_channel);
    LayoutCompiler compiler(types, *store);
    const bool listed = said && !said->columns.empty();
    const bool shown =
        type && compile_columns(type, listed ? said->columns : natural_columns(type, compiler), plan, diagnostics);
    if (!shown) {
        plan.layout = {};
        plan.format.clear();
        Step whole;
        whole.op = Op::bytes;
        whole.type = &store->add(AVOCET_VALUE_BYTES, 0, "bytes");
        plan.layout.fields = {whole};
        plan.layout.names = {"data"};
    }
    auto& schema = store->add_schema(AVOCET_RECORD_EVENT, AVOCET_OUTPUT_TABLE, fields(plan.layout));
    schema.tool = store->text(program.manifest().tool);
    schema.name = store->text(shown ? std::string(types.name(types.type(type))) : symbol);
    if (shown) {
        schema.format = store->text(plan.format);
        schema.format_size = static_cast<uint32_t>(plan.format.size());
    }
    if (!shown || (said && !said->header)) plan.heading.clear();
    if (said && !said->where.empty() && row_filter) {
        std::string why;
        plan.wanted = row_filter(said->where, schema, why);
        if (!plan.wanted)
            diagnostics.report(Diagnostic{AVOCET_ERROR,
                                          code_channel,
                                          "core.record",
                                          fmt::format("buffer '{}': condition '{}': {}", symbol, said->where, why),
                                          "a condition is like that of a route: pid == 1 && comm ~ \"ba*\"",
                                          {},
                                          said->where_place,
                                          {},
                                          {}});
    }
    plan.schema = &schema;
    return plan;
}

BatchPtr Decoder::line(std::string_view text, uint64_t wall_ns) { return impl_->line(text, wall_ns); }

BatchPtr Decoder::Impl::line(std::string_view text, uint64_t wall_ns) {
    avocet_value row{};
    row.kind = AVOCET_VALUE_STRING;
    row.count = static_cast<uint32_t>(text.size());
    row.v.text = text.data();
    return single(heading_schema, {&row, 1}, wall_ns);
}

std::vector<BatchPtr> Decoder::headings(uint64_t wall_ns) {
    std::vector<BatchPtr> out;
    const std::string& begin = impl_->program.manifest().begin_text;
    if (!begin.empty()) out.push_back(impl_->line(begin, wall_ns));
    if (impl_->channels.size() == 1 && !impl_->channels[0].heading.empty()) {
        out.push_back(impl_->line(impl_->channels[0].heading, wall_ns));
        impl_->channels[0].heading.clear();
    }
    return out;
}

}  // namespace avocet::core
