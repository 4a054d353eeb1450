// SPDX-License-Identifier: Apache-2.0
//
// GPL-only helpers: those whose prototypes say so in kernel/trace/bpf_trace.c, kernel/bpf/helpers.c and net/core. The
// check is made at the end of the file, when the license is known.
#include "compile/program_rules.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Attr.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/Frontend/MultiplexConsumer.h>

#include <algorithm>
#include <set>

#include "advice/codes.hpp"
#include "compile/messages.hpp"

namespace avocet::c {

namespace {

constexpr uint64_t least_local = 32;
constexpr size_t most_locals = 5;

constexpr llvm::StringRef gpl_helpers[] = {"bpf_probe_read",
                                           "bpf_probe_read_str",
                                           "bpf_probe_read_user",
                                           "bpf_probe_read_user_str",
                                           "bpf_probe_read_kernel",
                                           "bpf_probe_read_kernel_str",
                                           "bpf_probe_write_user",
                                           "bpf_copy_from_user_task",
                                           "bpf_trace_printk",
                                           "bpf_trace_vprintk",
                                           "bpf_seq_printf",
                                           "bpf_seq_printf_btf",
                                           "bpf_seq_write",
                                           "bpf_snprintf",
                                           "bpf_snprintf_btf",
                                           "bpf_perf_event_read",
                                           "bpf_perf_event_read_value",
                                           "bpf_perf_event_output",
                                           "bpf_perf_prog_read_value",
                                           "bpf_read_branch_records",
                                           "bpf_get_branch_snapshot",
                                           "bpf_get_stackid",
                                           "bpf_get_stack",
                                           "bpf_get_current_task",
                                           "bpf_get_current_task_btf",
                                           "bpf_task_pt_regs",
                                           "bpf_get_func_ip",
                                           "bpf_override_return"};
constexpr llvm::StringRef compatible_licenses[] = {"GPL",          "GPL v2",       "GPL and additional rights",
                                                   "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

constexpr llvm::StringRef network_sections[] = {
    "socket",     "tc",        "tcx",     "xdp",      "classifier",    "action",         "cgroup",
    "cgroup_skb", "sk_lookup", "sk_msg",  "sk_skb",   "sk_reuseport",  "sockops",        "struct_ops",
    "netfilter",  "lwt_in",    "lwt_out", "lwt_xmit", "lwt_seg6local", "flow_dissector", "netkit",
    "lirc_mode2"};
constexpr llvm::StringRef network_helpers[] = {
    "bpf_skb_",           "bpf_xdp_",  "bpf_l3_csum_",     "bpf_l4_csum_", "bpf_redirect",
    "bpf_clone_redirect", "bpf_csum_", "bpf_sk_redirect_", "bpf_msg_",     "bpf_sock_map_",
    "bpf_sock_hash_",     "bpf_lwt_",  "bpf_fib_lookup"};
// Numbers of enum bpf_map_type (linux/bpf.h): devmap, sockmap, cpumap, xskmap, sockhash, reuseport, devmap_hash.
constexpr uint64_t network_maps[] = {14, 15, 16, 17, 18, 20, 25};

template <size_t N>
bool contains(const llvm::StringRef (&list)[N], llvm::StringRef word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

class Rules final : public clang::ASTConsumer, public clang::RecursiveASTVisitor<Rules> {
public:
    Rules(clang::CompilerInstance& compiler, std::vector<Local>& locals) : compiler_(compiler), locals_(locals) {}

    void HandleTranslationUnit(clang::ASTContext& context) override {
        context_ = &context;
        for (clang::Decl* decl : context.getTranslationUnitDecl()->decls()) {
            if (auto* variable = llvm::dyn_cast<clang::VarDecl>(decl)) look_at_variable(*variable);
        }
        for (clang::Decl* decl : context.getTranslationUnitDecl()->decls()) {
            auto* function = llvm::dyn_cast<clang::FunctionDecl>(decl);
            if (!function || !function->doesThisDeclarationHaveABody()) continue;
            if (function->getStorageClass() == clang::SC_Static && !function->isReferenced()) continue;
            current_ = function;
            check_section(*function);
            TraverseStmt(function->getBody());
        }
        std::stable_sort(locals_.begin(), locals_.end(),
                         [](const Local& a, const Local& b) { return a.bytes > b.bytes; });
        if (locals_.size() > most_locals) locals_.resize(most_locals);
    }

    bool VisitCallExpr(clang::CallExpr* call) {
        const auto* ref = llvm::dyn_cast<clang::DeclRefExpr>(call->getCallee()->IgnoreParenImpCasts());
        const auto* variable = ref ? llvm::dyn_cast<clang::VarDecl>(ref->getDecl()) : nullptr;
        if (!variable || !variable->getIdentifier() || !variable->getName().starts_with("bpf_")) return true;
        const llvm::StringRef name = variable->getName();
        if (contains(gpl_helpers, name) && !contains(compatible_licenses, license_)) refuse_licence(*call, name);
        if (std::any_of(std::begin(network_helpers), std::end(network_helpers),
                        [&](llvm::StringRef prefix) { return name.starts_with(prefix); }))
            say(Severity::error, code::not_tracing, call->getBeginLoc(),
                "helper '" + name.str() + "': is for networking, not for tracing programs",
                "programs that watch the network use tracepoints such as tracepoint:net:netif_receive_skb");
        return true;
    }

    bool VisitVarDecl(clang::VarDecl* variable) {
        if (!variable->hasLocalStorage() || llvm::isa<clang::ParmVarDecl>(variable)) return true;
        if (variable->getType()->isIncompleteType() || variable->getType()->isDependentType()) return true;
        const auto bytes = static_cast<uint64_t>(context_->getTypeSizeInChars(variable->getType()).getQuantity());
        if (bytes < least_local) return true;
        const SourcePlace place = place_of(variable->getLocation(), sources(), compiler_.getLangOpts());
        locals_.push_back({current_->getName().str(), variable->getName().str(), bytes, place});
        return true;
    }

private:
    clang::SourceManager& sources() const { return compiler_.getSourceManager(); }

    void say(Severity severity, uint32_t number, clang::SourceLocation at, std::string text, std::string hint) {
        const SourcePlace place = place_of(at, sources(), compiler_.getLangOpts());
        if (!said_.emplace(place.line, text).second) return;
        Message message;
        message.severity = severity;
        message.code = number;
        message.text = std::move(text);
        message.hint = std::move(hint);
        message.place = place;
        auto* collector = static_cast<MessageCollector*>(compiler_.getDiagnostics().getClient());
        collector->add(std::move(message));
    }

    void refuse_licence(const clang::CallExpr& call, llvm::StringRef name) {
        const std::string fact =
            license_.empty() ? "the source names no license" : "the program's license is '" + license_ + "'";
        say(Severity::error, code::helper, call.getBeginLoc(),
            "helper '" + name.str() + "': is for programs under the GPL only, and " + fact,
            "char LICENSE[] SEC(\"license\") = \"GPL\"; or \"Dual BSD/GPL\", \"Dual MIT/GPL\"");
    }

    void look_at_variable(const clang::VarDecl& variable) {
        const auto* section = variable.getAttr<clang::SectionAttr>();
        if (!section) return;
        if (section->getName() == "license" && variable.hasInit())
            if (const auto* text = llvm::dyn_cast<clang::StringLiteral>(variable.getInit()->IgnoreParenImpCasts()))
                license_ = text->getString().str();
        if (section->getName() == ".maps") check_map(variable);
    }

    // `int (*type)[NUMBER]` in the map's definition.
    void check_map(const clang::VarDecl& variable) {
        const auto* record = variable.getType()->getAs<clang::RecordType>();
        if (!record) return;
        for (const clang::FieldDecl* field : record->getDecl()->fields()) {
            if (field->getName() != "type" || !field->getType()->isPointerType()) continue;
            const auto* array = context_->getAsConstantArrayType(field->getType()->getPointeeType());
            if (array && std::find(std::begin(network_maps), std::end(network_maps), array->getSize().getZExtValue()) !=
                             std::end(network_maps))
                say(Severity::error, code::not_tracing, variable.getLocation(),
                    "map '" + variable.getName().str() + "': is of a type for networking, not for tracing programs",
                    "hashes, arrays, stacks, queues, ring buffers and stack traces can be used");
        }
    }
    void check_section(const clang::FunctionDecl& function) {
        const auto* section = function.getAttr<clang::SectionAttr>();
        if (!section) return;
        llvm::StringRef name = section->getName();
        name.consume_front("?");
        const llvm::StringRef kind = name.take_until([](char c) { return c == '/' || c == '.'; });
        if (contains(network_sections, kind) || kind.starts_with("cgroup"))
            say(Severity::error, code::not_tracing, function.getLocation(),
                "function '" + function.getName().str() + "': section '" + section->getName().str() +
                    "' is not a tracing program",
                "SEC(\"tracepoint/CATEGORY/EVENT\"), SEC(\"kprobe/FUNCTION\"), SEC(\"uprobe/PATH:FUNCTION\") and the "
                "like are");
    }

    clang::CompilerInstance& compiler_;
    std::vector<Local>& locals_;
    clang::ASTContext* context_ = nullptr;
    const clang::FunctionDecl* current_ = nullptr;
    std::string license_;
    std::set<std::pair<uint32_t, std::string>> said_;
};

}  // namespace

std::unique_ptr<clang::ASTConsumer> check_program_rules(std::unique_ptr<clang::ASTConsumer> next,
                                                        clang::CompilerInstance& compiler, std::vector<Local>& locals) {
    std::vector<std::unique_ptr<clang::ASTConsumer>> consumers;
    consumers.push_back(std::make_unique<Rules>(compiler, locals));
    consumers.push_back(std::move(next));
    return std::make_unique<clang::MultiplexConsumer>(std::move(consumers));
}

}  // namespace avocet::c
