// SPDX-License-Identifier: Apache-2.0
//
// Portable programs: kernels differ in where a tracepoint's record has a field, in addresses and in cgroups' ids. What
// a program needs of these stands in its manifest as a *fact*; the session finds it out where the program runs and puts
// it into a .rodata variable, so that the verifier sees a constant. (Fields of kernel structs: relocation.cpp.)
//
// An argument's variable holds its offset in the lower half and its size in the upper half. The context may not be
// read at an offset that the program computes, so such arguments are read through a helper.
#include <algorithm>

#include "lower/function.hpp"

namespace avocet::dsl::lower {

Value FunctionBuilder::fact_constant(const RunTimeFact& fact, uint64_t otherwise) {
    auto& facts = m_.unit.facts;
    const auto known = std::find_if(facts.begin(), facts.end(), [&](const RunTimeFact& f) {
        return f.kind == fact.kind && f.name == fact.name && f.function == fact.function;
    });
    if (known != facts.end()) return rodata(m_.constant(known->constant, 64, otherwise), 64);
    facts.push_back(fact);
    facts.back().constant = "avocet_fact_" + std::to_string(facts.size());
    return rodata(m_.constant(facts.back().constant, 64, otherwise), 64);
}

Value FunctionBuilder::run_time_number(const char* kind, const std::string& name, const Span& span) {
    RunTimeFact fact;
    fact.kind = kind;
    fact.name = name;
    fact.span = span;
    return fact_constant(fact, 0);
}

// Arguments with a fixed place (the calling convention's) are only checked: the name must still stand there.
bool FunctionBuilder::found_at_run_time(const ProbeArg& arg) {
    if (!m_.unit.portable()) return false;
    if (arg.place == AVOCET_PLACE_CONTEXT || arg.place == AVOCET_PLACE_DATA_LOC) return true;
    if (arg.place == AVOCET_PLACE_TARGET || arg.place == AVOCET_PLACE_RETURN) return false;
    RunTimeFact fact{"argument", arg.name, "", f_.name, arg.place, arg.index, arg.size, {}};
    const bool known = std::any_of(m_.unit.facts.begin(), m_.unit.facts.end(), [&](const RunTimeFact& f) {
        return f.name == fact.name && f.function == fact.function;
    });
    if (!known) m_.unit.facts.push_back(fact);
    return false;
}

Value FunctionBuilder::run_time_argument(const ProbeArg& arg, bool is_signed) {
    RunTimeFact fact{"argument", arg.name, "", f_.name, arg.place, arg.index, arg.size, {}};
    Value packed = fact_constant(fact, uint64_t{arg.size} << 32 | arg.index);
    Value size = b_.CreateLShr(packed, 32), offset = b_.CreateAnd(packed, UINT32_MAX);
    Value context = b_.CreatePtrToInt(context_pointer(), b_.getInt64Ty());
    Value slot = stack_slot(8);
    b_.CreateStore(number(0), slot);
    // Sizes are 1 to 8: the session refuses others; the mask is for the verifier of a program that nobody prepared.
    Value bytes = b_.CreateSelect(b_.CreateICmpULT(size, number(8)), size, number(8));
    helper(bpf::Helper::probe_read_kernel, {slot, bytes, b_.CreateAdd(context, offset)});
    Value raw = b_.CreateLoad(b_.getInt64Ty(), slot);
    if (arg.place == AVOCET_PLACE_DATA_LOC) return b_.CreateAdd(context, b_.CreateAnd(raw, 0xffff));
    if (!is_signed) return raw;
    Value unused = b_.CreateAnd(b_.CreateSub(number(64), b_.CreateShl(bytes, 3)), 63);
    return b_.CreateAShr(b_.CreateShl(raw, unused), unused);
}

// Arrays and strings in the record.
Place FunctionBuilder::run_time_place(const ProbeArg& arg) {
    RunTimeFact fact{"argument", arg.name, "", f_.name, arg.place, arg.index, arg.size, {}};
    Value packed = fact_constant(fact, uint64_t{arg.size} << 32 | arg.index);
    Value context = b_.CreatePtrToInt(context_pointer(), b_.getInt64Ty());
    return {b_.CreateAdd(context, b_.CreateAnd(packed, UINT32_MAX)), 0, Space::kernel, false, false};
}

}  // namespace avocet::dsl::lower
