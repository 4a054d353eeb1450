// SPDX-License-Identifier: Apache-2.0
#include "compile/child.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace avocet::c {

namespace {

class Writer {
public:
    void number(uint64_t n) { out_.append(reinterpret_cast<const char*>(&n), sizeof n); }
    void text(const std::string& s) {
        number(s.size());
        out_ += s;
    }
    void place(const SourcePlace& p) {
        text(p.file);
        for (uint32_t n : {p.line, p.column, p.end_line, p.end_column}) number(n);
    }
    void messages(const std::vector<Message>& list) {
        number(list.size());
        for (const Message& m : list) {
            number(static_cast<uint64_t>(m.severity));
            text(m.text);
            place(m.place);
            messages(m.notes);
            text(m.hint);
            number(m.code);
        }
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

// Past the end everything is 0 and empty, and `good` is false.
class Reader {
public:
    explicit Reader(const std::string& bytes) : bytes_(bytes) {}
    bool good = true;
    bool at_end() const { return at_ == bytes_.size(); }
    uint64_t number() {
        uint64_t n = 0;
        good &= bytes_.size() - at_ >= sizeof n;
        if (!good) return 0;
        memcpy(&n, bytes_.data() + at_, sizeof n);
        at_ += sizeof n;
        return n;
    }
    std::string text() {
        const uint64_t size = number();
        good &= size <= bytes_.size() - at_;
        if (!good) return {};
        at_ += size;
        return bytes_.substr(at_ - size, size);
    }
    SourcePlace place() {
        SourcePlace p;
        p.file = text();
        for (uint32_t* to : {&p.line, &p.column, &p.end_line, &p.end_column}) *to = static_cast<uint32_t>(number());
        return p;
    }
    std::vector<Message> messages() {
        std::vector<Message> out;
        for (uint64_t n = number(); good && n > 0; --n) {
            Message m;
            m.severity = static_cast<Severity>(number());
            m.text = text();
            m.place = place();
            m.notes = messages();
            m.hint = text();
            m.code = static_cast<uint32_t>(number());
            out.push_back(std::move(m));
        }
        return out;
    }

private:
    const std::string& bytes_;
    size_t at_ = 0;
};

void write_all(int fd, const std::string& bytes) {
    for (size_t done = 0; done < bytes.size();) {
        const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno != EINTR) _exit(1);
        if (n > 0) done += static_cast<size_t>(n);
    }
}

std::string read_all(int fd) {
    std::string out;
    char buffer[65536];
    for (;;) {
        const ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return out;
        out.append(buffer, static_cast<size_t>(n));
    }
}

CompileResult failed(const std::string& why) {
    CompileResult result;
    result.messages.push_back({Severity::error, why, {}, {}, {}, 0});
    return result;
}

}  // namespace

std::string pack(const CompileResult& result) {
    Writer out;
    out.number(result.ok);
    out.text(result.object);
    out.text(result.text);
    out.messages(result.messages);
    out.number(result.locals.size());
    for (const Local& local : result.locals) {
        out.text(local.function);
        out.text(local.name);
        out.number(local.bytes);
        out.place(local.place);
    }
    out.number(result.on_disk.size());
    for (const std::string& file : result.on_disk) out.text(file);
    return out.take();
}

bool unpack(const std::string& bytes, CompileResult& result) {
    Reader in(bytes);
    result.ok = in.number() != 0;
    result.object = in.text();
    result.text = in.text();
    result.messages = in.messages();
    for (uint64_t n = in.number(); in.good && n > 0; --n) {
        Local local;
        local.function = in.text();
        local.name = in.text();
        local.bytes = in.number();
        local.place = in.place();
        result.locals.push_back(std::move(local));
    }
    for (uint64_t n = in.number(); in.good && n > 0; --n) result.on_disk.push_back(in.text());
    return in.good && in.at_end();
}

CompileResult in_child(const std::function<CompileResult()>& work) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return failed("the compiler: cannot have a process of its own: " + std::string(strerror(errno)));
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_all(ends[1], pack(work()));
        _exit(0);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return failed("the compiler: cannot have a process of its own: " + std::string(strerror(errno)));
    }
    const std::string bytes = read_all(ends[0]);
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    CompileResult result;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && unpack(bytes, result)) return result;
    return failed(WIFSIGNALED(status)
                      ? "the compiler: ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
                            strsignal(WTERMSIG(status)) + ")"
                      : "the compiler: ended with status " + std::to_string(WEXITSTATUS(status)) + " and no result");
}

}  // namespace avocet::c
