// SPDX-License-Identifier: Apache-2.0
//
// C types by name: structs, unions, enums, typedefs of the kernel (BTF), of probe arguments (small BTF from providers)
// and of C text. Read lazily: nothing of the kernel's BTF is touched until a name is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "avocet/abi/base.h"
#include "types/type.hpp"

namespace avocet::dsl {

struct StructLayout {
    std::string name;
    uint64_t size = 0;
    bool is_union = false;
    std::vector<Member> members;  // anonymous members flattened
};

class StructTable {
public:
    StructTable();
    ~StructTable();
    StructTable(StructTable&&) noexcept;
    StructTable& operator=(StructTable&&) noexcept;

    // Called at most once, when a name is first looked for: raw BTF of the kernel (empty: none).
    void set_kernel(std::function<avocet_bytes()> load);
    // BTF of a provider's description. Returns the language type of `type_id` in it. The bytes are copied. `is_user`:
    // types of a program, which are not the kernel's of the same name.
    class Scope;
    std::shared_ptr<Scope> add_btf(avocet_bytes raw, bool is_user = false);
    Type type_of(Scope& scope, uint32_t type_id, Space space);

    const StructLayout* find_struct(std::string_view name);       // "task_struct"; nullptr: unknown
    std::optional<Type> find_user_struct(std::string_view name);  // of a traced program, unless C text defines it
    // "pid_t", "size_t", "u64". `space`: that of the probe at hand; programs have types of their own.
    std::optional<Type> find_typedef(std::string_view name, Space space = Space::none);
    std::optional<Type> find_enum(std::string_view name, Space space = Space::none);
    // Value and enum name of an enumerator; nullopt: unknown.
    std::optional<std::pair<int64_t, std::string>> find_enumerator(std::string_view name);
    // Enumerators of an enum, for the object's BTF.
    std::vector<std::pair<std::string, int64_t>> enumerators(std::string_view enum_name);
    // Types of C text: they hide those of BTF.
    void define_struct(StructLayout layout);
    Type define_enum(const std::string& name, std::vector<std::pair<std::string, int64_t>> values);
    void define_typedef(const std::string& name, const Type& type);
    std::string fresh_name();                         // for something anonymous
    bool has_kernel_function(std::string_view name);  // a function in kernel BTF
    bool has_kernel_types() const;
    const class BtfIndex* kernel_btf();         // nullptr: the kernel has none
    uint64_t kernel_type_id(const Type& type);  // 0: none of the kernel's
    void use_kernel();                          // something was read from it elsewhere: a dependency
    bool kernel_used() const;                   // some answer came from the kernel's BTF: a dependency
    std::vector<std::string> struct_names();    // for suggestions

private:
    std::optional<Type> find_by_name(std::string_view name, uint32_t kinds, Space space);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace avocet::dsl
