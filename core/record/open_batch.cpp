// SPDX-License-Identifier: Apache-2.0
//
// Rows are collected in vectors that keep their capacity from batch to batch, and copied once into the batch's arena:
// a row costs no allocation, and a batch of one row costs one small block.
#include "record/decoder_state.hpp"

namespace avocet::core {

OwnedBatch& OpenBatch::arena() {
    if (!batch_) {
        batch_ = std::make_shared<SessionBatch>(store_);
        rows_.emplace(*batch_, lookups_);
    }
    return *batch_;
}

RowDecoder& OpenBatch::rows() {
    arena();
    return *rows_;
}

avocet_value* OpenBatch::add_row(const avocet_schema* schema, uint64_t time_ns) {
    schema_ = schema;
    size_t at = values_.size();
    values_.resize(at + schema->field_count);
    times_.push_back(time_ns);
    stamped_ |= time_ns != 0;
    return values_.data() + at;
}

void OpenBatch::drop_row() {
    values_.resize(values_.size() - schema_->field_count);
    times_.pop_back();
}

BatchPtr OpenBatch::finish(uint64_t wall_ns, uint64_t& sequence, uint32_t flags) {
    if (times_.empty()) return nullptr;
    OwnedBatch& owned = arena();
    avocet_batch& b = owned.batch;
    b.schema = schema_;
    b.row_count = static_cast<uint32_t>(times_.size());
    b.rows = owned.copy(std::span<const avocet_value>(values_));
    if (stamped_) b.times_ns = owned.copy(std::span<const uint64_t>(times_));
    b.sequence = sequence;
    b.wall_ns = wall_ns;
    b.wall_minus_boot_ns = lookups_.wall_minus_boot_ns();
    b.flags = flags;
    sequence += b.row_count;
    values_.clear();
    times_.clear();
    stamped_ = false;
    schema_ = nullptr;
    rows_.reset();
    return std::move(batch_);
}

}  // namespace avocet::core
