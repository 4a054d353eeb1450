// SPDX-License-Identifier: Apache-2.0
//
// Format fields to BTF through libbpf's writer.
#include "field_types.hpp"

#include <bpf/btf.h>
#include <linux/btf.h>

#include <new>
#include <sstream>
#include <utility>

#include "avocet/error.hpp"

namespace avocet::tracepoint {

namespace {

// C types of the kernel that are integers of a known size on every 64-bit machine.
const std::map<std::string, IntegerShape>& integer_shapes() {
    static const std::map<std::string, IntegerShape> shapes = {{"char", {1, true}},
                                                               {"signed char", {1, true}},
                                                               {"unsigned char", {1, false}},
                                                               {"u8", {1, false}},
                                                               {"__u8", {1, false}},
                                                               {"s8", {1, true}},
                                                               {"short", {2, true}},
                                                               {"unsigned short", {2, false}},
                                                               {"u16", {2, false}},
                                                               {"__u16", {2, false}},
                                                               {"s16", {2, true}},
                                                               {"umode_t", {2, false}},
                                                               {"int", {4, true}},
                                                               {"unsigned int", {4, false}},
                                                               {"unsigned", {4, false}},
                                                               {"u32", {4, false}},
                                                               {"__u32", {4, false}},
                                                               {"s32", {4, true}},
                                                               {"__s32", {4, true}},
                                                               {"pid_t", {4, true}},
                                                               {"uid_t", {4, false}},
                                                               {"gid_t", {4, false}},
                                                               {"qid_t", {4, false}},
                                                               {"clockid_t", {4, true}},
                                                               {"timer_t", {4, true}},
                                                               {"mqd_t", {4, true}},
                                                               {"key_t", {4, true}},
                                                               {"key_serial_t", {4, true}},
                                                               {"rwf_t", {4, true}},
                                                               {"long", {8, true}},
                                                               {"unsigned long", {8, false}},
                                                               {"long long", {8, true}},
                                                               {"unsigned long long", {8, false}},
                                                               {"u64", {8, false}},
                                                               {"__u64", {8, false}},
                                                               {"s64", {8, true}},
                                                               {"__s64", {8, true}},
                                                               {"size_t", {8, false}},
                                                               {"ssize_t", {8, true}},
                                                               {"off_t", {8, true}},
                                                               {"loff_t", {8, true}},
                                                               {"aio_context_t", {8, false}},
                                                               {"__kernel_old_time_t", {8, true}}};
    return shapes;
}

bool starts_with(const std::string& text, std::string_view start) { return text.compare(0, start.size(), start) == 0; }

}  // namespace

std::string plain_spelling(const std::string& spelling) {
    std::istringstream words(spelling);
    std::string out;
    for (std::string word; words >> word;) {
        std::string stars;
        while (!word.empty() && word.back() == '*') {
            word.pop_back();
            stars += '*';
        }
        while (!word.empty() && word.front() == '*') {  // "char *const"
            word.erase(0, 1);
            out += '*';
        }
        if (!word.empty() && word != "const" && word != "volatile" && word != "__user") {
            if (!out.empty()) out += ' ';
            out += word;
        }
        out += stars;
    }
    return out;
}

IntegerShape integer_shape(const std::string& spelling) {
    if (starts_with(spelling, "enum ")) return {4, true};
    auto found = integer_shapes().find(spelling);
    return found == integer_shapes().end() ? IntegerShape{0, false} : found->second;
}

FieldTypes::FieldTypes() : btf_(btf__new_empty()) {
    if (!btf_) throw std::bad_alloc();
}
FieldTypes::~FieldTypes() { btf__free(btf_); }

uint32_t FieldTypes::remember(const std::string& key, int type_id) {
    if (type_id < 0) throw Error(AVOCET_ERR_INTERNAL, "type '" + key + "': " + errno_text(-type_id));
    return known_[key] = static_cast<uint32_t>(type_id);
}

uint32_t FieldTypes::integer(uint32_t size, bool is_signed) {
    static const char* const names[2][4] = {{"unsigned char", "unsigned short", "unsigned int", "unsigned long"},
                                            {"char", "short", "int", "long"}};
    size_t power = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
    return named_integer(names[is_signed ? 1 : 0][power]);
}

uint32_t FieldTypes::named_integer(const std::string& spelling) {
    auto found = known_.find(spelling);
    if (found != known_.end()) return found->second;
    IntegerShape shape = integer_shape(spelling);
    return remember(spelling, btf__add_int(btf_, spelling.c_str(), shape.size, shape.is_signed ? BTF_INT_SIGNED : 0));
}

uint32_t FieldTypes::pointee(const std::string& spelling) {
    if (spelling.empty() || spelling == "void" || spelling.find('(') != std::string::npos) return 0;
    if (spelling.back() == '*') return pointer(spelling);
    auto found = known_.find(spelling);
    if (found != known_.end()) return found->second;
    if (starts_with(spelling, "struct "))
        return remember(spelling, btf__add_fwd(btf_, spelling.c_str() + 7, BTF_FWD_STRUCT));
    if (starts_with(spelling, "union "))
        return remember(spelling, btf__add_fwd(btf_, spelling.c_str() + 6, BTF_FWD_UNION));
    if (starts_with(spelling, "enum ")) return integer(4, true);
    if (integer_shape(spelling).size) return named_integer(spelling);
    if (spelling.find(' ') != std::string::npos) return 0;
    return remember(spelling, btf__add_typedef(btf_, spelling.c_str(), 0));
}

uint32_t FieldTypes::pointer(const std::string& spelling) {
    std::string plain = plain_spelling(spelling);
    auto found = known_.find(plain);
    if (found != known_.end()) return found->second;
    size_t star = plain.rfind('*');
    uint32_t target = star == std::string::npos ? 0 : pointee(plain.substr(0, star));
    return remember(plain, btf__add_ptr(btf_, static_cast<int>(target)));
}

uint32_t FieldTypes::array(uint32_t element_type, uint32_t count) {
    std::string key = "[" + std::to_string(count) + "]" + std::to_string(element_type);
    auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    int index = static_cast<int>(integer(4, false));
    return remember(key, btf__add_array(btf_, index, static_cast<int>(element_type), count));
}

// Type of an array's elements.
uint32_t FieldTypes::element(const Field& field) {
    std::string plain = plain_spelling(field.type);
    if (!plain.empty() && plain.back() == '*') return pointer(plain);
    if (integer_shape(plain).size) return named_integer(plain);
    return integer(1, false);
}

uint32_t FieldTypes::of(const Field& field) {
    if (field.is_data_loc) return integer(8, true);
    if (field.is_array) {
        std::string plain = plain_spelling(field.type);
        uint32_t each = !plain.empty() && plain.back() == '*' ? 8 : integer_shape(plain).size;
        if (each == 0 || field.size % each != 0) return array(integer(1, false), field.size);
        return array(element(field), field.size / each);
    }
    if (field.is_pointer() && field.size == 8) return pointer(field.type);
    if (plain_spelling(field.type) == "bool" && field.size == 1) {
        auto found = known_.find("bool");
        return found != known_.end() ? found->second : remember("bool", btf__add_int(btf_, "_Bool", 1, BTF_INT_BOOL));
    }
    if (field.size == 1 || field.size == 2 || field.size == 4 || field.size == 8)
        return integer(field.size, field.is_signed);
    return array(integer(1, false), field.size);  // a struct by value
}

std::vector<uint8_t> FieldTypes::bytes() const {
    uint32_t size = 0;
    const void* data = btf__raw_data(btf_, &size);
    if (!data) throw std::bad_alloc();
    auto* first = static_cast<const uint8_t*>(data);
    return {first, first + size};
}

}  // namespace avocet::tracepoint
