// SPDX-License-Identifier: Apache-2.0
//
// The notation is parsed into libbpf's BTF writer; the ELF around it is the smallest that describes the symbols.
#include "program/tests/object_builder.hpp"

#include <bpf/btf.h>
#include <elf.h>
#include <linux/bpf.h>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

namespace avocet::core::testing {

namespace {

struct Symbol {
    std::string name, section;
    uint64_t size;
    bool function;
};

class Writer {
public:
    explicit Writer(std::string_view text) : text_(text) {
        while (!peek().empty()) declaration();
        if (!maps_.empty()) {
            int section = btf__add_datasec(btf(), ".maps", static_cast<uint32_t>(maps_.size() * 32));
            (void)section;
            for (size_t i = 0; i < maps_.size(); ++i)
                btf__add_datasec_var_info(btf(), maps_[i], static_cast<uint32_t>(i * 32), 32);
        }
    }
    std::string btf_bytes() {
        uint32_t size = 0;
        auto* data = static_cast<const char*>(btf__raw_data(btf(), &size));
        return {data, size};
    }
    std::vector<Symbol> symbols;

private:
    ::btf* btf() { return btf_.get(); }
    static bool word_char(char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }
    std::string peek() {
        size_t at = at_;
        std::string t = next();
        at_ = at;
        return t;
    }
    std::string next() {
        while (at_ < text_.size() && isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
        size_t start = at_;
        if (at_ == text_.size()) return {};
        char c = text_[at_++];
        if (c == '@' && text_[at_] == '"') {
            size_t end = text_.find('"', at_ + 1);
            std::string tag = "@" + std::string(text_.substr(at_ + 1, end - at_ - 1));
            at_ = end + 1;
            return tag;
        }
        if (c == '@')
            while (at_ < text_.size() && !isspace(static_cast<unsigned char>(text_[at_])) && text_[at_] != ';') ++at_;
        else if (word_char(c))
            while (at_ < text_.size() && word_char(text_[at_])) ++at_;
        return std::string(text_.substr(start, at_ - start));
    }
    bool take(std::string_view t) {
        if (peek() != t) return false;
        next();
        return true;
    }
    void expect(std::string_view t) {
        if (!take(t)) throw std::runtime_error("expected '" + std::string(t) + "' but found '" + peek() + "'");
    }
    int64_t number() { return std::stoll(next(), nullptr, 0); }
    std::vector<std::string> tags() {
        std::vector<std::string> out;
        while (peek().starts_with('@')) out.push_back(next().substr(1));
        return out;
    }
    void add_tags(const std::vector<std::string>& tags, int type, int component = -1) {
        for (const auto& t : tags) btf__add_decl_tag(btf(), t.c_str(), type, component);
    }

    int integer(const std::string& name) {
        int size = name == "bool" || name == "char" ? 1 : std::stoi(name.substr(1)) / 8;
        int encoding = name == "bool" ? BTF_INT_BOOL : name == "char" || name[0] == 's' ? BTF_INT_SIGNED : 0;
        return btf__add_int(btf(), name.c_str(), static_cast<size_t>(size), encoding);
    }
    int type() {
        std::string word = next();
        if (word == "struct" || word == "enum" || word == "union") word = next();
        auto [slot, is_new] = types_.try_emplace(word, 0);
        if (!is_new) return slot->second;
        if (word == "pointer") return slot->second = btf__add_ptr(btf(), 0);
        for (auto known : {"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "char", "bool"})
            if (word == known) return slot->second = integer(word);
        throw std::runtime_error("unknown type '" + word + "'");
    }
    int array_of(int element) {
        std::vector<uint32_t> counts;
        while (take("[")) {
            counts.push_back(static_cast<uint32_t>(number()));
            expect("]");
        }
        for (auto n = counts.rbegin(); n != counts.rend(); ++n)
            element = btf__add_array(btf(), type_id("u32"), element, static_cast<int>(*n));
        return element;
    }
    int type_id(const std::string& name) {
        auto [slot, is_new] = types_.try_emplace(name, 0);
        if (is_new) slot->second = integer(name);
        return slot->second;
    }

    struct Member {
        std::string name;
        int type = 0;
        uint32_t bits = 0;
        std::vector<std::string> tags;
    };
    uint64_t align_of(int type) { return std::max(1, btf__align_of(btf(), static_cast<uint32_t>(type))); }

    void structure(bool is_union) {
        std::string name = next();
        if (name == "{") {  // anonymous ones are not needed in tests
            throw std::runtime_error("a struct needs a name");
        }
        auto own_tags = tags();
        expect("{");
        std::vector<Member> members;
        while (!take("}")) {
            Member m;
            int base = type();
            if (!peek().starts_with(";")) m.name = next();
            m.type = array_of(base);
            if (take(":")) m.bits = static_cast<uint32_t>(number());
            m.tags = tags();
            if (m.name == "_") m.name.clear();
            members.push_back(m);
            expect(";");
        }
        uint64_t bit = 0, largest = 1, widest = 0;
        std::vector<uint64_t> offsets;
        for (const auto& m : members) {
            auto size = static_cast<uint64_t>(btf__resolve_size(btf(), static_cast<uint32_t>(m.type)));
            uint64_t align = align_of(m.type) * 8;
            largest = std::max(largest, align / 8);
            if (is_union) bit = 0;
            if (!m.bits || bit / (size * 8) != (bit + m.bits - 1) / (size * 8)) bit = (bit + align - 1) / align * align;
            offsets.push_back(bit);
            bit += m.bits ? m.bits : size * 8;
            widest = std::max(widest, bit);
        }
        uint64_t bytes = ((widest + 7) / 8 + largest - 1) / largest * largest;
        int id = is_union ? btf__add_union(btf(), name.c_str(), static_cast<uint32_t>(bytes))
                          : btf__add_struct(btf(), name.c_str(), static_cast<uint32_t>(bytes));
        types_[name] = id;
        for (size_t i = 0; i < members.size(); ++i)
            btf__add_field(btf(), members[i].name.c_str(), members[i].type, static_cast<uint32_t>(offsets[i]),
                           members[i].bits);
        add_tags(own_tags, id);
        for (size_t i = 0; i < members.size(); ++i) add_tags(members[i].tags, id, static_cast<int>(i));
    }
    void enumeration() {
        std::string name = next();
        expect("{");
        types_[name] = btf__add_enum(btf(), name.c_str(), 4);
        for (int64_t value = 0; !take("}"); ++value) {
            std::string item = next();
            if (take("=")) {
                bool minus = take("-");
                value = minus ? -number() : number();
            }
            btf__add_enum_value(btf(), item.c_str(), value);
            take(",");
        }
    }
    void map() {
        std::string name = next(), kind = next();
        const std::map<std::string, int> kinds = {{"hash", BPF_MAP_TYPE_HASH},
                                                  {"array", BPF_MAP_TYPE_ARRAY},
                                                  {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH},
                                                  {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY},
                                                  {"ringbuf", BPF_MAP_TYPE_RINGBUF},
                                                  {"perf_event_array", BPF_MAP_TYPE_PERF_EVENT_ARRAY}};
        int kind_array = btf__add_array(btf(), type_id("u32"), type_id("u32"), kinds.at(kind));
        int kind_pointer = btf__add_ptr(btf(), kind_array);
        int key = 0, value = 0;
        if (!peek().starts_with('@') && peek() != ";") {
            key = btf__add_ptr(btf(), array_of(type()));
            value = btf__add_ptr(btf(), array_of(type()));
        }
        int definition = btf__add_struct(btf(), "", key ? 24 : 8);
        btf__add_field(btf(), "type", kind_pointer, 0, 0);
        if (key) {
            btf__add_field(btf(), "key", key, 64, 0);
            btf__add_field(btf(), "value", value, 128, 0);
        }
        maps_.push_back(btf__add_var(btf(), name.c_str(), BTF_VAR_GLOBAL_ALLOCATED, definition));
        add_tags(tags(), maps_.back());
        symbols.push_back({name, ".maps", 32, false});
    }
    void declaration() {
        std::string word = next();
        if (word == "struct")
            structure(false);
        else if (word == "union")
            structure(true);
        else if (word == "enum")
            enumeration();
        else if (word == "map")
            map();
        else if (word == "typedef") {
            int base = array_of(type());
            std::string name = next();
            types_[name] = btf__add_typedef(btf(), name.c_str(), base);
            add_tags(tags(), types_[name]);
        } else if (word == "function") {
            std::string name = next(), section;
            while (peek() != ";") section += next();
            symbols.push_back({name, section, 16, true});
        } else if (word == "constant") {
            std::string name = next();
            symbols.push_back({name, ".rodata", static_cast<uint64_t>(number()), false});
        } else {
            throw std::runtime_error("unknown word '" + word + "'");
        }
        take(";");
    }

    std::string_view text_;
    size_t at_ = 0;
    std::unique_ptr<::btf, decltype(&btf__free)> btf_{btf__new_empty(), btf__free};
    std::map<std::string, int> types_;
    std::vector<int> maps_;
};

class Elf {
public:
    Elf() { add(SHT_NULL, "", "", 0); }
    size_t add(uint32_t type, const std::string& name, std::string data, uint64_t flags, uint32_t link = 0) {
        sections_.push_back({type, name, std::move(data), flags, link});
        return sections_.size() - 1;
    }
    std::string& data(size_t index) { return sections_[index].data; }
    size_t find(const std::string& name) {
        for (size_t i = 1; i < sections_.size(); ++i)
            if (sections_[i].name == name) return i;
        return 0;
    }
    std::string bytes() {
        std::string names(1, '\0');
        std::vector<uint32_t> name_at;
        size_t names_index = add(SHT_STRTAB, ".shstrtab", "", 0);
        for (const auto& s : sections_) {
            name_at.push_back(static_cast<uint32_t>(names.size()));
            names += s.name + '\0';
        }
        sections_[names_index].data = names;
        std::string out(sizeof(Elf64_Ehdr), '\0'), headers;
        for (size_t i = 0; i < sections_.size(); ++i) {
            const auto& s = sections_[i];
            out.resize((out.size() + 7) / 8 * 8);
            Elf64_Shdr h{};
            h.sh_name = name_at[i];
            h.sh_type = s.type;
            h.sh_flags = s.flags;
            h.sh_offset = out.size();
            h.sh_size = s.data.size();
            h.sh_link = s.link;
            h.sh_addralign = 8;
            if (s.type == SHT_SYMTAB) h.sh_entsize = sizeof(Elf64_Sym), h.sh_info = 1;
            out += s.data;
            headers.append(reinterpret_cast<const char*>(&h), sizeof h);
        }
        out.resize((out.size() + 7) / 8 * 8);
        Elf64_Ehdr e{};
        std::memcpy(e.e_ident, ELFMAG, SELFMAG);
        e.e_ident[EI_CLASS] = ELFCLASS64;
        e.e_ident[EI_DATA] = ELFDATA2LSB;
        e.e_ident[EI_VERSION] = EV_CURRENT;
        e.e_type = ET_REL;
        e.e_machine = EM_BPF;
        e.e_version = EV_CURRENT;
        e.e_ehsize = sizeof e;
        e.e_shoff = out.size();
        e.e_shentsize = sizeof(Elf64_Shdr);
        e.e_shnum = static_cast<uint16_t>(sections_.size());
        e.e_shstrndx = static_cast<uint16_t>(names_index);
        std::memcpy(out.data(), &e, sizeof e);
        return out + headers;
    }

private:
    struct Section {
        uint32_t type;
        std::string name, data;
        uint64_t flags;
        uint32_t link;
    };
    std::vector<Section> sections_;
};

}  // namespace

std::string build_object(std::string_view declarations, std::string_view manifest, std::string_view tool) {
    Writer types(declarations);
    Elf elf;
    elf.add(SHT_PROGBITS, "license", std::string("GPL\0", 4), SHF_ALLOC);
    std::string names(1, '\0'), table(sizeof(Elf64_Sym), '\0');
    for (const auto& s : types.symbols) {
        size_t section = elf.find(s.section);
        if (!section)
            section = elf.add(SHT_PROGBITS, s.section, "", s.function ? SHF_ALLOC | SHF_EXECINSTR : SHF_ALLOC);
        Elf64_Sym symbol{};
        symbol.st_name = static_cast<uint32_t>(names.size());
        symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, s.function ? STT_FUNC : STT_OBJECT);
        symbol.st_shndx = static_cast<uint16_t>(section);
        symbol.st_value = elf.data(section).size();
        symbol.st_size = s.size;
        // mov64 r0, 0; exit
        if (s.function)
            elf.data(section) += std::string("\xb7\0\0\0\0\0\0\0\x95\0\0\0\0\0\0\0", 16);
        else
            elf.data(section).append(s.size, '\0');
        names += s.name + '\0';
        table.append(reinterpret_cast<const char*>(&symbol), sizeof symbol);
    }
    elf.add(SHT_PROGBITS, ".BTF", types.btf_bytes(), 0);
    if (!manifest.empty()) elf.add(SHT_PROGBITS, ".avocet", std::string(manifest), 0);
    if (!tool.empty()) elf.add(SHT_PROGBITS, ".avocet.tool", std::string(tool), 0);
    size_t strings = elf.add(SHT_STRTAB, ".strtab", names, 0);
    elf.add(SHT_SYMTAB, ".symtab", table, 0, static_cast<uint32_t>(strings));
    return elf.bytes();
}

}  // namespace avocet::core::testing
