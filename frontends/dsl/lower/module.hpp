// SPDX-License-Identifier: Apache-2.0
//
// What one object shares: the LLVM module, its debug types (the schema that becomes BTF), maps, .rodata constants and
// subprograms.
//
// LLVM derives .BTF from debug info: whatever a map, a constant or a function's locals mention ends up there. Tags
// (btf_decl_tag) hang on typedefs, so that the same tagged type serves as struct member, map key and map value.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include "unit.hpp"

namespace avocet::dsl::lower {

// Strings and buffers up to this size stand in the fixed part of an event; longer ones follow it with their true
// length.
constexpr uint64_t inline_bytes = 64;

// A member of an event, key or value struct as it is laid out in memory.
struct Field {
    std::string name;
    llvm::DIType* type = nullptr;
    uint64_t offset = 0, size = 0;
    bool elsewhere = false;  // a u32 reference to bytes behind the fixed part
};
struct Layout {
    std::vector<Field> fields;
    uint64_t size = 0;
};

class DebugTypes {
public:
    DebugTypes(llvm::DIBuilder& builder, llvm::DIFile* file, Unit& unit) : di_(builder), file_(file), unit_(unit) {}

    llvm::DIType* of(const Type& type);  // as stored in a key, a value or an event
    llvm::DIType* integer(const char* name, uint64_t bytes, bool is_signed);
    llvm::DIType* u16() { return integer("uint16", 2, false); }
    llvm::DIType* u32() { return integer("uint32", 4, false); }
    llvm::DIType* u64() { return integer("uint64", 8, false); }
    llvm::DIType* s64() { return integer("int64", 8, true); }
    llvm::DIType* array(llvm::DIType* element, uint64_t count, uint64_t element_bytes);
    llvm::DIType* pointer(llvm::DIType* to);
    llvm::DIType* constant(llvm::DIType* type);  // const volatile
    llvm::DIType* tagged(llvm::DIType* type, const std::string& tag);
    llvm::DIType* structure(const std::string& name, uint64_t bytes, const std::vector<Field>& fields);
    // A struct of which only one bit-field is described.
    llvm::DIType* with_bit_field(const std::string& name, uint64_t bytes, const Member& member, llvm::DIType* type);
    llvm::DIType* union_of(uint64_t bytes, const Field& field);  // without a name, one member of it
    llvm::DIFile* file() { return file_; }

private:
    llvm::DIType* composite(const Type& type);
    llvm::DIType* c_struct(const Type& type);
    llvm::DIType* enumeration(const Type& type);
    llvm::DIType* buffer(const Type& type);
    llvm::DIType* plain(const Type& type);  // without cache and tag

    llvm::DIBuilder& di_;
    llvm::DIFile* file_;
    Unit& unit_;
    std::map<std::string, llvm::DIType*> cache_;
    int depth_ = 0;
};

// How a map's key and value are laid out (the table in sdk/docs/program.md).
struct MapShape {
    llvm::GlobalVariable* global = nullptr;
    bool per_cpu = false, array = false;
    uint64_t key_size = 4, value_size = 8;
    uint64_t bucket_offset = 0;  // keyed histograms: of the bucket inside the key
    uint64_t entries = 1;
    // Keys that end in a long text: those whose text is short stand in a map of their own, hashed at `short_key_size`
    // bytes, the beginning of the same key. Its last byte tells: it is 0 in a key that belongs there.
    llvm::GlobalVariable* short_global = nullptr;
    uint64_t short_key_size = 0;
};

uint64_t bucket_count(const MapInfo& info);  // of a histogram; map_shape.cpp
std::string next_flavour();                  // relocation.cpp

class ModuleBuilder {
public:
    ModuleBuilder(llvm::LLVMContext& context, Unit& unit);

    Unit& unit;
    llvm::Module module;
    llvm::DIBuilder di;
    llvm::DICompileUnit* compile_unit = nullptr;
    DebugTypes types;

    llvm::LLVMContext& context() { return module.getContext(); }
    llvm::Type* i(unsigned bits) { return llvm::IntegerType::get(context(), bits); }
    llvm::PointerType* ptr() { return llvm::PointerType::get(context(), 0); }

    const MapShape& map(int index);
    llvm::GlobalVariable* events();
    llvm::GlobalVariable* rings();
    llvm::GlobalVariable* control();
    llvm::GlobalVariable* losses();
    llvm::GlobalVariable* stacks();
    llvm::GlobalVariable* scratch();
    llvm::GlobalVariable* locations();  // locations.cpp
    llvm::GlobalVariable* names();
    // `const volatile T name` in .rodata, set by the session before load.
    llvm::GlobalVariable* constant(const std::string& name, unsigned bits, uint64_t value = 0);
    llvm::GlobalVariable* constant_array(const std::string& name, unsigned bits, uint64_t count);
    llvm::GlobalVariable* option(const ScriptOption& option);
    llvm::GlobalVariable* bytes(const std::string& text);  // NUL-terminated, in .rodata
    llvm::GlobalVariable* flag(const std::string& name);   // u64 in .bss

    // Name of the type that describes one member of a kernel struct, for libbpf to look up.
    std::string relocated_name(const std::string& structure, const std::string& member);
    llvm::DIType* relocatable(const Type& type);
    llvm::Function* c_function(const CFunction& function);  // c_calls.cpp
    bool is_relocated(const Type& structure);               // some member may be
    bool is_relocated(const Type& structure, const std::string& member);
    Layout event_layout(const Output& output);
    llvm::Function* shared_function(const char* name, unsigned parameters, llvm::IRBuilder<>& b);
    llvm::DISubprogram* subprogram(llvm::Function* fn, const std::string& name, unsigned line,
                                   const std::vector<llvm::DIType*>& signature);
    llvm::DILocation* location(const Span& span, llvm::DISubprogram* sp);

    // s64 avocet_unwind(u32 process, u64 *frames, u64 limit): defined when the object is linked (runtime/).
    llvm::Function* unwind();
    // A function of the kernel (kfunc), declared as libbpf wants it: in .ksyms, with its prototype.
    llvm::Function* kernel_function(const std::string& name);

    // void avocet_lose(u32 slot): counts one loss.
    llvm::Function* lose();
    // void avocet_notice(u64 first, u64 detail, u64 slot): an error's record { first, time, detail } to the control
    // ring; if that is full, a loss in `slot`.
    llvm::Function* notice();
    // s64 avocet_argument(ctx, u64 attach_id, u64 number, u64 *value): locations.cpp
    llvm::Function* argument_reader();

    // Scratch frames: one per function, several for functions that can be preempted by themselves.
    uint32_t scratch_frames = 0;
    uint64_t scratch_bytes = 0;
    void finish();

private:
    llvm::GlobalVariable* define_map(const std::string& name, unsigned map_type, uint64_t entries, llvm::DIType* key,
                                     llvm::DIType* value, unsigned flags = 0, uint64_t key_size = 0,
                                     uint64_t value_size = 0);
    llvm::GlobalVariable* global(const std::string& name, llvm::Type* type, llvm::Constant* init, const char* section,
                                 llvm::DIType* debug_type, bool is_constant, bool local = false);
    void keep_event_types();
    MapShape shape(const MapInfo& info, llvm::DIType*& key, llvm::DIType*& value);

    std::map<int, MapShape> maps_;
    const std::string flavour_ = next_flavour();
    std::map<std::pair<std::string, std::string>, size_t> relocated_;
    std::map<std::string, llvm::GlobalVariable*> globals_;
    std::map<std::string, llvm::GlobalVariable*> texts_;
    llvm::Function *lose_ = nullptr, *notice_ = nullptr, *argument_reader_ = nullptr;
    llvm::GlobalVariable* scratch_placeholder_ = nullptr;
};

}  // namespace avocet::dsl::lower
