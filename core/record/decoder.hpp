// SPDX-License-Identifier: Apache-2.0
//
// Samples and map rows to typed records. One decoder for each session; it owns the schemas. [thread: data]
//
// The decode plan of each output is compiled once from BTF and tags (record/layout.hpp), so that a row is a few loads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "avocet/abi/backend.h"
#include "avocet/abi/record.h"
#include "program/program.hpp"
#include "record/row_language.hpp"

namespace avocet::core {

// A batch that owns its memory and can be shared by several queues. `batch` points into the arena.
struct OwnedBatch;
using BatchPtr = std::shared_ptr<const OwnedBatch>;
const avocet_batch& view(const BatchPtr& batch);
size_t memory_bytes(const BatchPtr& batch);

// What the decoder needs from the running session.
struct DecoderContext {
    std::function<std::string(uint32_t attach_id)> probe_name;
    // Frames of a stack by id, from the map avocet_stacks (cached by the decoder).
    std::function<bool(uint64_t id, std::vector<uint64_t>& frames)> stack_frames;
    // Frames of a stack in a stack trace map of the program.
    std::function<bool(std::string_view map, uint32_t id, std::vector<uint64_t>& frames)> map_stack_frames{};
    // The value of an element of a map of the program; false: it is not there.
    std::function<bool(std::string_view map, const std::string& key, std::string& value)> map_value{};
    // Of conditions and values that the program's author gives; null: there are none.
    std::shared_ptr<const RowLanguage> language{};
    uint64_t boot_to_wall_ns = 0;  // CLOCK_REALTIME - CLOCK_BOOTTIME at start
    bool stamped = false;
};

// Effects that are not records, in the order of the samples around them.
struct Action {
    enum Kind { print_map, clear_map, zero_map, exit, cat, system, packet } kind;
    uint32_t map = 0;  // cat, system, packet: the output
    uint64_t top = 0, div = 0;
    int64_t code = 0;
    BatchPtr request{};                // cat, system: one row, whose text names the file or is the command
    uint64_t time_ns = 0, length = 0;  // packet: when, and bytes on the wire
    std::string_view bytes{};          // packet: what was copied of it; valid during the call
};

class Decoder {
public:
    Decoder(const Program& program, DecoderContext context, Diagnostics& diagnostics);
    ~Decoder();

    // Decodes in order; consecutive rows of one schema share a batch. `on_action` is called between batches, at its
    // place in the order. Samples that do not fit their type are counted (decode_errors) and skipped.
    void decode(const avocet_sample_batch& samples, const std::function<void(BatchPtr)>& on_batch,
                const std::function<void(const Action&)>& on_action);

    // Rows of a map (all CPUs combined, sorted in display order, top and div applied) as one MAP batch; null when there
    // is nothing to show. `final`: the session ends.
    // Of a map that is a table: its head, its rows, the line of totals.
    // Call begin, feed every avocet_map_rows of backend.map_read, then finish.
    void begin_map(uint32_t map);
    void map_rows(const avocet_map_rows& rows);
    // `redraw`: it replaces the map's last print on a live screen.
    std::vector<BatchPtr> finish_map(uint64_t top, uint64_t div, bool final, bool redraw, uint64_t wall_ns);

    BatchPtr loss(std::string_view probe, std::string_view cause, uint64_t count, uint64_t wall_ns,
                  bool record_lost = true);
    // What `output`, a cat or system, has brought to light.
    BatchPtr text(uint32_t output, std::string_view text, uint64_t wall_ns);
    // A failure of the host itself, at no place of the script.
    BatchPtr failure(std::string_view message, uint64_t wall_ns);
    // What stands above the first rows: the program's greeting, the head of its table.
    BatchPtr line(std::string_view text, uint64_t wall_ns);  // one that a tool says
    std::vector<BatchPtr> headings(uint64_t wall_ns);
    BatchPtr lifecycle(std::string_view event, uint64_t count, uint64_t wall_ns);

    uint64_t decode_errors() const;
    // What the program's author says of columns and conditions cannot be: reported, and nothing should be shown.
    bool refused() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace avocet::core
