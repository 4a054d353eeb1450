// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include <charconv>

namespace avocet::replay {
namespace {

using recording::Json;
using recording::number_of;
using recording::text_of;

// Number of a member called KIND-NNNNNN.bin; nullopt: it is not one.
std::optional<uint64_t> numbered(std::string_view member, std::string_view kind) {
    if (!member.starts_with(kind)) return std::nullopt;
    member.remove_prefix(kind.size());
    uint64_t number = 0;
    const auto read = std::from_chars(member.data(), member.data() + member.size(), number);
    if (read.ec != std::errc{} ||
        std::string_view(read.ptr, static_cast<size_t>(member.data() + member.size() - read.ptr)) != ".bin")
        return std::nullopt;
    return number;
}

}  // namespace

ReplayBackend::ReplayBackend(const Host& host, const Options& options) : host_(host), path_(options.text("recording")) {
    if (path_.empty()) throw Error(AVOCET_ERR_INVALID, "option 'recording': not set", "name the file to play");
}

void ReplayBackend::warn_cut_off(const char* what) {
    if (!std::exchange(warned_, true)) host_.warn("recording '" + path_ + "': " + what + "; what is whole is played");
}

void ReplayBackend::check_about(const std::string& content) {
    const Json about = Json::parse(content, nullptr, false);
    if (number_of(about, "format") == recording::format_version &&
        text_of(about, "byte_order") == recording::byte_order)
        return;
    throw Error(AVOCET_ERR_UNSUPPORTED, "recording '" + path_ + "': of format " +
                                            std::to_string(number_of(about, "format")) + " and byte order '" +
                                            text_of(about, "byte_order") + "', which this version cannot play");
}

void ReplayBackend::index() {
    recording::Reader reader(path_);
    bool known = false;
    for (std::string name; reader.next(name);) {
        const bool about = name == recording::member_about, program = name == recording::member_program;
        const auto call = numbered(name, "call-");
        finished_ = finished_ || name == recording::member_symbols;
        if (!about && !program && !call) continue;
        auto content = reader.content();
        if (!content) break;
        if (about) check_about(*content), known = true;
        if (program) program_ = std::move(*content);
        if (!call) continue;
        auto decoded = recording::decode_call(*content);
        if (!decoded || !answers_.add(*call, std::move(*decoded))) warn_cut_off("an answer in it is damaged");
    }
    if (!known)
        throw Error(AVOCET_ERR_INVALID, "recording '" + path_ + "': it has no 'avocet.json'", "is it a recording?");
    if (!finished_) warn_cut_off("it was cut off");
    runs_ = answers_.places("run");
}

void ReplayBackend::load(const avocet_load_request& request) {
    if (stream_) throw Error(AVOCET_ERR_STATE, "a recording is loaded already");
    index();
    if (request.elf.size != program_.size() || memcmp(request.elf.data, program_.data(), program_.size()) != 0)
        throw Error(AVOCET_ERR_INVALID, "recording '" + path_ + "': it is of another program",
                    "play it with the program that it contains: program.o");
    stream_ = std::make_unique<recording::Reader>(path_);
    next_batch();
}

const recording::Call* ReplayBackend::answer(const char* call, std::string_view name) {
    if (!stream_) throw Error(AVOCET_ERR_STATE, "no recording is loaded");
    const recording::Call* found = answers_.find(call, std::string(name), given_, ahead_);
    if (!found) return nullptr;
    const auto status = static_cast<avocet_status>(number_of(found->about, "status"));
    if (status < 0)
        throw Error(status, "'" + std::string(call) + (name.empty() ? "'" : "' of '" + std::string(name) + "'") +
                                ": it failed when this was recorded");
    return found;
}

bool ReplayBackend::next_batch() {
    next_.reset();
    ahead_ = UINT64_MAX;
    for (std::string name; stream_->next(name);) {
        const auto number = numbered(name, "batch-");
        if (!number) continue;
        const auto content = stream_->content();
        if (!content) break;
        next_ = recording::decode_batch(*content);
        if (!next_) {
            warn_cut_off("samples in it are damaged");
            continue;
        }
        ahead_ = *number;
        return true;
    }
    return false;
}

// After the end, what a function wrote that ran then (an end function) comes when it has been run.
bool ReplayBackend::blocked() const { return stopped_ && played_ < runs_.size() && runs_[played_] < ahead_; }

avocet_status ReplayBackend::poll(uint64_t, avocet_sample_batch& out) {
    if (!stream_) throw Error(AVOCET_ERR_STATE, "no recording is loaded");
    const uint32_t size = out.struct_size;
    out = {};
    out.struct_size = size;
    if (!next_ || blocked()) return AVOCET_STOP;
    current_ = std::move(next_);
    given_ = ahead_;
    while (played_ < runs_.size() && runs_[played_] < given_) ++played_;  // of a signal that does not come again
    stopped_ = current_->status == AVOCET_STOP;
    out = current_->batch;
    out.struct_size = size;
    next_batch();
    return current_->status;
}

void ReplayBackend::attach(std::span<const avocet_function> functions, const AttachErrorFn& on_error) {
    const recording::Call* call = answer("attach", {});
    const auto errors = call ? call->about.find("errors") : Json::const_iterator();
    if (!call || errors == call->about.end() || !errors->is_array()) return;
    for (const Json& error : *errors) {
        const std::string function = text_of(error, "function");
        avocet_plan_target target{};
        const auto names = error.is_object() ? error.find("targets") : error.end();
        const std::string name =
            names != error.end() && names->is_array() && !names->empty() && names->front().is_string()
                ? names->front().get<std::string>()
                : "";
        target.name = to_abi(name);
        avocet_plan plan{};
        plan.struct_size = sizeof plan;
        plan.pid = plan.cpu = -1;
        plan.targets = &target;
        plan.target_count = 1;
        const Error why(AVOCET_ERR_NOT_FOUND, text_of(error, "message"), text_of(error, "hint"));
        if (!on_error(function, plan, why)) throw why;
    }
    (void)functions;
}

int64_t ReplayBackend::run(std::string_view function, uint32_t, uint64_t& mean_ns) {
    const recording::Call* call = answer("run", function);
    if (played_ < runs_.size()) ++played_;
    if (!call) return 0;
    mean_ns = static_cast<uint64_t>(number_of(call->about, "mean_ns"));
    return number_of(call->about, "result");
}

void ReplayBackend::detach() { answer("detach", {}); }

void ReplayBackend::map_read(std::string_view map, const RowsFn& emit) {
    if (const recording::Call* call = answer("map_read", map)) recording::replay_rows(*call, emit);
}

void ReplayBackend::map_lookup(std::string_view map, const void* keys, size_t count, const RowsFn& emit) {
    if (!stream_) throw Error(AVOCET_ERR_STATE, "no recording is loaded");
    const LookedUp* rows = answers_.looked_up(map);
    if (!rows || !rows->key_size) return;
    std::vector<uint64_t> value;
    for (size_t i = 0; i < count; ++i) {
        const std::string_view key(static_cast<const char*>(keys) + i * rows->key_size, rows->key_size);
        const std::string* bytes = Answers::value(*rows, key, ahead_);
        if (!bytes) continue;
        value.assign(bytes->size() / 8 + 1, 0);
        memcpy(value.data(), bytes->data(), bytes->size());
        const avocet_map_rows row{sizeof row,      1, rows->key_size, rows->slot_size,
                                  rows->cpu_count, 0, key.data(),     value.data()};
        if (!emit(row)) return;
    }
}

void ReplayBackend::map_clear(std::string_view map) { answer("map_clear", map); }

void ReplayBackend::map_zero(std::string_view map) { answer("map_zero", map); }

void ReplayBackend::losses(const LossFn& emit) {
    const recording::Call* call = answer("losses", {});
    const auto list = call ? call->about.find("losses") : Json::const_iterator();
    if (!call || list == call->about.end() || !list->is_array()) return;
    for (const Json& loss : *list) {
        const std::string function = text_of(loss, "function"), cause = text_of(loss, "cause");
        const avocet_kernel_loss out{sizeof out, 0, to_abi(function), cause.c_str(),
                                     static_cast<uint64_t>(number_of(loss, "count"))};
        emit(out);
    }
}

// A program that was recorded had what it needs.
void ReplayBackend::features(const char* only, const FeatureFn& emit) {
    const recording::Call* call = stream_ ? answers_.find("features", only ? only : "", given_, ahead_) : nullptr;
    const auto list = call ? call->about.find("features") : Json::const_iterator();
    if (call && list != call->about.end() && list->is_array()) {
        for (const Json& f : *list) {
            const std::string name = text_of(f, "name"), needs = text_of(f, "needs"), purpose = text_of(f, "purpose"),
                              detail = text_of(f, "detail");
            if (!emit({sizeof(avocet_feature), static_cast<int32_t>(number_of(f, "present")), name.c_str(),
                       needs.c_str(), purpose.c_str(), to_abi(detail)}))
                return;
        }
    } else if (only) {
        emit({sizeof(avocet_feature), 1, only, "", "", to_abi("recorded")});
    }
}

}  // namespace avocet::replay
