// SPDX-License-Identifier: Apache-2.0
//
// The parts of the provider that read untrusted or odd text: the linker's cache and C++ names.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>

#include "avocet/ld_cache.hpp"
#include "demangle.hpp"

using namespace avocet;
using namespace avocet::uprobe;

namespace {

void append(std::string& out, uint32_t value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }

struct Entry {
    uint32_t flags;
    std::string name, path;
};

std::string make_cache(const std::vector<Entry>& entries) {
    std::string strings, table = "glibc-ld.so.cache1.1";
    append(table, static_cast<uint32_t>(entries.size()));
    std::string rows;
    size_t strings_at = 48 + entries.size() * 24;
    for (const auto& e : entries) {
        append(rows, e.flags);
        append(rows, static_cast<uint32_t>(strings_at + strings.size()));
        strings += e.name + '\0';
        append(rows, static_cast<uint32_t>(strings_at + strings.size()));
        strings += e.path + '\0';
        rows.append(12, '\0');
    }
    append(table, static_cast<uint32_t>(strings.size()));
    table.append(20, '\0');
    return table + rows + strings;
}

#if defined(__x86_64__)
constexpr uint32_t native = 0x303;
#else
constexpr uint32_t native = 0xa03;
#endif

}  // namespace

TEST(LdCache, finds_whole_and_started_names_of_this_architecture) {
    std::string cache = make_cache({{3, "libc.so.6", "/lib32/libc.so.6"},
                                    {native, "libcrypt.so.1", "/lib/libcrypt.so.1"},
                                    {native, "libc.so.6", "/lib/libc.so.6"},
                                    {native, "libssl.so.3", "/lib/libssl.so.3"}});
    EXPECT_EQ(find_in_ld_cache(cache, "libc"), "/lib/libc.so.6");
    EXPECT_EQ(find_in_ld_cache(cache, "libc.so.6"), "/lib/libc.so.6");
    EXPECT_EQ(find_in_ld_cache(cache, "libssl.so.3"), "/lib/libssl.so.3");
    EXPECT_FALSE(find_in_ld_cache(cache, "libss"));
    EXPECT_FALSE(find_in_ld_cache(cache, ""));
}

TEST(LdCache, skips_the_old_table_in_front) {
    std::string old = "ld.so-1.7.0";
    old += '\0';
    append(old, 1);
    old.append(12, 'x');
    old.append((8 - old.size() % 8) % 8, '\0');
    EXPECT_EQ(find_in_ld_cache(old + make_cache({{native, "libm.so.6", "/lib/libm.so.6"}}), "libm"), "/lib/libm.so.6");
}

TEST(LdCache, survives_damage) {
    std::string cache = make_cache({{native, "libc.so.6", "/lib/libc.so.6"}});
    for (size_t size = 0; size < cache.size(); ++size)
        EXPECT_FALSE(find_in_ld_cache(cache.substr(0, size), "libc")) << size;
    for (size_t i = 20; i < cache.size(); ++i) {
        std::string damaged = cache;
        damaged[i] = '\xff';
        auto found = find_in_ld_cache(damaged, "libc");
        EXPECT_EQ(found.value_or("/").substr(0, 1), "/");
    }
    EXPECT_FALSE(find_in_ld_cache(std::string_view("ld.so-1.7.0\0\xff\xff\xff\xff", 16), "libc"));
}

TEST(LdCache, knows_this_machines_c_library) {
    std::ifstream in("/etc/ld.so.cache", std::ios::binary);
    if (!in) GTEST_SKIP() << "no /etc/ld.so.cache";
    std::string cache{std::istreambuf_iterator<char>(in), {}};
    auto path = find_in_ld_cache(cache, "libc");
    ASSERT_TRUE(path);
    EXPECT_TRUE(std::ifstream(*path).good()) << *path;
}

TEST(Demangle, names_without_parameters) {
    EXPECT_EQ(demangle("main"), "");
    EXPECT_EQ(demangle("_ZNK7subject3Box3getEi"), "subject::Box::get(int) const");
    EXPECT_EQ(without_parameters("subject::Box::get(int) const"), "subject::Box::get");
    EXPECT_EQ(without_parameters("A::operator()(int)"), "A::operator()");
    EXPECT_EQ(without_parameters("(anonymous namespace)::f(void (*)(int))"), "(anonymous namespace)::f");
    EXPECT_EQ(without_parameters("vtable for A"), "vtable for A");
}

TEST(Demangle, patterns) {
    EXPECT_TRUE(cpp_name_matches("subject::Box::get", "subject::Box::get(int) const"));
    EXPECT_TRUE(cpp_name_matches("subject::*::get", "subject::Box::get(int) const"));
    EXPECT_FALSE(cpp_name_matches("get", "subject::Box::get(int) const"));
    EXPECT_TRUE(cpp_name_matches("subject::Box::get(int)*", "subject::Box::get(int) const"));
    EXPECT_FALSE(cpp_name_matches("subject::Box::get(long)*", "subject::Box::get(int) const"));
    EXPECT_TRUE(cpp_name_matches("subject::twice<int>", "int subject::twice<int>(int)"));
    EXPECT_FALSE(cpp_name_matches("*", ""));
}

TEST(Demangle, rust_names_of_both_schemes) {
    EXPECT_EQ(demangle("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
    EXPECT_EQ(
        demangle("_ZN64_$LT$alloc..vec..Vec$LT$T$C$A$GT$$u20$as$u20$core..ops..Drop$GT$4drop17h0123456789abcdefE"),
        "<alloc::vec::Vec<T,A> as core::ops::Drop>::drop");
    EXPECT_EQ(demangle("_RNvC6_123foo3bar"), "123foo::bar");
    EXPECT_EQ(demangle("_RNvMs_NtCs1234_7mycrate3fooNtB4_3Bar3new"), "<mycrate::foo::Bar>::new");
    EXPECT_EQ(demangle("_Rnonsense"), "");
    EXPECT_TRUE(cpp_name_matches("core::fmt::*", demangle("_ZN4core3fmt5write17h0123456789abcdefE")));
    EXPECT_TRUE(cpp_name_matches("123foo::bar", demangle("_RNvC6_123foo3bar")));
}
