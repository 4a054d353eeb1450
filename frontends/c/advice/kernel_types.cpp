// SPDX-License-Identifier: Apache-2.0
#include "advice/kernel_types.hpp"

#include <cctype>

namespace avocet::c {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The name that a member's line declares: the last word before `;`, `[` or `:`, or that of a pointer to a function.
std::string declared(std::string_view line) {
    if (const size_t star = line.find("(*"); star != std::string_view::npos) {
        size_t end = star + 2;
        while (end < line.size() && is_word(line[end])) ++end;
        return std::string(line.substr(star + 2, end - star - 2));
    }
    size_t end = line.find_first_of(";[:");
    if (end == std::string_view::npos) return {};
    while (end && !is_word(line[end - 1])) --end;
    size_t begin = end;
    while (begin && is_word(line[begin - 1])) --begin;
    return std::string(line.substr(begin, end - begin));
}

}  // namespace

KernelTypes::KernelTypes(std::string_view vmlinux) : text_(vmlinux) {
    for (size_t begin = 0; begin < text_.size();) {
        const size_t end = std::min(text_.find('\n', begin), text_.size());
        const std::string_view line = text_.substr(begin, end - begin);
        begin = end + 1;
        const size_t equals = line.find(" = "), last = line.rfind(' ');
        if (line.starts_with('\t') && equals != std::string_view::npos)
            names_.emplace("enumerator", line.substr(1, equals - 1));
        else if (line.ends_with(" {") && line.find(' ') < line.size() - 2)
            names_.emplace(line.substr(0, line.find(' ')),
                           line.substr(line.find(' ') + 1, line.size() - line.find(' ') - 3));
        else if (line.ends_with(';') && last != std::string_view::npos &&
                 (line.starts_with("typedef ") || line.starts_with('}')))
            names_.emplace("typedef", line.substr(last + 1, line.size() - last - 2));
    }
}

std::vector<std::string_view> KernelTypes::names(std::string_view kind) const {
    std::vector<std::string_view> out;
    for (auto it = names_.lower_bound({kind, {}}); it != names_.end() && it->first == kind; ++it)
        out.push_back(it->second);
    return out;
}

bool KernelTypes::has(std::string_view kind, std::string_view name) const { return names_.contains({kind, name}); }

std::vector<std::string> KernelTypes::members(std::string_view kind, std::string_view name) const {
    const std::string head = "\n" + std::string(kind) + " " + std::string(name) + " {\n";
    size_t at = text_.find(head);
    if (at == std::string_view::npos) return {};
    at += head.size();
    std::vector<std::string> out;
    std::vector<size_t> opened;
    for (; at < text_.size() && text_[at] != '}';) {
        const size_t end = std::min(text_.find('\n', at), text_.size());
        std::string_view line = text_.substr(at, end - at);
        at = end + 1;
        const size_t first = line.find_first_not_of('\t');
        if (first == std::string_view::npos) continue;
        line.remove_prefix(first);
        if (line.ends_with('{')) {
            opened.push_back(out.size());
        } else if (line.starts_with('}')) {
            const std::string part = declared(line);
            if (!opened.empty()) {
                if (!part.empty()) out.resize(opened.back()), out.push_back(part);
                opened.pop_back();
            }
        } else if (const std::string member = declared(line); !member.empty()) {
            out.push_back(member);
        }
    }
    return out;
}

}  // namespace avocet::c
