// SPDX-License-Identifier: Apache-2.0
//
// What libbpf says. It prints through one function pointer of the process; here its lines go to whoever is listening on
// this thread, and nowhere if nobody is.
#pragma once

#include <string>
#include <vector>

#include <bpf/libbpf.h>

namespace avocet::bpf {

// Listens from construction to destruction. [thread: the one that constructs it]
class LibbpfMessages {
public:
    LibbpfMessages();
    ~LibbpfMessages();
    LibbpfMessages(const LibbpfMessages&) = delete;
    LibbpfMessages& operator=(const LibbpfMessages&) = delete;

    const std::vector<std::string>& lines() const { return lines_; }
    // The last lines in one, without the "libbpf: " in front, for a hint.
    std::string tail(size_t count = 3) const;

private:
    static int print(enum libbpf_print_level level, const char* format, va_list arguments);
    std::vector<std::string> lines_;
    libbpf_print_fn_t previous_;
    LibbpfMessages* outer_;
};

}  // namespace avocet::bpf
