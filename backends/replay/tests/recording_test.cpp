// SPDX-License-Identifier: Apache-2.0
//
// What a session saw of this kernel is what a user without privileges sees when the recording is played: every batch,
// row and result. And recordings that are cut off, damaged or lying.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "avocet/recording.hpp"
#include "files/tree.hpp"
#include "session/backend_handle.hpp"
#include "session/recorder.hpp"

namespace avocet::test {
namespace {

namespace fs = std::filesystem;
using core::BackendHandle;

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
}

struct Reports {
    std::string text;
    avocet_host host{
        sizeof host, 0, this,
        [](void* ctx, const avocet_diagnostic* d) { static_cast<Reports*>(ctx)->text += string(d->message) + "\n"; },
        [](void*, const char*) -> const void* { return nullptr; }};
};

std::unique_ptr<BackendHandle> open_backend(const char* id, const char* file, const std::string& path,
                                            Reports& reports) {
    void* library = dlopen((avocet::test::build_tree() + "/plugins/" + id + "/" + file).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) throw std::runtime_error(dlerror());
    auto* entry = static_cast<const avocet_plugin_entry_t*>(dlsym(library, AVOCET_PLUGIN_ENTRY_SYMBOL));
    auto* factory = static_cast<const avocet_backend_factory*>(entry->get_factory(AVOCET_BACKEND_1));
    avocet_option_value value{};
    value.struct_size = sizeof value;
    value.is_set = !path.empty();
    value.text = to_abi(path);
    avocet_options options{sizeof options, 1, to_abi("test"), &value};
    avocet_status status;
    auto handle = core::create_backend(*factory, &reports.host, &options, status);
    if (!handle) throw std::runtime_error(reports.text);
    return handle;
}
std::unique_ptr<BackendHandle> bpf(Reports& r) { return open_backend("backend.bpf", "avocet-backend-bpf.so", {}, r); }
std::unique_ptr<BackendHandle> replay(const std::string& path, Reports& r) {
    return open_backend("backend.replay", "avocet-backend-replay.so", path, r);
}

// One session, as a script of calls; everything that came back is written down.
struct Script {
    BackendHandle& backend;
    std::function<void()> workload;
    std::ostringstream log;
    size_t events = 0;

    void hex(const void* bytes, size_t size) {
        char digits[3];
        for (size_t i = 0; i < size; ++i) {
            snprintf(digits, sizeof digits, "%02x", static_cast<const unsigned char*>(bytes)[i]);
            log << digits;
        }
        log << '\n';
    }
    avocet_status poll() {
        avocet_sample_batch batch;
        const avocet_status status = backend.poll(10'000'000, batch);
        if (status == AVOCET_OK && !batch.count) return status;
        log << "batch " << status << ' ' << batch.count << ' ' << batch.lost << ' ' << batch.wall_ns << ' '
            << batch.boot_ns << '\n';
        for (uint32_t i = 0; i < batch.count; ++i) {
            log << batch.samples[i].channel << ' ' << batch.samples[i].cpu << ' ';
            hex(batch.samples[i].data, batch.samples[i].size);
            events += batch.samples[i].channel == 1;
        }
        return status;
    }
    bool row(const avocet_map_rows& r) {
        log << "rows " << r.count << ' ' << r.key_size << ' ' << r.slot_size << ' ' << r.cpu_count << '\n';
        hex(r.keys, recording::key_bytes(r));
        hex(r.values, recording::value_bytes(r));
        return true;
    }
    void read(const char* map) {
        log << "read " << map << ' ' << backend.map_read(map, [&](auto& r) { return row(r); }) << '\n';
    }
    void look_up(std::vector<uint64_t> keys) {
        for (uint64_t key : keys) backend.map_lookup("numbers", &key, 1, [&](auto& r) { return row(r); });
    }
    void run(const char* function) {
        int64_t result = -1;
        log << "run " << function << ' ' << backend.run(function, result);
        log << ' ' << result << '\n';
    }

    void play(const std::string& elf) {
        avocet_plan_target where[] = {{to_abi("rawtracepoint:sys_enter"), {}, 0, 0, 1, 0, nullptr},
                                      {to_abi("begin"), {}, 0, 0, 2, 0, nullptr},
                                      {to_abi("rawtracepoint:no_such"), {}, 0, 0, 3, 0, nullptr}};
        avocet_plan plans[3]{};
        for (int i = 0; i < 3; ++i) {
            plans[i].struct_size = sizeof plans[i];
            plans[i].kind = i == 1 ? AVOCET_PLAN_RUNTIME : AVOCET_PLAN_RAW_TRACEPOINT;
            plans[i].pid = plans[i].cpu = -1;
            plans[i].targets = &where[i];
            plans[i].target_count = 1;
        }
        plans[0].event = to_abi("sys_enter");
        plans[2].event = to_abi("no_such");
        avocet_function functions[] = {{sizeof(avocet_function), 1, to_abi("on_enter"), &plans[0]},
                                       {sizeof(avocet_function), 1, to_abi("on_run"), &plans[1]},
                                       {sizeof(avocet_function), 1, to_abi("fill_numbers"), &plans[1]},
                                       {sizeof(avocet_function), 1, to_abi("on_switch_raw"), &plans[2]}};
        const uint32_t pid = static_cast<uint32_t>(getpid()), few = 500;
        avocet_constant constants[] = {{to_abi("avocet_filter_pid"), {&pid, sizeof pid}},
                                       {to_abi("number_count"), {&few, sizeof few}}};
        avocet_load_request request{};
        request.struct_size = sizeof request;
        request.elf = {elf.data(), elf.size()};
        request.buffer_bytes_per_cpu = 1 << 20;
        request.drain_interval_ns = 1'000'000;
        request.constants = constants;
        request.constant_count = 2;
        request.functions = functions;
        request.function_count = 4;
        log << "load " << backend.load(request) << '\n';
        run("fill_numbers");
        log << "attach " << backend.attach(functions, [&](std::string_view f, auto& plan, auto& why) {
            log << f << ' ' << string(plan.targets[0].name) << ' ' << string(why.message) << '\n';
            return true;
        }) << '\n';
        for (size_t round = 1; round <= 3; ++round) {
            workload();
            while (events < round * 300 && poll() == AVOCET_OK) {}
            read("by_cookie");
            look_up({3, 3, 9999, 17});
        }
        log << "clear " << backend.map_clear("numbers") << '\n';
        read("numbers");
        log << "detach " << backend.detach() << '\n';
        while (poll() == AVOCET_OK) {}
        run("on_run");
        while (poll() == AVOCET_OK) {}
        read("totals");
        read("by_cookie");
        log << "losses " << backend.losses([&](auto& l) { log << string(l.function) << l.cause << l.count; }) << '\n';
        read("no_such_map");
    }
};

struct Recordings : testing::Test {
    fs::path folder;
    std::string path, elf = read_file(fs::path(AVOCET_TEST_PROGRAMS) / "probes.o");
    Reports reports;

    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root: records a session of this kernel";
        char name[] = "/tmp/avocet-recording-XXXXXX";
        folder = mkdtemp(name);
        chmod(name, 0755);
        path = folder / "session.avrec";
    }
    void TearDown() override {
        std::error_code ignored;
        if (!folder.empty()) fs::remove_all(folder, ignored);
    }
    // Records a session; returns what it saw. `finish`: not cut off.
    std::string record(bool finish = true) {
        core::RecordingBackend recorder(bpf(reports), path, "test", 1);
        Script script{recorder,
                      [] {
                          for (int i = 0; i < 300; ++i) syscall(SYS_getppid);
                      },
                      {},
                      0};
        script.play(elf);
        if (finish) {
            EXPECT_TRUE(recorder.finish({{0xffffffff81000000, 0, true, "start_kernel", "vmlinux", 16, 0}}))
                << recorder.why_failed();
        }
        chmod(path.c_str(), 0644);
        return script.log.str();
    }
    // Plays it in a process of user nobody.
    std::string play_as_nobody() {
        int ends[2];
        if (pipe(ends)) abort();
        const pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            if (setgid(65534) || setuid(65534)) _exit(1);
            Reports mine;
            auto backend = replay(path, mine);
            Script script{*backend, [] {}, {}, 0};
            script.play(elf);
            const std::string text = script.log.str();
            for (size_t at = 0; at < text.size();) {
                const ssize_t n = write(ends[1], text.data() + at, text.size() - at);
                if (n <= 0) _exit(2);
                at += static_cast<size_t>(n);
            }
            _exit(0);
        }
        close(ends[1]);
        std::string out;
        char piece[65536];
        for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;) out.append(piece, static_cast<size_t>(n));
        close(ends[0]);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
        return out;
    }
};

TEST_F(Recordings, PlayTheSameToNobody) {
    const std::string seen = record();
    EXPECT_THAT(seen, testing::HasSubstr("run on_run 0 42"));
    EXPECT_THAT(seen, testing::HasSubstr("on_switch_raw rawtracepoint:no_such"));
    EXPECT_EQ(std::count(seen.begin(), seen.end(), '\n') > 900, true);
    EXPECT_EQ(play_as_nobody(), seen);
}

TEST_F(Recordings, GiveTheSessionItsPart) {
    record();
    core::Diagnostics diagnostics;
    const auto session = core::read_recorded_session(path, diagnostics);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->tool, "test");
    EXPECT_EQ(session->elf, elf);
    EXPECT_TRUE(session->finished);
    EXPECT_EQ(session->attach_names,
              (std::vector<std::string>{"", "rawtracepoint:sys_enter", "begin", "rawtracepoint:no_such"}));
    ASSERT_EQ(session->symbols.size(), 1u);
    EXPECT_EQ(session->symbols[0].name, "start_kernel");
    EXPECT_EQ(session->symbols[0].address, 0xffffffff81000000);
    EXPECT_TRUE(diagnostics.take().empty());
}

TEST_F(Recordings, CutOffAtAnyPlacePlayWhatIsWhole) {
    const std::string seen = record(false), bytes = read_file(path);
    const fs::path cut = folder / "cut.avrec";
    size_t played = 0, last = 0;
    for (size_t size = bytes.size(); size > 30000; size -= std::min<size_t>(size, 1 + bytes.size() / 60)) {
        std::ofstream(cut, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
        Reports mine;
        auto backend = replay(cut, mine);
        Script script{*backend, [] {}, {}, 0};
        script.play(elf);
        EXPECT_THAT(mine.text, testing::HasSubstr("it was cut off")) << size;
        EXPECT_TRUE(played == 0 || script.events <= last) << size;
        last = script.events;
        played += script.events > 0;
    }
    EXPECT_GT(played, 3u);
}

TEST_F(Recordings, FullDiskEndsTheRecordingNotTheSession) {
    core::RecordingBackend recorder(bpf(reports), "/dev/full", "test", 1);
    Script script{recorder,
                  [] {
                      for (int i = 0; i < 300; ++i) syscall(SYS_getppid);
                  },
                  {},
                  0};
    script.play(elf);
    EXPECT_EQ(script.events, 900u);
    EXPECT_FALSE(recorder.finish({}));
    EXPECT_THAT(recorder.why_failed(), testing::HasSubstr("No space left on device"));
}

TEST_F(Recordings, OfAnotherProgramIsRefused) {
    record();
    auto backend = replay(path, reports);
    avocet_load_request request{};
    request.struct_size = sizeof request;
    request.elf = {"other", 5};
    EXPECT_EQ(backend->load(request), AVOCET_ERR_INVALID);
    EXPECT_THAT(reports.text, testing::HasSubstr("it is of another program"));
}

TEST(RecordingFile, ThatIsNoArchiveIsRefused) {
    Reports reports;
    auto backend = replay("/proc/self/exe", reports);
    avocet_load_request request{};
    EXPECT_EQ(backend->load(request), AVOCET_ERR_INVALID);
    EXPECT_THAT(reports.text, testing::HasSubstr("recording '/proc/self/exe'"));
}

TEST(RecordingFormat, BatchesComeBackAsTheyWere) {
    const char first[] = "twelve bytes", second[] = "odd";
    avocet_sample samples[] = {{first, 12, 3, 1, 0}, {second, 3, UINT32_MAX, 0, 0}, {nullptr, 0, 1, 7, 0}};
    const avocet_sample_batch batch{sizeof batch, 3, samples, 9, 100, 200};
    const auto back = recording::decode_batch(recording::encode_batch(AVOCET_STOP, batch));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->status, AVOCET_STOP);
    EXPECT_EQ(back->batch.lost, 9u);
    ASSERT_EQ(back->batch.count, 3u);
    EXPECT_EQ(std::string(static_cast<const char*>(back->samples[0].data), back->samples[0].size), first);
    EXPECT_EQ(std::string(static_cast<const char*>(back->samples[1].data), back->samples[1].size), second);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(back->samples[1].data) % 8, 0u);
    EXPECT_EQ(back->samples[2].size, 0u);
}

TEST(RecordingFormat, BatchesThatLieAreRefused) {
    const char bytes[] = "12345678";
    avocet_sample sample{bytes, 8, 0, 1, 0};
    std::string member = recording::encode_batch(AVOCET_OK, {sizeof(avocet_sample_batch), 1, &sample, 0, 0, 0});
    for (size_t size = 0; size < member.size(); ++size)
        EXPECT_FALSE(recording::decode_batch(std::string_view(member).substr(0, size))) << size;
    const uint32_t many = UINT32_MAX;
    memcpy(member.data() + offsetof(recording::BatchHead, count), &many, sizeof many);
    EXPECT_FALSE(recording::decode_batch(member));
}

TEST(RecordingFormat, RowsThatLieAreRefused) {
    const auto rows = [](const char* json) {
        auto call = recording::decode_call(std::string(json) + "\n0123456789abcdef");
        return call && recording::replay_rows(*call, [](auto&) { return true; });
    };
    EXPECT_TRUE(rows(R"({"blocks":[{"count":2,"key_size":4,"slot_size":4,"cpu_count":1}]})"));
    EXPECT_FALSE(rows(R"({"blocks":[{"count":3,"key_size":4,"slot_size":4,"cpu_count":1}]})"));
    EXPECT_FALSE(rows(R"({"blocks":[{"count":2,"key_size":4,"slot_size":4,"cpu_count":2}]})"));
    EXPECT_FALSE(rows(R"({"blocks":[{"count":-1,"key_size":4,"slot_size":4,"cpu_count":1}]})"));
    EXPECT_FALSE(
        rows(R"({"blocks":[{"count":268435456,"key_size":268435456,"slot_size":268435456,"cpu_count":65536}]})"));
    EXPECT_FALSE(recording::decode_call("no newline"));
    EXPECT_FALSE(recording::decode_call("[]\n"));
}

}  // namespace
}  // namespace avocet::test
