// SPDX-License-Identifier: Apache-2.0
//
// Notes of files that are made here: prelinked, without section headers, cut off anywhere, damaged anywhere.
#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "notes.hpp"

using namespace avocet::usdt;

namespace {

constexpr uint64_t code_address = 0x401000, code_offset = 0x1000, data_address = 0x600000, data_offset = 0x2000;
constexpr uint64_t base_address = 0x500000;

template <class T>
void put(std::string& file, uint64_t at, const T& value) {
    if (file.size() < at + sizeof value) file.resize(at + sizeof value);
    std::memcpy(file.data() + at, &value, sizeof value);
}

struct NoteText {
    uint64_t location, base, semaphore;
    std::string provider, name, arguments;
};

std::string encode(const NoteText& note) {
    std::string description;
    for (uint64_t address : {note.location, note.base, note.semaphore})
        description.append(reinterpret_cast<const char*>(&address), 8);
    for (const std::string* text : {&note.provider, &note.name, &note.arguments}) description += *text + '\0';
    Elf64_Nhdr header{8, static_cast<uint32_t>(description.size()), 3};
    std::string out(reinterpret_cast<const char*>(&header), sizeof header);
    out.append("stapsdt\0", 8);
    out += description;
    out.resize((out.size() + 3) & ~size_t{3});
    return out;
}

// A program of one page of code and one of data, notes at 0x3000, section headers at 0x4000.
std::string make_elf(const std::vector<NoteText>& notes, uint64_t base = base_address, bool with_sections = true,
                     uint16_t machine = EM_X86_64) {
    std::string file, area;
    for (const auto& note : notes) area += encode(note);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_EXEC;
    header.e_machine = machine;
    header.e_phoff = 0x40;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 3;
    header.e_shoff = with_sections ? 0x4000 : 0;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = with_sections ? 4 : 0;
    header.e_shstrndx = 3;
    put(file, 0, header);
    put(file, 0x40, Elf64_Phdr{PT_LOAD, PF_R | PF_X, code_offset, code_address, 0, 0x1000, 0x1000, 0x1000});
    put(file, 0x78, Elf64_Phdr{PT_LOAD, PF_R | PF_W, data_offset, data_address, 0, 0x1000, 0x2000, 0x1000});
    put(file, 0xb0, Elf64_Phdr{PT_NOTE, PF_R, 0x3000, 0, 0, area.size(), area.size(), 4});
    file.resize(0x3000);
    file += area;
    file.resize(0x4000 + 4 * sizeof(Elf64_Shdr));
    if (with_sections) {
        const std::string names("\0.note.stapsdt\0.stapsdt.base\0.shstrtab\0", 39);
        auto section = [&](uint64_t n, uint32_t name, uint32_t type, uint64_t address, uint64_t offset, uint64_t size) {
            put(file, 0x4000 + n * sizeof(Elf64_Shdr), Elf64_Shdr{name, type, 0, address, offset, size, 0, 0, 4, 0});
        };
        section(1, 1, SHT_NOTE, 0, 0x3000, area.size());
        section(2, 15, SHT_PROGBITS, base, 0x3000, 1);
        section(3, 29, SHT_STRTAB, 0, file.size(), names.size());
        file += names;
    }
    return file;
}

Notes read(std::string file) { return read_notes(ElfImage(Bytes(std::move(file)))); }

const std::vector<NoteText> two{{code_address + 0x10, base_address, 0, "app", "start", "8@%rdi"},
                                {code_address + 0x20, base_address, data_address + 8, "app", "stop", ""}};

}  // namespace

TEST(Notes, addresses_become_file_offsets) {
    auto notes = read(make_elf(two));
    EXPECT_EQ(notes.damaged, 0u);
    ASSERT_EQ(notes.probes.size(), 2u);
    EXPECT_EQ(notes.probes[0].provider, "app");
    EXPECT_EQ(notes.probes[0].name, "start");
    ASSERT_EQ(notes.probes[0].sites.size(), 1u);
    EXPECT_EQ(notes.probes[0].sites[0].offset, code_offset + 0x10);
    EXPECT_EQ(notes.probes[0].sites[0].semaphore, 0u);
    EXPECT_EQ(notes.probes[0].sites[0].arguments.size(), 1u);
    EXPECT_EQ(notes.probes[1].sites[0].semaphore, data_offset + 8);
    EXPECT_TRUE(notes.probes[1].has_semaphore());
    EXPECT_TRUE(notes.probes[1].sites[0].arguments.empty());
}

TEST(Notes, a_moved_file_moves_its_probes) {
    auto moved = two;
    for (auto& note : moved) {  // linked 0x100 below, then moved
        note.location -= 0x100;
        note.base -= 0x100;
        if (note.semaphore) note.semaphore -= 0x100;
    }
    auto notes = read(make_elf(moved));
    ASSERT_EQ(notes.probes.size(), 2u);
    EXPECT_EQ(notes.probes[0].sites[0].offset, code_offset + 0x10);
    EXPECT_EQ(notes.probes[1].sites[0].semaphore, data_offset + 8);
}

TEST(Notes, sites_of_one_probe_are_gathered_in_order) {
    auto notes = read(make_elf({{code_address + 0x30, base_address, 0, "app", "x", "-4@%eax"},
                                {code_address + 0x10, base_address, 0, "app", "x", "-4@$5 8@%rbx"},
                                {code_address + 0x10, base_address, 0, "app", "x", "-4@$5 8@%rbx"},
                                {code_address + 0x10, base_address, 0, "other", "x", ""}}));
    ASSERT_EQ(notes.probes.size(), 2u);
    ASSERT_EQ(notes.probes[0].sites.size(), 2u);
    EXPECT_EQ(notes.probes[0].sites[0].offset, code_offset + 0x10);
    EXPECT_EQ(notes.probes[0].argument_count(), 2u);
}

TEST(Notes, of_another_processor_are_read_by_its_own_words) {
    const auto notes = read(make_elf(
        {{code_address + 4, base_address, data_address + 8, "app", "step", "-4@w1 8@[sp, 24] 1@[x7, x10] 2@7"}},
        base_address, true, EM_AARCH64));
    EXPECT_EQ(notes.damaged, 0u);
    ASSERT_EQ(notes.probes.size(), 1u);
    const auto& site = notes.probes[0].sites.at(0);
    EXPECT_EQ(site.offset, code_offset + 4);
    EXPECT_EQ(site.semaphore, data_offset + 8);
    ASSERT_EQ(site.arguments.size(), 4u);
    for (const auto& argument : site.arguments) EXPECT_TRUE(argument.readable()) << argument.refusal;
    EXPECT_EQ(site.arguments[1].location.base, 31 * 8);
    EXPECT_EQ(site.arguments[1].location.offset, 24);
    EXPECT_EQ(site.arguments[2].location.index, 80);
    EXPECT_EQ(site.arguments[3].location.offset, 7);
}

TEST(Notes, files_without_section_headers_are_read_by_segment) {
    auto notes = read(make_elf(two, base_address, false));
    EXPECT_EQ(notes.probes.size(), 2u);
}

TEST(Notes, what_lies_outside_of_the_code_is_counted) {
    auto notes = read(make_elf({{data_address, base_address, 0, "app", "in_data", ""},
                                {0x10, base_address, 0, "app", "nowhere", ""},
                                {code_address, base_address, data_address + 0x1800, "app", "semaphore_not_in_file", ""},
                                {code_address, base_address, 0, "app", "", ""},
                                {code_address, base_address, 0, "app", "good", ""}}));
    EXPECT_EQ(notes.damaged, 4u);
    ASSERT_EQ(notes.probes.size(), 1u);
    EXPECT_EQ(notes.probes[0].name, "good");
}

TEST(Notes, a_semaphore_whose_page_is_loaded_twice_is_noticed) {
    std::string file = make_elf(two);
    EXPECT_FALSE(read(file).probes[1].sites[0].semaphore_is_hidden);
    // The page before in memory ends in the same page of the file.
    put(file, 0xb0, Elf64_Phdr{PT_LOAD, PF_R | PF_W, data_offset - 0x10, data_address - 0x1010, 0, 0x10, 0x10, 0x1000});
    EXPECT_FALSE(read(file).probes[1].sites[0].semaphore_is_hidden);
    put(file, 0xb0, Elf64_Phdr{PT_LOAD, PF_R | PF_W, data_offset - 0x10, data_address - 0x1010, 0, 0x14, 0x14, 0x1000});
    EXPECT_TRUE(read(file).probes[1].sites[0].semaphore_is_hidden);
}

TEST(Notes, no_more_arguments_than_a_target_has_places_for) {
    std::string many;
    for (int i = 0; i < 40; ++i) many += "8@%rax ";
    auto notes = read(make_elf({{code_address, base_address, 0, "app", "many", many}}));
    EXPECT_EQ(notes.probes.at(0).argument_count(), size_t{AVOCET_MAX_LOCATIONS});
}

TEST(Notes, what_is_no_program_says_so) {
    auto state = [](std::string bytes) { return ElfImage(Bytes(std::move(bytes))).state(); };
    EXPECT_EQ(state(""), ElfState::not_elf);
    EXPECT_EQ(state("#!/bin/sh\n"), ElfState::not_elf);
    EXPECT_EQ(state(std::string(4096, '\0')), ElfState::not_elf);
    std::string file = make_elf(two);
    file[EI_CLASS] = ELFCLASS32;
    EXPECT_EQ(state(file), ElfState::not_64_bit);
    file = make_elf(two);
    file[16] = ET_REL;
    EXPECT_EQ(state(file), ElfState::not_a_program);
    int error = 0;
    Bytes::open("/nonexistent", error);
    EXPECT_EQ(error, ENOENT);
}

// Whatever is cut off or changed, what is found lies inside the file.
TEST(Notes, every_prefix_and_many_damages_are_survived) {
    const std::string whole = make_elf(two);
    auto check = [](const std::string& file) {
        for (const Probe& probe : read(file).probes)
            for (const Site& site : probe.sites) {
                EXPECT_LT(site.offset, file.size());
                EXPECT_LT(site.semaphore, file.size());
            }
    };
    for (size_t size = 0; size < whole.size(); size += size < 0x120 || size > 0x2fff ? 1 : 97)
        check(whole.substr(0, size));
    std::mt19937 random(1);
    const size_t interesting[] = {0, 0x100, 0x3000, 0x3100, 0x4000, whole.size()};
    for (int round = 0; round < 4000; ++round) {
        std::string file = whole;
        for (int i = 0; i < 4; ++i) {
            const size_t area = random() % 3 * 2;
            const size_t at = interesting[area] + random() % (interesting[area + 1] - interesting[area]);
            file[at] = static_cast<char>(random() % 3 ? random() : 0xff);
        }
        check(file);
    }
}

TEST(Notes, huge_counts_are_no_reason_to_allocate) {
    std::string file = make_elf(two);
    Elf64_Shdr first{};
    first.sh_size = UINT64_MAX;
    first.sh_info = UINT32_MAX;
    put(file, 0x4000, first);
    put<uint16_t>(file, offsetof(Elf64_Ehdr, e_shnum), 0);
    put<uint16_t>(file, offsetof(Elf64_Ehdr, e_phnum), PN_XNUM);
    EXPECT_TRUE(read(file).probes.empty());
}
