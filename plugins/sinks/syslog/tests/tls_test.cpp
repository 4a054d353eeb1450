// SPDX-License-Identifier: Apache-2.0
//
// sink.syslog over TLS against Debian's rsyslog (package rsyslog-gnutls) on loopback: certificates of the test's own,
// made by openssl; what is wrong with them is refused by name; a restart loses nothing.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "../../testing/loaded_sink.hpp"

extern char** environ;

namespace avocet::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* daemon_path = "/usr/sbin/rsyslogd";

struct RsyslogTls : ::testing::Test {
    std::string directory = ::testing::TempDir() + "avocet-tls-XXXXXX";
    int port = 0;
    pid_t daemon = -1;
    FakeHost host;
    Records events{AVOCET_RECORD_EVENT};

    std::string file(const std::string& name) const { return directory + "/" + name; }
    void openssl(const std::string& arguments) const {
        const std::string command = "cd " + directory + " && openssl " + arguments + " >>openssl.log 2>&1";
        ASSERT_EQ(std::system(command.c_str()), 0) << arguments;
    }
    // NAME.pem and NAME.key, signed by `ca`; `days` may be negative.
    void certificate(const std::string& name, const std::string& alternative, const std::string& ca, int days) const {
        std::ofstream(file(name + ".ext")) << "subjectAltName=" << alternative << "\n";
        openssl("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name + " -keyout " + name +
                ".key -out " + name + ".csr");
        openssl("x509 -req -in " + name + ".csr -CA " + ca + ".pem -CAkey " + ca + ".key -CAcreateserial -days " +
                std::to_string(days) + " -extfile " + name + ".ext -out " + name + ".pem");
    }
    void authority(const std::string& name) const {
        openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" + name +
                " -keyout " + name + ".key -out " + name + ".pem");
    }
    void SetUp() override {
        if (::access(daemon_path, X_OK) != 0) GTEST_SKIP() << "rsyslogd is not installed (package rsyslog)";
        if (!std::filesystem::exists("/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so") &&
            !std::filesystem::exists("/usr/lib/aarch64-linux-gnu/rsyslog/lmnsd_gtls.so"))
            GTEST_SKIP() << "rsyslog has no TLS (package rsyslog-gnutls)";
        ASSERT_NE(::mkdtemp(directory.data()), nullptr);
        authority("ca");
        certificate("server", "DNS:localhost,IP:127.0.0.1", "ca", 2);
        sockaddr_in address = loopback();
        socklen_t size = sizeof address;
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        ::close(fd);
    }
    void TearDown() override {
        stop();
        std::filesystem::remove_all(directory);
    }
    sockaddr_in loopback() const {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    void start(const std::string& server, const std::string& mode = "anon") {
        std::ofstream(file("conf"))
            << "global(workDirectory=\"" << directory << "\" DefaultNetstreamDriver=\"gtls\" "
            << "DefaultNetstreamDriverCAFile=\"" << file("ca.pem") << "\" DefaultNetstreamDriverCertFile=\""
            << file(server + ".pem") << "\" DefaultNetstreamDriverKeyFile=\"" << file(server + ".key") << "\")\n"
            << "module(load=\"imtcp\" StreamDriver.Name=\"gtls\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\""
            << mode << "\")\n"
            << "template(name=\"t\" type=\"string\" string=\"%app-name%|%msg:::drop-last-lf%\\n\")\n"
            << "input(type=\"imtcp\" address=\"127.0.0.1\" port=\"" << port << "\")\n"
            << "*.* action(type=\"omfile\" file=\"" << file("out") << "\" template=\"t\")\n";
        const std::string config = file("conf"), pid = file("pid");
        const char* arguments[] = {daemon_path, "-n", "-f", config.c_str(), "-i", pid.c_str(), nullptr};
        ASSERT_EQ(::posix_spawn(&daemon, daemon_path, nullptr, nullptr, const_cast<char* const*>(arguments), environ),
                  0);
        wait_for([&] {
            const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
            const sockaddr_in address = loopback();
            const bool good = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
            ::close(fd);
            return good;
        });
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
            ASSERT_LT(std::chrono::steady_clock::now(), until) << "did not get there in time";
            ::usleep(2000);
        }
    }
    std::set<std::string> texts() const {
        std::ifstream in(file("out"));
        std::set<std::string> out;
        for (std::string line; std::getline(in, line);)
            if (line.starts_with("test-app|")) out.insert(line.substr(line.rfind('|') + 1));
        return out;
    }
    LoadedSink::Settings settings(const std::string& host_name = "127.0.0.1") const {
        return {{"address", "tls://" + host_name + ":" + std::to_string(port)},
                {"app_name", "test-app"},
                {"tls.ca", file("ca.pem")}};
    }
    // What is said when the sink cannot be made.
    std::string refusal(const LoadedSink::Settings& with) const {
        FakeHost told;
        LoadedSink sink(PLUGIN_FILE, told, with);
        EXPECT_LT(sink.status(), AVOCET_OK);
        return told.reports().empty() ? "" : told.reports().back();
    }
};

TEST_F(RsyslogTls, takes_every_message) {
    start("server");
    LoadedSink sink(PLUGIN_FILE, host, settings());
    ASSERT_EQ(sink.status(), AVOCET_OK) << ::testing::PrintToString(host.reports());
    EXPECT_EQ(sink.consume(events.rows(3000)), 0u);
    EXPECT_EQ(sink.close(), 0u);
    wait_for([&] { return texts().size() >= 3000; });
    EXPECT_TRUE(host.reports().empty()) << ::testing::PrintToString(host.reports());
}

TEST_F(RsyslogTls, a_name_is_checked_as_a_name) {
    start("server");
    LoadedSink sink(PLUGIN_FILE, host, settings("localhost"));
    ASSERT_EQ(sink.status(), AVOCET_OK) << ::testing::PrintToString(host.reports());
    EXPECT_EQ(sink.consume(events.rows(10)), 0u);
    EXPECT_EQ(sink.close(), 0u);
    wait_for([&] { return texts().size() >= 10; });
}

TEST_F(RsyslogTls, a_restart_loses_nothing) {
    start("server");
    LoadedSink sink(PLUGIN_FILE, host, settings());
    ASSERT_EQ(sink.status(), AVOCET_OK);
    sink.consume(events.rows(100));
    wait_for([&] { return texts().size() == 100; });
    stop();
    const avocet_batch& batch = events.rows(100);
    wait_for([&] { return sink.step(batch).status == AVOCET_AGAIN; });
    start("server");
    EXPECT_EQ(sink.consume(batch), 0u);
    EXPECT_EQ(sink.close(), 0u);
    wait_for([&] { return texts().size() >= 200; });
}

TEST_F(RsyslogTls, a_certificate_of_this_side_is_shown_to_a_daemon_that_wants_one) {
    certificate("client", "DNS:client", "ca", 2);
    start("server", "x509/certvalid");
    auto with = settings();
    with["tls.certificate"] = file("client.pem");
    with["tls.key"] = file("client.key");
    LoadedSink sink(PLUGIN_FILE, host, with);
    ASSERT_EQ(sink.status(), AVOCET_OK) << ::testing::PrintToString(host.reports());
    EXPECT_EQ(sink.consume(events.rows(10)), 0u);
    EXPECT_EQ(sink.close(), 0u);
    wait_for([&] { return texts().size() >= 10; });
}

TEST_F(RsyslogTls, a_certificate_that_nobody_known_has_signed_is_refused) {
    start("server");
    authority("other");
    auto with = settings();
    with["tls.ca"] = file("other.pem");
    EXPECT_THAT(refusal(with), HasSubstr("its certificate is refused: unable to get local issuer certificate"));
    with["tls.verify"] = "false";
    LoadedSink sink(PLUGIN_FILE, host, with);
    EXPECT_EQ(sink.status(), AVOCET_OK) << ::testing::PrintToString(host.reports());
}

TEST_F(RsyslogTls, an_expired_certificate_is_refused) {
    certificate("late", "IP:127.0.0.1", "ca", -1);
    start("late");
    EXPECT_THAT(refusal(settings()), HasSubstr("its certificate is refused: certificate has expired"));
}

TEST_F(RsyslogTls, a_certificate_of_another_name_is_refused) {
    certificate("elsewhere", "DNS:elsewhere.example", "ca", 2);
    start("elsewhere");
    EXPECT_THAT(refusal(settings()), HasSubstr("IP address mismatch: it does not name '127.0.0.1'"));
    EXPECT_THAT(refusal(settings("localhost")), HasSubstr("hostname mismatch: it does not name 'localhost'"));
    auto with = settings();
    with["tls.name"] = "elsewhere.example";
    LoadedSink sink(PLUGIN_FILE, host, with);
    EXPECT_EQ(sink.status(), AVOCET_OK) << ::testing::PrintToString(host.reports());
}

TEST_F(RsyslogTls, files_that_are_wrong_are_named) {
    authority("other");
    auto with = settings();
    with["tls.ca"] = file("nothing.pem");
    EXPECT_EQ(refusal(with), "tls.ca '" + file("nothing.pem") + "': cannot be read: No such file or directory");
    with["tls.ca"] = file("server.key");
    EXPECT_THAT(refusal(with), HasSubstr("is no certificate in PEM form"));
    with = settings();
    with["tls.certificate"] = file("server.pem");
    EXPECT_EQ(refusal(with), "tls.certificate: has no tls.key");
    with["tls.key"] = file("other.key");
    EXPECT_THAT(refusal(with), HasSubstr("tls.key '" + file("other.key") + "': is no private key"));
    with = {{"address", "tcp://127.0.0.1:1"}, {"tls.ca", file("ca.pem")}};
    EXPECT_EQ(refusal(with), "tls.ca: address 'tcp://127.0.0.1:1' does not use TLS");
}

TEST_F(RsyslogTls, a_daemon_without_tls_is_told_from_one_with) {
    std::ofstream(file("plain"));
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback();
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    std::thread peer([&] {
        const int fd = ::accept(listener, nullptr, nullptr);
        EXPECT_GT(::send(fd, "plain text, no TLS\n", 19, MSG_NOSIGNAL), 0);
        char byte;
        while (::recv(fd, &byte, 1, 0) > 0) {}
        ::close(fd);
    });
    EXPECT_THAT(refusal(settings()), HasSubstr("cannot be reached: TLS: wrong version number"));
    peer.join();
    ::close(listener);
}

}  // namespace
}  // namespace avocet::testing
