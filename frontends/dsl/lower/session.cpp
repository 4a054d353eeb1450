// SPDX-License-Identifier: Apache-2.0
//
// The program asks the kernel at which end it runs, and both clauses are inlined: BPF functions share 512 bytes of
// stack with their caller, slots of two branches share their place.
#include "lower/session.hpp"

#include <algorithm>
#include <string_view>

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include "lower/lower.hpp"
#include "types/btf_index.hpp"

namespace avocet::dsl::lower {

namespace {

constexpr const char* is_return_function = "bpf_session_is_return";
constexpr uint64_t largest_stack = 320;  // of 512: registers are spilled there, too

bool is_kernel_function(const ProbeFunction& f) {
    return f.facts.probetype == "kprobe" || f.facts.probetype == "kretprobe";
}

std::string_view without_kind(std::string_view target) { return target.substr(target.find(':') + 1); }

bool same_targets(const ProbeFunction& a, const ProbeFunction& b) {
    return std::equal(a.facts.targets.begin(), a.facts.targets.end(), b.facts.targets.begin(), b.facts.targets.end(),
                      [](const auto& x, const auto& y) { return without_kind(x) == without_kind(y); });
}

// Both are sorted, behind the same few letters.
bool share_a_target(const ProbeFunction& a, const ProbeFunction& b) {
    auto x = a.facts.targets.begin(), y = b.facts.targets.begin();
    while (x != a.facts.targets.end() && y != b.facts.targets.end()) {
        const auto left = without_kind(*x), right = without_kind(*y);
        if (left == right) return true;
        ++(left < right ? x : y);
    }
    return false;
}

// The only other function at targets of `f`, if it is at all of them and at the other end; clauses fire as written, so
// that a third one must not come in between.
ProbeFunction* partner_of(Unit& unit, const ProbeFunction& f) {
    ProbeFunction* found = nullptr;
    for (ProbeFunction& other : unit.functions) {
        if (&other == &f || !is_kernel_function(other) || !share_a_target(f, other)) continue;
        if (found || other.facts.probetype == f.facts.probetype || !same_targets(f, other)) return nullptr;
        found = &other;
    }
    return found;
}

llvm::Function* is_return(ModuleBuilder& m) {
    if (auto* present = m.module.getFunction(is_return_function)) return present;
    auto* fn = llvm::Function::Create(llvm::FunctionType::get(m.i(8), {}, false), llvm::GlobalValue::ExternalLinkage,
                                      is_return_function, m.module);
    fn->setSection(".ksyms");
    auto* type = m.di.createSubroutineType(m.di.getOrCreateTypeArray({m.types.integer("_Bool", 1, false)}));
    fn->setSubprogram(m.di.createFunction(m.types.file(), is_return_function, is_return_function, m.types.file(), 0,
                                          type, 0, llvm::DINode::FlagPrototyped, llvm::DISubprogram::SPFlagOptimized));
    return fn;
}

// bool bpf_session_is_return(): a kernel in which it takes something is not the one we know.
bool is_known(Unit& unit) {
    if (!unit.structs.has_kernel_function(is_return_function)) return false;
    const BtfIndex* types = unit.structs.kernel_btf();
    const auto* function = types ? types->type(types->find(is_return_function, 1u << BTF_KIND_FUNC)) : nullptr;
    const auto* prototype = function ? types->type(function->type) : nullptr;
    return prototype && BtfIndex::vlen(prototype) == 0;
}

void add_session(ModuleBuilder& m, const Session& session) {
    const ProbeFunction& entry = m.unit.functions[session.entry];
    const ProbeFunction& at_return = m.unit.functions[session.at_return];
    auto* fn = llvm::Function::Create(llvm::FunctionType::get(m.i(32), {m.ptr()}, false),
                                      llvm::GlobalValue::ExternalLinkage, session.name, m.module);
    fn->setSection(program_section(entry.facts));
    fn->setDSOLocal(true);
    fn->addFnAttr(llvm::Attribute::NoUnwind);
    auto* sp = m.subprogram(fn, session.name, entry.body.span.line,
                            {m.types.integer("int", 4, true), m.types.pointer(m.types.u64())});
    llvm::IRBuilder<> b(llvm::BasicBlock::Create(m.context(), "entry", fn));
    b.SetCurrentDebugLocation(llvm::DILocation::get(m.context(), sp->getLine(), 0, sp));
    auto *first = llvm::BasicBlock::Create(m.context(), "begins", fn),
         *last = llvm::BasicBlock::Create(m.context(), "returns", fn);
    auto* ends = b.CreateICmpNE(b.CreateCall(is_return(m)), b.getInt8(0));
    b.CreateCondBr(ends, last, first);
    for (auto [block, part] : {std::pair{first, &entry}, {last, &at_return}}) {
        b.SetInsertPoint(block);
        auto* call = b.CreateCall(m.module.getFunction(part->name), {fn->getArg(0)});
        b.CreateRet(b.getInt32(0));  // other numbers at the entry mean that the return does not matter
        llvm::InlineFunctionInfo info;
        llvm::InlineFunction(*call, info);
    }
    m.di.finalizeSubprogram(sp);
}

uint64_t stack_bytes(const llvm::Function& fn) {
    uint64_t bytes = 0;
    for (const auto& instruction : llvm::instructions(fn))
        if (const auto* slot = llvm::dyn_cast<llvm::AllocaInst>(&instruction))
            if (const auto size = slot->getAllocationSize(fn.getParent()->getDataLayout()))
                bytes += (size->getFixedValue() + 7) & ~uint64_t{7};
    return bytes;
}

}  // namespace

std::vector<Session> pair_sessions(Unit& unit) {
    std::vector<Session> out;
    if (unit.portable()) return out;
    for (ProbeFunction& f : unit.functions) {
        if (f.facts.probetype != "kprobe" || f.idle || !f.facts.label.empty()) continue;
        ProbeFunction* other = partner_of(unit, f);
        if (!other || !other->facts.label.empty() || partner_of(unit, *other) != &f || !is_known(unit)) continue;
        out.push_back({"session_" + std::to_string(out.size()), static_cast<size_t>(&f - unit.functions.data()),
                       static_cast<size_t>(other - unit.functions.data())});
    }
    return out;
}

void add_sessions(ModuleBuilder& m, const std::vector<Session>& sessions) {
    for (const Session& session : sessions) add_session(m, session);
}

void drop_large_sessions(llvm::Module& module, const Unit& unit, std::vector<Session>& sessions) {
    std::erase_if(sessions, [&](const Session& session) {
        for (size_t part : {session.entry, session.at_return}) {
            if (stack_bytes(*module.getFunction(unit.functions[part].name)) <= largest_stack) continue;
            module.getFunction(session.name)->eraseFromParent();
            return true;
        }
        return false;
    });
}

}  // namespace avocet::dsl::lower
