// SPDX-License-Identifier: Apache-2.0
//
// Types of the language (not of BTF): small immutable values, compared structurally.
//
// Sizes are those of the value in program memory. Kernel and C structs are named and looked up in a StructTable; the
// other composites carry their members.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace avocet::dsl {

enum class TypeKind : uint8_t {
    none,  // not inferred yet, or no value
    void_,
    boolean,
    integer,
    enumeration,
    string,  // char[size], NUL included
    pointer,
    array,
    c_struct,  // struct or union of the kernel, of C text or of a probe's arguments; only behind pointers or fields
    tuple,
    record,
    buffer,
    kstack,
    ustack,
    ksym,
    usym,
    inet,
    mac,
    username,
    timestamp,
    cgroup_path,
    probe_name,   // attach id shown as the probe's name
    number_name,  // integer shown through a table of the host: strerror, signal_name, syscall_name
    aggregate     // the value of count(), sum() ...; only directly assigned to a map
};

enum class Space : uint8_t { none, kernel, user };

// In names of structs and enums of traced programs: what follows tells them from others of the name, and is not shown.
inline constexpr char user_type_mark = '\x1f';
std::string shown_type_name(const std::string& name);

class Type;
struct Member {
    std::string name;  // tuples: "0", "1" ...
    std::shared_ptr<const Type> type;
    uint64_t offset = 0;      // bytes
    uint16_t bit_offset = 0;  // bit-fields: bits from `offset`
    uint16_t bit_size = 0;    // 0: not a bit-field
};

class Type {
public:
    TypeKind kind = TypeKind::none;
    bool is_signed = false;        // integer
    bool flexible = false;         // integer literal that adopts the sign of what it meets
    bool maybe_truncated = false;  // string: from str(), may lack its NUL
    bool is_context = false;       // pointer: to the program's context (args, ctx), read directly
    bool is_union = false;         // c_struct
    bool refused = false;          // none: an error was reported, or follows from one; goes with everything silently
    Space space = Space::none;     // pointer; c_struct lvalues
    uint64_t size = 0;             // bytes
    uint64_t count = 0;            // array elements
    uint32_t limit = 0;            // stacks: frames
    std::string name;              // struct, enum, stack mode, number_name table, timestamp format, aggregate's name
    std::shared_ptr<const Type> element;                 // pointer (null: void), array
    std::shared_ptr<const std::vector<Member>> members;  // tuple, record

    bool operator==(const Type& other) const;  // ignores flexible, maybe_truncated

    static Type integer(uint64_t bytes, bool is_signed);
    static Type boolean();
    static Type refusal();
    static Type string(uint64_t bytes);
    static Type buffer(uint64_t data_bytes);
    static Type pointer_to(const Type& element, Space space);
    static Type void_pointer(Space space);
    static Type array_of(const Type& element, uint64_t count);
    static Type structure(std::string name, uint64_t bytes, bool is_union = false);
    static Type enumeration(std::string name, uint64_t bytes);
    static Type tuple(const std::vector<Type>& elements);  // lays out with natural alignment
    static Type record(const std::vector<std::pair<std::string, Type>>& elements);
    static Type stack(bool user, std::string mode, uint32_t limit);  // program memory: { u64 id; u64 pid; }
    static Type simple(TypeKind kind);  // void, ksym, usym, inet, mac, username, cgroup_path, probe_name

    bool is_integer() const { return kind == TypeKind::integer; }
    bool is_string() const { return kind == TypeKind::string; }
    bool is_pointer() const { return kind == TypeKind::pointer; }
    // Lives in memory and is handled by address in lowering (strings, tuples, stacks ...), not in a register.
    bool is_aggregate_value() const;
    uint64_t alignment() const;
    std::string spelling() const;    // "uint8[4]", "struct task_struct *", "(int64,string[16])"
    std::string class_name() const;  // "int", "string", "pointer" ...: for "got / provided" messages
};

}  // namespace avocet::dsl
