// SPDX-License-Identifier: Apache-2.0
//
// A complete frontend: hands C to a clang process and its object to the host. The host knows what to do with any BPF
// object; function sections name the probes.
#include <unistd.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "avocet/frontend.hpp"
#include "avocet/plugin.hpp"

namespace {

constexpr std::array schema = {
    avocet::option(AVOCET_OPTION_STRING, "command", "clang-19", "The compiler to run."),
};

// A private directory that is removed again.
class Workspace {
public:
    Workspace() {
        if (!mkdtemp(path_))
            throw avocet::Error(AVOCET_ERR_IO,
                                std::string("cannot make a directory in /tmp: ") + avocet::errno_text(errno));
    }
    ~Workspace() {
        unlink(file("a.c").c_str());
        unlink(file("a.o").c_str());
        rmdir(path_);
    }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    std::string file(const char* name) const { return std::string(path_) + "/" + name; }

private:
    char path_[24] = "/tmp/avocet-c-XXXXXX";
};

class ClangFrontend final : public avocet::Frontend {
public:
    ClangFrontend(const avocet::Host& host, const avocet::Options& options)
        : host_(host), command_(options.text("command")) {}

    void compile(const avocet_source& source, const avocet_compile_events& events) override {
        Workspace work;
        std::ofstream(work.file("a.c")) << avocet::view(source.text);
        std::string line =
            command_ + " -target bpf -g -O2 -c -o " + work.file("a.o") + " " + work.file("a.c") + " 2>&1";
        std::string messages;
        FILE* pipe = popen(line.c_str(), "r");
        if (!pipe) throw avocet::Error(AVOCET_ERR_IO, "cannot run '" + command_ + "': " + avocet::errno_text(errno));
        char buffer[512];
        while (size_t n = fread(buffer, 1, sizeof buffer, pipe)) messages.append(buffer, n);
        if (pclose(pipe) != 0) throw avocet::Error(AVOCET_ERR_INVALID, "compilation failed", messages);
        if (source.flags & AVOCET_COMPILE_CHECK) return;
        std::ifstream object(work.file("a.o"), std::ios::binary);
        std::stringstream bytes;
        bytes << object.rdbuf();
        std::string elf = bytes.str();
        events.on_program(events.ctx, {elf.data(), elf.size()});
    }

private:
    avocet::Host host_;
    std::string command_;
};

constexpr auto factory = avocet::frontend_factory<ClangFrontend, schema>("C through a clang process");

}  // namespace

AVOCET_PLUGIN("template.frontend", "1.0.0", &factory)
