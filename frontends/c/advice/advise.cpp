// SPDX-License-Identifier: Apache-2.0
#include "advice/advise.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <utility>

#include "advice/clang_words.hpp"
#include "advice/codes.hpp"
#include "advice/kernel_types.hpp"
#include "advice/macros.hpp"
#include "avocet/nearest.hpp"
#include "headers/shipped.hpp"

namespace avocet::c {

namespace {

// Members that kernels renamed or moved: what old sources say, since when it is gone, what stands for it.
struct Moved {
    const char *record, *member, *since, *now;
};
constexpr Moved moved[] = {
    {"task_struct", "state", "Linux 5.14", "__state"},
    {"request", "rq_disk", "Linux 5.17", "q->disk"},
    {"bio", "bi_disk", "Linux 5.12", "bi_bdev->bd_disk"},
    {"dentry", "d_iname", "newer kernels", "d_shortname.string"},
    {"inode", "i_ctime", "Linux 6.6", "__i_ctime, from 6.11 i_ctime_sec and i_ctime_nsec"},
    {"kernfs_node", "parent", "newer kernels", "__parent"},
    {"cfs_rq", "nr_running", "newer kernels", "nr_queued"},
};

std::string quoted(const std::string& name) { return "'" + name + "'"; }

std::vector<std::string> helper_names() {
    std::vector<std::string> out;
    const std::string text = helper_definitions();
    const std::string mark = "(*const bpf_";
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        const size_t begin = at + mark.size() - 4, end = text.find(')', begin);
        out.push_back(text.substr(begin, end - begin));
    }
    return out;
}

std::string join(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

class Adviser {
public:
    Adviser(const Knowledge& knowledge) : knowledge_(knowledge), macros_(knowledge.macros, knowledge.source) {}

    // false: the message has been said in another way, or follows from another.
    bool improve(Message& m) {
        const auto ours = [&](const Message& note) { return is_ours(note.place.file) || is_noise(note.text); };
        std::erase_if(m.notes, ours);
        if (m.text.find("declaration of 'struct tracepoint__") == 0) return false;
        if (m.place.file == knowledge_.file)
            if (const auto verdict = macros_.look(m); verdict != MisspeltMacros::Verdict::none)
                return verdict == MisspeltMacros::Verdict::said;
        if (is_ours(m.place.file)) return in_header(m);
        if (m.place.line == 0 && m.text.find("too many errors") == 0) return !header_said_;
        std::smatch found;
        const std::string text = m.text;
        const auto is = [&](const std::regex& pattern) { return std::regex_search(text, found, pattern); };
        static const std::regex missing_file("^'([^']+)' file not found");
        static const std::regex unknown_type("^unknown type name '([^']+)'");
        static const std::regex undeclared_call("^call to undeclared (?:library )?function '(\\w+)'");
        static const std::regex undeclared("^use of undeclared identifier '(\\w+)'");
        static const std::regex stack_limit("BPF stack limit|stack frame size|exceeded.*stack");
        static const std::regex builtin("[Aa] call to built-in function '(\\w+)' is not supported");
        static const std::regex many(
            "too many arguments|stack arguments are not supported|pass by value not supported");
        static const std::regex gpl("^helper '(\\w+)': is for programs under the GPL only");
        if (is(missing_file)) return header(m, found[1]);
        if (knowledge_.bcc && is(gpl)) return license(m, found[1]);
        if (const auto incomplete = incomplete_type(text)) return type(m, incomplete->kind, incomplete->name);
        if (is(unknown_type)) return type(m, "", found[1]);
        if (const auto missing = missing_member(text))
            return member(m, missing->member, missing->kind, missing->record);
        if (is(undeclared_call)) return call(m, found[1]);
        if (is(undeclared)) return name(m, found[1]);
        if (is(stack_limit)) return stack(m);
        static const std::regex soft_float("[Aa] call to built-in function '__\\w*[sdt]f\\w*'");
        if (is(soft_float)) return floating(m);
        if (is(builtin)) {
            m.text = "function '" + found[1].str() + "': a program for BPF has no library to call it from";
            m.hint = "use __builtin_memcpy, __builtin_memset or __builtin_memcmp with a constant size, or a loop";
        }
        if (m.severity == Severity::error && is(many) && !m.code) {
            if (text.find("GlobalAddress") != std::string::npos) return false;  // said where the function is defined
            m.code = code::parameters;
            m.text = "function: has more than the five parameters that a function of BPF can have";
            m.hint = "make it 'static __always_inline', or pass a struct";
        }
        return true;
    }

private:
    static bool is_ours(const std::string& file) { return file.rfind("/avocet-headers/", 0) == 0; }
    static bool is_noise(const std::string& note) { return note.find("could not determine the original source") == 0; }

    // Lines for bpf_trace_printk() are put together by another helper; the author knows of one.
    bool license(Message& m, const std::string& helper) {
        if (helper == "bpf_snprintf" && macros_.line(m.place.line).find("bpf_trace_printk") != std::string_view::npos)
            m.text.replace(m.text.find(helper), helper.size(), "bpf_trace_printk");
        m.hint = "#define BPF_LICENSE GPL, or \"Dual BSD/GPL\"; a sidecar's [compile] license wins";
        return true;
    }

    // What the compiler would call a library for; said once for each line.
    bool floating(Message& m) {
        if (std::exchange(float_line_, m.place.line) == m.place.line && m.place.line) return false;
        m.text = "floating point: a program for BPF has none";
        m.hint = "reckon with integers, x * 3 / 2, or print the parts and divide there";
        return true;
    }

    // A header of ours without the types it builds on: one message instead of hundreds.
    bool in_header(Message& m) {
        if (m.severity != Severity::error || m.text.find("#include nested") == 0) return true;
        const std::string header = m.place.file.substr(std::string_view("/avocet-headers/").size());
        if (header_said_) return false;
        header_said_ = true;
        m.code = code::unknown_type;
        m.text = "header '" + header + "': the types it needs are not declared before it: " + m.text;
        m.hint = "#include \"vmlinux.h\" first, or <linux/bpf.h>";
        m.place = {};
        return true;
    }

    const KernelTypes& types() {
        if (!types_) types_ = std::make_unique<KernelTypes>(knowledge_.vmlinux);
        return *types_;
    }

    bool header(Message& m, const std::string& path) {
        m.code = code::kernel_header;
        if (path == "vmlinux.h" || path.ends_with("/vmlinux.h")) return true;
        static constexpr const char* kernel[] = {"linux/", "uapi/", "net/",  "asm/",  "asm-generic/", "trace/",
                                                 "rdma/",  "sys/",  "bits/", "scsi/", "crypto/"};
        const bool known = std::any_of(std::begin(kernel), std::end(kernel),
                                       [&](const char* root) { return path.rfind(root, 0) == 0; }) ||
                           path.find('/') == std::string::npos;
        m.text = "header '" + path + "': is not among the headers of this source";
        m.hint = known
                     ? "the kernel's types come from BTF: remove the include, \"vmlinux.h\" has them; macros that BTF "
                       "lacks must be defined in the source; --option system-headers=true searches /usr/include too"
                     : "put it beside the source, or name its folder: -I FOLDER";
        return true;
    }

    bool type(Message& m, const std::string& kind, const std::string& name) {
        constexpr std::string_view record = "tracepoint__";
        if (name.rfind(record, 0) == 0) return tracepoint(m, name.substr(record.size()));
        if (!m.code) m.code = code::unknown_type;
        const std::string what = kind.empty() ? name : kind + " " + name;
        if (name == "bpf_map_def") {
            m.text = "type 'struct bpf_map_def': maps are no longer defined this way";
            m.hint =
                "struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1024); __type(key, u32); __type(value, "
                "u64); } "
                "NAME SEC(\".maps\");";
            m.notes.clear();
            return true;
        }
        if (kind.empty() && !knowledge_.vmlinux.empty())
            for (const char* tag : {"struct", "union", "enum"})
                if (types().has(tag, name)) {
                    m.hint = "write '" + std::string(tag) + " " + name + "'";
                    return true;
                }
        if (const std::string module = knowledge_.module_of ? knowledge_.module_of(name) : ""; !module.empty()) {
            m.text = "type '" + what + "': is not in the kernel's BTF, but in that of module '" + module + "'";
            m.hint =
                "declare it in the source with the members that are used, and "
                "__attribute__((preserve_access_index))";
            return true;
        }
        if (knowledge_.vmlinux.empty()) {
            if (kind.empty()) m.hint = "#include \"vmlinux.h\" gives all types of the kernel";
            return true;
        }
        m.text = "type '" + what + "': this kernel's BTF has none";
        std::string near = avocet::nearest(name, types().names(kind.empty() ? "typedef" : kind));
        if (near.empty() && kind.empty())
            if (near = avocet::nearest(name, types().names("struct")); !near.empty()) near = "struct " + near;
        m.hint = near.empty()
                     ? "if it belongs to a module, load the module; else declare it in the source"
                     : "did you mean '" +
                           (kind.empty() || near.find(' ') != std::string::npos ? near : kind + " " + near) + "'?";
        return true;
    }

    bool tracepoint(Message& m, std::string name) {
        if (const size_t split = name.find("__"); split != std::string::npos) name.replace(split, 2, ":");
        const std::string spec = "tracepoint:" + name;
        m.code = code::unknown_probe;
        m.text = "tracepoint '" + name + "': this kernel has none of this name";
        m.hint = "avocet list 'tracepoint:" + name.substr(0, name.find(':')) + ":*' shows what there is";
        if (std::find(explained_.begin(), explained_.end(), spec) != explained_.end()) return false;
        explained_.push_back(spec);
        return !knowledge_.explain_probe || !knowledge_.explain_probe(spec, m.place);
    }

    bool member(Message& m, const std::string& name, const std::string& kind, const std::string& record) {
        constexpr std::string_view table = "_table_t";
        if (knowledge_.bcc && record.size() > table.size() && record.ends_with(table))
            return method(m, name, record.substr(0, record.size() - table.size()));
        if (record.rfind("tracepoint__", 0) == 0) {
            m.code = code::unknown_member;
            std::string spec = record.substr(12);
            if (const size_t split = spec.find("__"); split != std::string::npos) spec.replace(split, 2, ":");
            const size_t meant = m.text.find("; did you mean ");
            m.hint = (meant == std::string::npos ? "" : m.text.substr(meant + 2) + " ") +
                     "avocet list -v tracepoint:" + spec + " shows its fields";
            m.text = "tracepoint '" + spec + "': has no field '" + name + "'";
            m.notes.clear();
            return true;
        }
        if (knowledge_.vmlinux.empty() || !types().has(kind.empty() ? "struct" : kind, record)) return true;
        m.code = code::unknown_member;
        for (const Moved& one : moved)
            if (record == one.record && name == one.member) {
                m.text = "member '" + name + "': " + kind + " " + record + " of this kernel has none";
                m.hint = std::string(one.since) +
                         (std::string_view(one.since).starts_with("Linux") ? " and newer call it '" : " call it '") +
                         one.now + "'";
                return true;
            }
        m.text = "member '" + name + "': " + kind + " " + record + " of this kernel has none";
        const std::vector<std::string> members = types().members(kind, record);
        std::vector<std::string> near;
        for (const std::string& one : members)
            if (one.find(name) != std::string::npos || (one.size() > 2 && name.find(one) != std::string::npos))
                near.push_back(one);
        const std::string best = avocet::nearest(name, members);
        if (!best.empty() && std::find(near.begin(), near.end(), best) == near.end()) near.insert(near.begin(), best);
        if (near.size() > 6) near.resize(6);
        m.hint = near.empty()       ? "avocet list -v 'struct " + record + "' shows its members"
                 : near.size() == 1 ? "did you mean '" + near.front() + "'?"
                                    : "near names: " + join(near);
        return true;
    }

    bool method(Message& m, const std::string& name, const std::string& map) {
        m.code = code::map_method;
        m.text = "map '" + map + "': has no method '" + name + "'";
        std::vector<std::string> all = methods_of("HASH");
        for (const char* kind : {"PERF_EVENT_ARRAY", "RINGBUF", "QUEUE", "STACK_TRACE", "PROG_ARRAY", "CGROUP_ARRAY"})
            for (const std::string& one : methods_of(kind)) all.push_back(one);
        const std::string near = avocet::nearest(name, all);
        m.notes.clear();
        m.hint = near.empty() ? "tables have " + join(methods_of("HASH")) : "did you mean '" + near + "'?";
        return true;
    }

    bool call(Message& m, const std::string& name) {
        if (name.rfind("bpf_", 0) != 0) {
            m.text = "function '" + name + "': is not declared; a program for BPF has no library to call it from";
            m.hint = "define it in the source, 'static __always_inline'";
            const std::string near = avocet::nearest("bpf_" + name, helper_names());
            if (near == "bpf_" + name) m.hint = "did you mean the helper '" + near + "'?";
            return true;
        }
        m.code = code::helper;
        const std::vector<std::string> helpers = helper_names();
        if (std::find(helpers.begin(), helpers.end(), name) != helpers.end()) {
            m.text = "helper '" + name + "': is not declared";
            m.hint = "#include <bpf/bpf_helpers.h>";
            return true;
        }
        m.text = "helper '" + name + "': the kernel has none of this name";
        const std::string near = avocet::nearest(name, helpers);
        m.hint =
            near.empty() ? "kernel functions for programs are declared with __ksym" : "did you mean '" + near + "'?";
        return true;
    }

    bool name(Message& m, const std::string& name) {
        if (knowledge_.vmlinux.empty()) return true;
        const bool upper = std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::islower(c); });
        if (!upper) return true;
        const std::string near = avocet::nearest(name, types().names("enumerator"));
        m.hint = near.empty()
                     ? "macros of kernel headers are not in BTF: #define " + name + " in the source"
                     : "did you mean '" + near + "'? macros of kernel headers are not in BTF, only enumerators are";
        return true;
    }

    bool stack(Message& m) {
        if (stack_said_) return false;
        stack_said_ = true;
        m.severity = Severity::error;
        m.code = code::stack;
        m.text = "stack: local variables need more than the 512 bytes that a program has";
        if (!m.place.line && !knowledge_.locals.empty()) m.place = knowledge_.locals.front().place;
        for (const Local& local : knowledge_.locals)
            m.hint += (m.hint.empty() ? "the largest: " : ", ") + quoted(local.name) + " of " +
                      std::to_string(local.bytes) + " bytes (line " + std::to_string(local.place.line) + ")";
        m.hint +=
            std::string(m.hint.empty() ? "" : "; ") + "put large values into a per-CPU array or the buffer itself";
        return true;
    }

    const Knowledge& knowledge_;
    MisspeltMacros macros_;
    std::unique_ptr<KernelTypes> types_;
    std::vector<std::string> explained_;
    uint32_t float_line_ = 0;
    bool stack_said_ = false, header_said_ = false;
};

}  // namespace

void advise(std::vector<Message>& messages, const Knowledge& knowledge) {
    Adviser adviser(knowledge);
    std::erase_if(messages, [&](Message& m) { return !adviser.improve(m); });
}

}  // namespace avocet::c
