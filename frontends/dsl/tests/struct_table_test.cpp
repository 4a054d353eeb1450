// SPDX-License-Identifier: Apache-2.0
//
// Types read from raw BTF: layouts, flattening, bit-fields, tags, enums; and the kernel's own BTF where there is one.
#include "types/struct_table.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "fake_host.hpp"

namespace avocet::dsl {
namespace {

class StructTableTest : public testing::Test {
protected:
    void SetUp() override {
        table.set_kernel([this] { return host.kernel_btf(); });
    }
    const Member& field(const char* name) {
        const StructLayout* layout = table.find_struct("task_struct");
        for (const Member& m : layout->members)
            if (m.name == name) return m;
        throw std::runtime_error(std::string("no field ") + name);
    }
    test::FakeHost host;
    StructTable table;
};

TEST_F(StructTableTest, BasicTypesNeedNoBtf) {
    EXPECT_EQ(table.find_typedef("uint16_t")->spelling(), "uint16");
    EXPECT_EQ(table.find_typedef("size_t")->spelling(), "uint64");
    EXPECT_FALSE(host.kernel_was_asked());
    EXPECT_FALSE(table.kernel_used());
}

TEST_F(StructTableTest, MembersHaveTheirPlace) {
    EXPECT_EQ(field("tgid").offset, 4u);
    EXPECT_EQ(field("comm").type->spelling(), "string[16]");
    EXPECT_EQ(field("real_parent").type->spelling(), "struct task_struct *");
    EXPECT_EQ(field("numbers").type->spelling(), "int32[4]");
    EXPECT_EQ(field("running").type->spelling(), "bool");
    EXPECT_EQ(field("state").type->spelling(), "enum task_state");
    EXPECT_TRUE(table.kernel_used());
}

TEST_F(StructTableTest, AnonymousMembersAreFlattened) {
    EXPECT_EQ(field("start").offset, 64u);
    EXPECT_EQ(field("delta").offset, 64u);
    EXPECT_TRUE(field("delta").type->is_signed);
}

TEST_F(StructTableTest, BitFields) {
    EXPECT_EQ(field("in_execve").offset, 40u);
    EXPECT_EQ(field("in_execve").bit_offset, 1u);
    EXPECT_EQ(field("in_execve").bit_size, 2u);
    EXPECT_EQ(field("pid").bit_size, 0u);
}

TEST_F(StructTableTest, TaggedPointersKeepTheirTag) { EXPECT_EQ(field("counters").type->name, "percpu"); }

TEST_F(StructTableTest, Enumerators) {
    const auto found = table.find_enumerator("STATE_SLEEPING");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->first, 2);
    EXPECT_EQ(found->second, "task_state");
    EXPECT_EQ(table.enumerators("task_state").size(), 2u);
    EXPECT_FALSE(table.find_enumerator("STATE_"));
    EXPECT_FALSE(table.find_enumerator(""));
}

TEST_F(StructTableTest, UnknownNames) {
    EXPECT_EQ(table.find_struct("task"), nullptr);
    EXPECT_EQ(table.find_struct("struct"), nullptr);
    EXPECT_FALSE(table.find_enum("pid_t"));
    EXPECT_FALSE(table.find_typedef("task_struct"));
}

TEST(StructTableKernel, DamagedBtfIsNoBtf) {
    test::FakeHost host;
    const avocet_bytes raw = host.kernel_btf();
    const char* data = static_cast<const char*>(raw.data);
    for (size_t size : {size_t{0}, size_t{4}, size_t{23}, size_t{24}, raw.size / 2, raw.size - 1}) {
        StructTable table;
        table.set_kernel([&] { return avocet_bytes{data, size}; });
        EXPECT_EQ(table.find_struct("task_struct"), nullptr) << size;
    }
    std::string wrong(data, raw.size);
    for (size_t i = 24; i < wrong.size(); i += 7) {  // whatever the bytes say, nothing outside of them is read
        std::string damaged = wrong;
        damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
        StructTable table;
        table.set_kernel([&] { return avocet_bytes{damaged.data(), damaged.size()}; });
        table.find_struct("task_struct");
        table.find_enumerator("STATE_SLEEPING");
        table.enumerators("task_state");
    }
}

TEST(StructTableKernel, RunningKernel) {
    std::ifstream in("/sys/kernel/btf/vmlinux", std::ios::binary);
    if (!in) GTEST_SKIP() << "this kernel offers no BTF";
    const std::string raw((std::istreambuf_iterator<char>(in)), {});
    StructTable table;
    table.set_kernel([&] { return avocet_bytes{raw.data(), raw.size()}; });
    const StructLayout* task = table.find_struct("task_struct");
    ASSERT_NE(task, nullptr);
    bool comm = false;
    for (const Member& m : task->members)
        if (m.name == "comm") comm = m.type->spelling() == "string[16]";
    EXPECT_TRUE(comm);
    EXPECT_EQ(table.find_typedef("kuid_t")->spelling(), "struct kuid_t")
        << "an anonymous struct has the typedef's name";
    EXPECT_EQ(table.find_enumerator("BPF_MAP_TYPE_RINGBUF")->second, "bpf_map_type");
}

}  // namespace
}  // namespace avocet::dsl
