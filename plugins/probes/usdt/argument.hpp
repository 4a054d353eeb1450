// SPDX-License-Identifier: Apache-2.0
//
// Where a probe's arguments are. A note says it as the assembler operands that the compiler chose: "-4@%eax",
// "8@-16(%rbp,%rcx,8)", "4@counter(%rip)", "8@[sp, 24]", "-4@$1". The number in front is the size, negative for signed
// values, with `f` for floating-point ones. Each becomes a location that a program can compute from the registers, or
// is refused by name.
//
// Pure text: the tables of both machines are tested on either.
// See <sys/sdt.h>, https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "avocet/abi/plan.h"

namespace avocet::usdt {

enum class Machine { other, x86_64, aarch64 };

// Virtual address of a symbol of the file, nullopt if it is not known or not unique.
using SymbolFn = std::function<std::optional<uint64_t>(std::string_view)>;

struct ArgumentContext {
    Machine machine = Machine::x86_64;
    uint64_t site = 0;  // virtual address of the probe, which the instruction pointer holds when it fires
    SymbolFn symbol;
};

struct Argument {
    std::string text;                // as in the note
    avocet_arg_location location{};  // kind NONE: refused
    std::string refusal;             // why: "a floating-point number"
    bool readable() const { return location.kind != AVOCET_LOCATION_NONE; }
};

// The operands of a note, which blanks separate outside of brackets.
std::vector<std::string_view> split_arguments(std::string_view text);
Argument parse_argument(std::string_view text, const ArgumentContext& context);

// "int32_t", or "double" and the like of what cannot be read.
std::string type_text(const Argument& argument);

// ---- for the tables of the machines ----

// A sum of numbers and at most one symbol: "16", "-8", "0x10", "counter+8", "8+counter".
struct Expression {
    std::string_view symbol;  // empty: none
    int64_t number = 0;
};
std::optional<Expression> parse_expression(std::string_view text);

// What an operand means; `refusal` is set if it cannot be read.
struct Operand {
    avocet_arg_location location{};  // kind, base, index, shift, offset
    uint8_t width = 8;               // bytes of the register named
    std::string refusal;
    static Operand refused(std::string why) {
        Operand o;
        o.refusal = std::move(why);
        return o;
    }
};
Operand parse_x86_64_operand(std::string_view text, const ArgumentContext& context);
Operand parse_aarch64_operand(std::string_view text);

std::string_view trimmed(std::string_view text);
Operand constant_operand(int64_t value);
Operand memory_operand(uint16_t base, uint16_t index, uint8_t shift, int64_t offset);

}  // namespace avocet::usdt
