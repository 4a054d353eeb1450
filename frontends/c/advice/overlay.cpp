// SPDX-License-Identifier: Apache-2.0
#include "advice/overlay.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "advice/clang_words.hpp"

namespace avocet::c {

namespace {

struct Field {
    const char *record, *member, *declaration;
};

// Members that came, went or were renamed between Linux 5.4 and today, as the kernels that have them declare them.
constexpr Field fields[] = {
    {"task_struct", "state", "long state"},
    {"task_struct", "__state", "unsigned int __state"},
    {"task_struct", "cpu", "unsigned int cpu"},
    {"cfs_rq", "nr_running", "unsigned int nr_running"},
    {"cfs_rq", "nr_queued", "unsigned int nr_queued"},
    {"cfs_rq", "h_nr_running", "unsigned int h_nr_running"},
    {"cfs_rq", "h_nr_queued", "unsigned int h_nr_queued"},
    {"cfs_rq", "h_nr_runnable", "unsigned int h_nr_runnable"},
    {"cfs_rq", "idle_h_nr_running", "unsigned int idle_h_nr_running"},
    {"cfs_rq", "h_nr_idle", "unsigned int h_nr_idle"},
    {"cfs_rq", "runnable_weight", "unsigned long runnable_weight"},
    {"request", "rq_disk", "struct gendisk *rq_disk"},
    {"request", "part", "struct block_device *part"},
    {"request_queue", "disk", "struct gendisk *disk"},
    {"bio", "bi_disk", "struct gendisk *bi_disk"},
    {"bio", "bi_partno", "unsigned char bi_partno"},
    {"bio", "bi_bdev", "struct block_device *bi_bdev"},
    {"block_device", "bd_partno", "unsigned char bd_partno"},
    {"block_device", "__bd_flags", "atomic_t __bd_flags"},
    {"dentry", "d_iname", "unsigned char d_iname[32]"},
    {"dentry", "d_shortname", "union { unsigned char string[40]; unsigned long words[5]; } d_shortname"},
    {"inode", "i_atime", "struct timespec64 i_atime"},
    {"inode", "i_mtime", "struct timespec64 i_mtime"},
    {"inode", "i_ctime", "struct timespec64 i_ctime"},
    {"inode", "__i_atime", "struct timespec64 __i_atime"},
    {"inode", "__i_mtime", "struct timespec64 __i_mtime"},
    {"inode", "__i_ctime", "struct timespec64 __i_ctime"},
    {"inode", "i_atime_sec", "long long i_atime_sec"},
    {"inode", "i_mtime_sec", "long long i_mtime_sec"},
    {"inode", "i_ctime_sec", "long long i_ctime_sec"},
    {"kernfs_node", "parent", "struct kernfs_node *parent"},
    {"kernfs_node", "__parent", "struct kernfs_node *__parent"},
    {"super_block", "s_bdev_file", "struct file *s_bdev_file"},
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Whether `text` calls WHAT(...) with `name` as the last word of its argument: `cfs->nr_queued`, `struct x, y`.
bool asks(const std::string& text, const std::string& what, const std::string& name) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        size_t end = at + what.size();
        int depth = 0;
        do {
            if (end >= text.size()) return false;
            depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
        } while (depth > 0 && ++end < text.size());
        while (end > at && !is_word(text[end - 1])) --end;
        if (end >= name.size() && text.compare(end - name.size(), name.size(), name) == 0 &&
            !is_word(text[end - name.size() - 1]))
            return true;
    }
    return false;
}

bool any_asks(const std::vector<std::string>& sources, const std::string& what, const std::string& name) {
    return std::any_of(sources.begin(), sources.end(), [&](const std::string& s) { return asks(s, what, name); });
}

// Behind the record's last member; false: there is no such record.
bool add_member(std::string& vmlinux, const Field& field) {
    const size_t at = vmlinux.find("\nstruct " + std::string(field.record) + " {");
    const size_t end = at == std::string::npos ? at : vmlinux.find("\n}", at);
    if (end == std::string::npos) return false;
    vmlinux.insert(end + 1, "\t" + std::string(field.declaration) + ";\n");
    return true;
}

}  // namespace

std::string with_missing_types(const std::string& vmlinux, const std::vector<Message>& errors,
                               const std::vector<std::string>& sources) {
    std::string out = vmlinux, empty;
    bool added = false;
    for (const Message& m : errors) {
        if (const auto missing = missing_member(m.text)) {
            const auto* field = std::find_if(std::begin(fields), std::end(fields), [&](const Field& f) {
                return missing->kind == "struct" && missing->record == f.record && missing->member == f.member;
            });
            if (field == std::end(fields) || !any_asks(sources, "bpf_core_field_exists", missing->member)) continue;
            if (out.find("\t" + std::string(field->declaration) + ";\n}") == std::string::npos)
                added |= add_member(out, *field);
        } else if (const auto type = incomplete_type(m.text); type && type->kind == "struct") {
            const std::string record = "struct " + type->name;
            if (vmlinux.find("\n" + record + " {") != std::string::npos) continue;
            if (empty.find(record + " {") != std::string::npos ||
                !any_asks(sources, "bpf_core_type_exists", type->name))
                continue;
            empty += record + " {};\n";
        }
    }
    if (!empty.empty()) {
        const size_t at = out.find("\n#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop");
        if (at != std::string::npos) out.insert(at + 1, empty), added = true;
    }
    return added ? out : std::string();
}

}  // namespace avocet::c
