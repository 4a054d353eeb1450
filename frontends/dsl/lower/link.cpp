// SPDX-License-Identifier: Apache-2.0
//
// Imported C programs, and code of our own in C, become part of the object: libbpf's linker, over files in memory. It
// resolves the calls by name, merges maps, BTF and CO-RE records, and keeps the manifest's section.
#include "lower/link.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include <bpf/libbpf.h>

#include "avocet/error.hpp"
#include "runtime/unwinder.hpp"

namespace avocet::dsl::lower {

namespace {

class MemoryFile {
public:
    explicit MemoryFile(std::string_view bytes) : fd_(memfd_create("avocet-link", MFD_CLOEXEC)) {
        size_t done = 0;
        while (fd_ >= 0 && done < bytes.size()) {
            const ssize_t n = write(fd_, bytes.data() + done, bytes.size() - done);
            if (n <= 0) throw Error(AVOCET_ERR_IO, std::string("link: a file in memory: ") + errno_text(errno));
            done += static_cast<size_t>(n);
        }
        if (fd_ < 0) throw Error(AVOCET_ERR_IO, std::string("link: a file in memory: ") + errno_text(errno));
    }
    ~MemoryFile() {
        if (fd_ >= 0) close(fd_);
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
    std::string read() const {
        const off_t size = lseek(fd_, 0, SEEK_END);
        std::string bytes(size > 0 ? static_cast<size_t>(size) : 0, '\0');
        size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t n = pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
            if (n <= 0) break;
            done += static_cast<size_t>(n);
        }
        bytes.resize(done);
        return bytes;
    }

private:
    int fd_;
};

// What libbpf says while it links; one compilation at a time in a process [thread: control].
thread_local std::string* listener = nullptr;
int listen(libbpf_print_level level, const char* format, va_list values) {
    char line[512];
    if (level == LIBBPF_WARN && listener && std::vsnprintf(line, sizeof line, format, values) > 0) {
        std::string text = line;
        while (text.ends_with('\n')) text.pop_back();
        if (text.starts_with("libbpf: ")) text.erase(0, 8);
        *listener += (listener->empty() ? "" : "; ") + text;
    }
    return 0;
}

class Listening {
public:
    explicit Listening(std::string& to) : before_(libbpf_set_print(listen)) { listener = &to; }
    ~Listening() {
        listener = nullptr;
        libbpf_set_print(before_);
    }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

private:
    libbpf_print_fn_t before_;
};

struct Linker {
    explicit Linker(const MemoryFile& out) : self(bpf_linker__new(out.path().c_str(), nullptr)) {}
    ~Linker() { bpf_linker__free(self); }
    Linker(const Linker&) = delete;
    Linker& operator=(const Linker&) = delete;
    bpf_linker* self;
};

}  // namespace

void link_libraries(Unit& unit) {
    if (unit.libraries.empty() && !unit.unwinds) return;
    std::string said;
    Listening listening(said);
    MemoryFile out({});
    Linker linker(out);
    const auto add = [&](std::string_view object) {
        const MemoryFile file(object);
        return linker.self ? bpf_linker__add_file(linker.self, file.path().c_str(), nullptr) : -EINVAL;
    };
    if (const int failure = add(unit.object))
        throw Error(AVOCET_ERR_INTERNAL, "link: the script's own object: " + errno_text(-failure), said);
    if (const int failure = unit.unwinds ? add(unwinder_object()) : 0)
        throw Error(AVOCET_ERR_INTERNAL, "link: the unwinder: " + errno_text(-failure), said);
    for (const CLibrary& library : unit.libraries)
        if (const int failure = add(library.object)) {
            unit.diagnostics
                ->error(library.span, "import '" + library.name + "': cannot be linked: " + errno_text(-failure))
                .with_hint(said);
            return;
        }
    if (const int failure = bpf_linker__finalize(linker.self))
        throw Error(AVOCET_ERR_INVALID, "link: " + errno_text(-failure), said);
    unit.object = out.read();
}

}  // namespace avocet::dsl::lower
