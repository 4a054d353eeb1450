// SPDX-License-Identifier: Apache-2.0
//
// Converts BTF to language types, one struct at a time, when somebody asks for it.
//
// A struct is known by name; anonymous ones that have to be named (the type of a named member) are given one. Structs
// reached from a scope are remembered with that scope, so that a provider's own definition is found before the
// kernel's.
#include "types/struct_table.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "types/btf_index.hpp"

namespace avocet::dsl {

namespace {

constexpr uint32_t struct_kinds = 1u << BTF_KIND_STRUCT | 1u << BTF_KIND_UNION;
constexpr uint32_t enum_kinds = 1u << BTF_KIND_ENUM | 1u << BTF_KIND_ENUM64;
constexpr uint32_t named_kinds = 1u << BTF_KIND_TYPEDEF | 1u << BTF_KIND_INT;

struct BasicType {
    std::string_view name;
    uint8_t size;
    bool is_signed;
};

// What C and every Linux header agree on for 64-bit machines: no BTF is read for these.
constexpr std::array basic_types{
    BasicType{"char", 1, true},      BasicType{"short", 2, true},      BasicType{"int", 4, true},
    BasicType{"long", 8, true},      BasicType{"signed", 4, true},     BasicType{"unsigned", 4, false},
    BasicType{"s8", 1, true},        BasicType{"s16", 2, true},        BasicType{"s32", 4, true},
    BasicType{"s64", 8, true},       BasicType{"u8", 1, false},        BasicType{"u16", 2, false},
    BasicType{"u32", 4, false},      BasicType{"u64", 8, false},       BasicType{"__s8", 1, true},
    BasicType{"__s16", 2, true},     BasicType{"__s32", 4, true},      BasicType{"__s64", 8, true},
    BasicType{"__u8", 1, false},     BasicType{"__u16", 2, false},     BasicType{"__u32", 4, false},
    BasicType{"__u64", 8, false},    BasicType{"int8_t", 1, true},     BasicType{"int16_t", 2, true},
    BasicType{"int32_t", 4, true},   BasicType{"int64_t", 8, true},    BasicType{"uint8_t", 1, false},
    BasicType{"uint16_t", 2, false}, BasicType{"uint32_t", 4, false},  BasicType{"uint64_t", 8, false},
    BasicType{"size_t", 8, false},   BasicType{"ssize_t", 8, true},    BasicType{"pid_t", 4, true},
    BasicType{"uid_t", 4, false},    BasicType{"gid_t", 4, false},     BasicType{"loff_t", 8, true},
    BasicType{"off_t", 8, true},     BasicType{"uintptr_t", 8, false}, BasicType{"intptr_t", 8, true},
    BasicType{"umode_t", 2, false},  BasicType{"sector_t", 8, false},
};

}  // namespace

class StructTable::Scope {
public:
    Scope(std::string label, std::vector<char> bytes, avocet_bytes raw, bool of_user_space)
        : name(std::move(label)),
          is_user(of_user_space),
          owned(std::move(bytes)),
          btf(owned.empty() ? raw.data : owned.data(), owned.empty() ? raw.size : owned.size()) {}
    std::string name;
    bool is_user;
    std::unordered_map<uint32_t, std::string> names;  // of user space types, see own_name
    std::vector<char> owned;                          // empty: the bytes are the host's
    BtfIndex btf;
};

struct StructTable::Impl {
    std::function<avocet_bytes()> load_kernel;
    bool kernel_loaded = false, kernel_used = false;
    std::shared_ptr<Scope> kernel;
    std::vector<std::shared_ptr<Scope>> scopes;
    struct Place {
        Scope* scope;
        uint32_t id;
    };
    std::unordered_map<std::string, Place> known, known_enums;
    std::unordered_map<std::string, std::unique_ptr<StructLayout>> layouts;  // null: no such struct
    std::unordered_map<std::string, std::vector<std::pair<std::string, int64_t>>> defined_enums;
    std::unordered_map<std::string, Type> typedefs;
    std::unordered_set<std::string> defined_structs;  // by C text
    unsigned anonymous = 0;

    Scope* kernel_scope() {
        if (!kernel_loaded) {
            kernel_loaded = true;
            const avocet_bytes raw = load_kernel ? load_kernel() : avocet_bytes{nullptr, 0};
            if (raw.size > 0) kernel = std::make_shared<Scope>("kernel", std::vector<char>(), raw, false);
            if (kernel && kernel->btf.type_count() == 0) kernel.reset();
        }
        return kernel.get();
    }
    // A kernel type by name; marks the kernel as a dependency when found.
    uint32_t kernel_find(std::string_view name, uint32_t kinds) {
        Scope* scope = kernel_scope();
        const uint32_t id = scope ? scope->btf.find(name, kinds) : 0;
        if (id) kernel_used = true;
        return id;
    }

    Type convert(Scope& scope, uint32_t id, Space space);
    Type convert_pointer(Scope& scope, uint32_t target, Space space);
    Type convert_array(Scope& scope, const btf_type* t, bool bytes_are_text, Space space);
    Type convert_struct(Scope& scope, uint32_t id, const btf_type* t, std::string_view alias);
    Type convert_enum(Scope& scope, uint32_t id, const btf_type* t, std::string_view alias);
    std::string name_of(Scope& scope, uint32_t id, const btf_type* t, std::string_view alias);
    std::string own_name(Scope& scope, uint32_t id, const std::string& shown,
                         const std::unordered_map<std::string, Place>& taken);
    std::optional<Type> find_in(Scope& scope, std::string_view name, uint32_t kinds);
    std::optional<Type> find_in_user_space(std::string_view name, uint32_t kinds);
    void add_members(Scope& scope, const btf_type* t, uint64_t base_bits, StructLayout& layout);
    Member convert_member(Scope& scope, const btf_type* parent, const btf_member& m, uint64_t base_bits);
    std::unique_ptr<StructLayout> make_layout(const std::string& name);
};

namespace {

bool is_text_byte(const BtfIndex& btf, uint32_t id) {
    for (int depth = 0; depth < 64; ++depth) {
        id = btf.strip(id, false);
        const btf_type* t = btf.type(id);
        if (!t) return false;
        if (BtfIndex::kind(t) == BTF_KIND_TYPEDEF) {
            if (btf.name(t) == "uint8_t") return true;
            id = t->type;
            continue;
        }
        if (BtfIndex::kind(t) != BTF_KIND_INT || t->size != 1) return false;
        const uint32_t encoding = (*BtfIndex::tail<uint32_t>(t) >> 24) & 0xf;
        if (encoding & BTF_INT_BOOL) return false;
        return (encoding & (BTF_INT_SIGNED | BTF_INT_CHAR)) || btf.name(t) == "char";
    }
    return false;
}

}  // namespace

Type StructTable::Impl::convert_pointer(Scope& scope, uint32_t target, Space space) {
    std::string tag;
    const btf_type* t = scope.btf.type(target);
    while (t && (BtfIndex::kind(t) == BTF_KIND_TYPE_TAG || BtfIndex::kind(t) == BTF_KIND_CONST ||
                 BtfIndex::kind(t) == BTF_KIND_VOLATILE || BtfIndex::kind(t) == BTF_KIND_RESTRICT)) {
        if (BtfIndex::kind(t) == BTF_KIND_TYPE_TAG) tag = std::string(scope.btf.name(t));
        target = t->type;
        t = scope.btf.type(target);
    }
    if (tag == "user") space = Space::user;
    const btf_type* bare = scope.btf.type(scope.btf.strip(target, true));
    const bool opaque = !bare || BtfIndex::kind(bare) == BTF_KIND_FUNC_PROTO;
    Type type = opaque ? Type::void_pointer(space) : Type::pointer_to(convert(scope, target, space), space);
    if (!tag.empty() && tag != "user" && tag != "rcu") type.name = tag;
    return type;
}

Type StructTable::Impl::convert_array(Scope& scope, const btf_type* t, bool bytes_are_text, Space space) {
    const auto* array = BtfIndex::tail<btf_array>(t);
    if (bytes_are_text && array->nelems > 0 && is_text_byte(scope.btf, array->type)) return Type::string(array->nelems);
    return Type::array_of(convert(scope, array->type, space), array->nelems);
}

// An anonymous struct or enum is called like the typedef it was reached through, or by its number.
std::string StructTable::Impl::name_of(Scope& scope, uint32_t id, const btf_type* t, std::string_view alias) {
    if (t->name_off) return std::string(scope.btf.name(t));
    return alias.empty() ? "anonymous_" + std::to_string(id) + "_" + scope.name : std::string(alias);
}

namespace {

// Two files, or two units of one program, may hold the same type: then it is one type to the script.
bool same_shape(const BtfIndex& a, uint32_t a_id, const BtfIndex& b, uint32_t b_id) {
    const btf_type *x = a.type(a_id), *y = b.type(b_id);
    if (!x || !y || BtfIndex::kind(x) != BtfIndex::kind(y) || BtfIndex::vlen(x) != BtfIndex::vlen(y) ||
        x->size != y->size)
        return false;
    if (!((1u << BtfIndex::kind(x)) & struct_kinds)) {
        for (uint32_t i = 0; i < BtfIndex::vlen(x); ++i)
            if (enumerator_value(x, i) != enumerator_value(y, i) ||
                a.string(enumerator_name(x, i)) != b.string(enumerator_name(y, i)))
                return false;
        return true;
    }
    const auto *m = BtfIndex::tail<btf_member>(x), *n = BtfIndex::tail<btf_member>(y);
    for (uint32_t i = 0; i < BtfIndex::vlen(x); ++i) {
        if (m[i].offset != n[i].offset || a.string(m[i].name_off) != b.string(n[i].name_off)) return false;
        const btf_type *s = a.type(a.strip(m[i].type, true)), *t = b.type(b.strip(n[i].type, true));
        if (!s != !t || a.size_of(m[i].type) != b.size_of(n[i].type)) return false;
        if (s && (BtfIndex::kind(s) != BtfIndex::kind(t) || a.name(s) != b.name(t))) return false;
    }
    return true;
}

}  // namespace

// A program's `struct file` is not the kernel's, nor another program's: its name carries a mark that is not shown.
std::string StructTable::Impl::own_name(Scope& scope, uint32_t id, const std::string& shown,
                                        const std::unordered_map<std::string, Place>& taken) {
    if (!scope.is_user) return shown;
    auto& name = scope.names[id];
    for (unsigned n = 0; name.empty(); ++n) {
        const std::string candidate = shown + user_type_mark + std::to_string(n);
        const auto found = taken.find(candidate);
        if (found == taken.end() || same_shape(scope.btf, id, found->second.scope->btf, found->second.id))
            name = candidate;
    }
    return name;
}

Type StructTable::Impl::convert_struct(Scope& scope, uint32_t id, const btf_type* t, std::string_view alias) {
    const bool forward = BtfIndex::kind(t) == BTF_KIND_FWD;
    const bool is_union = forward ? BtfIndex::kflag(t) : BtfIndex::kind(t) == BTF_KIND_UNION;
    std::string name = name_of(scope, id, t, alias);
    if (!forward)
        name = own_name(scope, id, name, known);
    else if (scope.is_user)
        name += user_type_mark;
    if (!forward) known.try_emplace(name, Place{&scope, id});
    return Type::structure(name, forward ? 0 : t->size, is_union);
}

Type StructTable::Impl::convert_enum(Scope& scope, uint32_t id, const btf_type* t, std::string_view alias) {
    const std::string name = own_name(scope, id, name_of(scope, id, t, alias), known_enums);
    known_enums.try_emplace(name, Place{&scope, id});
    Type type = Type::enumeration(name, t->size);
    type.is_signed = BtfIndex::kflag(t);
    return type;
}

Type StructTable::Impl::convert(Scope& scope, uint32_t id, Space space) {
    std::string_view alias;  // the innermost typedef
    const btf_type* t = scope.btf.type(id = scope.btf.strip(id, false));
    for (int depth = 0; depth < 64 && t && BtfIndex::kind(t) == BTF_KIND_TYPEDEF; ++depth) {
        alias = scope.btf.name(t);
        t = scope.btf.type(id = scope.btf.strip(t->type, false));
    }
    if (!t) return Type::simple(TypeKind::void_);
    switch (BtfIndex::kind(t)) {
        case BTF_KIND_INT: {
            const uint32_t encoding = (*BtfIndex::tail<uint32_t>(t) >> 24) & 0xf;
            if (encoding & BTF_INT_BOOL) return Type::boolean();
            return Type::integer(t->size, encoding & BTF_INT_SIGNED);
        }
        case BTF_KIND_PTR: return convert_pointer(scope, t->type, space);
        case BTF_KIND_ARRAY: return convert_array(scope, t, true, space);
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
        case BTF_KIND_FWD: return convert_struct(scope, id, t, alias);
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64: return convert_enum(scope, id, t, alias);
        case BTF_KIND_FLOAT: {  // there is no such value: its name says so where one is asked for
            Type type = Type::simple(TypeKind::void_);
            type.name = std::string(scope.btf.name(t));
            return type;
        }
        default: return Type::simple(TypeKind::void_);
    }
}

Member StructTable::Impl::convert_member(Scope& scope, const btf_type* parent, const btf_member& m,
                                         uint64_t base_bits) {
    Member member;
    member.name = std::string(scope.btf.string(m.name_off));
    const Type type = convert(scope, m.type, Space::none);
    uint64_t bits = base_bits + m.offset;
    if (BtfIndex::kflag(parent)) {
        bits = base_bits + (m.offset & 0xffffff);
        member.bit_size = static_cast<uint16_t>(m.offset >> 24);
    } else if (const btf_type* t = scope.btf.type(scope.btf.strip(m.type, true));
               t && BtfIndex::kind(t) == BTF_KIND_INT) {
        const uint32_t encoding = *BtfIndex::tail<uint32_t>(t);  // old style: the width is in the type
        if ((encoding & 0xff) != t->size * 8u) {
            member.bit_size = static_cast<uint16_t>(encoding & 0xff);
            bits += (encoding >> 16) & 0xff;
        }
    }
    member.type = std::make_shared<const Type>(type);
    member.offset = bits / 8;
    if (member.bit_size) {
        const uint64_t storage = type.size ? type.size : 1;
        const uint64_t aligned = bits / 8 / storage * storage;
        if (bits - aligned * 8 + member.bit_size <= storage * 8) member.offset = aligned;
        member.bit_offset = static_cast<uint16_t>(bits - member.offset * 8);
    }
    return member;
}

void StructTable::Impl::add_members(Scope& scope, const btf_type* t, uint64_t base_bits, StructLayout& layout) {
    const auto* members = BtfIndex::tail<btf_member>(t);
    for (uint32_t i = 0; i < BtfIndex::vlen(t); ++i) {
        const btf_member& m = members[i];
        if (m.name_off == 0) {
            const btf_type* inner = scope.btf.type(scope.btf.strip(m.type, true));
            const uint64_t bits = BtfIndex::kflag(t) ? m.offset & 0xffffff : m.offset;
            if (inner && (struct_kinds & (1u << BtfIndex::kind(inner))))
                add_members(scope, inner, base_bits + bits, layout);
            continue;
        }
        layout.members.push_back(convert_member(scope, t, m, base_bits));
    }
}

std::unique_ptr<StructLayout> StructTable::Impl::make_layout(const std::string& name) {
    auto place = known.find(name);
    if (place == known.end()) {
        if (name.find(user_type_mark) != std::string::npos) return nullptr;
        const uint32_t id = kernel_find(name, struct_kinds);
        if (!id) return nullptr;
        place = known.try_emplace(name, Place{kernel.get(), id}).first;
    }
    const auto [scope, id] = place->second;
    const btf_type* t = scope->btf.type(id);
    auto layout = std::make_unique<StructLayout>();
    layout->name = name;
    layout->size = t->size;
    layout->is_union = BtfIndex::kind(t) == BTF_KIND_UNION;
    add_members(*scope, t, 0, *layout);
    return layout;
}

StructTable::StructTable() : impl_(std::make_unique<Impl>()) {}
StructTable::~StructTable() = default;
StructTable::StructTable(StructTable&&) noexcept = default;
StructTable& StructTable::operator=(StructTable&&) noexcept = default;

void StructTable::set_kernel(std::function<avocet_bytes()> load) { impl_->load_kernel = std::move(load); }

std::shared_ptr<StructTable::Scope> StructTable::add_btf(avocet_bytes raw, bool is_user) {
    const char* bytes = static_cast<const char*>(raw.data);
    if (!impl_->scopes.empty()) {  // groups of one file come with the same
        const auto& last = impl_->scopes.back();
        if (last->is_user == is_user && last->owned.size() == raw.size &&
            std::memcmp(last->owned.data(), bytes, raw.size) == 0)
            return last;
    }
    std::vector<char> copy(bytes, bytes + raw.size);
    auto scope = std::make_shared<Scope>("args" + std::to_string(impl_->scopes.size()), std::move(copy), raw, is_user);
    impl_->scopes.push_back(scope);
    return scope;
}

Type StructTable::type_of(Scope& scope, uint32_t type_id, Space space) { return impl_->convert(scope, type_id, space); }

const StructLayout* StructTable::find_struct(std::string_view name) {
    const std::string key(name);
    auto found = impl_->layouts.find(key);
    if (found == impl_->layouts.end()) {
        auto layout = impl_->make_layout(key);
        found = impl_->layouts.emplace(key, std::move(layout)).first;
    }
    return found->second.get();
}

std::optional<Type> StructTable::Impl::find_in(Scope& scope, std::string_view name, uint32_t kinds) {
    const uint32_t id = scope.btf.find(name, kinds);
    if (!id) return std::nullopt;
    return convert(scope, id, scope.is_user ? Space::user : Space::none);
}

std::optional<Type> StructTable::Impl::find_in_user_space(std::string_view name, uint32_t kinds) {
    for (auto& scope : scopes)
        if (scope->is_user)
            if (auto found = find_in(*scope, name, kinds)) return found;
    return std::nullopt;
}

std::optional<Type> StructTable::find_user_struct(std::string_view name) {
    if (impl_->defined_structs.contains(std::string(name))) return std::nullopt;
    return impl_->find_in_user_space(name, struct_kinds);
}

std::optional<Type> StructTable::find_typedef(std::string_view name, Space space) {
    for (const BasicType& basic : basic_types)
        if (basic.name == name) return Type::integer(basic.size, basic.is_signed);
    if (name == "_Bool") return Type::boolean();
    if (const auto found = impl_->typedefs.find(std::string(name)); found != impl_->typedefs.end())
        return found->second;
    return find_by_name(name, named_kinds, space);
}

std::optional<Type> StructTable::find_enum(std::string_view name, Space space) {
    if (impl_->defined_enums.contains(std::string(name))) return Type::enumeration(std::string(name), 4);
    return find_by_name(name, enum_kinds, space);
}

// In a probe of a program the program's own types come first, elsewhere they come last.
std::optional<Type> StructTable::find_by_name(std::string_view name, uint32_t kinds, Space space) {
    if (space == Space::user)
        if (auto found = impl_->find_in_user_space(name, kinds)) return found;
    for (auto& scope : impl_->scopes)
        if (!scope->is_user)
            if (auto found = impl_->find_in(*scope, name, kinds)) return found;
    if (const uint32_t id = impl_->kernel_find(name, kinds)) return impl_->convert(*impl_->kernel, id, Space::none);
    return impl_->find_in_user_space(name, kinds);
}

std::optional<std::pair<int64_t, std::string>> StructTable::find_enumerator(std::string_view name) {
    auto look = [&](Scope& scope) -> std::optional<std::pair<int64_t, std::string>> {
        const auto [id, index] = scope.btf.find_enumerator(name);
        if (!id) return std::nullopt;
        const btf_type* t = scope.btf.type(id);
        return std::pair{enumerator_value(t, index), impl_->convert_enum(scope, id, t, {}).name};
    };
    for (const auto& [enum_name, values] : impl_->defined_enums)
        for (const auto& [enumerator, value] : values)
            if (enumerator == name) return std::pair{value, enum_name};
    for (auto& scope : impl_->scopes)
        if (auto found = look(*scope)) return found;
    Scope* kernel = impl_->kernel_scope();
    if (!kernel) return std::nullopt;
    auto found = look(*kernel);
    if (found) impl_->kernel_used = true;
    return found;
}

std::vector<std::pair<std::string, int64_t>> StructTable::enumerators(std::string_view enum_name) {
    if (const auto found = impl_->defined_enums.find(std::string(enum_name)); found != impl_->defined_enums.end())
        return found->second;
    std::vector<std::pair<std::string, int64_t>> result;
    auto place = impl_->known_enums.find(std::string(enum_name));
    if (place == impl_->known_enums.end()) {
        if (!find_enum(enum_name)) return result;
        place = impl_->known_enums.find(std::string(enum_name));
        if (place == impl_->known_enums.end()) return result;
    }
    const auto [scope, id] = place->second;
    const btf_type* t = scope->btf.type(id);
    for (uint32_t i = 0; i < BtfIndex::vlen(t); ++i)
        result.emplace_back(std::string(scope->btf.string(enumerator_name(t, i))), enumerator_value(t, i));
    return result;
}

void StructTable::define_struct(StructLayout layout) {
    std::string name = layout.name;
    impl_->defined_structs.insert(name);
    impl_->layouts[name] = std::make_unique<StructLayout>(std::move(layout));
}

Type StructTable::define_enum(const std::string& name, std::vector<std::pair<std::string, int64_t>> values) {
    impl_->defined_enums[name] = std::move(values);
    return Type::enumeration(name, 4);
}

void StructTable::define_typedef(const std::string& name, const Type& type) { impl_->typedefs[name] = type; }

std::string StructTable::fresh_name() { return "anonymous_" + std::to_string(impl_->anonymous++); }

bool StructTable::has_kernel_function(std::string_view name) {
    return impl_->kernel_find(name, 1u << BTF_KIND_FUNC) != 0;
}

bool StructTable::has_kernel_types() const { return impl_->kernel_scope() != nullptr; }
const BtfIndex* StructTable::kernel_btf() {
    Scope* kernel = impl_->kernel_scope();
    return kernel ? &kernel->btf : nullptr;
}

uint64_t StructTable::kernel_type_id(const Type& type) {
    const bool tagged = type.kind == TypeKind::c_struct, enumerated = type.kind == TypeKind::enumeration;
    return tagged || enumerated ? impl_->kernel_find(type.name, tagged ? struct_kinds : enum_kinds) : 0;
}

void StructTable::use_kernel() { impl_->kernel_used = true; }
bool StructTable::kernel_used() const { return impl_->kernel_used; }

std::vector<std::string> StructTable::struct_names() {
    std::vector<std::string> names;
    auto add = [&](const BtfIndex& btf) {
        for (uint32_t id = 1; id < btf.type_count(); ++id) {
            const btf_type* t = btf.type(id);
            if ((struct_kinds & (1u << BtfIndex::kind(t))) && t->name_off) names.emplace_back(btf.name(t));
        }
    };
    for (const auto& [name, layout] : impl_->layouts)
        if (layout) names.push_back(shown_type_name(name));
    for (auto& scope : impl_->scopes) add(scope->btf);
    if (Scope* kernel = impl_->kernel_scope()) add(kernel->btf);
    return names;
}

}  // namespace avocet::dsl
