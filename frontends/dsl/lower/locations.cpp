// SPDX-License-Identifier: Apache-2.0
//
// Arguments whose place is a location (avocet_arg_location): a constant, a register, or user memory at an address made
// of registers. One that is the same for all targets is written into the code. Where it differs by attach target one
// subprogram computes it from the record that the session has put into avocet_locations: such a program finds its
// arguments on the machine where it runs.
#include "avocet/abi/program.h"
#include "lower/function.hpp"

namespace avocet::dsl::lower {

namespace {

using Builder = llvm::IRBuilder<>;

struct Record {
    llvm::Value *kind, *size, *is_signed, *shift, *base, *index, *offset;
};

llvm::Value* field_at(Builder& b, llvm::Value* record, uint64_t offset, unsigned bits) {
    auto* address = b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), record, offset);
    return b.CreateZExt(b.CreateAlignedLoad(b.getIntNTy(bits), address, llvm::Align(bits / 8)), b.getInt64Ty());
}

Record read_record(Builder& b, llvm::Value* record) {
    return {field_at(b, record, offsetof(avocet_arg_location, kind), 8),
            field_at(b, record, offsetof(avocet_arg_location, size), 8),
            field_at(b, record, offsetof(avocet_arg_location, is_signed), 8),
            field_at(b, record, offsetof(avocet_arg_location, shift), 8),
            field_at(b, record, offsetof(avocet_arg_location, base), 16),
            field_at(b, record, offsetof(avocet_arg_location, index), 16),
            field_at(b, record, offsetof(avocet_arg_location, offset), 64)};
}

// Body of `s64 avocet_argument(pt_regs *ctx, u64 attach_id, u64 number, u64 *value)`: 0, or what the read of user
// memory failed with.
class ArgumentReader {
public:
    ArgumentReader(ModuleBuilder& module, llvm::Function* fn, llvm::DISubprogram* sp)
        : m_(module), fn_(fn), b_(module.context()) {
        b_.SetCurrentDebugLocation(llvm::DILocation::get(m_.context(), 0, 0, sp));
    }

    void build() {
        b_.SetInsertPoint(block());
        auto* key = b_.CreateAlloca(b_.getInt32Ty());
        buffer_ = b_.CreateAlloca(llvm::ArrayType::get(b_.getInt64Ty(), 2));
        buffer_->setAlignment(llvm::Align(8));
        raw_ = b_.CreateAlloca(b_.getInt64Ty());
        b_.CreateStore(b_.getInt64(0), fn_->getArg(3));
        b_.CreateStore(b_.CreateTrunc(fn_->getArg(1), b_.getInt32Ty()), key);
        auto* found = b_.CreateIntToPtr(bpf::call(b_, bpf::Helper::map_lookup_elem, {m_.locations(), key}), m_.ptr());
        return_if(b_.CreateIsNull(found), b_.getInt64(0));
        auto* number = fn_->getArg(2);
        return_if(b_.CreateICmpUGE(number, b_.getInt64(AVOCET_MAX_LOCATIONS)), b_.getInt64(0));
        auto* record = b_.CreateInBoundsGEP(b_.getInt8Ty(), found,
                                            {b_.CreateMul(number, b_.getInt64(sizeof(avocet_arg_location)))});
        r_ = read_record(b_, record);
        auto *constant = block(), *in_register = block(), *memory = block(), *nothing = block(), *extend = block();
        auto* kinds = b_.CreateSwitch(r_.kind, nothing);
        kinds->addCase(b_.getInt64(AVOCET_LOCATION_CONSTANT), constant);
        kinds->addCase(b_.getInt64(AVOCET_LOCATION_REGISTER), in_register);
        kinds->addCase(b_.getInt64(AVOCET_LOCATION_MEMORY), memory);
        b_.SetInsertPoint(constant);
        finish(r_.offset, extend);
        b_.SetInsertPoint(in_register);
        finish(b_.CreateAdd(b_.CreateLShr(load_register(r_.base), shift()), r_.offset), extend);
        b_.SetInsertPoint(memory);
        read_memory(extend);
        b_.SetInsertPoint(nothing);
        b_.CreateRet(b_.getInt64(0));
        b_.SetInsertPoint(extend);
        store_extended();
    }

private:
    llvm::BasicBlock* block() { return llvm::BasicBlock::Create(m_.context(), "", fn_); }
    void return_if(llvm::Value* condition, llvm::Value* result) {
        auto *leave = block(), *go_on = block();
        b_.CreateCondBr(condition, leave, go_on);
        b_.SetInsertPoint(leave);
        b_.CreateRet(result);
        b_.SetInsertPoint(go_on);
    }
    void finish(llvm::Value* value, llvm::BasicBlock* next) {
        b_.CreateStore(value, raw_);
        b_.CreateBr(next);
    }
    llvm::Value* shift() { return b_.CreateAnd(r_.shift, 63); }
    // The context may not be read at an offset that is not known: as memory of the kernel it may.
    llvm::Value* load_register(llvm::Value* offset) {
        auto* address = b_.CreateAdd(b_.CreatePtrToInt(fn_->getArg(0), b_.getInt64Ty()), offset);
        bpf::call(b_, bpf::Helper::probe_read_kernel, {buffer_, b_.getInt64(8), address});
        return b_.CreateLoad(b_.getInt64Ty(), buffer_);
    }
    // `sum` of what raw_ holds and the register, unless there is none.
    void add_register(llvm::Value* offset, bool shifted) {
        auto *present = block(), *next = block();
        b_.CreateCondBr(b_.CreateICmpEQ(offset, b_.getInt64(AVOCET_NO_REGISTER)), next, present);
        b_.SetInsertPoint(present);
        auto* value = load_register(offset);
        if (shifted) value = b_.CreateShl(value, shift());
        finish(b_.CreateAdd(b_.CreateLoad(b_.getInt64Ty(), raw_), value), next);
        b_.SetInsertPoint(next);
    }
    void read_memory(llvm::BasicBlock* next) {
        b_.CreateStore(r_.offset, raw_);
        add_register(r_.base, false);
        add_register(r_.index, true);
        auto* address = b_.CreateLoad(b_.getInt64Ty(), raw_);
        b_.CreateStore(b_.getInt64(0), buffer_);
        auto* status = bpf::call(b_, bpf::Helper::probe_read_user, {buffer_, b_.CreateAnd(r_.size, 15), address});
        return_if(b_.CreateICmpSLT(status, b_.getInt64(0)), status);
        finish(b_.CreateLoad(b_.getInt64Ty(), buffer_), next);
    }
    void store_extended() {
        auto* bits = b_.CreateAnd(b_.CreateSub(b_.getInt64(64), b_.CreateShl(r_.size, 3)), 63);
        auto* high = b_.CreateShl(b_.CreateLoad(b_.getInt64Ty(), raw_), bits);
        auto* value = b_.CreateSelect(b_.CreateICmpEQ(r_.is_signed, b_.getInt64(0)), b_.CreateLShr(high, bits),
                                      b_.CreateAShr(high, bits));
        b_.CreateStore(value, fn_->getArg(3));
        b_.CreateRet(b_.getInt64(0));
    }

    ModuleBuilder& m_;
    llvm::Function* fn_;
    Builder b_;
    llvm::AllocaInst *buffer_ = nullptr, *raw_ = nullptr;
    Record r_{};
};

}  // namespace

llvm::GlobalVariable* ModuleBuilder::locations() {
    auto& slot = globals_[AVOCET_MAP_LOCATIONS];
    if (slot) return slot;
    auto* u8 = types.integer("uint8", 1, false);
    auto* one = types.structure("avocet_arg_location", sizeof(avocet_arg_location),
                                {{"kind", u8, 0, 1, false},
                                 {"size", u8, 1, 1, false},
                                 {"is_signed", u8, 2, 1, false},
                                 {"shift", u8, 3, 1, false},
                                 {"base", types.u16(), 4, 2, false},
                                 {"index", types.u16(), 6, 2, false},
                                 {"offset", types.s64(), 8, 8, false}});
    const uint64_t size = sizeof(avocet_arg_location) * AVOCET_MAX_LOCATIONS;
    auto* value = types.structure(
        "avocet_target_locations", size,
        {{"location", types.array(one, AVOCET_MAX_LOCATIONS, sizeof(avocet_arg_location)), 0, size, false}});
    return slot = define_map(AVOCET_MAP_LOCATIONS, bpf::map_array, 1, types.u32(), value);
}

llvm::GlobalVariable* ModuleBuilder::names() {
    auto& slot = globals_[AVOCET_MAP_NAMES];
    if (!slot) slot = define_map(AVOCET_MAP_NAMES, bpf::map_array, 1, types.u32(), types.u32());
    return slot;
}

llvm::Function* ModuleBuilder::argument_reader() {
    if (argument_reader_) return argument_reader_;
    auto* type = llvm::FunctionType::get(i(64), {ptr(), i(64), i(64), ptr()}, false);
    argument_reader_ = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, "avocet_argument", module);
    argument_reader_->addFnAttr(llvm::Attribute::NoInline);
    argument_reader_->addFnAttr(llvm::Attribute::NoUnwind);
    auto* u64_pointer = types.pointer(types.u64());
    auto* sp = subprogram(argument_reader_, "avocet_argument", 0,
                          {types.s64(), u64_pointer, types.u64(), types.u64(), u64_pointer});
    ArgumentReader(*this, argument_reader_, sp).build();
    return argument_reader_;
}

Value FunctionBuilder::target_argument(uint64_t number_of, const Span& span) {
    Value id = b_.CreateZExt(attach_id(), b_.getInt64Ty());
    Value slot = stack_slot(8);
    b_.CreateStore(number(0), slot);
    Value status = b_.CreateCall(m_.argument_reader(), {context_pointer(), id, number(number_of), slot});
    check_read(status, "probe_read_user", span);
    return b_.CreateLoad(b_.getInt64Ty(), slot);
}

// Of what lies in memory.
Value FunctionBuilder::location_address(const avocet_arg_location& l) {
    Value address = number(static_cast<uint64_t>(l.offset));
    if (l.base != AVOCET_NO_REGISTER) address = b_.CreateAdd(address, pt_register(l.base));
    if (l.index != AVOCET_NO_REGISTER)
        address = b_.CreateAdd(address, b_.CreateShl(pt_register(l.index), l.shift & 63u));
    return address;
}

Value FunctionBuilder::located_argument(const avocet_arg_location& l, const Span& span) {
    if (m_.unit.portable())
        m_.unit.diagnostics->error(span, "portable target: where this argument is holds only for this machine's files")
            .with_hint("compile for the local target");
    const auto offset = number(static_cast<uint64_t>(l.offset));
    Value value = offset;
    if (l.kind == AVOCET_LOCATION_NONE) return number(0);
    if (l.kind == AVOCET_LOCATION_REGISTER)
        value = b_.CreateAdd(b_.CreateLShr(pt_register(l.base), l.shift & 63u), offset);
    if (l.kind == AVOCET_LOCATION_MEMORY) {
        value = location_address(l);
        Value slot = stack_slot(8);
        b_.CreateStore(number(0), slot);
        probe_read(slot, l.size, value, Space::user, span);
        value = b_.CreateLoad(b_.getInt64Ty(), slot);
    }
    if (l.size >= 8 || l.size == 0) return value;
    Value cut = b_.CreateTrunc(value, b_.getIntNTy(l.size * 8u));
    return l.is_signed ? b_.CreateSExt(cut, b_.getInt64Ty()) : b_.CreateZExt(cut, b_.getInt64Ty());
}

// Attach ids name attach points, where targets share a name through a table.
Value FunctionBuilder::name_id() {
    Value id = attach_id();
    if (!(facts().flags & AVOCET_GROUP_SHARED_NAMES)) return id;
    Value key = stack_slot(8), slot = stack_slot(8);
    b_.CreateStore(id, key);
    b_.CreateStore(b_.CreateZExt(id, b_.getInt64Ty()), slot);
    Value found = to_pointer(helper(bpf::Helper::map_lookup_elem, {m_.names(), key}));
    auto *known = new_block("named"), *done = new_block("name");
    b_.CreateCondBr(b_.CreateIsNull(found), done, known);
    b_.SetInsertPoint(known);
    b_.CreateStore(b_.CreateZExt(b_.CreateLoad(b_.getInt32Ty(), found), b_.getInt64Ty()), slot);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    return b_.CreateTrunc(b_.CreateLoad(b_.getInt64Ty(), slot), b_.getInt32Ty());
}

}  // namespace avocet::dsl::lower
