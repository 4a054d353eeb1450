// SPDX-License-Identifier: Apache-2.0
#include "bcc/stages.hpp"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

#include "bcc/headers.hpp"
#include "bcc/kernel_config.hpp"
#include "bcc/records.hpp"

namespace avocet::c {

namespace {

constexpr std::string_view header_roots[] = {"linux/", "uapi/",  "net/", "asm/",
                                             "rdma/",  "trace/", "bcc/", "asm-generic/"};

// Kernel headers are empty here: their types come from BTF, their constants from our own.
void stub_headers(CompileJob& job, const std::string& headers) {
    static const std::regex include(R"(^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"])", std::regex::multiline);
    for (std::sregex_iterator it(job.text.begin(), job.text.end(), include), end; it != end; ++it) {
        const std::string name = (*it)[1];
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

void replace_all(std::string& text, const std::regex& what, const std::string& by) {
    text = std::regex_replace(text, what, by);
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

// What the preprocessor cannot decide: kinds that hang on a string or on the spelling of a type.
void settle_maps(std::string& text) {
    replace_all(text, std::regex(R"(\bAV_HISTOGRAM\(\s*int\s*,\s*(\w+)\s*,)"),
                "AV_MAP_HIST(BPF_MAP_TYPE_ARRAY, int, u64, $1,");
    replace_all(text, std::regex(R"(\bAV_HISTOGRAM\(\s*([^,]+?)\s*,\s*(\w+)\s*,\s*64\s*\))"),
                "AV_MAP_HIST(BPF_MAP_TYPE_HASH, $1, u64, $2, 10240)");
    replace_all(text, std::regex(R"(\bAV_HISTOGRAM\(\s*([^,]+?)\s*,\s*(\w+)\s*,)"),
                "AV_MAP_HIST(BPF_MAP_TYPE_HASH, $1, u64, $2,");
    static const std::regex table(R"re(\bAV_TABLE\(\s*"(\w+)"\s*,)re");
    std::string out;
    auto from = text.cbegin();
    for (std::sregex_iterator it(text.begin(), text.end(), table), end; it != end; ++it) {
        const char* kind = kind_of_type((*it)[1]);
        out.append(from, (*it)[0].first);
        out += kind ? std::string("AV_MAP(BPF_MAP_TYPE_") + kind + "," : (*it)[0].str();
        from = (*it)[0].second;
    }
    out.append(from, text.cend());
    text = std::move(out);
}

// Names that the text defines and the kernel too: the kernel's get another name, the user's win.
std::string hide_kernel_names(const std::string& text, const std::string& vmlinux) {
    static const std::regex tag(R"(\b(struct|union|enum)\s+(\w+)\s*\{)"), list(R"(\benum\b[^{;(]*\{([^}]*)\})"),
        alias(R"(\btypedef\b[^;]*?\b(\w+)\s*;)"), word(R"((\w+)\s*(=[^,]*)?(,|$))");
    std::set<std::string> names;
    for (std::sregex_iterator it(text.begin(), text.end(), tag), end; it != end; ++it)
        if (vmlinux.find("\n" + (*it)[1].str() + " " + (*it)[2].str() + " {") != std::string::npos)
            names.insert((*it)[2]);
    for (std::sregex_iterator it(text.begin(), text.end(), list), end; it != end; ++it) {
        const std::string body = (*it)[1];
        for (std::sregex_iterator e(body.begin(), body.end(), word); e != std::sregex_iterator(); ++e)
            if (vmlinux.find("\t" + (*e)[1].str() + " = ") != std::string::npos) names.insert((*e)[1]);
    }
    for (std::sregex_iterator it(text.begin(), text.end(), alias), end; it != end; ++it)
        if (vmlinux.find(" " + (*it)[1].str() + ";\n") != std::string::npos &&
            std::regex_search(vmlinux, std::regex("\ntypedef [^;]*\\b" + (*it)[1].str() + ";\n")))
            names.insert((*it)[1]);
    std::string out;
    for (const std::string& name : names) out += "#define " + name + " " + name + "___kernel\n";
    out += "#include \"vmlinux_all.h\"\n";
    for (const std::string& name : names) out += "#undef " + name + "\n";
    return out;
}

bool attaches_usdt(const BccJob& bcc) {
    return std::any_of(bcc.sections.begin(), bcc.sections.end(),
                       [](const auto& entry) { return entry.second.rfind("usdt", 0) == 0; });
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

}  // namespace

BccProgram compile_bcc(CompileJob job, const BccJob& bcc, const std::string& headers, const std::string& vmlinux,
                       const Host& host) {
    BccProgram program;
    const std::string name = job.name;
    stub_headers(job, headers);
    for (std::string& define : kernel_defines(job.text)) job.defines.push_back(std::move(define));
    for (std::string& define : lengths(vmlinux)) job.defines.push_back(std::move(define));
    const std::vector<std::string> all_dirs = job.include_dirs;
    std::erase(job.include_dirs, "/usr/include");  // the user's headers; kernel headers are not wanted
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
    job.include_dirs = all_dirs;

    job.files[headers + "/vmlinux_all.h"] = vmlinux;
    job.files[headers + "/vmlinux.h"] = hide_kernel_names(first.text, vmlinux);
    job.files[headers + "/avocet/bcc_common.h"] = bcc_common_header;
    job.files[headers + "/avocet/bcc_parse.h"] = bcc_parse_header;
    const bool usdt = first.text.find("AV_USDT") != std::string::npos || attaches_usdt(bcc);
    job.files[headers + "/avocet/bcc_compile.h"] = std::string(bcc_compile_header) + (usdt ? bcc_usdt_header : "");
    const std::string records = tracepoint_records(first.text, host);
    const auto with = [&](const char* header, const std::string& body) {
        return "#include \"avocet/" + std::string(header) + "\"\n" + records + "#line 1 \"" + name + "\"\n" + body;
    };
    job.text = with("bcc_parse.h", first.text);
    CompileResult second = rewrite_bcc(job, bcc, program.functions);
    if (!second.ok) {
        program.result = std::move(second);
        return program;
    }
    // The rewritten text begins with the parse stage's include.
    const std::string parse_include = "#include \"avocet/bcc_parse.h\"\n";
    program.rewritten = "#include \"avocet/bcc_compile.h\"\n" + second.text.substr(parse_include.size()) +
                        "\nchar avocet_license[] SEC(\"license\") = \"GPL\";\n";
    job.text = program.rewritten;
    program.result = compile_object(job);
    program.result.messages.insert(program.result.messages.begin(), second.messages.begin(), second.messages.end());
    return program;
}

}  // namespace avocet::c
