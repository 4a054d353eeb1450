// SPDX-License-Identifier: Apache-2.0
//
// What a sidecar leaves open until the kernel and the options are known: questions, attachments by options.
#include <sys/utsname.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "advice/codes.hpp"
#include "avocet/abi/provider.h"
#include "avocet/kernel_version.hpp"
#include "sidecar/kernel_config.hpp"
#include "sidecar/placeholders.hpp"
#include "sidecar/tool.hpp"

namespace avocet::c {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Whether vmlinux.h defines `record` and, if given, a member of it. Members of unnamed parts count.
bool has_type(const std::string& types, const std::string& record, const std::string& member) {
    for (const char* kind : {"struct ", "union "}) {
        const size_t at = types.find("\n" + std::string(kind) + record + " {");
        if (at == std::string::npos) continue;
        if (member.empty()) return true;
        const std::string body = types.substr(at, types.find("\n}", at) - at);
        for (size_t i = body.find(member); i != std::string::npos; i = body.find(member, i + 1)) {
            const size_t end = i + member.size();
            if (!is_word(body[i - 1]) && end < body.size() && !is_word(body[end])) return true;
        }
    }
    return false;
}

// Of any enum, or of the one that is named.
bool has_enumerator(const std::string& types, const std::string& name, const std::string& of) {
    const std::string line = "\t" + name + " = ";
    if (of.empty()) return types.find(line) != std::string::npos;
    const size_t at = types.find("\nenum " + of + " {");
    return at != std::string::npos && types.substr(at, types.find("\n}", at) - at).find(line) != std::string::npos;
}

bool is_of_types(const Question& q) {
    return q.predicate == "field" || q.predicate == "type" || q.predicate == "enumerator";
}

bool is_of_kernel(const Question& q) { return q.predicate != "option"; }

// What stands between the quotes of a text.
std::string unquoted(const std::string& value) {
    return value.size() > 1 && value.front() == '"' && value.back() == '"' ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

bool Tool::needs_types() const {
    const auto any = [](const auto& holders) {
        return std::any_of(holders.begin(), holders.end(), [](const auto& holder) {
            return std::any_of(holder.when.begin(), holder.when.end(), is_of_types);
        });
    };
    return any(sidecar_.choices) || any(sidecar_.attachments);
}

bool Tool::asks_kernel() const {
    const auto asks = [](const auto& holder) {
        return std::any_of(holder.when.begin(), holder.when.end(), is_of_kernel);
    };
    return std::any_of(sidecar_.choices.begin(), sidecar_.choices.end(), asks) ||
           std::any_of(sidecar_.attachments.begin(), sidecar_.attachments.end(), asks);
}

void Tool::settle(const std::string& types) {
    for (const Choice& c : sidecar_.choices) {
        warn_of_answers(c.when);
        choices_.push_back(answer(c.when, types));
    }
    std::vector<Attachment> wanted;
    for (const Attachment& a : sidecar_.attachments) {
        std::vector<Question> now = a.when, later;
        if (can_ask_later(a))
            std::copy_if(now.begin(), now.end(), std::back_inserter(later), is_of_kernel),
                std::erase_if(now, is_of_kernel);
        warn_of_answers(now);
        if (answer(now, types)) {
            wanted.push_back(a);
            wanted.back().when = std::move(later);
        } else {
            off_.push_back(a.function);
        }
    }
    sidecar_.attachments = std::move(wanted);
    attach_by_options();
    fill_attachments();
    for (SidecarEvent& e : sidecar_.events) settle_columns(e.columns);
    for (SidecarMap& m : sidecar_.maps) settle_columns(m.columns);
}

// Of a portable object, where the function is attached by this table only: it is or is not, nothing else changes.
bool Tool::can_ask_later(const Attachment& a) const {
    const auto overlaps = [&](const Attachment& b) {
        return matches_pattern(a.function, b.function) || matches_pattern(b.function, a.function);
    };
    return portable_ && std::count_if(sidecar_.attachments.begin(), sidecar_.attachments.end(), overlaps) == 1 &&
           std::none_of(a.when.begin(), a.when.end(), [](const Question& q) { return q.predicate == "kconfig"; });
}

void Tool::warn_of_answers(const std::vector<Question>& questions) const {
    for (const Question& q : questions) {
        if (!portable_ || !is_of_kernel(q)) continue;
        std::string asked;
        for (const std::string& one : q.arguments) asked += (asked.empty() ? "\"" : ", \"") + one + "\"";
        const SidecarPlace& at = q.place;
        host_.report(AVOCET_WARNING,
                     q.predicate + "(" + asked + "): is answered by this machine, and the object keeps the answer",
                     "build it on each kind of machine (--target local), or ask in the C text, which is answered where "
                     "it runs: bpf_core_field_exists(), LINUX_KERNEL_VERSION",
                     code::answered_here, {to_abi(sidecar_.file), at.line, at.column, at.line, at.end_column});
    }
}

bool Tool::is_off(const std::string& function) const {
    const auto matches = [&](const std::string& pattern) { return matches_pattern(pattern, function); };
    return std::any_of(off_.begin(), off_.end(), matches) &&
           std::none_of(sidecar_.attachments.begin(), sidecar_.attachments.end(),
                        [&](const Attachment& a) { return matches(a.function); });
}

bool Tool::answer(const std::vector<Question>& questions, const std::string& types) const {
    return std::all_of(questions.begin(), questions.end(),
                       [&](const Question& q) { return answer(q, types) != q.negated; });
}

bool Tool::is_configured(const Question& q) const {
    const std::optional<std::string> set = kernel_config(q.arguments[0]);
    if (!set)
        throw Error(AVOCET_ERR_UNSUPPORTED,
                    "kconfig(\"" + q.arguments[0] + "\"): the configuration of this kernel cannot be read",
                    "it is in /proc/config.gz (CONFIG_IKCONFIG_PROC=y), or in /boot/config-VERSION", code::sidecar)
            .at({to_abi(sidecar_.file), q.place.line, q.place.column, q.place.line, q.place.end_column});
    return q.arguments.size() > 1 ? unquoted(*set) == q.arguments[1] : !set->empty();
}

bool Tool::answer(const Question& q, const std::string& types) const {
    const std::string& what = q.arguments[0];
    const auto* probes = host_.extension<avocet_host_probes>(AVOCET_HOST_PROBES_1);
    const auto* kernel = host_.extension<avocet_host_kernel>(AVOCET_HOST_KERNEL_1);
    if (q.predicate == "option")
        return q.arguments.size() > 1 ? value_of(what) == q.arguments[1] : !value_of(what).empty();
    if (q.predicate == "enumerator")
        return has_enumerator(types, q.arguments.back(), q.arguments.size() > 1 ? what : "");
    if (q.predicate == "kconfig") return is_configured(q);
    if (q.predicate == "symbol") return kernel && kernel->kernel_symbol(kernel->ctx, to_abi(what));
    if (q.predicate == "feature") return kernel && kernel->has_feature(kernel->ctx, what.c_str()) > 0;
    if (q.predicate == "kernel") {
        utsname here{};
        uname(&here);
        return kernel_version(here.release) >= kernel_version(what.c_str());
    }
    if (q.predicate != "tracepoint") return has_type(types, what, q.arguments.size() > 1 ? q.arguments[1] : "");
    const auto nothing = [](void*, const avocet_probe_group*) -> avocet_status { return AVOCET_OK; };
    return probes && probes->describe(probes->ctx, to_abi("tracepoint:" + what), avocet_span{}, -1, 0,
                                      AVOCET_SPEC_OWN_TYPE, 1, nothing, nullptr) == AVOCET_OK;
}

// An option that attaches stands in the place of what the sidecar says of the function.
void Tool::attach_by_options() {
    for (const SidecarOption& o : sidecar_.options) {
        if (o.attach.empty() || !is_given(o)) continue;
        for (const auto& [function, spec] : o.attach) {
            Attachment one;
            one.function = function;
            one.place = o.place;
            one.all = true;
            if (function.empty() && !sidecar_.attachments.empty()) one = sidecar_.attachments.front();
            const auto said = [&](const auto& setting) { return setting.first == "attach." + one.function; };
            if (std::any_of(settings_.begin(), settings_.end(), said)) continue;  // the command line wins
            one.probes = {{with_value(spec, value_of(o)), {}}};
            std::erase_if(sidecar_.attachments, [&](const Attachment& a) { return a.function == one.function; });
            sidecar_.attachments.push_back(std::move(one));
        }
    }
}

// The entry of a kernel function by the means that trampolines offer, for who has no kprobes.
std::optional<Alternative> Tool::as_function(const Alternative& one) {
    if (one.lower != "function") return std::nullopt;
    return Alternative{"fentry:" + one.spec.substr(one.spec.find(':') + 1), one.args, one.place, "none"};
}

// {NAME} of options in what attaches, and ways that follow from those that are said.
void Tool::fill_attachments() {
    for (Attachment& a : sidecar_.attachments) {
        a.pid = fill_placeholders(a.pid, [&](const std::string& name) { return value_of(name); });
        for (Alternative& one : a.probes)
            one.spec = fill_placeholders(one.spec, [&](const std::string& name) {
                const std::string value = value_of(name);
                if (value.empty()) a.needs = name;  // told where it attaches: options may come later
                return value.empty() ? "{" + name + "}" : value;
            });
        for (size_t i = 0; i < a.probes.size() && !a.all; ++i)
            if (auto other = as_function(a.probes[i])) a.probes.insert(a.probes.begin() + ++i, std::move(*other));
    }
}

// Options that the tool is compiled with are known already.
void Tool::settle_columns(std::vector<SidecarColumn>& columns) const {
    const auto is_built = [&](const Question& q) {
        return std::any_of(sidecar_.options.begin(), sidecar_.options.end(),
                           [&](const SidecarOption& o) { return o.name == q.arguments[0] && o.is_built(); });
    };
    std::erase_if(columns, [&](const SidecarColumn& c) {
        return std::any_of(c.when.begin(), c.when.end(),
                           [&](const Question& q) { return is_built(q) && answer(q, {}) == q.negated; });
    });
    for (SidecarColumn& c : columns) std::erase_if(c.when, is_built);
}

}  // namespace avocet::c
