// SPDX-License-Identifier: Apache-2.0
//
// Format files and their types, on text of our own.
#include "format.hpp"

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include "field_types.hpp"
#include "syscall_numbers.hpp"

using namespace avocet::tracepoint;

namespace {

const char* const sample =
    "name: sample\nID: 1\nformat:\n"
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
    "\n"
    "\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
    "\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n"
    "\tfield:__data_loc char[] name;\toffset:28;\tsize:4;\tsigned:0;\n"
    "\tfield:const struct page * page;\toffset:32;\tsize:8;\tsigned:0;\n"
    "\tfield:unsigned long ips[8];\toffset:40;\tsize:64;\tsigned:0;\n"
    "\tfield:const char *const * argv;\toffset:104;\tsize:8;\tsigned:0;\n"
    "\tfield:bool ok;\toffset:112;\tsize:1;\tsigned:0;\n"
    "\tfield:struct in6_addr addr;\toffset:116;\tsize:16;\tsigned:0;\n"
    "\tfield:__u8 grid[4][2];\toffset:132;\tsize:8;\tsigned:0;\n"
    "\tfield:fd_set * set;\toffset:144;\tsize:8;\tsigned:0;\n"
    "\tfield:garbage\n"
    "\nprint fmt: \"field:int no;\toffset:1;\tsize:1;\"\n";

const Field& field(const std::vector<Field>& fields, const std::string& name) {
    for (const auto& f : fields)
        if (f.name == name) return f;
    throw std::runtime_error("no field " + name);
}

class FieldTypesTest : public ::testing::Test {
protected:
    const btf_type* type(uint32_t id) {
        auto bytes = types.bytes();
        btf__free(parsed);
        parsed = btf__new(bytes.data(), static_cast<uint32_t>(bytes.size()));
        return btf__type_by_id(parsed, id);
    }
    const char* name(const btf_type* t) { return btf__name_by_offset(parsed, t->name_off); }
    ~FieldTypesTest() override { btf__free(parsed); }
    FieldTypes types;
    std::vector<Field> fields = parse_format(sample);
    btf* parsed = nullptr;
};

}  // namespace

TEST(Format, reads_fields_without_the_common_ones) {
    auto fields = parse_format(sample);
    ASSERT_EQ(fields.size(), 10u);
    EXPECT_EQ(fields[0].name, "prev_comm");
    EXPECT_EQ(fields[0].declaration, "char prev_comm[16]");
    EXPECT_TRUE(fields[0].is_array);
    EXPECT_EQ(fields[0].size, 16u);
    EXPECT_EQ(fields[1].offset, 24u);
    EXPECT_TRUE(fields[1].is_signed);
    EXPECT_TRUE(field(fields, "name").is_data_loc);
    EXPECT_EQ(field(fields, "name").type, "char");
    EXPECT_TRUE(field(fields, "page").is_pointer());
    EXPECT_EQ(field(fields, "grid").name, "grid");
}

TEST(Format, empty_and_broken_text_give_no_fields) {
    EXPECT_TRUE(parse_format("").empty());
    EXPECT_TRUE(parse_format("\tfield:int x;\toffset:;\tsize:4;").empty());
    EXPECT_TRUE(parse_format("\tfield:[16];\toffset:1;\tsize:4;").empty());
    EXPECT_TRUE(parse_format("field:").empty());
}

TEST(Format, spellings_lose_qualifiers) {
    EXPECT_EQ(plain_spelling("const char *const *"), "char**");
    EXPECT_EQ(plain_spelling("const struct page *"), "struct page*");
    EXPECT_EQ(plain_spelling("struct robust_list_head * *"), "struct robust_list_head**");
    EXPECT_EQ(plain_spelling("const  unsigned int"), "unsigned int");
}

TEST_F(FieldTypesTest, char_array) {
    const btf_type* t = type(types.of(field(fields, "prev_comm")));
    ASSERT_TRUE(btf_is_array(t));
    EXPECT_EQ(btf_array(t)->nelems, 16u);
    EXPECT_STREQ(name(btf__type_by_id(parsed, btf_array(t)->type)), "char");
}

TEST_F(FieldTypesTest, integer_of_the_formats_size_and_sign) {
    const btf_type* t = type(types.of(field(fields, "prev_pid")));
    ASSERT_TRUE(btf_is_int(t));
    EXPECT_EQ(t->size, 4u);
    EXPECT_EQ(btf_int_encoding(t), BTF_INT_SIGNED);
    EXPECT_EQ(types.of(field(fields, "prev_pid")), types.of(field(fields, "prev_pid")));
}

TEST_F(FieldTypesTest, data_loc_is_a_signed_address) {
    const btf_type* t = type(types.of(field(fields, "name")));
    ASSERT_TRUE(btf_is_int(t));
    EXPECT_EQ(t->size, 8u);
}

TEST_F(FieldTypesTest, struct_pointer_points_to_a_forward_declaration) {
    const btf_type* t = type(types.of(field(fields, "page")));
    ASSERT_TRUE(btf_is_ptr(t));
    const btf_type* target = btf__type_by_id(parsed, t->type);
    ASSERT_TRUE(btf_is_fwd(target));
    EXPECT_STREQ(name(target), "page");
}

TEST_F(FieldTypesTest, pointer_to_pointer_and_named_types) {
    const btf_type* argv = type(types.of(field(fields, "argv")));
    ASSERT_TRUE(btf_is_ptr(argv));
    const btf_type* inner = btf__type_by_id(parsed, argv->type);
    ASSERT_TRUE(btf_is_ptr(inner));
    EXPECT_STREQ(name(btf__type_by_id(parsed, inner->type)), "char");
    const btf_type* set = type(types.of(field(fields, "set")));
    ASSERT_TRUE(btf_is_ptr(set));
    const btf_type* named = btf__type_by_id(parsed, set->type);
    EXPECT_TRUE(btf_is_typedef(named));
    EXPECT_STREQ(name(named), "fd_set");
}

TEST_F(FieldTypesTest, other_arrays_bool_and_structs_by_value) {
    const btf_type* ips = type(types.of(field(fields, "ips")));
    ASSERT_TRUE(btf_is_array(ips));
    EXPECT_EQ(btf_array(ips)->nelems, 8u);
    EXPECT_EQ(btf__resolve_size(parsed, types.of(field(fields, "ips"))), 64);
    const btf_type* ok = type(types.of(field(fields, "ok")));
    EXPECT_EQ(btf_int_encoding(ok), BTF_INT_BOOL);
    uint32_t addr = types.of(field(fields, "addr"));
    ASSERT_TRUE(btf_is_array(type(addr)));
    EXPECT_EQ(btf__resolve_size(parsed, addr), 16);
}

TEST(SyscallNumbers, kernel_names_and_recent_calls) {
    EXPECT_EQ(syscall_number("cachestat"), 451u);
    EXPECT_EQ(syscall_number("file_setattr"), 469u);
#if defined(__x86_64__)
    EXPECT_EQ(syscall_number("read"), 0u);
    EXPECT_EQ(syscall_number("openat"), 257u);
    EXPECT_EQ(syscall_number("newstat"), 4u);
    EXPECT_EQ(syscall_number("newuname"), 63u);
    EXPECT_EQ(syscall_number("umount"), 166u);
    EXPECT_EQ(syscall_number("sendfile64"), 40u);
#endif
    EXPECT_FALSE(syscall_number("no_such_call"));
}
