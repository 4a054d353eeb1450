// SPDX-License-Identifier: Apache-2.0
//
// Walking BTF: sizes, names, tags, and chains that never end.
#include <gtest/gtest.h>

#include <memory>

#include "types/btf.hpp"

namespace avocet::core {
namespace {

struct BtfTest : ::testing::Test {
    std::unique_ptr<::btf, decltype(&btf__free)> owner{btf__new_empty(), btf__free};
    ::btf* b = owner.get();
    static uint32_t id(int n) { return static_cast<uint32_t>(n); }
};

TEST_F(BtfTest, SizesAndNames) {
    int u32 = btf__add_int(b, "unsigned int", 4, 0);
    int chars = btf__add_array(b, u32, btf__add_int(b, "char", 1, BTF_INT_SIGNED), 16);
    int pair = btf__add_struct(b, "pair", 24);
    btf__add_field(b, "pid", u32, 0, 0);
    btf__add_field(b, "comm", chars, 32, 0);
    int alias = btf__add_typedef(b, "pair_t", btf__add_const(b, pair));
    int pointer = btf__add_ptr(b, alias);
    BtfView v(b);
    EXPECT_EQ(v.resolve(id(alias)), id(pair));
    EXPECT_EQ(v.size(id(alias)), 24u);
    EXPECT_EQ(v.size(id(chars)), 16u);
    EXPECT_EQ(v.size(id(pointer)), 8u);
    EXPECT_EQ(v.size(0), std::nullopt);
    EXPECT_EQ(v.size(12345), std::nullopt);
    EXPECT_EQ(v.spell(id(pair)), "struct pair");
    EXPECT_EQ(v.spell(id(pointer)), "pair_t *");
    EXPECT_EQ(v.spell(id(chars)), "char[16]");
    EXPECT_EQ(v.spell(0), "void");
    EXPECT_EQ(v.find_struct("pair"), id(pair));
    EXPECT_EQ(v.find_struct("other"), 0u);
    ASSERT_TRUE(v.member(v.type(id(pair)), "comm"));
    EXPECT_FALSE(v.member(v.type(id(pair)), "nothing"));
    EXPECT_FALSE(v.member(v.type(id(u32)), "pid"));
}

TEST_F(BtfTest, TagsNearestFirst) {
    int u64 = btf__add_int(b, "u64", 8, 0);
    int alias = btf__add_typedef(b, "ktime", u64);
    int outer = btf__add_typedef(b, "latency", alias);
    int structure = btf__add_struct(b, "s", 16);
    btf__add_field(b, "a", outer, 0, 0);
    btf__add_field(b, "b", outer, 64, 0);
    btf__add_decl_tag(b, "inner", alias, -1);
    btf__add_decl_tag(b, "outer", outer, -1);
    btf__add_decl_tag(b, "member", structure, 1);
    BtfView v(b);
    EXPECT_EQ(v.tags_of(id(structure), 0, id(outer)), (std::vector<std::string_view>{"outer", "inner"}));
    EXPECT_EQ(v.tags_of(id(structure), 1, id(outer)), (std::vector<std::string_view>{"member", "outer", "inner"}));
    EXPECT_TRUE(v.tags(id(u64)).empty());
}

TEST_F(BtfTest, EndlessChains) {
    int u8 = btf__add_int(b, "u8", 1, 0);
    int round = btf__add_typedef(b, "round", 3);
    btf__add_const(b, round);  // 3: const of the typedef of itself
    int endless = btf__add_array(b, u8, 4, 2);
    int huge = btf__add_array(b, u8, u8, INT32_MAX);
    int huger = btf__add_array(b, u8, huge, INT32_MAX);
    BtfView v(b);
    EXPECT_EQ(v.resolve(id(round)), 0u);
    EXPECT_EQ(v.size(id(round)), std::nullopt);
    EXPECT_EQ(v.size(id(endless)), std::nullopt);
    EXPECT_EQ(v.size(id(huger)), std::nullopt);
    EXPECT_NE(v.spell(id(round)), "");
}

TEST(BtfView, OfNothing) {
    BtfView v(nullptr);
    EXPECT_EQ(v.type(1), nullptr);
    EXPECT_EQ(v.find_struct("x"), 0u);
    EXPECT_EQ(v.size(1), std::nullopt);
}

}  // namespace
}  // namespace avocet::core
