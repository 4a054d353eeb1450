// SPDX-License-Identifier: Apache-2.0
//
// How records are shown: [[event]], [[map]] and their columns.
#include "avocet/column_form.hpp"
#include "sidecar/read_tables.hpp"

namespace avocet::c {

namespace {

SidecarColumn read_column(Table& column) {
    SidecarColumn c;
    c.place = column.place();
    column.read("head", c.head);
    column.read("field", c.field);
    column.read("value", c.value);
    column.read("as", c.as);
    column.read("format", c.format);
    column.read("width", c.width);
    if (!column.has("value")) column.require("field");
    if (column.has("value") && column.has("field"))
        column.wrong("value", "stands in the place of 'field'", "leave one of them out");
    if (column.has("value")) column.require("head");
    if (column.has("width") && column.has("format"))
        column.wrong("width", "stands in the place of 'format'", "write it into the format: \"%-12s\"");
    if (const auto mistake = column_form_mistake(c.as)) column.wrong("as", mistake->fact, mistake->hint);
    read_questions(column, "when", c.when);
    for (const Question& q : c.when)
        if (q.predicate != "option")
            column.wrong("when", fmt::format("'{}' cannot be asked here", q.predicate),
                         "a column is there or not by option(\"NAME\")");
    return c;
}

// `at`: "end", "interval", or both.
void read_at(Table& table, SidecarMap& out) {
    std::vector<std::string> at;
    table.read("at", at);
    if (!table.has("at")) return;
    out.at_end = out.at_interval = false;
    for (const std::string& one : at)
        if (one == "end")
            out.at_end = true;
        else if (one == "interval")
            out.at_interval = true;
        else
            table.wrong("at", fmt::format("'{}' is neither \"end\" nor \"interval\"", one),
                        avocet::nearest_hint(one, std::vector<std::string>{"end", "interval"}));
}

void read_join(Table& table, SidecarMap& out) {
    table.table("join", [&](Table& join) {
        out.join_place = join.place();
        join.require("map");
        join.read("map", out.join);
        join.read("on", out.join_on);
    });
}

void read_line(Table& table, const char* key, std::string& out) {
    table.read(key, out);
    if (out.find_first_of("\n\r") != std::string::npos) table.wrong(key, "is more than one line");
}

void check_table(Table& table, const SidecarMap& out) {
    const bool histogram = out.as == "log2hist" || out.as == "linearhist" || out.as == "slots";
    if (!out.value.empty() && (histogram || out.as == "folded" || out.as == "stacks"))
        table.wrong("value", "stands for a number, which this does not show", "as = \"table\"");
    if (!out.value.empty() && !out.columns.empty())
        table.wrong("value", "stands in the place of 'columns'", "{ head = \"HEAD\", value = \"...\" } is a column");
    if (!out.unit.empty() && !out.columns.empty())
        table.wrong("unit", "columns say their own", "as = \"duration\", as = \"size\"");
    if (!out.unit.empty() && !out.label.empty())
        table.wrong("unit", "'label' says what the histogram counts in already", "leave one of them out");
    if (out.as == "folded" && out.columns.empty())
        table.wrong("as", "needs 'columns': a name first, then stacks",
                    "columns = [ { field = \"name\" }, { field = \"id\", as = \"kstack:map=stacks\" } ]");
    for (const char* key : {"sort", "total", "join", "header", "skip_zero"})
        if (table.has(key) && out.columns.empty()) table.wrong(key, "needs 'columns'");
    if (histogram && !out.columns.empty()) table.wrong("columns", "a histogram has none", "as = \"table\"");
    if (!out.label.empty() && !out.as.empty() && !histogram)
        table.wrong("label", "says what a histogram counts in", "as = \"log2hist\"");
    for (const char* key : {"slot", "section", "section_head", "section_as", "style"})
        if (table.has(key) && !out.as.empty() && !histogram)
            table.wrong(key, key == std::string_view("style") ? "is of a histogram" : "is of a histogram's key",
                        "as = \"log2hist\"");
}

}  // namespace

SidecarEvent read_event(Table& table) {
    SidecarEvent out;
    out.place = table.place();
    table.require("map");
    table.read("map", out.map);
    table.read("type", out.type);
    table.read("id", out.id);
    table.read("where", out.where);
    out.where_place = table.place("where");
    table.read("when", out.when);
    out.when_place = table.place("when");
    if (table.has("when") && out.type.empty())
        table.wrong("when", "needs 'type', the struct that it is true of", "type = \"STRUCT\"");
    table.read("header", out.header);
    read_line(table, "title", out.title);
    table.read("skip_zero", out.skip_zero);
    table.tables("columns", [&](Table& column) { out.columns.push_back(read_column(column)); });
    return out;
}

SidecarMap read_map(Table& table) {
    SidecarMap out;
    out.place = table.place();
    table.require("name");
    table.read("name", out.name);
    table.read("title", out.title);
    table.read("as", out.as);
    table.read("slot", out.slot);
    table.read("section", out.section);
    table.read("section_head", out.section_head);
    table.read("section_as", out.section_as);
    table.read("label", out.label);
    table.read("print", out.print);
    table.read("clear", out.clear);
    table.read("top", out.top);
    table.read("max_entries", out.max_entries);
    table.read("reduce", out.reduce);
    table.one_of("reduce", out.reduce, {"sum", "max", "avg", "each"});
    table.one_of("as", out.as, {"table", "count", "stacks", "folded", "log2hist", "linearhist", "slots", "hidden"});
    table.read("style", out.style);
    table.one_of("style", out.style, {"bcc"});
    read_line(table, "unit", out.unit);
    out.unit_place = table.place("unit");
    table.read("value", out.value);
    out.value_place = table.place("value");
    table.read("skip_zero", out.skip_zero);
    read_at(table, out);
    table.tables("columns", [&](Table& column) { out.columns.push_back(read_column(column)); });
    table.read("header", out.header);
    table.read("sort", out.sort);
    out.sort_place = table.place("sort");
    table.read("total", out.total);
    read_join(table, out);
    check_table(table, out);
    return out;
}

}  // namespace avocet::c
