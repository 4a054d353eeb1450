// SPDX-License-Identifier: Apache-2.0
#include "mappings.hpp"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "avocet/error.hpp"

namespace avocet::perfdata {

namespace {

constexpr unsigned most_reads = 64;  // of one process's maps, for addresses that are in none of them
constexpr uint64_t page = 4096;

std::string proc(uint32_t pid, const char* what) { return "/proc/" + std::to_string(pid) + "/" + what; }

}  // namespace

std::string build_id_of(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return {};
    elf_version(EV_CURRENT);
    std::string id;
    std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(fd, ELF_C_READ_MMAP, nullptr), elf_end);
    size_t count = 0;
    if (elf && elf_kind(elf.get()) == ELF_K_ELF) elf_getphdrnum(elf.get(), &count);
    for (size_t i = 0; i < count && id.empty(); ++i) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf.get(), static_cast<int>(i), &segment) || segment.p_type != PT_NOTE) continue;
        Elf_Data* notes = elf_getdata_rawchunk(elf.get(), static_cast<int64_t>(segment.p_offset), segment.p_filesz,
                                               segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
        GElf_Nhdr note;
        size_t name = 0, content = 0;
        for (size_t at = 0; notes && (at = gelf_getnote(notes, at, &note, &name, &content)) > 0;)
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
                std::memcmp(static_cast<char*>(notes->d_buf) + name, "GNU", 4) == 0)
                id.assign(static_cast<char*>(notes->d_buf) + content, note.n_descsz);
    }
    elf.reset();
    ::close(fd);
    return id;
}

std::string Mappings::comm_of(uint32_t pid) {
    std::ifstream file(proc(pid, "comm"));
    std::string name;
    std::getline(file, name);
    return name;
}

void Mappings::cover(uint32_t pid, uint64_t address, uint64_t time_ns) {
    Process& process = processes_[pid];
    const auto covered = [&] {
        const auto range = process.ranges.upper_bound(address);
        return range != process.ranges.end() && range->second <= address;
    };
    if (covered()) return;
    if (process.reads < most_reads && read(pid, process, time_ns) && covered()) return;
    ask_host(pid, process, address, time_ns);
}

bool Mappings::read(uint32_t pid, Process& process, uint64_t time_ns) {
    ++process.reads;
    std::ifstream file(proc(pid, "maps"));
    for (std::string line; std::getline(file, line);) {
        Mapped m;
        uint64_t end = 0;
        char rights[5] = "";
        int name = 0;
        if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &m.start, &end,
                        rights, &m.offset, &m.device_major, &m.device_minor, &m.inode, &name) < 7 ||
            rights[2] != 'x')
            continue;
        m.size = end - m.start;
        m.writable = rights[1] == 'w';
        m.path = name && static_cast<size_t>(name) < line.size() ? line.substr(static_cast<size_t>(name)) : "//anon";
        if (m.path.ends_with(" (deleted)")) m.path.resize(m.path.size() - 10);
        add(pid, process, m, time_ns);
    }
    return !process.ranges.empty();
}

void Mappings::add(uint32_t pid, Process& process, const Mapped& mapping, uint64_t time_ns) {
    auto [range, is_new] = process.ranges.try_emplace(mapping.start + mapping.size, mapping.start);
    if (!is_new && range->second == mapping.start) return;
    range->second = mapping.start;
    file_.add_mapping(pid, mapping, time_ns);
    if (mapping.path[0] != '/' || mapping.path[1] == '/' || !identified_.insert(mapping.path).second) return;
    std::string id = build_id_of(proc(pid, "root") + mapping.path);
    if (id.empty()) id = build_id_of(mapping.path);  // the process is gone
    if (!id.empty()) file_.add_build_id(mapping.path, id, false);
}

void Mappings::ask_host(uint32_t pid, Process& process, uint64_t address, uint64_t time_ns) {
    Mapped m;
    m.start = address & ~(page - 1);
    m.size = page;
    m.path = "//anon";
    const avocet_frame frame{address, pid, 0};
    avocet_symbol symbol{};
    symbol.struct_size = sizeof symbol;
    if (symbols_ && symbols_->resolve(symbols_->ctx, &frame, &symbol) >= AVOCET_OK && symbol.module.size) {
        m.path = string(symbol.module);
        m.offset = symbol.file_offset & ~(page - 1);
    }
    add(pid, process, m, time_ns);
}

}  // namespace avocet::perfdata
