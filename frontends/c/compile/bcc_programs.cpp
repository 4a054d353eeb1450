// SPDX-License-Identifier: Apache-2.0
#include "compile/bcc_programs.hpp"

#include <clang/AST/RecursiveASTVisitor.h>

namespace avocet::c {

namespace {

constexpr std::string_view call_prefix = "__x64_sys_";  // of kernel functions of system calls, on this architecture
constexpr std::string_view foreign_prefixes[] = {
    "sys_", "__x32_compat_sys_", "__ia32_compat_sys_", "__arm64_sys_", "__s390x_sys_", "__s390_sys_", "__riscv_sys_"};

// Tools name the functions of system calls as their author's kernel does.
std::string of_this_machine(const std::string& function) {
    for (std::string_view prefix : foreign_prefixes)
        if (function.starts_with(prefix)) return std::string(call_prefix) + function.substr(prefix.size());
    return function;
}

// The tracepoints that stand for probes of kernel functions of system calls; no specs: one of them has none.
BccAlternative system_call_event(const BccAlternative& probe) {
    BccAlternative out;
    out.of_system_call = true;
    for (const std::string& spec : probe.specs) {
        const size_t colon = spec.find(':');
        const std::string kind = spec.substr(0, colon), name = colon == std::string::npos ? "" : spec.substr(colon + 1);
        const bool returns = kind == "kretprobe" || kind == "kr";
        if ((!returns && kind != "kprobe" && kind != "k") || !name.starts_with(call_prefix)) return {};
        const std::string call = name.substr(call_prefix.size());
        if (call.empty() || call.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
            return {};
        out.specs.push_back((returns ? "tracepoint:syscalls:sys_exit_" : "tracepoint:syscalls:sys_enter_") + call);
        out.section = (returns ? "tracepoint/syscalls/sys_exit_" : "tracepoint/syscalls/sys_enter_") + call;
    }
    return out;
}

// Looks for a use of a function's context that is more than handing it on, or reading the value returned.
class ContextUse final : public clang::RecursiveASTVisitor<ContextUse> {
public:
    ContextUse(const clang::FunctionDecl& function, const clang::ParmVarDecl& context, bool may_read_returned)
        : context_(context.getCanonicalDecl()), may_read_returned_(may_read_returned) {
        TraverseStmt(function.getBody());
    }
    bool handed_on_only() const { return good_ && handed_ == named_; }

    bool VisitDeclRefExpr(clang::DeclRefExpr* ref) {
        named_ += ref->getDecl()->getCanonicalDecl() == context_;
        return true;
    }
    bool VisitMemberExpr(clang::MemberExpr* member) {
        if (!is_context(member->getBase())) return true;
        if (!may_read_returned_ || member->getMemberDecl()->getName() != "ax") good_ = false;
        ++handed_;
        return true;
    }
    bool VisitCallExpr(clang::CallExpr* call) {
        const clang::FunctionDecl* body = nullptr;
        if (const clang::FunctionDecl* callee = call->getDirectCallee()) callee->getBody(body);
        for (unsigned i = 0; i < call->getNumArgs(); ++i) {
            if (!is_context(call->getArg(i))) continue;
            ++handed_;
            if (body && i < body->getNumParams() && depth_of_calls_ < most_calls)
                good_ &= ContextUse(*body, *body->getParamDecl(i), depth_of_calls_ + 1).handed_on_only();
        }
        return true;
    }

private:
    static constexpr int most_calls = 8;
    ContextUse(const clang::FunctionDecl& function, const clang::ParmVarDecl& context, int depth)
        : context_(context.getCanonicalDecl()), depth_of_calls_(depth) {
        TraverseStmt(function.getBody());
    }
    bool is_context(const clang::Expr* e) const {
        const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(e ? e->IgnoreParenCasts() : nullptr);
        return ref && ref->getDecl()->getCanonicalDecl() == context_;
    }
    const clang::Decl* context_;
    bool may_read_returned_ = false, good_ = true;
    int depth_of_calls_ = 0;
    unsigned named_ = 0, handed_ = 0;
};

bool hands_context_on(const clang::FunctionDecl& function, bool returns) {
    return ContextUse(function, *function.getParamDecl(0), returns).handed_on_only();
}

}  // namespace

bool is_context_of(const clang::FunctionDecl& function, const clang::Expr* e) {
    const auto* ref = llvm::dyn_cast_or_null<clang::DeclRefExpr>(e ? e->IgnoreParenCasts() : nullptr);
    return ref && function.getNumParams() &&
           ref->getDecl()->getCanonicalDecl() == function.getParamDecl(0)->getCanonicalDecl();
}

std::string section_of(const BccJob& job, const std::string& name) {
    if (const auto* said = job.sections_of(name)) return said->front().section;
    const auto rest = [&](const char* prefix) { return name.substr(std::string(prefix).size()); };
    const auto starts = [&](const char* prefix) { return name.rfind(prefix, 0) == 0; };
    const auto split = [](std::string text) {
        const size_t at = text.find("__");
        return at == std::string::npos ? text : text.substr(0, at) + "/" + text.substr(at + 2);
    };
    if (starts("kprobe__")) return "kprobe/" + of_this_machine(rest("kprobe__"));
    if (starts("kretprobe__")) return "kretprobe/" + of_this_machine(rest("kretprobe__"));
    if (starts("tracepoint__")) return "tracepoint/" + split(rest("tracepoint__"));
    if (starts("raw_tracepoint__")) return "raw_tp/" + rest("raw_tracepoint__");
    const auto function = [&](const std::string& target) {
        const size_t at = target.find("__");
        const std::string module = target.substr(0, at), symbol = at == std::string::npos ? "" : target.substr(at + 2);
        return module == "vmlinux" ? symbol : module + ":" + symbol;
    };
    if (starts("kfunc__")) return "fentry/" + function(rest("kfunc__"));
    if (starts("kretfunc__")) return "fexit/" + function(rest("kretfunc__"));
    if (starts("kmod_ret__")) return "fmod_ret/" + rest("kmod_ret__");
    if (starts("lsm__")) return "lsm/" + rest("lsm__");
    if (starts("bpf_iter__")) return "iter/" + rest("bpf_iter__");
    return "";
}

std::vector<BccAlternative> alternatives_of(const BccJob& job, const clang::FunctionDecl& function, bool typed) {
    std::vector<BccAlternative> out;
    const std::string name = function.getName().str(), section = section_of(job, name);
    if (const auto* said = job.sections_of(name))
        out = *said;
    else if (const size_t slash = section.find('/'); slash != std::string::npos && section[0] == 'k')
        out.push_back({section, {}, "", {section.substr(0, slash) + ":" + section.substr(slash + 1)}});
    if (out.size() != 1 || out.front().only || !out.front().args.empty() || typed || !function.getNumParams())
        return out;
    BccAlternative event = system_call_event(out.front());
    const bool returns = out.front().section.rfind("kret", 0) == 0;
    if (!event.specs.empty() && hands_context_on(function, returns)) out.push_back(std::move(event));
    return out;
}

}  // namespace avocet::c
