// SPDX-License-Identifier: Apache-2.0
//
// Unwinding tables of a traced program's file, from ELF to pages: rows are sorted, whatever the file says. What is no
// ELF file is taken for the contents of the two sections.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "unwind/frame_section.hpp"
#include "unwind/frame_table.hpp"

using namespace avocet::core;

namespace {

void read_sections(std::string_view bytes) {
    for (const FrameFormat format : {FrameFormat::eh_frame, FrameFormat::debug_frame}) {
        std::vector<FunctionRows> functions;
        std::vector<FrameRow> rows;
        read_frame_section({bytes, 0x1000, format}, functions, rows);
        for (const FunctionRows& f : functions)
            for (size_t i = f.first; i < f.first + f.count; ++i)
                if (rows.at(i).address < f.start || rows[i].address >= f.end) std::abort();
    }
}

void read_file(int fd) {
    FrameTable table(fd);
    for (size_t i = 1; i < table.rows().size(); ++i)
        if (table.rows()[i - 1].pc >= table.rows()[i].pc) std::abort();
    table.pc_at(0x1000, 0x1000);
    table.take_pages();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (!bytes.starts_with("\x7f"
                           "ELF")) {
        read_sections(bytes);
        return 0;
    }
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
    read_file(fd);
    close(fd);
    return 0;
}
