// SPDX-License-Identifier: Apache-2.0
//
// Globals of an object: maps in the BTF-defined form, .rodata constants, the license, event layouts, and the subprogram
// that counts losses.
#include "lower/module.hpp"

#include <llvm/IR/DebugInfoMetadata.h>

#include "avocet/abi/program.h"
#include "lower/bpf.hpp"
#include "lower/lower.hpp"
#include "lower/text_capacity.hpp"

// GlobalVariable has its own operator new; g++ 12 takes the default placement for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace avocet::dsl::lower {

namespace {

constexpr uint64_t event_ring_bytes = 1 << 20, control_ring_bytes = 1 << 16;
constexpr uint64_t stack_entries = 16384;
constexpr unsigned no_prealloc = 1;  // BPF_F_NO_PREALLOC

llvm::DICompileUnit* make_compile_unit(llvm::DIBuilder& di, Unit& unit) {
    const std::string name = unit.source ? string(unit.source->name) : "script";
    const std::string text = unit.source ? string(unit.source->text) : "";
    auto* file = di.createFile(name.empty() ? "script" : name, "", std::nullopt, llvm::StringRef(text));
    return di.createCompileUnit(llvm::dwarf::DW_LANG_C11, file, "avocet", true, "", 0);
}

uint64_t align_up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

}  // namespace

ModuleBuilder::ModuleBuilder(llvm::LLVMContext& llvm_context, Unit& u)
    : unit(u),
      module("avocet", llvm_context),
      di(module),
      compile_unit(make_compile_unit(di, u)),
      types(di, compile_unit->getFile(), u) {
    module.setTargetTriple("bpfel");
    module.setDataLayout("e-m:e-p:64:64-i64:64-i128:128-n32:64-S128");
    module.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
    auto* text = llvm::ConstantDataArray::getString(context(), unit.settings.license);
    auto* license = global("LICENSE", text->getType(), text, "license", nullptr, false);
    license->setAlignment(llvm::Align(1));
    license->setLinkage(llvm::GlobalValue::InternalLinkage);  // an imported program has one of its own
}

llvm::GlobalVariable* ModuleBuilder::global(const std::string& name, llvm::Type* type, llvm::Constant* init,
                                            const char* section, llvm::DIType* debug_type, bool is_constant,
                                            bool local) {
    auto* g = new llvm::GlobalVariable(module, type, is_constant,
                                       local ? llvm::GlobalValue::InternalLinkage : llvm::GlobalValue::ExternalLinkage,
                                       init, name);
    g->setSection(section);
    g->setAlignment(llvm::Align(8));
    g->setDSOLocal(true);
    if (debug_type)
        g->addDebugInfo(
            di.createGlobalVariableExpression(compile_unit, name, name, types.file(), 0, debug_type, local));
    return g;
}

llvm::GlobalVariable* ModuleBuilder::define_map(const std::string& name, unsigned map_type, uint64_t entries,
                                                llvm::DIType* key, llvm::DIType* value, unsigned flags,
                                                uint64_t key_size, uint64_t value_size) {
    auto* number = types.integer("int", 4, true);
    std::vector<Field> fields;
    const auto add = [&](const char* field, llvm::DIType* type) {
        fields.push_back({field, types.pointer(type), fields.size() * 8, 8, false});
    };
    add("type", types.array(number, map_type, 4));
    if (key) add("key", key);
    if (value) add("value", value);
    if (key_size) add("key_size", types.array(number, key_size, 4));
    if (value_size) add("value_size", types.array(number, value_size, 4));
    if (entries) add("max_entries", types.array(number, entries, 4));
    if (flags) add("map_flags", types.array(number, flags, 4));
    auto* debug_type = types.structure("", fields.size() * 8, fields);
    auto* type = llvm::ArrayType::get(i(64), fields.size());
    return global(name, type, llvm::Constant::getNullValue(type), ".maps", debug_type, false);
}

llvm::GlobalVariable* ModuleBuilder::constant(const std::string& name, unsigned bits, uint64_t value) {
    auto& slot = globals_[name];
    if (!slot) {
        auto* debug_type = bits == 64 ? types.u64() : bits == 16 ? types.u16() : types.u32();
        slot =
            global(name, i(bits), llvm::ConstantInt::get(i(bits), value), ".rodata", types.constant(debug_type), true);
    }
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::constant_array(const std::string& name, unsigned bits, uint64_t count) {
    auto& slot = globals_[name];
    if (!slot) {
        auto* type = llvm::ArrayType::get(i(bits), count);
        auto* debug_type = types.array(types.constant(types.integer("uint16", bits / 8, false)), count, bits / 8);
        slot = global(name, type, llvm::Constant::getNullValue(type), ".rodata", debug_type, true);
    }
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::option(const ScriptOption& option) {
    auto& slot = globals_[option.constant];
    if (slot) return slot;
    if (option.type == "string") {
        const uint64_t size = unit.settings.max_strlen;
        std::string padded = option.text;
        padded.resize(size, '\0');
        auto* data = llvm::ConstantDataArray::getString(context(), padded, false);
        slot = global(option.constant, data->getType(), data, ".rodata",
                      types.array(types.constant(types.integer("uint8", 1, false)), size, 1), true);
    } else {
        const unsigned bits = option.type == "bool" ? 8 : 64;
        auto* type = types.integer(bits == 8 ? "uint8" : "uint64", bits / 8, false);
        slot = global(option.constant, i(bits), llvm::ConstantInt::get(i(bits), option.number), ".rodata",
                      types.constant(type), true);
    }
    slot->setExternallyInitialized(true);  // the session may change it: nothing to fold
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::bytes(const std::string& text) {
    auto& slot = texts_[text];
    if (!slot) {
        std::string padded = text;
        padded.resize(align_up(text.size() + 1, 8), '\0');
        auto* data = llvm::ConstantDataArray::getString(context(), padded, false);
        const std::string name = "avocet_text_" + std::to_string(texts_.size());
        slot = global(name, data->getType(), data, ".rodata",
                      types.array(types.integer("uint8", 1, false), padded.size(), 1), true, true);
    }
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::flag(const std::string& name) {
    auto& slot = globals_[name];
    if (!slot) slot = global(name, i(64), llvm::ConstantInt::get(i(64), 0), ".bss", types.u64(), false);
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::events() {
    auto& slot = globals_[AVOCET_MAP_EVENTS];
    if (!slot) slot = define_map(AVOCET_MAP_EVENTS, bpf::map_ringbuf, event_ring_bytes, nullptr, nullptr);
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::rings() {
    auto& slot = globals_[AVOCET_MAP_RINGS];
    if (slot) return slot;
    // Like bpf_helpers.h's __array(values, ...): what is inside, so that any loader can create it.
    auto* number = types.integer("int", 4, true);
    const auto value_of = [&](uint64_t n) { return types.pointer(types.array(number, n, 4)); };
    auto* inner = types.structure("", 16,
                                  {{"type", value_of(bpf::map_ringbuf), 0, 8, false},
                                   {"max_entries", value_of(control_ring_bytes), 8, 8, false}});
    const auto field = [](const char* name, llvm::DIType* type, uint64_t at, uint64_t size) {
        return Field{name, type, at, size, false};
    };
    auto* debug_type = types.structure(
        "", 32,
        {field("type", value_of(bpf::map_array_of_maps), 0, 8), field("key", types.pointer(types.u32()), 8, 8),
         field("value", types.pointer(types.u32()), 16, 8), field("max_entries", value_of(1), 24, 8),
         field("values", types.array(types.pointer(inner), 0, 8), 32, 0)});
    auto* type = llvm::ArrayType::get(i(64), 4);
    slot = global(AVOCET_MAP_RINGS, type, llvm::Constant::getNullValue(type), ".maps", debug_type, false);
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::control() {
    auto& slot = globals_[AVOCET_MAP_CONTROL];
    if (!slot) slot = define_map(AVOCET_MAP_CONTROL, bpf::map_ringbuf, control_ring_bytes, nullptr, nullptr);
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::losses() {
    auto& slot = globals_[AVOCET_MAP_LOSSES];
    if (!slot)
        slot = define_map(AVOCET_MAP_LOSSES, bpf::map_percpu_array, unit.functions.size() * AVOCET_LOSS_SLOTS,
                          types.u32(), types.u64());
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::stacks() {
    auto& slot = globals_[AVOCET_MAP_STACKS];
    if (!slot) {
        const uint64_t frames = unit.max_stack_frames;
        auto* value = types.structure("", 8 + frames * 8,
                                      {{"count", types.u64(), 0, 8, false},
                                       {"address", types.array(types.u64(), frames, 8), 8, frames * 8, false}});
        slot = define_map(AVOCET_MAP_STACKS, bpf::map_hash, stack_entries, types.u64(), value, no_prealloc);
    }
    return slot;
}

llvm::GlobalVariable* ModuleBuilder::scratch() {
    if (!scratch_placeholder_)
        scratch_placeholder_ = new llvm::GlobalVariable(module, i(64), false, llvm::GlobalValue::ExternalLinkage,
                                                        llvm::ConstantInt::get(i(64), 0), "avocet_scratch_placeholder");
    return scratch_placeholder_;
}

Layout ModuleBuilder::event_layout(const Output& output) {
    Layout layout;
    const auto add = [&](llvm::DIType* type, uint64_t size, uint64_t alignment, bool elsewhere) {
        const uint64_t offset = align_up(layout.size, std::min<uint64_t>(alignment, 8));
        const size_t index = layout.fields.size();
        const bool named = index < output.names.size() && !output.names[index].empty();
        layout.fields.push_back(
            {named ? output.names[index] : "arg" + std::to_string(index), type, offset, size, elsewhere});
        layout.size = offset + size;
    };
    if (output.kind == "join") {
        add(types.u32(), 4, 4, false);
        layout.fields.back().name = "count";
        for (unsigned n = 0; n < bpf::join_strings; ++n) add(types.tagged(types.u32(), "avocet:str"), 4, 4, true);
    } else if (output.kind == "exit" || (output.kind == "error" && output.format.empty())) {
        add(types.s64(), 8, 8, false);
        layout.fields.back().name = output.kind == "exit" ? "code" : "detail";
    } else {
        for (const Type& member : output.members) {
            // Texts that may be cut travel with a length and a mark, however short they are.
            const bool is_long = member.size > inline_bytes || full_means_truncated(member, unit.settings);
            if (member.is_string() && is_long)
                add(types.tagged(types.u32(), "avocet:str"), 4, 4, true);
            else if (member.kind == TypeKind::buffer && is_long)
                add(types.tagged(types.u32(), "avocet:buf"), 4, 4, true);
            else
                add(types.of(member), member.size, member.alignment(), false);
        }
    }
    layout.size = align_up(layout.size, 8);
    return layout;
}

// BTF only has what something refers to: a pointer in .rodata refers to a struct of all event types.
void ModuleBuilder::keep_event_types() {
    std::vector<Field> events;
    uint64_t offset = 0;
    for (size_t n = 0; n < unit.outputs.size(); ++n) {
        if (!output_has_members(unit.outputs[n])) continue;
        const Layout layout = event_layout(unit.outputs[n]);
        const std::string name = output_type_name(n);
        events.push_back({name, types.structure(name, layout.size, layout.fields), offset, layout.size, false});
        offset += layout.size;
    }
    if (events.empty()) return;
    auto* all = types.structure("avocet_events_types", offset, events);
    global("avocet_types", i(64), llvm::ConstantInt::get(i(64), 0), ".rodata", types.constant(types.pointer(all)),
           true);
}

llvm::DISubprogram* ModuleBuilder::subprogram(llvm::Function* fn, const std::string& name, unsigned line,
                                              const std::vector<llvm::DIType*>& signature) {
    std::vector<llvm::Metadata*> parts(signature.begin(), signature.end());
    auto* type = di.createSubroutineType(di.getOrCreateTypeArray(parts));
    auto flags = llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized;
    if (fn->hasLocalLinkage()) flags |= llvm::DISubprogram::SPFlagLocalToUnit;
    auto* sp = di.createFunction(compile_unit, name, name, types.file(), line, type, line, llvm::DINode::FlagPrototyped,
                                 flags);
    for (unsigned n = 1; n < signature.size(); ++n) {
        const std::string parameter = "a" + std::to_string(n);
        di.createParameterVariable(sp, parameter, n, types.file(), line, signature[n], true);
    }
    fn->setSubprogram(sp);
    return sp;
}

llvm::DILocation* ModuleBuilder::location(const Span& span, llvm::DISubprogram* sp) {
    // Lines of other files (the library, imports) would point into the wrong text: they show as the function's own
    // line.
    const bool own = span.file == 0 && span.line > 0;
    return llvm::DILocation::get(context(), own ? span.line : sp->getLine(), own ? span.column : 0, sp);
}

// Functions of the program's own that are called from many places, so that they are there once.
llvm::Function* ModuleBuilder::shared_function(const char* name, unsigned parameters, llvm::IRBuilder<>& b) {
    auto* type = llvm::FunctionType::get(i(64), std::vector<llvm::Type*>(parameters, i(64)), false);
    auto* fn = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, module);
    fn->addFnAttr(llvm::Attribute::NoInline);
    fn->addFnAttr(llvm::Attribute::NoUnwind);
    auto* sp = subprogram(fn, name, 0, std::vector<llvm::DIType*>(parameters + 1, types.u64()));
    b.SetCurrentDebugLocation(llvm::DILocation::get(context(), 0, 0, sp));
    b.SetInsertPoint(llvm::BasicBlock::Create(context(), "", fn));
    return fn;
}

llvm::Function* ModuleBuilder::lose() {
    if (lose_) return lose_;
    llvm::IRBuilder<> b(context());
    lose_ = shared_function("avocet_lose", 1, b);
    auto* found = llvm::BasicBlock::Create(context(), "", lose_);
    auto* done = llvm::BasicBlock::Create(context(), "", lose_);
    auto* key = b.CreateAlloca(i(32));
    b.CreateStore(b.CreateTrunc(lose_->getArg(0), i(32)), key);
    auto* value = b.CreateIntToPtr(bpf::call(b, bpf::Helper::map_lookup_elem, {losses(), key}), ptr());
    b.CreateCondBr(b.CreateIsNull(value), done, found);
    b.SetInsertPoint(found);
    b.CreateStore(b.CreateAdd(b.CreateLoad(i(64), value), b.getInt64(1)), value);
    b.CreateBr(done);
    b.SetInsertPoint(done);
    b.CreateRet(b.getInt64(0));
    return lose_;
}

llvm::Function* ModuleBuilder::notice() {
    if (notice_) return notice_;
    llvm::IRBuilder<> b(context());
    notice_ = shared_function("avocet_notice", 3, b);
    auto* failed = llvm::BasicBlock::Create(context(), "", notice_);
    auto* done = llvm::BasicBlock::Create(context(), "", notice_);
    auto* memory = b.CreateAlloca(llvm::ArrayType::get(i(64), 3));
    const auto word = [&](unsigned n) { return b.CreateConstInBoundsGEP1_64(i(64), memory, n); };
    b.CreateStore(notice_->getArg(0), word(0));
    b.CreateStore(bpf::call(b, bpf::Helper::ktime_get_boot_ns, {}), word(1));
    b.CreateStore(notice_->getArg(1), word(2));
    auto* status = bpf::call(b, bpf::Helper::ringbuf_output,
                             {control(), memory, b.getInt64(24), b.getInt64(bpf::rb_force_wakeup)});
    b.CreateCondBr(b.CreateICmpSLT(status, b.getInt64(0)), failed, done);
    b.SetInsertPoint(failed);
    b.CreateCall(lose(), {notice_->getArg(2)});
    b.CreateBr(done);
    b.SetInsertPoint(done);
    b.CreateRet(b.getInt64(0));
    return notice_;
}

llvm::Function* ModuleBuilder::kernel_function(const std::string& name) {
    if (auto* present = module.getFunction(name)) return present;
    const bool releases = name == "bpf_task_release";
    auto* task = types.pointer(types.structure("task_struct", 8, {}));
    std::vector<llvm::Metadata*> signature = {task, types.integer("int", 4, true)};
    if (releases) signature = {nullptr, task};
    auto* type = releases ? llvm::FunctionType::get(llvm::Type::getVoidTy(context()), {ptr()}, false)
                          : llvm::FunctionType::get(ptr(), {i(32)}, false);
    auto* fn = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, module);
    fn->setSection(".ksyms");
    auto* made = di.createFunction(types.file(), name, name, types.file(), 0,
                                   di.createSubroutineType(di.getOrCreateTypeArray(signature)), 0,
                                   llvm::DINode::FlagPrototyped, llvm::DISubprogram::SPFlagOptimized);
    fn->setSubprogram(made);
    return fn;
}

void ModuleBuilder::finish() {
    if (scratch_placeholder_) {
        auto* value = types.structure("avocet_scratch_frame", align_up(scratch_bytes, 8),
                                      {{"bytes", types.array(types.u64(), align_up(scratch_bytes, 8) / 8, 8), 0,
                                        align_up(scratch_bytes, 8), false}});
        auto* map = define_map("avocet_scratch", bpf::map_percpu_array, scratch_frames, types.u32(), value);
        scratch_placeholder_->replaceAllUsesWith(map);
        scratch_placeholder_->eraseFromParent();
        scratch_placeholder_ = nullptr;
    }
    keep_event_types();
    losses();
    events();
    control();
    constant(AVOCET_CONST_TRANSPORT, 32);
    di.finalize();
}

}  // namespace avocet::dsl::lower
