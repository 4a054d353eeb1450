// SPDX-License-Identifier: Apache-2.0
//
// The two files of a C tool: the sidecar of a source, and the source of a sidecar that is run itself.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "advice/codes.hpp"
#include "avocet/error.hpp"
#include "sidecar/tool.hpp"

namespace avocet::c {

namespace {

constexpr size_t most_sidecar_bytes = 1 << 20;

std::optional<std::string> text_of(const std::string& file) {
    struct stat info {};
    std::ifstream in(file, std::ios::binary);
    if (stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || !in) return std::nullopt;
    return std::string((std::istreambuf_iterator<char>(in)), {});
}

bool cut_end(std::string& text, std::string_view end) {
    if (!text.ends_with(end)) return false;
    text.resize(text.size() - end.size());
    return true;
}

avocet_span span_of(const std::string& file, const SidecarPlace& place) {
    return {to_abi(file), place.line, place.column, place.line, place.end_column};
}

}  // namespace

void Tool::take_sidecar(const std::string& text, const std::string& file) {
    if (text.size() > most_sidecar_bytes)
        throw Error(AVOCET_ERR_INVALID, "sidecar '" + file + "': is larger than a megabyte");
    std::vector<SidecarMistake> mistakes;
    sidecar_ = read_sidecar(text, file, mistakes);
    for (const SidecarMistake& m : mistakes)
        host_.report(AVOCET_ERROR, m.text, m.hint, code::sidecar, span_of(file, m.place));
    if (!mistakes.empty()) throw Reported{};
}

// NAME.toml or NAME.avocet.toml for NAME.c and for NAME.bpf.c; --option sidecar=FILE names another one.
void Tool::find_sidecar() {
    std::string stem = source_name_;
    const bool is_file = cut_end(stem, ".c");
    looked_at_ = {stem + ".toml", stem + ".avocet.toml"};
    if (cut_end(stem, ".bpf")) looked_at_.push_back(stem + ".toml");
    bool named = false;
    for (const auto& [key, value] : settings_)
        if (key == "sidecar") looked_at_ = {value}, named = true;
    if (!is_file && !named) looked_at_.clear();
    for (const std::string& file : looked_at_) {
        const std::optional<std::string> text = text_of(file);
        if (!text) continue;
        take_sidecar(*text, file);
        return check_source(named);
    }
    if (named) throw Error(AVOCET_ERR_NOT_FOUND, "sidecar '" + looked_at_.front() + "': cannot be read");
}

// A sidecar that lies beside the source under its name, and is of another one.
void Tool::check_source(bool named) {
    if (sidecar_.source.empty() || named) return;
    const auto said = std::filesystem::path(sidecar_.file).parent_path() / sidecar_.source;
    std::error_code error;
    if (std::filesystem::equivalent(said, source_name_, error)) return;
    host_.report(AVOCET_ERROR, "sidecar of '" + source_name_ + "': says that it is of '" + said.string() + "'",
                 "`avocet run " + sidecar_.file + "` runs that one; --option sidecar=FILE names another sidecar",
                 code::sidecar, span_of(sidecar_.file, sidecar_.source_place));
    throw Reported{};
}

// Of NAME.toml and NAME.avocet.toml: what they name, else NAME.bpf.c (a NAME.c beside it is the loader) or NAME.c.
void Tool::find_source() {
    const std::string file = source_name_;
    for (const auto& [key, value] : settings_)
        if (key == "sidecar")
            throw Error(AVOCET_ERR_INVALID, "option 'sidecar': '" + file + "' is a sidecar itself",
                        "run the source, or leave the option out");
    take_sidecar(source_text_, file);
    std::string stem = file;
    cut_end(stem, ".toml");
    cut_end(stem, ".avocet");
    looked_at_ = {stem + ".bpf.c", stem + ".c"};
    if (!sidecar_.source.empty()) looked_at_ = {(std::filesystem::path(file).parent_path() / sidecar_.source).string()};
    for (const std::string& one : looked_at_) {
        const std::optional<std::string> text = text_of(one);
        if (!text) continue;
        source_name_ = one;
        source_text_ = *text;
        return;
    }
    const bool said = !sidecar_.source.empty();
    host_.report(AVOCET_ERROR,
                 said ? "source '" + looked_at_.front() + "': cannot be read"
                      : "sidecar '" + file + "': names no source, and there is neither '" + looked_at_[0] + "' nor '" +
                            looked_at_[1] + "'",
                 said ? "the path begins in the directory of the sidecar" : "[tool] source = \"FILE.c\" names it",
                 code::sidecar, span_of(file, said ? sidecar_.source_place : SidecarPlace{}));
    throw Reported{};
}

}  // namespace avocet::c
