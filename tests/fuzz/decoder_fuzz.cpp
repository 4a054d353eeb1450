// SPDX-License-Identifier: Apache-2.0
//
// Decoding and rendering. An input that is an ELF object is a program whose own samples are zeros; any other input is a
// stream of samples and map rows, each led by two bytes (what, length), for a program that uses every presentation.
#include <bpf/libbpf.h>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "program/tests/object_builder.cpp"
#include "record/batch.hpp"
#include "record/decoder.hpp"
#include "record/render.hpp"

using namespace avocet::core;

namespace {

constexpr const char* declarations = R"(
    enum color { red = 0, blue = 7, minus = -1 };
    struct two { u64 a; u64 b; };
    struct inet { u64 family; u8 address[16]; };
    struct buffer { u32 length; u8 data[8]; };
    struct bits { s32 a : 3; u32 b : 7; bool c; };
    struct tuple @avocet:tuple { u8 a; char b[3] @avocet:string; struct bits c[2]; };
    struct scalars { s8 a; u16 b; u32 c; s64 d; bool e; enum color f; pointer g; char h[5]; char i[3] @avocet:string; };
    struct refs { u32 a @avocet:str; u32 b @avocet:buf; struct buffer c @avocet:buffer; };
    struct shown { struct two a @avocet:stack.kernel=perf,3; struct two b @avocet:stack.user=bpftrace,127; u64 c @avocet:ksym;
                   struct two d @avocet:usym; u32 e @avocet:probe; struct two f @avocet:time=%H:%M:%S.%f; struct inet g @avocet:inet;
                   u8 h[6] @avocet:mac; s64 i @avocet:strerror; u32 j @avocet:signal_name; u64 k @avocet:syscall_name; struct tuple l; };
    struct joined { u32 count; char strings[3][4]; };
    struct detail { s64 detail; };
    struct scalar { struct tuple value; u64 set; };
    struct hist_key { struct tuple key; u32 bucket; u32 pad; };
    struct row @avocet:table { u64 a; struct tuple b; };
    map plain hash struct tuple s32; map one array u32 struct scalar; map counts percpu_hash u64 u64; map avgs percpu_hash char[4] struct two;
    map hists percpu_hash struct hist_key u64; map lhist percpu_array u32 u64; map foreign ringbuf;)";

constexpr const char* manifest = R"({"schema": 1, "tool": "f", "events": true,
    "maps": [{"name": "@plain", "symbol": "plain", "keyed": true}, {"name": "@one", "symbol": "one"},
             {"name": "@counts", "symbol": "counts", "keyed": true, "aggregate": "count"},
             {"name": "@avgs", "symbol": "avgs", "keyed": true, "aggregate": "stats", "signed": true},
             {"name": "@hists", "symbol": "hists", "keyed": true, "aggregate": "hist", "bits": 2},
             {"name": "@lhist", "symbol": "lhist", "aggregate": "lhist", "min": 0, "max": 100, "step": 7}],
    "outputs": [{"kind": "printf", "type": "scalars", "format": "%d %5x %c %+ld %s %u %p %s %-9s|"},
                {"kind": "printf", "type": "refs", "format": "%s %rx %r"}, {"kind": "printf", "type": "shown", "format": "%s%s%s%s%s%s%s%s%s%s%s%9s"},
                {"kind": "join", "type": "joined"}, {"kind": "time", "format": "%c %f"}, {"kind": "exit", "type": "detail"},
                {"kind": "error", "type": "detail", "helper": "h", "line": 1, "column": 1}, {"kind": "print_map", "map": 0}]})";

avocet_status resolve(void*, const avocet_frame* frame, avocet_symbol* out) {
    out->found = frame->address & 1;
    out->name = {"name", 4};
    return AVOCET_OK;
}

void render(const BatchPtr& batch) {
    static Renderer renderer({sizeof(avocet_host_symbols), 0, nullptr, resolve});
    std::string out;
    const avocet_batch& b = view(batch);
    renderer.text(b, 0, b.row_count, out);
    renderer.json(b, 0, b.row_count, out);
}

DecoderContext context() {
    DecoderContext c;
    c.probe_name = [](uint32_t id) { return std::to_string(id); };
    c.stack_frames = [](uint64_t id, std::vector<uint64_t>& frames) {
        return frames.assign(id % 200, id), id % 3 != 0;
    };
    return c;
}

void sample(Decoder& decoder, uint32_t channel, const std::string& bytes) {
    auto exact = std::make_unique<char[]>(bytes.size());  // so that a sanitizer sees one byte too far
    std::memcpy(exact.get(), bytes.data(), bytes.size());
    avocet_sample s{exact.get(), static_cast<uint32_t>(bytes.size()), 0, channel, 0};
    avocet_sample_batch batch{sizeof batch, 1, &s, 0, 1'700'000'000'000'000'000, 0};
    decoder.decode(batch, render, [](const Action&) {});
}

// One row; its bytes are the key, then one slot for each of two processors.
void map_rows(Decoder& decoder, const Program& program, uint32_t index, const std::string& bytes) {
    constexpr uint32_t keys[] = {24, 4, 8, 4, 32, 4}, slots[] = {4, 32, 8, 16, 8, 8};
    index %= static_cast<uint32_t>(program.manifest().maps.size());
    std::string padded = bytes;
    padded.resize(keys[index] + 2 * slots[index]);
    decoder.begin_map(index);
    avocet_map_rows rows{sizeof rows, 1, keys[index], slots[index], 2, 0, padded.data(), padded.data() + keys[index]};
    decoder.map_rows(rows);
    for (const BatchPtr& batch : decoder.finish_map(bytes.size() % 3, bytes.size() % 5, bytes.size() & 1, false, 1))
        render(batch);
}

void run_object(const std::string& bytes) {
    Diagnostics diagnostics;
    auto program = Program::open(bytes, "fuzz", diagnostics);
    if (!program) return;
    Decoder decoder(*program, context(), diagnostics);
    for (uint32_t output = 0; output < program->manifest().outputs.size() && output < 64; ++output) {
        avocet_event_header header{output, 0, 0, 0};
        sample(decoder, 1,
               std::string(reinterpret_cast<const char*>(&header), sizeof header) + std::string(4096, '\0'));
    }
    for (uint32_t c = 0; c < program->channels().size() && c < 16; ++c) sample(decoder, 2 + c, std::string(256, '\1'));
}

void run_stream(std::string_view text) {
    static Diagnostics diagnostics;
    static std::unique_ptr<Program> program =
        Program::open(testing::build_object(declarations, manifest), "fuzz", diagnostics);
    if (!program) std::abort();
    Decoder decoder(*program, context(), diagnostics);
    if (diagnostics.error_count()) std::abort();
    while (text.size() >= 2) {
        auto what = static_cast<uint8_t>(text[0]);
        size_t length = std::min<size_t>(static_cast<uint8_t>(text[1]), text.size() - 2);
        std::string bytes(text.substr(2, length));
        text.remove_prefix(2 + length);
        avocet_event_header header{what & 15u, 0, 0, 1};
        if (what & 0x80)
            map_rows(decoder, *program, what & 15u, bytes);
        else if (what & 0x40)
            sample(decoder, what & 3u, bytes);
        else
            sample(decoder, 1, std::string(reinterpret_cast<const char*>(&header), sizeof header) + bytes);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    libbpf_set_print(nullptr);
    std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.starts_with("\x7f"
                         "ELF"))
        run_object(std::string(text));
    else
        run_stream(text);
    return 0;
}
