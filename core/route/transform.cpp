// SPDX-License-Identifier: Apache-2.0
#include "route/transform.hpp"

#include <re2/re2.h>
#include <sodium.h>
#include <unistd.h>

#include <array>

#include "avocet/abi/label.h"
#include "record/printf_format.hpp"
#include "record/renderer.hpp"
#include "route/labels.hpp"
#include "route/match.hpp"

namespace avocet::core {

namespace {

const avocet_type text_type{
    sizeof(avocet_type), AVOCET_VALUE_STRING, 0, 0, "string", {}, {}, 0, 0, nullptr, nullptr, 0, 0, 0, 0, 0};
const avocet_type label_type{sizeof(avocet_type),
                             AVOCET_VALUE_STRING,
                             0,
                             AVOCET_TYPE_LABEL,
                             "string",
                             {},
                             {},
                             0,
                             0,
                             nullptr,
                             nullptr,
                             0,
                             0,
                             0,
                             0,
                             0};

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

bool is_text(const avocet_value& value) { return value.kind == AVOCET_VALUE_STRING || value.kind == AVOCET_VALUE_TEXT; }

// A batch of chosen or changed rows; the texts are still the other one's.
struct DerivedBatch final : OwnedBatch {
    BatchPtr base;
    std::shared_ptr<const void> schemas;
    size_t held_bytes() const override { return OwnedBatch::held_bytes() + base->held_bytes(); }
};

std::shared_ptr<DerivedBatch> derive(const BatchPtr& base, const std::vector<uint32_t>& keep) {
    auto out = std::make_shared<DerivedBatch>();
    out->base = base;
    out->batch = base->batch;
    out->batch.row_count = static_cast<uint32_t>(keep.size());
    if (const uint64_t* times = base->batch.times_ns) {
        auto* copied = out->allocate_array<uint64_t>(keep.size());
        for (size_t i = 0; i < keep.size(); ++i) copied[i] = times[keep[i]];
        out->batch.times_ns = copied;
    }
    return out;
}

struct CompiledRedaction {
    Redaction config;
    std::unique_ptr<re2::RE2> pattern;
};

// A schema and the one made of it.
struct Plan {
    struct Column {
        uint32_t from;
        const CompiledRedaction* redaction = nullptr;
    };
    avocet_schema schema{};
    std::vector<avocet_field> fields;
    std::vector<std::string> names;  // of renamed fields
    std::string format;
    std::vector<Column> columns;
    std::vector<LabelText> labels;
    int process_field = -1;  // of the old schema
};

}  // namespace

struct Transform::Impl {
    TransformConfig config;
    const Renderer* renderer;
    std::string host = host_name();
    std::vector<CompiledRedaction> redactions;
    std::array<unsigned char, crypto_generichash_KEYBYTES> key{};
    std::unordered_map<const avocet_schema*, std::unique_ptr<Plan>> plans;
    ProcessCgroups processes;
    uint32_t next_id = 1u << 31;  // the decoder counts from below

    Impl(TransformConfig c, const Renderer* r) : config(std::move(c)), renderer(r) {
        for (const auto& redaction : config.redact)
            redactions.push_back(
                {redaction, redaction.hash ? nullptr : std::make_unique<re2::RE2>(redaction.pattern, re2::RE2::Quiet)});
        if (config.redact.empty() || sodium_init() < 0) return;
        if (config.hash_key.empty())
            randombytes_buf(key.data(), key.size());
        else
            crypto_generichash(key.data(), key.size(), reinterpret_cast<const unsigned char*>(config.hash_key.data()),
                               config.hash_key.size(), nullptr, 0);
    }

    const CompiledRedaction* redaction_of(std::string_view field) const {
        for (const auto& redaction : redactions)
            if (matches_pattern(redaction.config.field, field)) return &redaction;
        return nullptr;
    }

    static bool has_free_layout(const avocet_schema& schema) {
        return schema.kind == AVOCET_RECORD_EVENT &&
               (schema.output == AVOCET_OUTPUT_PRINTF || schema.output == AVOCET_OUTPUT_TABLE);
    }

    bool drops(const avocet_schema& schema, const char* field) const {
        if (!has_free_layout(schema)) return false;
        for (const auto& pattern : config.drop)
            if (matches_pattern(pattern, field)) return true;
        return false;
    }

    const Plan& plan_of(const avocet_schema& schema) {
        auto& slot = plans[&schema];
        if (!slot) slot = make_plan(schema);
        return *slot;
    }

    std::unique_ptr<Plan> make_plan(const avocet_schema& schema) {
        auto plan = std::make_unique<Plan>();
        const uint32_t own = avocet_own_field_count(&schema);
        plan->names.reserve(own + config.labels.size());
        std::vector<bool> left_out;
        for (uint32_t i = 0; i < own; ++i) {
            const char* name = schema.fields[i].name ? schema.fields[i].name : "";
            left_out.push_back(drops(schema, name));
            if (!left_out.back()) add_column(schema, i, *plan);
        }
        for (const auto& [name, text] : config.labels) {
            plan->names.push_back(name);
            plan->fields.push_back({plan->names.back().c_str(), &label_type});
            plan->labels.emplace_back(text, host, schema.tool ? schema.tool : "");
        }
        plan->schema = schema;
        plan->schema.fields = plan->fields.data();
        plan->schema.field_count = static_cast<uint32_t>(plan->fields.size());
        plan->schema.id = next_id++;
        if (has_format(schema) && has_free_layout(schema)) {
            plan->format = PrintfFormat::without({schema.format, schema.format_size}, left_out);
            plan->schema.format = plan->format.c_str();
            plan->schema.format_size = static_cast<uint32_t>(plan->format.size());
        }
        return plan;
    }

    void add_column(const avocet_schema& schema, uint32_t index, Plan& plan) const {
        avocet_field field = schema.fields[index];
        const std::string old_name = field.name ? field.name : "";
        const CompiledRedaction* redaction = redaction_of(old_name);
        const bool changes_type = has_free_layout(schema) || schema.kind == AVOCET_RECORD_MAP ||
                                  (schema.kind == AVOCET_RECORD_EVENT && schema.output == AVOCET_OUTPUT_VALUE);
        const bool plain = field.type->kind == AVOCET_VALUE_STRING || field.type->kind == AVOCET_VALUE_TEXT;
        if (redaction && !plain && (!changes_type || field.type->kind == AVOCET_VALUE_NONE)) redaction = nullptr;
        if (redaction) field.type = &text_type;
        if (schema.kind == AVOCET_RECORD_EVENT || schema.kind == AVOCET_RECORD_MAP)
            for (const auto& [from, to] : config.rename)
                if (from == old_name) {
                    plan.names.push_back(to);
                    field.name = plan.names.back().c_str();
                }
        const std::string_view name = field.name ? field.name : "";
        if (name == "pid" || (name == "tid" && plan.process_field < 0)) plan.process_field = static_cast<int>(index);
        plan.fields.push_back(field);
        plan.columns.push_back({index, redaction});
    }

    avocet_value text_value(std::string_view text, OwnedBatch& arena) const {
        avocet_value out{};
        out.kind = AVOCET_VALUE_STRING;
        out.count = static_cast<uint32_t>(text.size());
        out.v.text = arena.copy(text);
        return out;
    }

    avocet_value redact(const CompiledRedaction& how, const avocet_type& type, const avocet_value& value,
                        OwnedBatch& arena) const {
        std::string text;
        if (is_text(value))
            text = text_of(value);
        else if (renderer)
            renderer->value(type, value, text);
        if (!how.config.hash) {
            re2::RE2::GlobalReplace(&text, *how.pattern, how.config.replacement);
            return text_value(text, arena);
        }
        std::array<unsigned char, crypto_generichash_BYTES_MIN> digest{};
        crypto_generichash(digest.data(), digest.size(), reinterpret_cast<const unsigned char*>(text.data()),
                           text.size(), key.data(), key.size());
        constexpr char digits[] = "0123456789abcdef";
        std::string hex;
        for (size_t i = 0; i < 8; ++i) (hex += digits[digest[i] >> 4]) += digits[digest[i] & 15];
        return text_value(hex, arena);
    }

    const CgroupNames& process_of(const Plan& plan, const avocet_value* row) {
        static const CgroupNames nobody;
        if (plan.process_field < 0) return nobody;
        const avocet_value& pid = row[plan.process_field];
        const bool number = pid.kind == AVOCET_VALUE_INT || pid.kind == AVOCET_VALUE_UINT;
        return number && pid.v.i > 0 && pid.v.i <= INT32_MAX ? processes.of(static_cast<pid_t>(pid.v.i)) : nobody;
    }

    BatchPtr apply(const BatchPtr& batch, const std::vector<uint32_t>& keep, std::shared_ptr<const void> owner) {
        const avocet_schema& old = *batch->batch.schema;
        const Plan& plan = plan_of(old);
        auto out = derive(batch, keep);
        out->schemas = std::move(owner);
        auto* rows = out->allocate_array<avocet_value>(keep.size() * plan.fields.size());
        avocet_value* at = rows;
        std::vector<avocet_value> fixed;  // labels that are the same for all rows
        for (const auto& label : plan.labels) fixed.push_back(text_value(label.make({}), *out));
        for (uint32_t index : keep) {
            const avocet_value* row = batch->batch.rows + size_t{index} * old.field_count;
            for (const auto& column : plan.columns)
                *at++ = column.redaction
                            ? redact(*column.redaction, *old.fields[column.from].type, row[column.from], *out)
                            : row[column.from];
            for (size_t i = 0; i < plan.labels.size(); ++i)
                *at++ = plan.labels[i].of_process() ? text_value(plan.labels[i].make(process_of(plan, row)), *out)
                                                    : fixed[i];
        }
        out->batch.schema = &plan.schema;
        out->batch.rows = rows;
        return out;
    }
};

Transform::Transform(TransformConfig config, const Renderer* renderer)
    : impl_(std::make_shared<Impl>(std::move(config), renderer)) {}
Transform::~Transform() = default;

BatchPtr Transform::apply(const BatchPtr& batch, const std::vector<uint32_t>& keep) {
    return impl_->apply(batch, keep, impl_);
}

BatchPtr select_rows(const BatchPtr& batch, const std::vector<uint32_t>& keep) {
    auto out = derive(batch, keep);
    const uint32_t width = batch->batch.schema->field_count;
    auto* rows = out->allocate_array<avocet_value>(keep.size() * width);
    for (size_t i = 0; i < keep.size(); ++i)
        std::copy_n(batch->batch.rows + size_t{keep[i]} * width, width, rows + i * width);
    out->batch.rows = rows;
    return out;
}

}  // namespace avocet::core
