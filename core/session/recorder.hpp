// SPDX-License-Identifier: Apache-2.0
//
// A backend that records: forwards every call to another handle and writes what came back to a recording
// (avocet/recording.hpp), from which the replay backend answers the same calls later, on any machine, without
// privileges. The archive is written as the session goes and is readable when cut off.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/diagnostics.hpp"
#include "session/backend_handle.hpp"
#include "symbols/symbols.hpp"

namespace avocet::core {

class RecordingBackend final : public BackendHandle {
public:
    // `path`: created or truncated, mode 0600. Throws avocet::Error when it cannot be written.
    // `wall_minus_boot_ns`: what this session turns boot times into wall times with. `options`: of the program,
    // "--name".
    RecordingBackend(std::unique_ptr<BackendHandle> inner, const std::string& path, std::string tool,
                     uint64_t wall_minus_boot_ns, std::vector<std::string> options = {});
    ~RecordingBackend() override;  // closes the archive, with what was written so far

    // Writes the names behind addresses and closes the archive. Last call of a session, after which calls are only
    // forwarded. False: the recording is not complete, and `why_failed` says why.
    bool finish(const std::vector<SymbolSnapshotEntry>& symbols);
    // Empty while everything could be written. A full disk ends the recording, never the session.
    const std::string& why_failed() const;

    avocet_status features(const char* only, const FeatureFn& emit) override;
    avocet_status load(const avocet_load_request& request) override;
    avocet_status attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) override;
    using BackendHandle::run;
    avocet_status run(std::string_view function, uint32_t repeat, int64_t& result, uint64_t* mean_ns) override;
    avocet_status poll(uint64_t timeout_ns, avocet_sample_batch& out) override;
    void wake() noexcept override;
    avocet_status detach() override;
    avocet_status map_read(std::string_view map, const RowsFn& emit) override;
    avocet_status map_lookup(std::string_view map, const void* keys, size_t key_count, const RowsFn& emit) override;
    avocet_status map_clear(std::string_view map) override;
    avocet_status map_zero(std::string_view map) override;
    avocet_status losses(const LossFn& emit) override;
    void shows_maps(uint64_t wall_ns) override;
    // Not recorded: what the session writes is for the program, and a replay runs none.
    avocet_status map_write(const avocet_map_elements& elements) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// At an interval, when so many polls had brought something.
struct RecordedShow {
    uint64_t polls = 0, wall_ns = 0;
};

// What a session needs beside the backend to play a recording.
struct RecordedSession {
    std::string tool, elf;
    avocet_transport transport = AVOCET_TRANSPORT_RING;
    uint64_t wall_minus_boot_ns = 0;
    std::vector<std::string> attach_names;  // [attach id]; [0] is empty
    std::vector<SymbolSnapshotEntry> symbols;
    std::vector<RecordedShow> shows;
    std::vector<std::string> options;  // of the program, "--name=value"
    bool finished = false;             // false: it was cut off, and has no symbols
};

// nullopt: no recording, of another format, or without its program; reported. A cut-off one is a warning.
std::optional<RecordedSession> read_recorded_session(const std::string& path, Diagnostics& diagnostics);

}  // namespace avocet::core
