// SPDX-License-Identifier: Apache-2.0
//
// C texts of the second dialect, as far as they are looked at without Clang: which dialect, which headers, which names
// the text defines, what its map macros say. Any bytes; also as the kernel's types. Clang has its own target (`bcc`).
#include <cstdint>
#include <string>
#include <string_view>

#include "bcc/dialect.hpp"
#include "bcc/stages.hpp"
#include "bcc/text_scan.hpp"
#include "bcc_kernel.hpp"
#include "sidecar/kernel_config.hpp"

namespace {

using namespace avocet::c;

void expect(bool holds) {
    if (!holds) __builtin_trap();
}

void arguments(std::string_view text) {
    for (size_t at = text.find('('); at != std::string_view::npos && at < 512; at = text.find('(', at + 1)) {
        size_t end = at;
        const auto args = call_arguments(text, at, end);
        if (!args.empty()) expect(end > at && end <= text.size() && text[end - 1] == ')');
    }
}

void scan(const std::string& text, const std::string& vmlinux) {
    CompileJob job;
    job.name = "input.c";
    job.text = text;
    const std::string hidden = scan_bcc_text(job, "/avocet-headers", vmlinux);
    expect(hidden.find("#include \"vmlinux_all.h\"\n") != std::string::npos);
    for (const auto& [path, body] : job.files) expect(path.rfind("/avocet-headers/", 0) == 0 && body.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const DialectGuess guess = guess_dialect(text);
    if (guess.bcc) expect(guess.bcc->line >= 1 && text.find(guess.bcc->token) != std::string::npos);
    if (guess.libbpf) expect(guess.libbpf->line >= 1 && text.find(guess.libbpf->token) != std::string::npos);
    for (const auto& [kind, name] : defined_names(text)) expect(!kind.empty() && !name.empty());
    expect(!kernel_defines(text).empty());
    arguments(text);
    scan(text, fuzz_kernel);
    scan("typedef int x; struct task_struct { int pid; };", text);  // a vmlinux.h beside the source may be anything
    return 0;
}
