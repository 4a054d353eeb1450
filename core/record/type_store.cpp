// SPDX-License-Identifier: Apache-2.0
//
// Building the nodes. Deques, because their elements keep their addresses.
#include "record/type_store.hpp"

#include <algorithm>

namespace avocet::core {

avocet_type& TypeStore::add(avocet_value_kind kind, uint8_t width, std::string_view name) {
    avocet_type& t = types_.emplace_back();
    t.struct_size = sizeof t;
    t.kind = kind;
    t.width = width;
    t.name = text(name);
    return t;
}

void TypeStore::set_members(avocet_type& type, std::vector<const avocet_type*> members,
                            std::vector<const char*> names) {
    type.member_count = static_cast<uint32_t>(members.size());
    type.members = members_.emplace_back(std::move(members)).data();
    if (!names.empty()) type.member_names = names_.emplace_back(std::move(names)).data();
}

const std::vector<EnumName>& TypeStore::add_enum(std::vector<std::pair<int64_t, std::string_view>> names, uint8_t width,
                                                 bool is_signed) {
    std::stable_sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    auto& table = enums_.emplace_back();
    for (const auto& [value, name] : names) {
        if (!table.empty() && table.back().value == value) continue;
        EnumName entry{};
        entry.value = value;
        entry.pair[0].kind = AVOCET_VALUE_STRING;
        entry.pair[0].count = static_cast<uint32_t>(name.size());
        entry.pair[0].v.text = text(name);
        entry.pair[1].kind = is_signed ? AVOCET_VALUE_INT : AVOCET_VALUE_UINT;
        entry.pair[1].width = width;
        entry.pair[1].v.i = value;
        table.push_back(entry);
    }
    return table;
}

avocet_schema& TypeStore::add_schema(avocet_record_kind kind, avocet_output_kind output,
                                     const std::vector<avocet_field>& fields) {
    avocet_schema& s = schemas_.emplace_back();
    s.struct_size = sizeof s;
    s.id = static_cast<uint32_t>(schemas_.size() - 1);
    s.kind = kind;
    s.output = output;
    s.fields = fields_.emplace_back(fields).data();
    s.field_count = static_cast<uint32_t>(fields.size());
    s.tool = s.name = s.probe = "";
    return s;
}

}  // namespace avocet::core
