// SPDX-License-Identifier: Apache-2.0
//
// sink.syslog against Debian's rsyslog on loopback: a daemon of the test's own, with its own configuration, port,
// socket and pid file, that writes what it took to a file; and its restart in the middle.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "../../testing/loaded_sink.hpp"

extern char** environ;

namespace avocet::testing {
namespace {

using ::testing::HasSubstr;
using Lines = std::vector<std::string>;

constexpr const char* daemon_path = "/usr/sbin/rsyslogd";

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// A port that was free a moment ago.
int free_port() {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

struct Rsyslog : ::testing::Test {
    std::string directory = ::testing::TempDir() + "avocet-rsyslog-XXXXXX";
    int port_number = free_port();
    std::string port = std::to_string(port_number);
    pid_t daemon = -1;
    FakeHost host;
    Records events{AVOCET_RECORD_EVENT};

    void SetUp() override {
        if (::access(daemon_path, X_OK) != 0) GTEST_SKIP() << "rsyslogd is not installed (package rsyslog)";
        ASSERT_NE(::mkdtemp(directory.data()), nullptr);
        std::ofstream(file("conf"))
            << "global(workDirectory=\"" << directory << "\")\n"
            << "module(load=\"imudp\")\nmodule(load=\"imtcp\")\nmodule(load=\"imuxsock\" SysSock.Use=\"off\")\n"
            << "template(name=\"t\" type=\"string\" "
               "string=\"%pri%|%app-name%|%procid%|%msgid%|%structured-data%|%msg:::"
               "drop-last-lf%\\n\")\n"
            << "input(type=\"imudp\" address=\"127.0.0.1\" port=\"" << port << "\")\n"
            << "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"" << port << "\")\n"
            << "input(type=\"imuxsock\" Socket=\"" << file("log") << "\" RateLimit.Interval=\"0\")\n"
            << "*.* action(type=\"omfile\" file=\"" << file("out") << "\" template=\"t\")\n";
        start();
    }
    void TearDown() override {
        stop();
        std::filesystem::remove_all(directory);
    }
    std::string file(const std::string& name) const { return directory + "/" + name; }
    void start() {
        std::string config = file("conf"), pid = file("pid");
        const char* arguments[] = {daemon_path, "-n", "-f", config.c_str(), "-i", pid.c_str(), nullptr};
        ASSERT_EQ(::posix_spawn(&daemon, daemon_path, nullptr, nullptr, const_cast<char* const*>(arguments), environ),
                  0);
        wait_for([&] { return listens(); });
    }
    void stop() {
        if (daemon < 0) return;
        ::kill(daemon, SIGTERM);
        ::waitpid(daemon, nullptr, 0);
        daemon = -1;
    }
    template <class Condition>
    static void wait_for(Condition condition) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), until) << "the daemon did not get there in time";
            ::usleep(2000);
        }
    }
    bool listens() const {
        int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = loopback(port_number);
        bool good = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
        ::close(fd);
        return good && std::filesystem::exists(file("log"));
    }
    // The sink's messages, not the daemon's own.
    Lines lines() const {
        std::ifstream in(file("out"));
        Lines out;
        for (std::string line; std::getline(in, line);)
            if (line.find("|test-app|") != line.npos) out.push_back(line);
        return out;
    }
    std::set<std::string> texts() const {
        std::set<std::string> out;
        for (auto& line : lines()) out.insert(line.substr(line.rfind('|') + 1));
        return out;
    }
    LoadedSink::Settings settings(const std::string& address) const {
        return {{"address", address}, {"app_name", "test-app"}, {"facility", "local3"}};
    }
    std::string tcp() const { return "tcp://127.0.0.1:" + port; }
    // 100 rows, the end of the daemon, 100 rows that wait, the daemon again.
    void restart_in_the_middle(const std::string& address) {
        LoadedSink sink(PLUGIN_FILE, host, settings(address));
        ASSERT_EQ(sink.status(), AVOCET_OK);
        sink.consume(events.rows(100));
        wait_for([&] { return texts().size() == 100; });
        stop();
        const avocet_batch& batch = events.rows(100);
        auto away = sink.step(batch);
        EXPECT_EQ(away.status, AVOCET_AGAIN) << "rows are held back, and the call does not block";
        EXPECT_EQ(away.taken, 0u);
        start();
        EXPECT_EQ(sink.consume(batch), 0u);
        EXPECT_EQ(sink.close(), 0u);
        wait_for([&] { return texts().size() >= 200; });
        EXPECT_EQ(host.reports().size(), 1u) << ::testing::PrintToString(host.reports());
    }
};

TEST_F(Rsyslog, takes_rfc5424_with_structured_data_over_tcp) {
    Records loss(AVOCET_RECORD_LOSS), life(AVOCET_RECORD_LIFECYCLE);
    LoadedSink sink(PLUGIN_FILE, host, settings(tcp()));
    ASSERT_EQ(sink.status(), AVOCET_OK) << ::testing::PrintToString(host.reports());
    sink.consume(events.rows(2));
    sink.consume(loss.text("Lost 3\n]events"));
    sink.consume(life.text("attached"));
    EXPECT_EQ(sink.close(), 0u);
    wait_for([&] { return lines().size() >= 4; });
    const std::string app = "|test-app|" + std::to_string(::getpid());
    EXPECT_EQ(lines(), (Lines{"158" + app + "|event|[avocet@32473 serial=\"0\"]|row 0",
                              "158" + app + "|event|[avocet@32473 serial=\"1\"]|row 1",
                              "156" + app + "|loss|[avocet@32473 serial=\"Lost 3#012\\]events\"]|Lost 3#012]events",
                              "157" + app + "|lifecycle|[avocet@32473 event=\"attached\"]|Attached 1 probe"}));
}

TEST_F(Rsyslog, takes_datagrams_over_udp) {
    LoadedSink sink(PLUGIN_FILE, host, settings("udp://127.0.0.1:" + port));
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(events.rows(50));
    EXPECT_EQ(sink.close(), 0u);
    wait_for([&] { return lines().size() >= 50; });
    EXPECT_EQ(texts().size(), 50u);
}

TEST_F(Rsyslog, takes_the_local_form_over_a_unix_socket) {
    LoadedSink sink(PLUGIN_FILE, host, settings("unix://" + file("log")));
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(events.rows(2000));
    EXPECT_EQ(sink.close(), 0u);
    wait_for([&] { return lines().size() >= 2000; });
    EXPECT_EQ(texts().size(), 2000u);
    EXPECT_THAT(lines()[0], HasSubstr("158|test-app|" + std::to_string(::getpid()) + "|"));
}

TEST_F(Rsyslog, a_restart_loses_nothing_over_tcp) { restart_in_the_middle(tcp()); }

TEST_F(Rsyslog, a_restart_loses_nothing_over_a_unix_socket) { restart_in_the_middle("unix://" + file("log")); }

TEST_F(Rsyslog, a_daemon_that_stays_away_costs_exactly_the_rows_that_came_meanwhile) {
    auto short_wait = settings(tcp());
    short_wait["outage_wait_ms"] = "0";
    LoadedSink sink(PLUGIN_FILE, host, short_wait);
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(events.rows(10));
    wait_for([&] { return texts().size() == 10; });
    stop();
    EXPECT_EQ(sink.consume(events.rows(25)), 0u);
    EXPECT_EQ(sink.close(), 25u);
}

TEST_F(Rsyslog, an_address_where_nobody_listens_is_refused_at_the_start) {
    stop();
    LoadedSink sink(PLUGIN_FILE, host, settings(tcp()));
    EXPECT_EQ(sink.status(), AVOCET_ERR_IO);
    ASSERT_EQ(host.reports().size(), 1u);
    EXPECT_EQ(host.reports()[0], "address '" + tcp() + "': cannot be reached: Connection refused");
}

TEST(SyslogAddress, what_is_wrong_with_it_is_told) {
    auto refusal = [](const std::string& address) {
        FakeHost host;
        LoadedSink sink(PLUGIN_FILE, host, {{"address", address}});
        EXPECT_NE(sink.status(), AVOCET_OK);
        return host.reports().empty() ? "" : host.reports().back();
    };
    EXPECT_EQ(refusal("/dev/log"), "address '/dev/log': does not begin with unix://, udp://, tcp:// or tls://");
    EXPECT_EQ(refusal("unix://log"), "address 'unix://log': names no absolute path");
    EXPECT_EQ(refusal("udp://127.0.0.1:70000"), "address 'udp://127.0.0.1:70000': '70000' is not a port");
    EXPECT_EQ(refusal("tcp://:5"), "address 'tcp://:5': names no host");
    EXPECT_EQ(refusal("unix:///nonexistent/log"),
              "address 'unix:///nonexistent/log': cannot be reached: No such file or directory");
}

}  // namespace
}  // namespace avocet::testing
