// SPDX-License-Identifier: Apache-2.0
//
// A C tool: its text, its sidecar, and what the command line says (`--option attach.FUNCTION=SPEC`, `dialect=`,
// `sidecar=` and the options that the sidecar declares), brought together before anything is compiled.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "avocet/frontend.hpp"
#include "compile/compiler.hpp"
#include "sidecar/sidecar.hpp"

namespace avocet::c {

class Tool {
public:
    // Reads the sidecar, if there is one; its mistakes are reported, and then Reported is thrown.
    Tool(const avocet_source& source, const Host& host);

    const Sidecar& sidecar() const { return sidecar_; }
    const std::string& source_name() const { return source_name_; }
    const std::string& source_text() const { return source_text_; }
    // The sidecar, or the source of one that is run itself; also those that are not there.
    const std::vector<std::string>& looked_at() const { return looked_at_; }
    // The instruction set of the object: the command line's, the sidecar's, or `preset`.
    std::string cpu(const std::string& preset) const;
    std::string dialect() const;  // "bcc", "libbpf", or "": by the text
    bool system_headers() const;  // /usr/include is searched also beside vmlinux.h
    // Answers what the sidecar asks of the kernel and of the options. `types`: vmlinux.h, if needs_types(). To be
    // called before anything below.
    void settle(const std::string& types);
    bool needs_types() const;
    bool asks_kernel() const;
    // A function that the sidecar attaches, and whose attachments are all left out this time.
    bool is_off(const std::string& function) const;
    // The text with what the sidecar's options and choices put in place of its words.
    std::string text(std::string source) const;
    std::vector<std::string> defines() const;
    std::map<std::string, uint32_t> map_sizes() const;
    // Dialect B: sections for the functions.
    BccJob bcc_job(const std::string& text) const;
    // The C text that puts section .avocet.tool into the object; empty: there is nothing to say.
    // `preset`: the instruction set that nobody has chosen; another may do where the verifier refuses it.
    std::string manifest_text(const std::vector<BccFunction>& functions, bool bcc, const std::string& preset) const;

private:
    std::vector<Attachment> attachments_of(const std::vector<BccFunction>& functions, bool bcc) const;
    void read_settings(const avocet_source& source);
    void find_sidecar();
    void find_source();
    void take_sidecar(const std::string& text, const std::string& file);
    void check_source(bool named);
    void add_settings_to_attachments();
    std::string value_of(const SidecarOption& option) const;
    std::string value_of(const std::string& option) const;
    bool is_given(const SidecarOption& option) const;
    void settle_columns(std::vector<SidecarColumn>& columns) const;
    void attach_by_options();
    void fill_attachments();
    static std::optional<Alternative> as_function(const Alternative& one);
    bool can_ask_later(const Attachment& attachment) const;
    void warn_of_answers(const std::vector<Question>& questions) const;
    bool is_configured(const Question& question) const;
    bool answer(const Question& question, const std::string& types) const;
    bool answer(const std::vector<Question>& questions, const std::string& types) const;

    Host host_;
    Sidecar sidecar_;
    std::string source_name_, source_text_;
    bool portable_ = false;
    std::vector<std::string> looked_at_;
    std::vector<std::string> off_;  // functions whose attachments were left out
    std::vector<bool> choices_;     // of the sidecar's, what was found
    std::vector<std::pair<std::string, std::string>> settings_;
};

// "kprobe:vfs_read" as the name of a section: "kprobe/vfs_read".
std::string section_of_spec(const std::string& spec);

}  // namespace avocet::c
