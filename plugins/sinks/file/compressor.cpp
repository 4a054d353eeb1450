// SPDX-License-Identifier: Apache-2.0
#include "compressor.hpp"

#include <fcntl.h>
#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <new>
#include <vector>

namespace avocet::file {

namespace {

void write_all(int fd, const char* data, size_t size) {
    while (size) {
        ssize_t n = ::write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw Error(AVOCET_ERR_IO, errno_text(n ? errno : EIO));
        data += n;
        size -= static_cast<size_t>(n);
    }
}

void check(size_t result) {
    if (ZSTD_isError(result)) throw Error(AVOCET_ERR_INTERNAL, ZSTD_getErrorName(result));
}

void compress_stream(int from, int to) {
    Context context = make_context();
    std::vector<char> in(ZSTD_CStreamInSize()), out(ZSTD_CStreamOutSize());
    for (bool last = false; !last;) {
        ssize_t n = ::read(from, in.data(), in.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw Error(AVOCET_ERR_IO, errno_text(errno));
        last = n == 0;
        ZSTD_inBuffer source{in.data(), static_cast<size_t>(n), 0};
        for (size_t left = 1; last ? left : source.pos < source.size;) {
            ZSTD_outBuffer target{out.data(), out.size(), 0};
            left = ZSTD_compressStream2(context.get(), &target, &source, last ? ZSTD_e_end : ZSTD_e_continue);
            check(left);
            write_all(to, out.data(), target.pos);
        }
    }
}

void compress_file(const Directory& directory, const std::string& name) {
    const std::string target = name + ".zst", temporary = "." + target + ".partial";
    UniqueFd from(::openat(directory.fd(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat status {};
    if (!from || ::fstat(from.get(), &status) != 0) throw Error(AVOCET_ERR_IO, errno_text(errno));
    directory.remove(temporary);  // of a run that was killed
    UniqueFd to(::openat(directory.fd(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!to) throw Error(AVOCET_ERR_IO, errno_text(errno));
    try {
        compress_stream(from.get(), to.get());
        if (::fchmod(to.get(), status.st_mode & 0777) != 0 || ::fsync(to.get()) != 0 ||
            !directory.rename(temporary, target))
            throw Error(AVOCET_ERR_IO, errno_text(errno));
    } catch (...) {
        directory.remove(temporary);
        throw;
    }
    directory.sync();
    directory.remove(name);
}

}  // namespace

Context make_context() {
    Context context(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, compression_level));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1));
    return context;
}

std::string compress_frame(ZSTD_CCtx& context, std::string_view bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    size_t size = ZSTD_compress2(&context, out.data(), out.size(), bytes.data(), bytes.size());
    check(size);
    out.resize(size);
    return out;
}

Compressor::~Compressor() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

// Signals are the host's business: the new thread starts with all of them blocked.
void Compressor::start() {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Compressor::add(DirectoryPtr directory, std::string name) {
    std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(directory), std::move(name)});
    changed_.notify_all();
    if (!thread_.joinable()) start();
}

void Compressor::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return jobs_.empty(); });
}

void Compressor::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        Job job = jobs_.front();
        lock.unlock();
        try {
            compress_file(*job.directory, job.name);
        } catch (const std::exception& e) { host_.warn("file '" + job.name + "': stays uncompressed: " + e.what()); }
        lock.lock();
        jobs_.pop_front();
        changed_.notify_all();
    }
}

}  // namespace avocet::file
