// SPDX-License-Identifier: Apache-2.0
#include "types/c_text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>
#include <vector>

#include "types/struct_table.hpp"

namespace avocet::dsl {

namespace {

struct Token {
    std::string_view text;
    unsigned line;
};

class Refusal : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::vector<Token> tokens_of(std::string_view text) {
    std::vector<Token> tokens;
    unsigned line = 1;
    for (size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '\n') ++line;
        if (std::isspace(static_cast<unsigned char>(c))) {
            ++i;
        } else if (text.substr(i, 2) == "//") {
            i = std::min(text.find('\n', i), text.size());
        } else if (text.substr(i, 2) == "/*") {
            const size_t end = std::min(text.find("*/", i + 2), text.size());
            line += static_cast<unsigned>(
                std::count(text.begin() + static_cast<long>(i), text.begin() + static_cast<long>(end), '\n'));
            i = std::min(end + 2, text.size());
        } else {
            size_t end = i + 1;
            if (is_word_char(c))
                while (end < text.size() && is_word_char(text[end])) ++end;
            tokens.push_back({text.substr(i, end - i), line});
            i = end;
        }
    }
    return tokens;
}

uint64_t align_up(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

class Reader {
public:
    Reader(StructTable& table, std::string_view text) : table_(table), tokens_(tokens_of(text)) {}

    void run() {
        while (!at_end()) {
            const bool is_typedef = take("typedef");
            Type type = specifier();
            if (is_typedef) {
                const auto [name, declared] = declarator(type);
                table_.define_typedef(name, declared);
            }
            skip_attributes();
            take(";");
        }
    }

private:
    bool at_end() const { return next_ >= tokens_.size(); }
    std::string_view peek(size_t ahead = 0) const {
        return next_ + ahead < tokens_.size() ? tokens_[next_ + ahead].text : std::string_view();
    }
    bool take(std::string_view text) {
        if (peek() != text || at_end()) return false;
        ++next_;
        return true;
    }
    [[noreturn]] void refuse(const std::string& what) const {
        const unsigned line = tokens_.empty() ? 1 : tokens_[std::min(next_, tokens_.size() - 1)].line;
        throw Refusal("line " + std::to_string(line) + ": " + what);
    }
    void expect(std::string_view text) {
        if (!take(text))
            refuse("expected '" + std::string(text) + "'" + (at_end() ? "" : " before '" + std::string(peek()) + "'"));
    }
    std::string word() {
        if (at_end() || !is_word_char(peek()[0]) || std::isdigit(static_cast<unsigned char>(peek()[0])))
            refuse("expected a name");
        return std::string(tokens_[next_++].text);
    }
    int64_t number() {
        const bool negative = take("-");
        if (at_end()) refuse("expected a number");
        std::string_view digits = tokens_[next_++].text;
        int base = 10;
        if (digits.starts_with("0x") || digits.starts_with("0X"))
            digits.remove_prefix(2), base = 16;
        else if (digits.size() > 1 && digits[0] == '0')
            base = 8;
        uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
        const std::string_view rest(end, static_cast<size_t>(digits.data() + digits.size() - end));
        if (error != std::errc() || rest.find_first_not_of("uUlL") != std::string_view::npos) {
            if (auto enumerator = table_.find_enumerator(digits)) return enumerator->first;
            --next_;
            refuse("expected an integer, not '" + std::string(digits) + "'");
        }
        return negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
    }
    void skip_attributes() {
        while (take("__attribute__")) {
            expect("(");
            for (int depth = 1; depth > 0; ++next_) {
                if (at_end()) refuse("expected ')'");
                if (peek() == "(") ++depth;
                if (peek() == ")") --depth;
                if (peek() == "packed" || peek() == "__packed__")
                    packed_ = true;
                else if (is_word_char(peek()[0]))
                    refuse("attribute '" + std::string(peek()) + "': not known here");
            }
        }
    }
    void refuse_attributes() const {
        if (peek() == "__attribute__") refuse("attributes of a member are not known here");
    }

    uint64_t alignment_of(const Type& type) {
        if (type.kind == TypeKind::array) return alignment_of(*type.element);
        if (type.kind != TypeKind::c_struct) return type.alignment();
        const StructLayout* layout = table_.find_struct(type.name);
        uint64_t largest = 1;
        if (layout)
            for (const Member& m : layout->members) largest = std::max(largest, alignment_of(*m.type));
        return layout ? largest : 8;
    }

    Type specifier() {
        while (take("const") || take("volatile") || take("__restrict")) {}
        Type type;
        if (peek() == "struct" || peek() == "union")
            type = struct_specifier(tokens_[next_++].text == "union");
        else if (take("enum"))
            type = enum_specifier();
        else
            type = base_type();
        while (take("const") || take("volatile")) {}
        return type;
    }

    Type base_type() {
        bool is_unsigned = false, is_signed = false, any = false;
        int longs = 0;
        std::string name;
        for (;; ++next_) {
            const std::string_view w = peek();
            if (w == "unsigned")
                is_unsigned = true;
            else if (w == "signed")
                is_signed = true;
            else if (w == "long")
                ++longs;
            else if ((w == "int" || w == "char" || w == "short") && name.empty())
                name = w;
            else if (w == "int" && name == "short") {
            } else
                break;
            any = true;
        }
        (void)is_signed;
        if (any) return Type::integer(name == "char" ? 1 : name == "short" ? 2 : longs ? 8 : 4, !is_unsigned);
        name = word();
        if (name == "void") return Type::simple(TypeKind::void_);
        if (name == "bool") return Type::boolean();
        if (auto found = table_.find_typedef(name)) return *found;
        refuse("type '" + name + "': no such type");
    }

    Type enum_specifier() {
        skip_attributes();
        std::string name = peek() == "{" ? fresh_name() : word();
        if (!take("{")) {
            if (auto found = table_.find_enum(name)) return *found;
            return Type::enumeration(name, 4);
        }
        std::vector<std::pair<std::string, int64_t>> values;
        for (int64_t value = 0; !take("}"); ++value) {
            const std::string enumerator = word();
            if (take("=")) {
                value = number();
                while (take("<")) {  // 1 << 3 is common
                    expect("<");
                    value = static_cast<int64_t>(static_cast<uint64_t>(value) << (number() & 63));
                }
            }
            values.emplace_back(enumerator, value);
            if (!take(",") && peek() != "}") refuse("expected ',' or '}' in enum " + name);
        }
        skip_attributes();
        return table_.define_enum(name, std::move(values));
    }

    Type struct_specifier(bool is_union) {
        const bool outer_packed = std::exchange(packed_, false);
        skip_attributes();
        const std::string name = peek() == "{" ? fresh_name() : word();
        if (!take("{")) {
            packed_ = outer_packed;
            const StructLayout* known = table_.find_struct(name);
            return Type::structure(name, known ? known->size : 0, is_union);
        }
        if (++depth_ > 32) refuse("structs are nested too deeply");
        struct Parsed {
            std::string name;
            Type type;
            int bits;
        };
        std::vector<Parsed> parsed;
        while (!take("}")) {
            const Type base = specifier();
            if (take(";")) {  // anonymous member, or a declaration of a type alone
                if (base.kind == TypeKind::c_struct) parsed.push_back({"", base, -1});
                continue;
            }
            do {
                Parsed member{"", base, -1};
                if (peek() != ":") std::tie(member.name, member.type) = declarator(base);
                if (take(":")) member.bits = static_cast<int>(number());
                parsed.push_back(std::move(member));
                refuse_attributes();
            } while (take(","));
            expect(";");
        }
        --depth_;
        skip_attributes();
        StructLayout layout;
        layout.name = name;
        layout.is_union = is_union;
        uint64_t bits = 0, largest = 1, size = 0;
        for (const Parsed& member : parsed) {
            const uint64_t alignment = packed_ ? 1 : alignment_of(member.type);
            largest = std::max(largest, alignment);
            if (is_union) bits = 0;
            place(layout, member.name, member.type, member.bits, alignment, bits);
            size = std::max(size, (bits + 7) / 8);
        }
        layout.size = align_up(size, largest);
        packed_ = outer_packed;
        const Type type = Type::structure(name, layout.size, is_union);
        table_.define_struct(std::move(layout));
        return type;
    }

    // Adds one member at or after bit `at`, and moves `at` behind it.
    void place(StructLayout& layout, const std::string& name, const Type& type, int width, uint64_t alignment,
               uint64_t& at) {
        Member member;
        member.name = name;
        member.type = std::make_shared<const Type>(type);
        if (width >= 0) {
            const uint64_t storage = type.size * 8;
            if (storage == 0 || static_cast<uint64_t>(width) > storage)
                refuse("bit-field '" + name + "' is wider than its type");
            if (width == 0)
                at = align_up(at, storage);
            else if (at / storage != (at + static_cast<uint64_t>(width) - 1) / storage)
                at = align_up(at, storage);
            member.offset = at / storage * type.size;
            member.bit_offset = static_cast<uint16_t>(at - member.offset * 8);
            member.bit_size = static_cast<uint16_t>(width);
            at += static_cast<uint64_t>(width);
            if (!name.empty() && width > 0) layout.members.push_back(std::move(member));
            return;
        }
        at = align_up(at, alignment * 8);
        member.offset = at / 8;
        at += type.size * 8;
        if (!name.empty()) {
            layout.members.push_back(std::move(member));
            return;
        }
        const StructLayout* inner = table_.find_struct(type.name);
        if (!inner) return;
        const std::vector<Member> flattened = inner->members;
        for (Member m : flattened) {
            m.offset += member.offset;
            layout.members.push_back(std::move(m));
        }
    }

    // `*name[4]`, `(*name)(int)`
    std::pair<std::string, Type> declarator(Type type) {
        while (take("*")) {
            type = Type::pointer_to(type, Space::none);
            while (take("const") || take("volatile") || take("__restrict")) {}
        }
        if (peek() == "(") return function_pointer();
        const std::string name = word();
        std::vector<uint64_t> counts;
        while (take("[")) {
            counts.push_back(peek() == "]" ? 0 : static_cast<uint64_t>(number()));
            expect("]");
        }
        refuse_attributes();
        for (size_t i = counts.size(); i-- > 0;) {
            const bool text =
                i + 1 == counts.size() && type.is_integer() && type.size == 1 && type.is_signed && counts[i] > 0;
            if (counts[i] > (uint64_t{1} << 20)) refuse("array '" + name + "' is too large");
            type = text ? Type::string(counts[i]) : Type::array_of(type, counts[i]);
            if (type.size > (uint64_t{1} << 24)) refuse("array '" + name + "' is too large");
        }
        if (type.kind == TypeKind::void_) refuse("'" + name + "' cannot be void");
        const Type* inmost = &type;
        while (inmost->kind == TypeKind::array) inmost = inmost->element.get();
        if (inmost->kind == TypeKind::c_struct && !table_.find_struct(inmost->name))
            refuse("'" + name + "' has the incomplete type '" + inmost->name + "'");
        return {name, type};
    }

    std::pair<std::string, Type> function_pointer() {
        expect("(");
        expect("*");
        const std::string name = word();
        expect(")");
        expect("(");
        for (int depth = 1; depth > 0; ++next_) {
            if (at_end()) refuse("expected ')'");
            if (peek() == "(") ++depth;
            if (peek() == ")") --depth;
        }
        return {name, Type::void_pointer(Space::none)};
    }

    std::string fresh_name() { return table_.fresh_name(); }

    StructTable& table_;
    std::vector<Token> tokens_;
    size_t next_ = 0;
    int depth_ = 0;
    bool packed_ = false;
};

}  // namespace

std::string read_c_definition(StructTable& table, std::string_view text) {
    try {
        Reader(table, text).run();
        return {};
    } catch (const Refusal& refusal) { return refusal.what(); }
}

}  // namespace avocet::dsl
