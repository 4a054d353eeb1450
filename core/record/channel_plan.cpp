// SPDX-License-Identifier: Apache-2.0
//
// What a foreign ring or perf buffer carries: the struct that its manifest entry or its tag names, else the only struct
// tagged `avocet:table`, else bytes. A struct is shown as a table: columns as the entry lists them, else one for each
// leaf with a width that fits its type. What a column cannot show is said once, and the column left out.
#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>
#include <linux/bpf.h>

#include "avocet/abi/heading.h"
#include "record/decoder_state.hpp"
#include "record/foreign_histogram.hpp"

namespace avocet::core {

namespace {

constexpr uint32_t code_channel = 322;

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

RowLanguage::Condition both(RowLanguage::Condition a, RowLanguage::Condition b) {
    if (!a || !b) return a ? a : b;
    return [a = std::move(a), b = std::move(b)](const avocet_value* row) { return a(row) && b(row); };
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

// Of several structs in one buffer one may be told by a condition; those that none tells, by their size.
OutputPlan Decoder::Impl::compile_variant(const std::string& symbol, const ManifestChannel* said, bool alone,
                                          Diagnostics& diagnostics) {
    const uint32_t type = channel_type(symbol, said);
    OutputPlan plan;
    plan.kind = OutputPlan::row;
    if (said && !said->type.empty() && !type)
        diagnostics.warning("core.record", fmt::format("buffer '{}': the program has no type '{}'", symbol, said->type),
                            "its samples are shown as bytes", code_channel);
    TableCompiler compiler(types, *store, language.get(), only_stack_map(types), diagnostics);
    const bool listed = said && !said->columns.empty();
    if (type) {
        const auto columns = listed ? wanted_columns(said->columns) : natural_columns(type, compiler.members());
        plan.table = compiler.compile({{type, 0, {}}}, types.size(type).value_or(0), columns, listed);
    }
    const bool shown = !plan.table.fields.empty();
    const std::string what = fmt::format("buffer '{}'", symbol);
    if (shown && said && !said->where.empty())
        plan.table.wanted = compiler.condition(plan.table, said->where, said->where_place, what);
    for (const std::string& condition : program.manifest().conditions)
        if (shown && compiler.can_ask(plan.table, condition)) {
            asked.insert(condition);
            plan.table.wanted = both(plan.table.wanted, compiler.condition(plan.table, condition, {}, what));
        }
    if (shown && said && !said->when.empty())
        plan.table.mine = compiler.condition(plan.table, said->when, said->when_place, what);
    if (shown && said && said->skip_zero)
        compiler.skip_zero(plan.table, said->columns.empty() ? Place{} : said->columns.front().place, what);
    plan.by_size = !alone && !plan.table.mine;
    refused |= compiler.failed();
    const bool as_decoded =
        std::all_of(plan.table.shown.begin(), plan.table.shown.end(), [](const ShownColumn& c) { return !c.value.of; });
    if (as_decoded && plan.table.shown.size() == plan.table.layout.fields.size()) plan.table.shown.clear();
    plan.layout = plan.table.layout;
    if (!shown) {
        plan.layout = {};
        Step whole;
        whole.op = Op::bytes;
        whole.type = &store->add(AVOCET_VALUE_BYTES, 0, "bytes");
        plan.layout.fields = {whole};
        plan.layout.names = {"data"};
    }
    auto& schema =
        store->add_schema(AVOCET_RECORD_EVENT, AVOCET_OUTPUT_TABLE, shown ? plan.table.fields : fields(plan.layout));
    schema.tool = store->text(program.manifest().tool);
    schema.name = store->text(said && !said->id.empty() ? said->id
                              : shown                   ? std::string(types.name(types.type(type)))
                                                        : symbol);
    if (shown) {
        schema.format = store->text(plan.table.format);
        schema.format_size = static_cast<uint32_t>(plan.table.format.size());
        if (said && !said->title.empty()) plan.headings.push_back(said->title);
        if ((!said || said->header) && !plan.table.heading.empty()) plan.headings.push_back(plan.table.heading);
    }
    plan.schema = &schema;
    return plan;
}

std::vector<OutputPlan> Decoder::Impl::compile_channel(const std::string& symbol, Diagnostics& diagnostics) {
    std::vector<const ManifestChannel*> said;
    for (const ManifestChannel& c : program.manifest().channels)
        if (c.map == symbol) said.push_back(&c);
    if (said.empty()) said.push_back(nullptr);
    std::vector<OutputPlan> out;
    for (const ManifestChannel* one : said) out.push_back(compile_variant(symbol, one, said.size() == 1, diagnostics));
    return out;
}

// Without those that an option leaves out.
std::vector<ManifestColumn> Decoder::Impl::wanted_columns(const std::vector<ManifestColumn>& all) const {
    std::vector<ManifestColumn> out;
    for (const ManifestColumn& column : all)
        if (std::all_of(column.when.begin(), column.when.end(),
                        [&](const auto& q) { return program.manifest().answers(q); }))
            out.push_back(column);
    return out;
}

// An option's condition must have found a buffer with what it names.
void Decoder::Impl::check_conditions(Diagnostics& diagnostics) {
    for (const std::string& condition : program.manifest().conditions) {
        if (asked.contains(condition)) continue;
        refused = true;
        diagnostics.error("core.record", fmt::format("condition '{}': no buffer carries what it names", condition),
                          "look at 'where' of the options", code_channel);
    }
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
    const bool alone = impl_->channels.size() == 1 && impl_->channels[0].size() == 1;
    if (!alone) return out;
    for (const std::string& one : std::exchange(impl_->channels[0][0].headings, {}))
        out.push_back(impl_->line(one, wall_ns));
    return out;
}

}  // namespace avocet::core
