// SPDX-License-Identifier: Apache-2.0
//
// Code generation: typed functions of a Unit to a BPF ELF object. The only folder that sees LLVM, and this header hides
// it.
//
//   generate  typed trees -> LLVM IR with debug info (which becomes BTF)
//   optimise  a short pipeline chosen for the verifier
//   emit      IR -> ELF with the manifest in its section -> Unit::object
#pragma once

#include <memory>
#include <string>

#include "unit.hpp"

namespace avocet::dsl {

class Lowering {
public:
    explicit Lowering(Unit& unit);
    ~Lowering();
    void generate();
    void optimise();
    std::string ir() const;
    std::string assembly();  // after optimise; consumes the IR: call last
    void emit();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The manifest of sdk/docs/program.md; functions, maps and outputs as they are after plan_outputs and generate.
std::string manifest_json(const Unit& unit);
// ELF symbol of a map: "@lat" -> "map_lat", "@" -> "map_".
std::string map_symbol(const std::string& name);
std::string short_map_symbol(const std::string& name);  // of the map of its short keys
// Whether keys of a map that end in a short text stand in a map of their own: the type of that text, and the size of
// the key there.
const Type* short_keys(const Unit& unit, const MapInfo& info, uint64_t& size);
// BTF name of an output's struct: "avocet_out_3".
std::string output_type_name(size_t output);
// Whether an output is followed by members in its sample.
bool output_has_members(const Output& output);
// ELF section, which tells libbpf the program type.
std::string program_section(const ProbeFacts& facts);

}  // namespace avocet::dsl
