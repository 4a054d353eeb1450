// SPDX-License-Identifier: Apache-2.0
//
// The inside of Decoder, shared by its translation units: what an output number means, the batch being filled, the
// map being read.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "record/decoder.hpp"
#include "record/map_table.hpp"
#include "record/row_decode.hpp"
#include "record/table_plan.hpp"

namespace avocet::core {

// A batch that keeps the schemas it points at.
struct SessionBatch final : OwnedBatch {
    explicit SessionBatch(std::shared_ptr<const TypeStore> s) : store(std::move(s)) {}
    std::shared_ptr<const TypeStore> store;
};

struct OutputPlan {
    enum Kind { broken, row, time, join, error, action, command, packet } kind = broken;
    Layout layout;
    const avocet_schema* schema = nullptr;
    const avocet_schema* answer = nullptr;  // command: of the text that comes of it
    const ManifestOutput* output = nullptr;
    Action what{};
    std::vector<avocet_value> fixed;    // error: the fields before the arguments
    TablePlan table;                    // of a foreign channel
    std::vector<std::string> headings;  // of it, not shown yet
    bool by_size = false;               // of several structs in one buffer, this one takes what has its size
};

// Rows of one schema under construction.
class OpenBatch {
public:
    OpenBatch(std::shared_ptr<TypeStore> store, Lookups& lookups) : store_(std::move(store)), lookups_(lookups) {}
    // The values of the next row, uninitialised; null until begin().
    avocet_value* add_row(const avocet_schema* schema, uint64_t time_ns);
    void drop_row();
    bool fits(const avocet_schema* schema) const { return schema == schema_ && times_.size() < row_limit; }
    bool empty() const { return times_.empty(); }
    OwnedBatch& arena();
    RowDecoder& rows();
    // Hands out what was collected and starts afresh; null if there is nothing.
    BatchPtr finish(uint64_t wall_ns, uint64_t& sequence, uint32_t flags = 0);

private:
    static constexpr size_t row_limit = 1024;
    std::shared_ptr<TypeStore> store_;
    Lookups& lookups_;
    std::shared_ptr<SessionBatch> batch_;
    std::optional<RowDecoder> rows_;
    const avocet_schema* schema_ = nullptr;
    std::vector<avocet_value> values_;
    std::vector<uint64_t> times_;
    bool stamped_ = false;
};

struct Decoder::Impl {
    Impl(const Program& p, DecoderContext context, Diagnostics& diagnostics);

    const Program& program;
    std::shared_ptr<const RowLanguage> language;
    decltype(DecoderContext::map_value) map_value;
    BtfView types;
    std::shared_ptr<TypeStore> store = std::make_shared<TypeStore>();
    Lookups lookups;
    OpenBatch open;
    std::vector<OutputPlan> outputs;
    std::vector<std::vector<OutputPlan>> channels;  // of each foreign buffer, the structs that it carries
    bool refused = false;                           // what the program's author says of records makes no sense
    std::vector<MapPlan> maps;
    std::unique_ptr<MapTable> table;  // the map being read
    const avocet_schema* failure_schema = nullptr;
    const avocet_schema* loss_schema = nullptr;
    const avocet_schema* lifecycle_schema = nullptr;
    const avocet_schema* heading_schema = nullptr;
    uint64_t sequence = 0, errors = 0;

    void compile_outputs(Diagnostics& diagnostics);
    OutputPlan compile_output(const ManifestOutput& output, Diagnostics& diagnostics);
    void compile_error(OutputPlan& plan, std::vector<avocet_field> arguments);
    std::vector<OutputPlan> compile_channel(const std::string& symbol, Diagnostics& diagnostics);
    OutputPlan compile_variant(const std::string& symbol, const ManifestChannel* said, bool alone,
                               Diagnostics& diagnostics);
    void complete(SessionBatch& batch, const avocet_schema* schema, uint32_t flags, uint64_t wall_ns);
    std::vector<BatchPtr> finish_table(const MapTable& map, uint64_t top, uint32_t flags, uint64_t wall_ns);
    void check_conditions(Diagnostics& diagnostics);
    std::set<std::string> asked;  // conditions of options that some buffer answers
    uint32_t channel_type(const std::string& symbol, const ManifestChannel* said) const;
    std::vector<ManifestColumn> natural_columns(uint32_t type, LayoutCompiler& compiler) const;
    std::vector<ManifestColumn> wanted_columns(const std::vector<ManifestColumn>& all) const;
    BatchPtr line(std::string_view text, uint64_t wall_ns);
    void compile_fixed_schemas();
    std::vector<avocet_field> error_record_fields();
    std::vector<avocet_field> fields(const Layout& layout) const;
    const char* clause_probe(uint32_t clause);
    avocet_value text_value(std::string_view text);

    void sample(const avocet_sample& sample, uint64_t wall_ns, const std::function<void(BatchPtr)>& on_batch,
                const std::function<void(const Action&)>& on_action);
    // Asks the host for what a sample wants done: cat, system, a packet written.
    bool request(const OutputPlan& plan, uint32_t output, const uint8_t* data, uint32_t size, uint64_t time_ns,
                 uint64_t wall_ns, const std::function<void(const Action&)>& on_action);
    enum class Emitted { shown, dropped, not_mine, broken };
    bool foreign(std::vector<OutputPlan>& variants, const uint8_t* data, uint32_t size, uint64_t wall_ns,
                 const std::function<void(BatchPtr)>& on_batch);
    Emitted emit_foreign(OutputPlan& plan, const uint8_t* data, uint32_t size, uint64_t wall_ns,
                         const std::function<void(BatchPtr)>& on_batch);
    bool is_of(const OutputPlan& plan, const uint8_t* data, uint32_t size);
    Emitted fill_table(const OutputPlan& plan, const uint8_t* data, uint32_t size, avocet_value* row);
    void cut(const Layout& layout, avocet_value* row) const;
    std::vector<uint8_t> padded;        // a foreign sample that is shorter than its struct
    uint32_t arrived = UINT32_MAX;      // and how much of it came
    std::vector<avocet_value> decoded;  // of a table whose rows are made of more than its columns
    bool emit(const OutputPlan& plan, const uint8_t* data, uint32_t size, uint64_t time_ns, uint64_t wall_ns,
              const std::function<void(BatchPtr)>& on_batch);
    bool fill(const OutputPlan& plan, const uint8_t* data, uint32_t size, uint64_t wall_ns, avocet_value* row);
    bool join(const OutputPlan& plan, const uint8_t* data, uint32_t size, avocet_value* row);
    bool error(const OutputPlan& plan, const uint8_t* data, uint32_t size, avocet_value* row);
    BatchPtr single(const avocet_schema* schema, std::span<const avocet_value> values, uint64_t wall_ns);
};

}  // namespace avocet::core
