// SPDX-License-Identifier: Apache-2.0
//
// See fixture.hpp. Samples are kept in buffers of exactly their size, so that a sanitizer sees one byte too far.
#include "record/tests/fixture.hpp"

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "program/tests/object_builder.hpp"
#include "record/batch.hpp"

namespace avocet::core::testing {

namespace {

avocet_status resolve(void*, const avocet_frame* frame, avocet_symbol* out) {
    out->found = 1;
    if (frame->pid == 0 && frame->address >> 12 == 1) {
        out->name = {"do_work", 7};
        out->offset = frame->address & 0xfff;
    } else if (frame->pid && frame->address >> 12 == 2) {
        out->name = {"main", 4};
        out->module = {"/bin/app", 8};
        out->offset = frame->address & 0xfff;
    } else {
        out->found = 0;
    }
    return AVOCET_OK;
}

template <class T>
void append(std::string& out, T number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append_integer(std::string& out, std::string_view type, const std::string& digits) {
    uint64_t n =
        type[0] == 's' ? static_cast<uint64_t>(std::stoll(digits, nullptr, 0)) : std::stoull(digits, nullptr, 0);
    out.append(reinterpret_cast<const char*>(&n), std::stoul(std::string(type.substr(1))) / 8);
}

}  // namespace

avocet_host_symbols fixed_symbols() { return {sizeof(avocet_host_symbols), 0, nullptr, resolve}; }

DecoderContext fixed_context() {
    DecoderContext c;
    c.probe_name = [](uint32_t id) { return "probe:" + std::to_string(id); };
    c.stack_frames = [](uint64_t id, std::vector<uint64_t>& frames) {
        if (id == 7) frames = {0x100c, 0x1028};
        if (id == 8) frames = {0x2028, 0x5000};
        return id == 7 || id == 8;
    };
    return c;
}

std::string bytes_of(std::string_view text) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
        if (text[at] == ' ') {
            ++at;
        } else if (text[at] == '"') {
            size_t end = text.find('"', at + 1);
            std::string s(text.substr(at + 1, end - at - 1));
            at = end + 1;
            if (at < text.size() && text[at] == '/') {
                size_t stop = std::min(text.find(' ', at), text.size());
                s.resize(std::stoul(std::string(text.substr(at + 1, stop - at - 1))));
                at = stop;
            }
            out += s;
        } else {
            size_t stop = std::min(text.find(' ', at), text.size());
            std::string_view item = text.substr(at, stop - at);
            size_t colon = item.find(':');
            if (colon == std::string_view::npos) throw std::runtime_error("bad bytes: " + std::string(item));
            std::string_view type = item.substr(0, colon);
            std::string value(item.substr(colon + 1));
            if (type == "x")
                for (size_t i = 0; i + 1 < value.size(); i += 2)
                    out += static_cast<char>(std::stoul(value.substr(i, 2), nullptr, 16));
            else if (type == "zero")
                out.append(std::stoul(value), '\0');
            else
                append_integer(out, type, value);
            at = stop;
        }
    }
    return out;
}

Harness::Harness(std::string_view declarations, std::string_view manifest)
    : Harness(build_object(declarations, manifest)) {}

Harness::Harness(std::string object) : Harness(std::move(object), fixed_context(), {}) {}

Harness::Harness(std::string object, DecoderContext context,
                 const std::vector<std::pair<std::string, std::string>>& options) {
    setenv("TZ", "UTC", 1);
    program = Program::open(std::move(object), "test", diagnostics);
    if (!program) {
        std::string why;
        for (const auto& d : diagnostics.take()) why += d.message + "\n";
        throw std::runtime_error(why);
    }
    for (const auto& [name, value] : options)
        for (const ManifestOption& option : program->manifest().options)
            if (option.name == name) program->apply_option(ManifestOption(option), value);
    decoder = std::make_unique<Decoder>(*program, std::move(context), diagnostics);
}

void Harness::event(uint32_t output, std::string bytes, uint64_t time_ns) {
    avocet_event_header header{output, 0, 0, time_ns};
    samples_.emplace_back(1, std::string(reinterpret_cast<const char*>(&header), sizeof header) + bytes);
}

void Harness::foreign(uint32_t channel, std::string bytes) { samples_.emplace_back(channel, std::move(bytes)); }

void Harness::decode() {
    std::vector<std::unique_ptr<char[]>> buffers;
    std::vector<avocet_sample> samples;
    for (const auto& [channel, bytes] : samples_) {
        buffers.push_back(std::make_unique<char[]>(bytes.size()));
        std::memcpy(buffers.back().get(), bytes.data(), bytes.size());
        samples.push_back({buffers.back().get(), static_cast<uint32_t>(bytes.size()), UINT32_MAX, channel, 0});
    }
    avocet_sample_batch batch{sizeof batch, static_cast<uint32_t>(samples.size()), samples.data(), 0, wall_ns, 0};
    decoder->decode(
        batch, [&](BatchPtr b) { batches.push_back(std::move(b)); }, [&](const Action& a) { actions.push_back(a); });
    samples_.clear();
}

void Harness::map(uint32_t index, const std::vector<MapRow>& rows, uint64_t top, uint64_t div, bool final) {
    decoder->begin_map(index);
    for (const auto& row : rows) {
        std::string slots;
        size_t slot_size = 0;
        for (auto slot : row.slots) {
            slot_size = row.slots.size() > 1 ? (slot.size() + 7) / 8 * 8 : slot.size();
            slot.resize(slot_size);
            slots += slot;
        }
        avocet_map_rows r{sizeof r,
                          1,
                          static_cast<uint32_t>(row.key.size()),
                          static_cast<uint32_t>(slot_size),
                          static_cast<uint32_t>(row.slots.size()),
                          0,
                          row.key.data(),
                          slots.data()};
        decoder->map_rows(r);
    }
    for (BatchPtr& batch : decoder->finish_map(top, div, final, false, wall_ns)) take(std::move(batch));
}

void Harness::take(BatchPtr batch) {
    if (batch) batches.push_back(std::move(batch));
}

std::string Harness::text() const {
    std::string out;
    for (const auto& b : batches) renderer.text(view(b), 0, view(b).row_count, out);
    return out;
}

std::string Harness::json() const {
    std::string out;
    for (const auto& b : batches) renderer.json(view(b), 0, view(b).row_count, out);
    return out;
}

std::string Harness::records() const {
    std::string out;
    for (const auto& b : batches) renderer.records(view(b), 0, view(b).row_count, out);
    return out;
}

}  // namespace avocet::core::testing
