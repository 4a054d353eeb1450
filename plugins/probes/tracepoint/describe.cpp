// SPDX-License-Identifier: Apache-2.0
//
// What a program is given at tracepoints. Targets are split by class, and by the layout of their fields when the
// program uses them; each part is named by a spec that resolves to exactly it.
//
// A system call's fields are not read from the event's record but from where the kernel copied them: words of the raw
// tracepoint and the caller's registers. The record holds each argument in eight bytes; what the call itself looks at
// is the C type, so `int dfd` is the low four bytes, signed: AT_FDCWD is -100, not 4294967196.
#include <algorithm>
#include <map>

#include "avocet/probe_group.hpp"
#include "field_types.hpp"
#include "format.hpp"
#include "provider.hpp"

namespace avocet::tracepoint {

namespace {

constexpr uint32_t selector_count = 1024;  // above every system call number of Linux
constexpr uint32_t first_syscall_argument = 16;

// "__syscall_nr", before Linux 5.2 "nr". io_submit also has an argument of that name.
bool is_number_field(const Field& field) { return field.offset < first_syscall_argument; }

// The argument as the system call sees it.
void as_c_type(Field& field) {
    if (field.is_pointer() || field.is_array || field.is_data_loc) return;
    IntegerShape shape = integer_shape(plain_spelling(field.type));
    field.is_signed = shape.size ? shape.is_signed : false;
    if (shape.size) field.size = shape.size;
}

ProbeArg plain_arg(const Field& field, bool is_syscall, FieldTypes& types) {
    ProbeArg arg{field.name, types.of(field), AVOCET_PLACE_CONTEXT, field.offset, field.size, 0};
    if (field.is_data_loc) arg.place = AVOCET_PLACE_DATA_LOC;
    if (is_syscall && field.is_pointer()) arg.flags |= AVOCET_ARG_USER;
    if (field.is_signed || field.is_data_loc) arg.flags |= AVOCET_ARG_SIGNED;
    return arg;
}

// False: not among the registers (a string that newer kernels copy into the record beside the pointer).
bool place_syscall_arg(ProbeArg& arg, const Field& field, Class kind) {
    if (field.is_data_loc || field.is_array) return false;
    if (is_number_field(field)) {
        arg.place = kind == Class::enter ? AVOCET_PLACE_WORD : AVOCET_PLACE_SYSCALL;
        arg.index = kind == Class::enter ? 1 : AVOCET_SYSCALL_NUMBER;
        return true;
    }
    arg.place = kind == Class::enter ? AVOCET_PLACE_SYSCALL : AVOCET_PLACE_WORD;
    arg.index = kind == Class::enter ? (field.offset - first_syscall_argument) / 8 : 1;
    return arg.place == AVOCET_PLACE_WORD || arg.index < 6;
}

void add_args(ProbeGroup& group, std::vector<Field> fields, const Target& sample) {
    FieldTypes types;
    bool is_syscall = sample.category == "syscalls";
    for (auto& field : fields) {
        if (is_syscall && !is_number_field(field)) as_c_type(field);
        ProbeArg arg = plain_arg(field, is_syscall, types);
        if (sample.kind != Class::plain && !place_syscall_arg(arg, field, sample.kind)) continue;
        group.args.push_back(std::move(arg));
    }
    group.btf = types.bytes();
}

// One string for each layout.
std::string layout_key(const std::vector<Field>& fields) {
    std::string key;
    for (const auto& f : fields)
        key += f.declaration + ";" + std::to_string(f.offset) + ";" + std::to_string(f.size) +
               (f.is_signed ? "s\n" : "u\n");
    return key;
}

ProbeGroup group_of(Class kind, bool is_syscall) {
    ProbeGroup group;
    group.has = AVOCET_HAS_ARGS | AVOCET_HAS_TASK | AVOCET_HAS_PID_FILTER;
    group.probetype = "tracepoint";
    group.space = is_syscall ? AVOCET_SPACE_USER : AVOCET_SPACE_KERNEL;
    if (kind == Class::plain) return group;
    group.context = AVOCET_CONTEXT_RAW_TRACEPOINT;
    group.identity = kind == Class::raw ? AVOCET_IDENTITY_FIXED : AVOCET_IDENTITY_SELECTOR;
    if (kind == Class::raw) return group;
    group.selector_word = kind == Class::enter ? 1 : AVOCET_SYSCALL_NUMBER;
    group.selector_count = selector_count;
    return group;
}

std::string joined_events(const std::vector<const Target*>& targets) {
    std::string text;
    for (const auto* target : targets) text += (text.empty() ? "" : "|") + target->event;
    return text;
}

// What the user wrote, when it means these targets and no others; else the shortest text that does.
std::string spec_for(const ProbeSpec& spec, const Pattern& pattern, const std::vector<const Target*>& targets, bool all,
                     bool whole_class) {
    Class kind = targets[0]->kind;
    if (kind != Class::raw) {
        if (all) return spec.text;
        bool with_raw =
            std::any_of(targets.begin(), targets.end(), [](const Target* t) { return t->category == "raw_syscalls"; });
        if (whole_class && !pattern.only && !with_raw)
            return "tracepoint:" + pattern.category + ":" + pattern.event + ":" + class_name(kind);
    }
    std::string text = "tracepoint:" + targets[0]->category + ":" + joined_events(targets);
    return kind == Class::raw ? text + ":raw" : text;
}

using Part = std::vector<const Target*>;

void emit_part(const ProbeSpec& spec, const Pattern& pattern, const Part& part, bool all, bool whole_class,
               const std::vector<Field>* fields, const Emit& emit) {
    ProbeGroup group = group_of(part[0]->kind, part[0]->category == "syscalls");
    if (fields) add_args(group, *fields, *part[0]);
    for (const auto* target : part) group.targets.push_back(target->name());
    group.spec = spec_for(spec, pattern, part, all, whole_class);
    group.emit(emit);
}

// Parts of one class in one category with one layout each, in the order of their first target.
std::vector<std::pair<Part, std::vector<Field>>> split_by_layout(TraceFs& tracefs, const Part& part) {
    std::vector<std::pair<Part, std::vector<Field>>> out;
    std::map<std::string, size_t> index;
    for (const auto* target : part) {
        auto fields = parse_format(tracefs.format(target->category, target->event));
        auto [found, is_new] = index.emplace(target->category + "\n" + layout_key(fields), out.size());
        if (is_new) out.push_back({{}, std::move(fields)});
        out[found->second].first.push_back(target);
    }
    return out;
}

void emit_dependencies(TraceFs& tracefs, const Pattern& pattern, const std::vector<Target>& targets, bool with_args,
                       const Emit& emit) {
    emit.depends("kernel", "");
    if (with_args)
        for (const auto& target : targets)
            if (target.kind == Class::plain)
                emit.depends("content", tracefs.format_path(target.category, target.event));
    // A module that is loaded later may bring events that match; system calls come with the kernel only.
    bool only_syscalls =
        std::all_of(targets.begin(), targets.end(), [](const Target& t) { return t.category == "syscalls"; });
    if (pattern.wildcard() && !only_syscalls) emit.depends("content", tracefs.root() + "/available_events");
}

// The class that serves a target when its fields are not used: the raw tracepoints of raw_syscalls are cheaper.
Class class_without_args(const Target& target) { return target.category == "raw_syscalls" ? Class::raw : target.kind; }

}  // namespace

void emit_groups(TraceFs& tracefs, const ProbeSpec& spec, const Pattern& pattern, const std::vector<Target>& found,
                 bool with_args, const Emit& emit) {
    std::vector<Target> targets = found;
    if (!with_args)
        for (auto& target : targets) target.kind = pattern.only ? target.kind : class_without_args(target);
    emit_dependencies(tracefs, pattern, targets, with_args, emit);
    for (Class kind : {Class::plain, Class::enter, Class::exit, Class::raw}) {
        Part part;
        for (const auto& target : targets)
            if (target.kind == kind) part.push_back(&target);
        if (part.empty()) continue;
        if (kind == Class::raw) {
            for (const auto* target : part) emit_part(spec, pattern, {target}, false, false, nullptr, emit);
        } else if (!with_args) {
            emit_part(spec, pattern, part, part.size() == targets.size(), true, nullptr, emit);
        } else {
            for (const auto& [same, fields] : split_by_layout(tracefs, part))
                emit_part(spec, pattern, same, same.size() == targets.size(), same.size() == part.size(), &fields,
                          emit);
        }
    }
}

}  // namespace avocet::tracepoint
