// SPDX-License-Identifier: Apache-2.0
#include "targets.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "avocet/nearest.hpp"

namespace avocet::usdt {

namespace {

#if defined(__x86_64__)
constexpr Machine this_machine = Machine::x86_64;
#elif defined(__aarch64__)
constexpr Machine this_machine = Machine::aarch64;
#else
constexpr Machine this_machine = Machine::other;
#endif

Error refused(avocet_status status, const TargetFile& file, const std::string& fact, std::string hint = {}) {
    return Error(status, "usdt target file '" + file.shown + "'" + fact, std::move(hint));
}

ElfImage open_image(const TargetFile& file) {
    int error = 0;
    Bytes bytes = Bytes::open(file.path, error);
    if (error == ENOENT || error == ENOTDIR || error == ESRCH)
        throw refused(AVOCET_ERR_NOT_FOUND, file, " does not exist or is not executable");
    if (error == EACCES || error == EPERM) throw refused(AVOCET_ERR_PERMISSION, file, ": this user may not read it");
    if (error) throw refused(AVOCET_ERR_IO, file, ": " + errno_text(error));
    ElfImage image(std::move(bytes));
    switch (image.state()) {
        case ElfState::not_elf:
            throw refused(AVOCET_ERR_INVALID, file, ": not an ELF file",
                          "a script is run by its interpreter: trace that program instead");
        case ElfState::not_64_bit:
            throw refused(AVOCET_ERR_UNSUPPORTED, file, ": a 32-bit program", "only 64-bit programs are supported");
        case ElfState::not_a_program:
            throw refused(AVOCET_ERR_INVALID, file, ": neither a program nor a shared library");
        case ElfState::good: break;
    }
    if (image.machine() != this_machine)
        throw refused(AVOCET_ERR_UNSUPPORTED, file, ": a program for another processor");
    return image;
}

bool matches(const Request& request, const Probe& probe) {
    return wildcard_match(request.provider, probe.provider) && wildcard_match(request.name, probe.name);
}

std::string wanted(const Request& request) {
    return (request.provider == "*" ? "" : request.provider + ":") + request.name;
}

Error no_such_probe(const Request& request, const TargetFile& file, const Notes& notes) {
    std::string text = "usdt '" + file.shown + ":" + wanted(request) + "': no such probe in the file";
    if (notes.probes.empty())
        return Error(AVOCET_ERR_NOT_FOUND, text,
                     "the file has no static probes (notes of name stapsdt): it was built without them, or look in "
                     "the libraries it loads, with -p PID and usdt:*:NAME");
    std::vector<std::string> names;
    bool with_provider = request.provider != "*";
    for (const Probe& probe : notes.probes)
        names.push_back(with_provider ? probe.provider + ":" + probe.name : probe.name);
    std::string hint = nearest_hint(wanted(request), names);
    return Error(AVOCET_ERR_NOT_FOUND, text,
                 hint.empty() ? "`avocet list 'usdt:" + file.shown + ":*'` shows its probes" : hint);
}

std::string quoted(const std::string& part) {
    if (part.find_first_of(": \",{}") == std::string::npos) return part;
    std::string out = "\"";
    for (char c : part) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

}  // namespace

std::string probe_name(const TargetFile& file, const Probe& probe) {
    std::string name = "usdt:" + quoted(file.shown) + ":";
    if (!probe.provider.empty()) name += quoted(probe.provider) + ":";
    return name + quoted(probe.name);
}

const Notes& NotesCache::open(const TargetFile& file) {
    struct stat st {};
    if (stat(file.path.c_str(), &st) != 0) st = {};
    const uint64_t modified =
        static_cast<uint64_t>(st.st_mtim.tv_sec) * 1000000000u + static_cast<uint64_t>(st.st_mtim.tv_nsec);
    Entry& entry = entries_[file.path];
    const bool same = entry.notes && entry.device == st.st_dev && entry.inode == st.st_ino &&
                      entry.size == static_cast<uint64_t>(st.st_size) && entry.modified_ns == modified;
    if (!same) {
        entry.notes.reset();
        entry = {st.st_dev, st.st_ino, static_cast<uint64_t>(st.st_size), modified,
                 std::make_unique<Notes>(read_notes(open_image(file)))};
    }
    return *entry.notes;
}

std::vector<FileProbes> list_probes(const ProbeSpec& spec, const Request& request, NotesCache& cache,
                                    const Host& host) {
    std::vector<FileProbes> out;
    auto files = find_target_files(request.binary, {"usdt", spec.pid, spec.unsafe()}, host);
    for (const TargetFile& file : files) {
        const Notes* notes = nullptr;
        try {
            notes = &cache.open(file);
        } catch (const Error&) {
            if (request.one_file()) throw;
            continue;  // gone meanwhile, or not for this user
        }
        FileProbes found{file, {}};
        for (const Probe& probe : notes->probes)
            if (matches(request, probe)) found.probes.push_back(&probe);
        if (request.one_file() && notes->damaged)
            host.warn(
                "usdt target file '" + file.shown + "': " + std::to_string(notes->damaged) +
                (notes->damaged == 1 ? " of its notes makes no sense and is" : " of its notes make no sense and are") +
                " left out");
        if (!found.probes.empty()) out.push_back(std::move(found));
    }
    return out;
}

std::vector<FileProbes> find_probes(const ProbeSpec& spec, const Request& request, NotesCache& cache,
                                    const Host& host) {
    auto found = list_probes(spec, request, cache, host);
    if (!found.empty()) return found;
    auto files = find_target_files(request.binary, {"usdt", spec.pid, spec.unsafe()}, host);
    if (files.size() == 1) throw no_such_probe(request, files[0], cache.open(files[0]));
    throw Error(AVOCET_ERR_NOT_FOUND,
                "usdt '" + request.binary + ":" + wanted(request) + "': none of " + std::to_string(files.size()) +
                    " matching files has such a probe",
                spec.pid > 0 ? "`avocet list 'usdt:*' -p " + std::to_string(spec.pid) + "` shows what is there"
                : request.binary == "*"
                    ? "'*' is what processes have mapped now: start the program first, or name its file"
                    : "");
}

}  // namespace avocet::usdt
