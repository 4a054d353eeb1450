// SPDX-License-Identifier: Apache-2.0
#include "bcc/stages.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <unordered_set>

#include "bcc/headers.hpp"
#include "bcc/records.hpp"
#include "bcc/text_scan.hpp"
#include "sidecar/kernel_config.hpp"

namespace avocet::c {

namespace {

constexpr std::string_view header_roots[] = {"linux/", "uapi/",  "net/", "asm/",
                                             "rdma/",  "trace/", "bcc/", "asm-generic/"};

// Kernel headers are empty here: their types come from BTF, their constants from our own.
void stub_headers(CompileJob& job, const std::string& headers) {
    std::istringstream lines(job.text);
    for (std::string line; std::getline(lines, line);) {
        const size_t hash = line.find_first_not_of(" \t");
        if (hash == std::string::npos || line[hash] != '#') continue;
        const size_t word = line.find_first_not_of(" \t", hash + 1);
        if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
        const size_t open = line.find_first_of("<\"", word), close = line.find_first_of(">\"", open + 1);
        if (open == std::string::npos || close == std::string::npos) continue;
        const std::string name = line.substr(open + 1, close - open - 1);
        const bool ours = std::any_of(std::begin(header_roots), std::end(header_roots),
                                      [&](std::string_view root) { return name.rfind(root, 0) == 0; });
        if (ours) job.files.emplace(headers + "/" + name, "");
    }
}

bool mentions_network(const std::string& text) {
    for (const char* name : {"<net/", "linux/tcp.h", "linux/in6.h", "linux/ipv6.h", "linux/socket.h"})
        if (text.find(name) != std::string::npos) return true;
    return false;
}

// Whether the text uses the word, and nowhere as the name of an enumerator or macro of its own.
bool only_uses(const std::string& text, const std::string& word) {
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    bool used = false;
    for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) {
        if ((at > 0 && is_word(text[at - 1])) || (at + word.size() < text.size() && is_word(text[at + word.size()])))
            continue;
        used = true;
        const size_t next = text.find_first_not_of(" \t\r\n", at + word.size());
        const std::string_view rest = next == std::string::npos ? "" : std::string_view(text).substr(next);
        if (rest.starts_with(",") || rest.starts_with("}") || (rest.starts_with("=") && !rest.starts_with("==")))
            return false;
        if (std::string_view(text).substr(0, at).ends_with("define ")) return false;
    }
    return used;
}

const char* kind_of_type(const std::string& type) {
    static const std::map<std::string, const char*> kinds = {
        {"hash", "HASH"},         {"array", "ARRAY"},
        {"histogram", "HASH"},    {"percpu_hash", "PERCPU_HASH"},
        {"lru_hash", "LRU_HASH"}, {"percpu_array", "PERCPU_ARRAY"},
        {"lpm_trie", "LPM_TRIE"}, {"lru_percpu_hash", "LRU_PERCPU_HASH"}};
    const auto it = kinds.find(type);
    return it == kinds.end() ? nullptr : it->second;
}

// What the preprocessor cannot decide: kinds that hang on a string or on the spelling of a type. `args`: of one of our
// map macros; empty: left as it is.
std::string settled_map(std::string_view macro, const std::vector<std::string>& args, bool log2) {
    if (macro == "AV_HISTOGRAM" && args.size() == 3) {
        const bool array = args[0] == "int";
        const std::string size = !array && args[2] == "64" ? "10240" : args[2];  // a hash of 64 would lose keys
        return std::string("AV_MAP_HIST(BPF_MAP_TYPE_") + (array ? "ARRAY, " : "HASH, ") + args[0] + ", u64, " +
               args[1] + ", " + size + (log2 ? ", \"avocet:hist=log2\")" : ", \"avocet:hist=linear\")");
    }
    if (macro == "AV_TABLE" && args.size() == 6 && args[0].size() > 2) {
        const char* kind = kind_of_type(args[0].substr(1, args[0].size() - 2));
        if (!kind) return {};
        std::string out = std::string("AV_MAP(BPF_MAP_TYPE_") + kind;
        for (size_t i = 1; i < args.size(); ++i) out += ", " + args[i];
        return out + ")";
    }
    return {};
}

void settle_maps(std::string& text) {
    const bool log2 = text.find("bpf_log2") != std::string::npos;  // what its histograms' slots are, in all tools known
    for (const char* macro : {"AV_HISTOGRAM", "AV_TABLE"})
        for (size_t at = text.find(macro); at != std::string::npos; at = text.find(macro, at + 1)) {
            size_t end = at;
            const std::vector<std::string> args = call_arguments(text, at + std::string_view(macro).size(), end);
            if (const std::string by = settled_map(macro, args, log2); !by.empty()) text.replace(at, end - at, by);
        }
}

// "struct NAME", "enumerator NAME", "typedef NAME" ... of everything in vmlinux.h, by the shape of its lines.
std::unordered_set<std::string> kernel_names(const std::string& vmlinux) {
    std::unordered_set<std::string> out;
    for (size_t begin = 0; begin < vmlinux.size();) {
        const size_t end = std::min(vmlinux.find('\n', begin), vmlinux.size());
        const std::string_view line = std::string_view(vmlinux).substr(begin, end - begin);
        begin = end + 1;
        const size_t equals = line.find(" = "), last = line.rfind(' ');
        if (line.starts_with('\t') && equals != std::string_view::npos)
            out.insert("enumerator " + std::string(line.substr(1, equals - 1)));
        else if (line.ends_with(" {"))
            out.insert(std::string(line.substr(0, line.size() - 2)));
        else if (line.ends_with(';') && last != std::string_view::npos &&
                 (line.starts_with("typedef ") || line.starts_with('}')))
            out.insert("typedef " + std::string(line.substr(last + 1, line.size() - last - 2)));
    }
    return out;
}

// Names that the text defines and the kernel too: the kernel's get another name, the user's win.
std::string hide_kernel_names(const std::string& text, const std::string& vmlinux) {
    const std::unordered_set<std::string> known = kernel_names(vmlinux);
    std::set<std::string> names;
    for (const auto& [kind, name] : defined_names(text))
        if (known.contains(kind + " " + name)) names.insert(name);
    std::string out;
    for (const std::string& name : names) out += "#define " + name + " " + name + "___kernel\n";
    out += "#include \"vmlinux_all.h\"\n";
    for (const std::string& name : names) out += "#undef " + name + "\n";
    return out;
}

// The records of tracepoints that only attachments name.
std::string named_records(const BccJob& bcc) {
    std::string out;
    for (const auto& [function, alternatives] : bcc.sections)
        for (const BccAlternative& one : alternatives) {
            if (one.section.rfind("tracepoint/", 0) != 0) continue;
            std::string name = one.section;
            for (size_t at = name.find('/'); at != std::string::npos; at = name.find('/')) name.replace(at, 1, "__");
            out += " " + name;
        }
    return out;
}

bool attaches_usdt(const BccJob& bcc) {
    const auto usdt = [](const BccAlternative& one) { return one.section.rfind("usdt", 0) == 0; };
    return std::any_of(bcc.sections.begin(), bcc.sections.end(),
                       [&](const auto& entry) { return std::any_of(entry.second.begin(), entry.second.end(), usdt); });
}

// Array lengths that kernel headers name and BTF only has: by the members that use them.
std::vector<std::string> lengths(const std::string& vmlinux) {
    struct Length {
        const char *name, *record, *member;
    };
    static constexpr Length known[] = {{"DNAME_INLINE_LEN", "struct dentry", "d_iname"},
                                       {"DNAME_INLINE_LEN", "union shortname_store", "string"},
                                       {"DISK_NAME_LEN", "struct gendisk", "disk_name"},
                                       {"IFNAMSIZ", "struct net_device", "name"}};
    std::vector<std::string> out;
    for (const Length& length : known) {
        const size_t record = vmlinux.find("\n" + std::string(length.record) + " {");
        const size_t end = vmlinux.find("\n}", record);
        const std::string member = " " + std::string(length.member) + "[";
        const size_t at = record == std::string::npos ? record : vmlinux.find(member, record);
        if (at == std::string::npos || at > end) continue;
        const size_t digits = at + member.size();
        out.push_back(std::string(length.name) + "=" + vmlinux.substr(digits, vmlinux.find(']', digits) - digits));
    }
    return out;
}

// Macros and the rewriter move columns: what is said of a line that they changed is said of the whole line.
void settle_columns(std::vector<Message>& messages, const std::string& name, const std::string& user,
                    const std::string& compiled) {
    if (messages.empty()) return;
    const std::vector<std::string_view> was = lines_of(user);
    const std::map<uint32_t, std::string_view> is = marked_lines(compiled, name);
    const auto settle = [&](SourcePlace& place) {
        if (place.file != name || !place.line || place.line > was.size()) return;
        const auto found = is.find(place.line);
        const std::string_view line = was[place.line - 1];
        if (found != is.end() && found->second == line) return;
        const size_t first = line.find_first_not_of(" \t"), last = line.find_last_not_of(" \t\r");
        place.column = first == std::string_view::npos ? 1 : static_cast<uint32_t>(first) + 1;
        place.end_column = last == std::string_view::npos ? place.column + 1 : static_cast<uint32_t>(last) + 2;
    };
    for (Message& message : messages) {
        settle(message.place);
        for (Message& note : message.notes) settle(note.place);
    }
}

}  // namespace

std::string scan_bcc_text(CompileJob& job, const std::string& headers, const std::string& vmlinux) {
    stub_headers(job, headers);
    settle_maps(job.text);
    job.defines = lengths(vmlinux);
    return hide_kernel_names(job.text, vmlinux);
}

BccProgram compile_bcc(CompileJob job, const BccJob& bcc, const std::string& headers, const std::string& vmlinux,
                       const Host& host) {
    BccProgram program;
    const std::string name = job.name;
    stub_headers(job, headers);
    for (std::string& define : kernel_defines(job.text)) job.defines.push_back(std::move(define));
    for (std::string& define : lengths(vmlinux)) job.defines.push_back(std::move(define));
    for (const auto& [word, value] : {std::pair{"READ", "0"}, {"WRITE", "1"}})  // of linux/kernel.h
        if (only_uses(job.text, word)) job.defines.push_back(std::string(word) + "=" + value);
    job.system_dirs.clear();  // the user's headers; kernel headers are not wanted
    job.defines.push_back("__KERNEL__");
    job.defines.push_back("KBUILD_MODNAME=\"avocet\"");
    job.files[headers + "/avocet/bcc_names.h"] = bcc_names_header;
    job.files[headers + "/avocet/bcc_network.h"] = bcc_network_header;
    const std::string user = job.text;
    job.text = "#include \"avocet/bcc_names.h\"\n" +
               std::string(mentions_network(user) ? "#include \"avocet/bcc_network.h\"\n" : "") + "#line 1 \"" + name +
               "\"\n" + user;
    CompileResult first = preprocess(job);
    if (!first.ok) {
        program.result = std::move(first);
        return program;
    }
    settle_maps(first.text);

    job.files[headers + "/vmlinux_all.h"] = vmlinux;
    job.files[headers + "/vmlinux.h"] = hide_kernel_names(first.text, vmlinux);
    job.files[headers + "/avocet/bcc_common.h"] = bcc_common_header;
    job.files[headers + "/avocet/bcc_parse.h"] = bcc_parse_header;
    const bool usdt = first.text.find("AV_USDT") != std::string::npos || attaches_usdt(bcc);
    const bool printk = first.text.find("AV_PRINTK") != std::string::npos;
    job.files[headers + "/avocet/bcc_compile.h"] =
        std::string(bcc_compile_header) + (usdt ? bcc_usdt_header : "") + (printk ? bcc_printk_header : "");
    const std::string records = tracepoint_records(first.text + named_records(bcc), host);
    const auto with = [&](const char* header, const std::string& body) {
        return "#include \"avocet/" + std::string(header) + "\"\n" + records + "#line 1 \"" + name + "\"\n" + body;
    };
    job.text = with("bcc_parse.h", first.text);
    CompileResult second = rewrite_bcc(job, bcc, program.functions);
    settle_columns(second.messages, name, user, job.text);
    if (!second.ok) {
        program.result = std::move(second);
        return program;
    }
    // The rewritten text begins with the parse stage's include.
    const std::string parse_include = "#include \"avocet/bcc_parse.h\"\n";
    const bool reads = second.text.find("AV_READ") != std::string::npos;
    program.rewritten = "#include \"avocet/bcc_compile.h\"\n" + std::string(reads ? "u64 avocet_unreadable;\n" : "") +
                        second.text.substr(parse_include.size()) + "\nchar avocet_license[] SEC(\"license\") = \"" +
                        bcc.license + "\";\n" + (bcc.tail ? bcc.tail(program.functions) : "");
    job.text = program.rewritten;
    program.result = compile_object(job);
    settle_columns(program.result.messages, name, user, job.text);
    program.result.messages.insert(program.result.messages.begin(), second.messages.begin(), second.messages.end());
    return program;
}

}  // namespace avocet::c
