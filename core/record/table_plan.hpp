// SPDX-License-Identifier: Apache-2.0
//
// The table that a foreign struct is shown as: what is decoded of its bytes, and what a row is made of. Columns are
// members, or values reckoned from members; conditions name members too, which no column needs to show.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "program/manifest.hpp"
#include "record/batch.hpp"
#include "record/layout.hpp"
#include "record/row_decode.hpp"
#include "record/row_language.hpp"

namespace avocet::core {

// Where members are looked for: a struct or plain value that begins at byte `base`. `name` stands for all of it.
struct TableRoot {
    uint32_t type = 0, base = 0;
    std::string name;
};

struct ShownColumn {
    uint32_t from = 0;         // of what is decoded
    RowLanguage::Value value;  // or reckoned
    Layout form;               // how a number that was reckoned is shown
};

struct TablePlan {
    Layout layout;
    std::vector<ShownColumn> shown;  // empty: a row is what is decoded
    std::vector<avocet_field> fields;
    std::string format, heading;
    std::vector<uint32_t> counted;  // of the fields, those that are numbers and no times of day
    bool skip_zero = false;         // a row of which all of them are zero is left out
    RowLanguage::Condition wanted;  // over what is decoded; null: every row
    RowLanguage::Condition mine;    // whether the bytes are of this struct at all; null: they are

    bool leaves_out(const avocet_value* row) const;
    // From what was decoded to a row of `fields`.
    void make_row(const avocet_value* decoded, avocet_value* row, OwnedBatch& batch, Lookups& lookups) const;
};

class TableCompiler {
public:
    TableCompiler(const BtfView& types, TypeStore& store, const RowLanguage* language, const std::string& stack_map,
                  Diagnostics& diagnostics)
        : store_(store), language_(language), diagnostics_(diagnostics), members_(types, store) {
        members_.set_stack_map(stack_map);
    }

    // `strict`: a column that cannot be shown is an error, else it is left out with a warning. `size`: of all roots.
    TablePlan compile(std::vector<TableRoot> roots, uint32_t size, const std::vector<ManifestColumn>& columns,
                      bool strict);
    // Rows of which all numbers are zero are left out; there must be one.
    void skip_zero(TablePlan& plan, const Place& place, const std::string& what);
    // Conditions over the table; `what` is named in messages.
    RowLanguage::Condition condition(TablePlan& plan, const std::string& text, const Place& place,
                                     const std::string& what);
    // A value over members that no column shows, to order rows by.
    std::optional<RowLanguage::Value> value(TablePlan& plan, const std::string& text, const Place& place,
                                            const std::string& what);
    // The number of the decoded field that holds an integer member as it is; nullopt: there is none.
    std::optional<uint32_t> decoded(TablePlan& plan, const std::string& member);
    // Whether the roots have what a condition names.
    bool can_ask(TablePlan& plan, const std::string& text);
    LayoutCompiler& members() { return members_; }
    bool failed() const { return failed_; }

private:
    bool add_member(TablePlan& plan, const std::string& path, const std::string& as, std::string& why);
    bool add_named(TablePlan& plan, const std::string& text, bool of_value, std::string& why);
    bool compile_value(TablePlan& plan, const ManifestColumn& column, ShownColumn& shown, std::string& why);
    const avocet_type* type_of(const TablePlan& plan, const ManifestColumn& column, const ShownColumn& shown);
    std::string nearest_member(const std::string& name) const;
    const avocet_schema& names_of(const TablePlan& plan, bool of_value);
    void complain(const ManifestColumn& column, const std::string& why, bool strict);

    TypeStore& store_;
    const RowLanguage* language_;
    Diagnostics& diagnostics_;
    LayoutCompiler members_;
    std::vector<TableRoot> roots_;
    std::vector<std::string> forms_;  // of each decoded field
    bool failed_ = false;
};

// What the only column of a heading line looks like: its head, as wide as the format makes it.
std::string head_text(std::string_view head, std::string_view format);

}  // namespace avocet::core
