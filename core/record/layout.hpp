// SPDX-License-Identifier: Apache-2.0
//
// From BTF and presentation tags to two things: the avocet_type tree that sinks see, and a flat plan of steps by which
// a row is decoded. A step says what to do with the bytes at one offset; composites own a run of steps whose offsets
// count from the composite's start. All sizes are checked here, so that decoding compares one number: the sample's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "record/type_store.hpp"
#include "types/btf.hpp"

namespace avocet::core {

enum class Op : uint8_t {
    none,
    u8,
    u16,
    u32,
    u64,
    s8,
    s16,
    s32,
    s64,
    boolean,
    bits,
    signed_bits,
    enumeration,
    pointer,
    text,        // char[N] up to NUL
    words,       // char[N], texts one behind the other
    string,      // the same, and a full array counts as truncated
    string_ref,  // u32: length << 16 | offset
    buffer,      // u32 length, bytes
    buffer_ref,
    bytes,  // anything without a better form
    array,
    composite,
    stack,
    symbol_kernel,
    symbol_user,
    probe,
    username,
    time,
    inet,
    mac,
    cgroup_path,
    error_name,
    signal_name,
    syscall_name,
    elapsed,  // ns since the first such value
    delta,    // ns since the one before it
    clock,    // ns of the monotonic clock, as local time
    ipv4,
    ipv6,
    ip_of_family,
    port_big_endian,
    symbol_beside,  // address; the process is another member
    map_stack,      // id in a stack trace map of the program
    device,         // major and minor number
    flags,          // names of an enum's bits
    group_name,
    process_name,  // of the process whose id the number is
    interface_name
};

struct Step {
    Op op = Op::none;
    uint8_t width = 0;  // of the integer underneath
    uint8_t bit_offset = 0, bit_count = 0;
    bool is_signed = false;
    uint32_t offset = 0;            // from the start of the enclosing composite
    uint32_t size = 0;              // bytes it covers
    uint32_t first = 0, count = 0;  // array: step of the element and how many; composite: its members
    const avocet_type* type = nullptr;
    const std::vector<EnumName>* names = nullptr;
    uint32_t beside = 0, beside_size = 0;  // another member that the value goes by: family, process
    const char* map = nullptr;             // map_stack
};

// A member as columns see it.
struct Leaf {
    std::string path, name, type;
    std::vector<std::string> tags;  // without "avocet:"
    uint32_t size = 0, bits = 0;
    bool is_integer = false, is_signed = false, is_array = false;
};

// What the name of a member says about how to show it; empty: nothing.
std::string form_by_name(const Leaf& leaf);
bool ends_like_stack_id(std::string_view name);
// avocet_type.format of a number of bytes that is shown as "1.5MiB".
inline constexpr const char* size_format = "size";

struct Layout {
    std::vector<Step> steps;
    std::vector<Step> fields;        // top level
    std::vector<const char*> names;  // of the fields
    uint32_t size = 0;               // bytes a sample must have
};

class LayoutCompiler {
public:
    LayoutCompiler(const BtfView& types, TypeStore& store) : types_(types), store_(store) {}

    // One field for each member. false: `why` says which member cannot be shown.
    bool compile_members(uint32_t struct_id, Layout& out, std::string& why);
    // One field: a value of this type at offset 0.
    bool compile_value(uint32_t type_id, Layout& out, std::string& why);
    // One field: one member of a struct, with the member's own tags.
    bool compile_member(uint32_t struct_id, std::string_view member, Layout& out, std::string& why);
    // One more field: the member at a path ("a.b"), shown `as` (record/layout_columns.cpp). out.size is the struct's.
    bool compile_column(uint32_t struct_id, std::string_view path, std::string_view as, Layout& out, std::string& why);
    // Whether there is a member at the path; the empty path is the type itself.
    bool has(uint32_t struct_id, std::string_view path) const;
    // A layout of one field: a signed number of 8 bytes that was reckoned, shown `as`.
    bool compile_number(std::string_view as, Layout& out, std::string& why);
    std::vector<Leaf> leaves(uint32_t struct_id) const;
    // The stack trace map that 32-bit ids tagged avocet:stack.* or named *stack_id lead into.
    void set_stack_map(std::string_view map) { stack_map_ = map; }

private:
    struct Slot {                // where a value sits
        uint32_t type = 0;       // as declared, aliases included
        uint32_t structure = 0;  // that holds it, 0: none
        int32_t member = -1;
        uint32_t bit_offset = 0;  // from the start of the enclosing composite
        uint32_t bit_count = 0;   // of a bit-field, else 0
        std::string_view name;
        uint32_t offset() const { return bit_offset / 8; }
    };
    Step compile(const Slot& slot, Layout& out, int depth);
    Step compile_plain(const Slot& slot, Layout& out, int depth);
    Step compile_integer(const Slot& slot, const btf_type* t);
    Step compile_enum(const Slot& slot, const btf_type* t);
    Step compile_array(const Slot& slot, const btf_type* t, Layout& out, int depth);
    Step compile_composite(const Slot& slot, const btf_type* t, bool tuple, Layout& out, int depth);
    void collect_members(uint32_t struct_id, uint32_t base_bits, Layout& out, int depth, std::vector<Step>& steps,
                         std::vector<const char*>& names);
    bool compile_tag(const Slot& slot, std::string_view tag, Layout& out, int depth, Step& step);
    static constexpr int depth_of_leaves = 8;
    static constexpr size_t most_leaves = 256;
    Slot slot_at(uint32_t struct_id, std::string_view path) const;
    bool member_in(uint32_t struct_id, std::string_view name, uint32_t base_bits, Slot& out, int depth) const;
    // What a form is applied to: a member, or (structure 0) a number that was reckoned.
    struct FormOf {
        uint32_t structure, size;
        bool is_signed;
        std::string spelled;
    };
    Step compile_form(uint32_t struct_id, const Slot& slot, std::string_view as, Layout& out);
    Step compile_form_of(const FormOf& of, const Slot& slot, std::string_view as, Layout& out);
    Step compile_with_unit(const FormOf& of, const Slot& slot, std::string_view word, Layout& out);
    void compile_dict(const Slot& slot, std::string_view list, Step& step);
    void collect_leaves(uint32_t struct_id, const std::string& prefix, std::vector<Leaf>& out, int depth) const;
    const btf_type* find_enum(std::string_view name) const;
    void compile_names(const Slot& slot, std::string_view word, std::string_view name, Step& step);
    bool compile_stack_id(const Slot& slot, bool user, Step& step);
    Step compile_stack(const Slot& slot, std::string_view arguments, bool user);
    void need_bytes(const Slot& slot, std::string_view tag, uint32_t bytes) const;
    Slot member_slot(uint32_t struct_id, int index, uint32_t base_bits) const;
    [[noreturn]] void fail(const Slot& slot, std::string_view fact) const;
    static bool guarded(std::string& why, const std::function<void()>& body);

    const BtfView& types_;
    TypeStore& store_;
    std::string stack_map_;
};

}  // namespace avocet::core
