// SPDX-License-Identifier: Apache-2.0
#include "compile/invocation.hpp"

#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <algorithm>
#include <mutex>

#include "compile/messages.hpp"

extern "C" {
void LLVMInitializeBPFTarget();
void LLVMInitializeBPFTargetInfo();
void LLVMInitializeBPFTargetMC();
void LLVMInitializeBPFAsmPrinter();
void LLVMInitializeBPFAsmParser();
}

namespace avocet::c {

namespace {

void initialise_target() {
    static std::once_flag once;
    std::call_once(once, [] {
        LLVMInitializeBPFTargetInfo();
        LLVMInitializeBPFTarget();
        LLVMInitializeBPFTargetMC();
        LLVMInitializeBPFAsmPrinter();
        LLVMInitializeBPFAsmParser();
    });
}

// What the compiler driver would hand to its inner half for `-target bpf -O2 -g`, and what keeps programs loadable:
// zeroed stack variables (padding in keys), no jump tables, no stack protector.
std::vector<std::string> arguments(const CompileJob& job) {
    std::vector<std::string> out = {"-triple",
                                    "bpfel",
                                    "-emit-obj",
                                    "-target-cpu",
                                    job.cpu,
                                    "-x",
                                    "c",
                                    "-std=gnu11",
                                    "-fgnuc-version=4.2.1",
                                    "-ffreestanding",
                                    "-debug-info-kind=constructor",
                                    "-dwarf-version=5",
                                    "-fdebug-compilation-dir=.",  // the same object wherever it is compiled
                                    "-mrelocation-model",
                                    "static",
                                    "-fno-jump-tables",
                                    "-fno-builtin",
                                    "-fms-extensions",
                                    "-ftrivial-auto-var-init=zero",
                                    "-fno-caret-diagnostics",
                                    "-ferror-limit",
                                    "100",
                                    "-main-file-name",
                                    job.name,
                                    "-nostdsysteminc",
                                    "-nobuiltininc"};
    out.push_back(job.optimise ? "-O2" : "-O0");
    for (const char* warning :
         {"-Wno-microsoft-anon-tag", "-Wno-address-of-packed-member", "-Wno-pointer-sign", "-Wno-unused-value",
          "-Wno-gnu-variable-sized-type-not-at-end", "-Wno-unknown-attributes", "-Wno-missing-declarations",
          "-Wno-compare-distinct-pointer-types"})
        out.push_back(warning);
    for (const std::string& define : job.defines) out.push_back("-D" + define);
    out.insert(out.end(), job.flags.begin(), job.flags.end());
    for (const std::string& dir : job.include_dirs) {
        out.push_back("-I");
        out.push_back(dir);
    }
    for (const std::string& dir : job.system_dirs) {
        out.push_back("-I");
        out.push_back(dir);
    }
    out.push_back(job.name);
    return out;
}

// The main file and the in-memory files in front of the disk.
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> file_system(const CompileJob& job) {
    auto memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
    auto disk = llvm::vfs::getRealFileSystem();
    if (auto here = disk->getCurrentWorkingDirectory()) memory->setCurrentWorkingDirectory(*here);
    memory->addFile(job.name, 0, llvm::MemoryBuffer::getMemBufferCopy(job.text, job.name));
    for (const auto& [path, text] : job.files)
        memory->addFile(path, 0, llvm::MemoryBuffer::getMemBuffer(text, path, true));
    auto overlay = llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(disk);
    overlay->pushOverlay(memory);
    return overlay;
}

void note_files(clang::CompilerInstance& compiler, const CompileJob& job, CompileResult& result) {
    if (!compiler.hasSourceManager()) return;
    clang::SourceManager& sources = compiler.getSourceManager();
    for (auto it = sources.fileinfo_begin(); it != sources.fileinfo_end(); ++it) {
        const std::string name = it->first.getName().str();
        if (name != job.name && !job.files.count(name)) result.on_disk.push_back(name);
    }
}

}  // namespace

bool run_clang(const CompileJob& job, clang::FrontendAction& action, CompileResult& result,
               std::unique_ptr<llvm::raw_pwrite_stream> output) {
    initialise_target();
    MessageCollector collector(result.messages);
    auto ids = llvm::makeIntrusiveRefCnt<clang::DiagnosticIDs>();
    auto options = llvm::makeIntrusiveRefCnt<clang::DiagnosticOptions>();
    clang::DiagnosticsEngine engine(ids, options, &collector, false);

    const std::vector<std::string> words = arguments(job);
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    auto invocation = std::make_shared<clang::CompilerInvocation>();
    if (!clang::CompilerInvocation::CreateFromArgs(*invocation, pointers, engine)) return false;

    clang::CompilerInstance compiler;
    compiler.setInvocation(std::move(invocation));
    compiler.createDiagnostics(&collector, false);
    compiler.createFileManager(file_system(job));
    if (output) compiler.setOutputStream(std::move(output));
    const bool good = compiler.ExecuteAction(action) && !compiler.getDiagnostics().hasErrorOccurred();
    note_files(compiler, job, result);
    return good && std::none_of(result.messages.begin(), result.messages.end(),
                                [](const Message& m) { return m.severity == Severity::error; });
}

}  // namespace avocet::c
