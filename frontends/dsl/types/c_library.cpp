// SPDX-License-Identifier: Apache-2.0
#include "types/c_library.hpp"

#include <cstring>
#include <optional>

#include <elf.h>

#include "types/btf_index.hpp"

namespace avocet::dsl {

namespace {

template <class T>
std::optional<T> read(std::string_view bytes, uint64_t at) {
    T value;
    if (at > bytes.size() || bytes.size() - at < sizeof value) return std::nullopt;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::string_view part(std::string_view bytes, uint64_t at, uint64_t size) {
    return at <= bytes.size() && size <= bytes.size() - at ? bytes.substr(at, size) : std::string_view();
}

std::string_view name_at(std::string_view names, uint32_t at) {
    if (at >= names.size()) return {};
    const std::string_view rest = names.substr(at);
    return rest.substr(0, rest.find('\0'));
}

std::string_view find_section(std::string_view elf, std::string_view wanted) {
    const auto header = read<Elf64_Ehdr>(elf, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_machine != EM_BPF) return {};
    const auto section = [&](uint64_t i) { return read<Elf64_Shdr>(elf, header->e_shoff + i * sizeof(Elf64_Shdr)); };
    const auto names = section(header->e_shstrndx);
    if (!names) return {};
    const std::string_view texts = part(elf, names->sh_offset, names->sh_size);
    for (uint64_t i = 0; i < header->e_shnum; ++i)
        if (const auto s = section(i); s && name_at(texts, s->sh_name) == wanted)
            return part(elf, s->sh_offset, s->sh_size);
    return {};
}

class Reader {
public:
    explicit Reader(std::string_view btf) : btf_(btf.data(), btf.size()) {}

    void run(std::vector<CFunction>& out) const {
        for (uint32_t id = 1; id < btf_.type_count(); ++id) {
            const btf_type* t = btf_.type(id);
            if (t && BtfIndex::kind(t) == BTF_KIND_FUNC && BtfIndex::vlen(t) == BTF_FUNC_GLOBAL) function(t, out);
        }
    }

    // Variables of the section that map definitions stand in.
    std::vector<std::string> maps() const {
        std::vector<std::string> out;
        for (uint32_t id = 1; id < btf_.type_count(); ++id) {
            const btf_type* section = btf_.type(id);
            if (!section || BtfIndex::kind(section) != BTF_KIND_DATASEC || btf_.name(section) != ".maps") continue;
            const auto* entries = BtfIndex::tail<btf_var_secinfo>(section);
            for (uint32_t i = 0; i < BtfIndex::vlen(section); ++i)
                if (const btf_type* v = btf_.type(entries[i].type)) out.emplace_back(btf_.name(v));
        }
        return out;
    }

private:
    void function(const btf_type* t, std::vector<CFunction>& out) const {
        const btf_type* proto = btf_.type(t->type);
        if (!proto || BtfIndex::kind(proto) != BTF_KIND_FUNC_PROTO) return;
        CFunction f;
        f.name = btf_.name(t);
        f.result = proto->type == 0 ? Type::simple(TypeKind::void_) : type_of(proto->type, f.refused);
        const auto* params = BtfIndex::tail<btf_param>(proto);
        const uint32_t count = BtfIndex::vlen(proto);
        if (count > 5) f.refused = "it takes more than five arguments";
        for (uint32_t i = 0; i < count; ++i)
            f.params.push_back({std::string(btf_.string(params[i].name_off)), type_of(params[i].type, f.refused)});
        out.push_back(std::move(f));
    }

    Type type_of(uint32_t id, std::string& refused) const {
        const btf_type* t = btf_.type(btf_.strip(id, true));
        const uint32_t kind = t ? BtfIndex::kind(t) : uint32_t{BTF_KIND_UNKN};
        switch (kind) {
            case BTF_KIND_INT: {
                const uint32_t bits = *BtfIndex::tail<uint32_t>(t);
                if (BTF_INT_ENCODING(bits) & BTF_INT_BOOL) return Type::boolean();
                if (t->size <= 8) return Type::integer(t->size, BTF_INT_ENCODING(bits) & BTF_INT_SIGNED);
                break;
            }
            case BTF_KIND_ENUM:
            case BTF_KIND_ENUM64: return Type::integer(t->size, BtfIndex::kflag(t));
            case BTF_KIND_PTR: return pointer_to(t->type);
            default: break;
        }
        refused = "its arguments and its result must be numbers or pointers";
        return Type::integer(8, false);
    }

    Type pointer_to(uint32_t id) const {
        const btf_type* t = btf_.type(btf_.strip(id, true));
        const uint32_t kind = t ? BtfIndex::kind(t) : uint32_t{BTF_KIND_UNKN};
        if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION)
            return Type::pointer_to(Type::structure(std::string(btf_.name(t)), t->size, kind == BTF_KIND_UNION),
                                    Space::kernel);
        if (kind == BTF_KIND_INT && t->size <= 8)
            return Type::pointer_to(
                Type::integer(t->size, BTF_INT_ENCODING(*BtfIndex::tail<uint32_t>(t)) & BTF_INT_SIGNED), Space::kernel);
        return Type::void_pointer(Space::kernel);
    }

    BtfIndex btf_;
};

}  // namespace

bool read_c_functions(std::string_view object, std::vector<CFunction>& out) {
    const std::string_view btf = find_section(object, ".BTF");
    if (btf.empty()) return false;
    const std::string aligned(btf);  // the section may begin anywhere in the file
    Reader(aligned).run(out);
    return true;
}

std::vector<std::string> read_c_maps(std::string_view object) {
    const std::string aligned(find_section(object, ".BTF"));
    return aligned.empty() ? std::vector<std::string>() : Reader(aligned).maps();
}

}  // namespace avocet::dsl
