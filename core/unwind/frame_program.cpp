// SPDX-License-Identifier: Apache-2.0
#include "unwind/frame_program.hpp"

#include <optional>

#include "avocet/abi/unwind.h"
#include "unwind/byte_reader.hpp"

namespace avocet::core {

namespace {

// DWARF's numbers of registers, psABI for x86-64, 3.6.2.
constexpr uint64_t rbp = 6, rsp = 7;
constexpr size_t most_remembered = 64;
constexpr int64_t word = 8;

enum : uint8_t {  // DW_CFA_*; the first three in the upper two bits
    advance_loc = 0x40,
    offset = 0x80,
    restore = 0xc0,
    nop = 0,
    set_loc = 1,
    advance_loc1 = 2,
    advance_loc2 = 3,
    advance_loc4 = 4,
    offset_extended = 5,
    restore_extended = 6,
    undefined = 7,
    same_value = 8,
    in_register = 9,
    remember_state = 10,
    restore_state = 11,
    def_cfa = 12,
    def_cfa_register = 13,
    def_cfa_offset = 14,
    def_cfa_expression = 15,
    expression = 16,
    offset_extended_sf = 17,
    def_cfa_sf = 18,
    def_cfa_offset_sf = 19,
    val_offset = 20,
    val_offset_sf = 21,
    val_expression = 22,
    gnu_args_size = 0x2e,
    gnu_negative_offset_extended = 0x2f
};

enum : uint8_t {  // DW_OP_*
    op_deref = 0x06,
    op_and = 0x1a,
    op_plus = 0x22,
    op_shl = 0x24,
    op_ge = 0x2a,
    op_lit0 = 0x30,
    op_lit3 = 0x33,
    op_lit15 = 0x3f,
    op_lit31 = 0x4f,
    op_breg_rbp = 0x76,
    op_breg_rsp = 0x77,
    op_breg_rip = 0x80
};

struct RegisterRule {
    enum Kind { unchanged, nowhere, at_cfa, at_expression, other } kind = unchanged;
    int64_t offset = 0;  // at_cfa
    std::string_view expression;
};

struct FrameState {
    uint64_t cfa_register = 0;
    int64_t cfa_offset = 0;
    std::string_view cfa_expression;  // not empty: instead of the register
    RegisterRule rbp_rule, return_rule;
};

// breg N, offset, and nothing or a deref behind it.
std::optional<int64_t> based_on(std::string_view expression, uint8_t base, bool is_dereferenced) {
    ByteReader in(expression);
    const bool is_base = in.number<uint8_t>() == base;
    const int64_t at = in.sleb();
    const bool fits = !is_dereferenced || in.number<uint8_t>() == op_deref;
    if (!is_base || !fits || in.failed() || in.more()) return std::nullopt;
    return at;
}

// What linkers write for procedure linkage tables: rsp + 8 + ((rip & 15) >= N) * 8. Gives N.
std::optional<int64_t> of_linkage_table(std::string_view e) {
    if (e.size() != 11) return std::nullopt;
    const auto at = [&](size_t i) { return static_cast<uint8_t>(e[i]); };
    const uint8_t literal = at(6);
    const bool is_one = at(0) == op_breg_rsp && at(1) == word && at(2) == op_breg_rip && at(3) == 0 &&
                        at(4) == op_lit15 && at(5) == op_and && literal >= op_lit0 && literal <= op_lit31 &&
                        at(7) == op_ge && at(8) == op_lit3 && at(9) == op_shl && at(10) == op_plus;
    return is_one ? std::optional<int64_t>(literal - op_lit0) : std::nullopt;
}

// Slot of the rule; nothing: it cannot be said in one.
std::optional<uint32_t> slot_of(const RegisterRule& rule) {
    switch (rule.kind) {
        case RegisterRule::unchanged:
        case RegisterRule::nowhere: return 0;
        case RegisterRule::at_cfa:
            if (rule.offset % word || rule.offset >= 0 || rule.offset <= -AVOCET_UNWIND_AT_RBP * word)
                return std::nullopt;
            return static_cast<uint32_t>(-rule.offset / word);
        case RegisterRule::at_expression:
            if (based_on(rule.expression, op_breg_rbp, false) == 0) return AVOCET_UNWIND_AT_RBP;
            return std::nullopt;
        case RegisterRule::other: return std::nullopt;
    }
    return std::nullopt;
}

uint32_t rule_of(const FrameState& state, bool is_signal) {
    constexpr uint32_t unknown = AVOCET_UNWIND_RULE(AVOCET_UNWIND_UNKNOWN, 0, 0);
    constexpr int64_t most_words = (1 << 20) - 1, saved_rsp = 160;  // in struct ucontext
    if (is_signal) {
        const bool is_known = based_on(state.cfa_expression, op_breg_rsp, true) == saved_rsp;
        return is_known ? AVOCET_UNWIND_RULE(AVOCET_UNWIND_SIGNAL, 0, 0) : unknown;
    }
    if (state.return_rule.kind == RegisterRule::nowhere) return AVOCET_UNWIND_RULE(AVOCET_UNWIND_END, 0, 0);
    const auto slot = slot_of(state.rbp_rule);
    if (state.return_rule.kind != RegisterRule::at_cfa || state.return_rule.offset != -word || !slot) return unknown;
    uint32_t kind = AVOCET_UNWIND_UNKNOWN;
    int64_t bytes = state.cfa_offset;
    if (state.cfa_expression.empty()) {
        if (state.cfa_register == rsp) kind = AVOCET_UNWIND_RSP;
        if (state.cfa_register == rbp) kind = AVOCET_UNWIND_RBP;
    } else if (const auto first = of_linkage_table(state.cfa_expression)) {
        return AVOCET_UNWIND_RULE(AVOCET_UNWIND_PLT, *slot, *first);
    } else if (const auto at = based_on(state.cfa_expression, op_breg_rbp, true)) {
        kind = AVOCET_UNWIND_DEREF;
        bytes = *at;
    }
    if (kind == AVOCET_UNWIND_UNKNOWN || bytes % word || bytes / word > most_words || bytes / word < -most_words)
        return unknown;
    return AVOCET_UNWIND_RULE(kind, *slot, bytes / word);
}

class Runner {
public:
    Runner(const FrameCommon& common, uint64_t start, uint64_t end, std::vector<FrameRow>& rows)
        : common_(common), address_(start), end_(end), rows_(rows), first_(rows.size()) {}

    void run(std::string_view instructions) {
        if (execute(common_.instructions)) {
            initial_ = state_;
            if (execute(instructions)) return write(rule_of(state_, common_.is_signal));
        }
        write(AVOCET_UNWIND_RULE(AVOCET_UNWIND_UNKNOWN, 0, 0));
    }

private:
    void write(uint32_t rule) {
        if (address_ >= end_ || (rows_.size() > first_ && rows_.back().rule == rule)) return;
        rows_.push_back({address_, rule});
    }

    void advance(uint64_t units) {
        const uint64_t bytes = units * common_.code_alignment;
        if (!bytes) return;
        write(rule_of(state_, common_.is_signal));
        address_ = bytes < end_ - address_ ? address_ + bytes : end_;
    }

    RegisterRule* rule_for(uint64_t number, FrameState& state) const {
        if (number == rbp) return &state.rbp_rule;
        return number == common_.return_register ? &state.return_rule : nullptr;
    }
    void set(uint64_t number, RegisterRule rule) {
        if (RegisterRule* place = rule_for(number, state_)) *place = rule;
    }
    void set_at_cfa(uint64_t number, int64_t factored) { set(number, {RegisterRule::at_cfa, scaled(factored), {}}); }
    void reset(uint64_t number) {
        if (const RegisterRule* before = rule_for(number, initial_)) set(number, *before);
    }
    // Wraps where C++ would not let it: the numbers are the file's.
    int64_t scaled(int64_t factored) const {
        return static_cast<int64_t>(static_cast<uint64_t>(factored) * static_cast<uint64_t>(common_.data_alignment));
    }
    void set_cfa(uint64_t number, int64_t at) {
        state_.cfa_register = number;
        state_.cfa_offset = at;
        state_.cfa_expression = {};
    }

    // False: something that is not known, or damaged.
    bool execute(std::string_view instructions) {
        ByteReader in(instructions);
        while (in.more() && address_ < end_) {
            const auto code = in.number<uint8_t>();
            const uint8_t operand = code & 0x3f;
            switch (code & 0xc0) {
                case advance_loc: advance(operand); break;
                case offset: set_at_cfa(operand, static_cast<int64_t>(in.uleb())); break;
                case restore: reset(operand); break;
                default:
                    if (!extended(operand, in)) return false;
            }
        }
        return !in.failed();
    }

    bool extended(uint8_t code, ByteReader& in) {
        switch (code) {
            case nop: return true;
            case advance_loc1: return advance(in.number<uint8_t>()), true;
            case advance_loc2: return advance(in.number<uint16_t>()), true;
            case advance_loc4: return advance(in.number<uint32_t>()), true;
            case remember_state:
                if (remembered_.size() >= most_remembered) return false;
                return remembered_.push_back(state_), true;
            case restore_state:
                if (remembered_.empty()) return false;
                state_ = remembered_.back();
                return remembered_.pop_back(), true;
            case gnu_args_size: return in.uleb(), true;
            case def_cfa_offset: return state_.cfa_offset = static_cast<int64_t>(in.uleb()), true;
            case def_cfa_offset_sf: return state_.cfa_offset = scaled(in.sleb()), true;
            case def_cfa_expression: return state_.cfa_expression = in.take(in.uleb()), true;
            default: return of_register(code, in.uleb(), in);
        }
    }

    bool of_register(uint8_t code, uint64_t number, ByteReader& in) {
        switch (code) {
            case offset_extended: return set_at_cfa(number, static_cast<int64_t>(in.uleb())), true;
            case offset_extended_sf: return set_at_cfa(number, in.sleb()), true;
            case gnu_negative_offset_extended: return set_at_cfa(number, static_cast<int64_t>(0 - in.uleb())), true;
            case restore_extended: return reset(number), true;
            case undefined: return set(number, {RegisterRule::nowhere, 0, {}}), true;
            case same_value: return set(number, {}), true;
            case def_cfa: return set_cfa(number, static_cast<int64_t>(in.uleb())), true;
            case def_cfa_sf: return set_cfa(number, scaled(in.sleb())), true;
            case def_cfa_register: return set_cfa(number, state_.cfa_offset), true;
            case expression: return set(number, {RegisterRule::at_expression, 0, in.take(in.uleb())}), true;
            case val_expression: return in.take(in.uleb()), set(number, {RegisterRule::other, 0, {}}), true;
            case in_register:
            case val_offset: return in.uleb(), set(number, {RegisterRule::other, 0, {}}), true;
            case val_offset_sf: return in.sleb(), set(number, {RegisterRule::other, 0, {}}), true;
            default: return false;  // set_loc, too: no compiler writes it
        }
    }

    const FrameCommon& common_;
    uint64_t address_, end_;
    std::vector<FrameRow>& rows_;
    size_t first_;
    FrameState state_, initial_;
    std::vector<FrameState> remembered_;
};

}  // namespace

void run_frame_program(const FrameCommon& common, std::string_view instructions, uint64_t start, uint64_t end,
                       std::vector<FrameRow>& rows) {
    if (start < end) Runner(common, start, end, rows).run(instructions);
}

}  // namespace avocet::core
