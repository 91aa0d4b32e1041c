#include "cli/capture_file.hpp"

#include "cli/error.hpp"
#include "cli/pcapng.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace cli {

CaptureFile::CaptureFile(std::string path, std::string head, std::uint64_t most)
    : path_(std::move(path)), head_(std::move(head)), most_(most) {
    open();
}

void CaptureFile::open() {
    file_.reset(path_ == "-"
                    ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                    : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file_) throw Failure("failed", "cannot write " + path_ + ": " + std::strerror(errno));
    size_ = 0;
    append(head_);
}

void CaptureFile::turn_over() {
    if (std::rename(path_.c_str(), (path_ + ".old").c_str()) != 0)
        throw Failure("failed", "cannot rename " + path_ + ": " + std::strerror(errno));
    turned_ = true;
    open();
}

void CaptureFile::append(std::string_view blocks) {
    std::size_t done = 0;
    while (done < blocks.size() && !closed_) {
        const ssize_t n = ::write(file_.get(), blocks.data() + done, blocks.size() - done);
        if (n >= 0) {
            done += static_cast<std::size_t>(n);
        } else if (errno == EPIPE) {
            closed_ = true;
        } else if (errno != EINTR) {
            const int error = errno;
            // Half a block at the end would make readers complain of all of it.
            size_ += pcapng::whole_blocks(blocks.substr(0, done));
            (void)!::ftruncate(file_.get(), static_cast<off_t>(size_));
            throw Failure("failed", "cannot write " + path_ + ": " + std::strerror(error),
                          "what came before is whole and can be read; --ring bounds a file");
        }
    }
    size_ += done;
}

void CaptureFile::write(std::string_view blocks) {
    // Half of what may be kept, block by block: what comes at once may be more than that.
    while (most_ > 0 && size_ + blocks.size() > most_ / 2) {
        std::size_t fits = 0;
        while (fits < blocks.size()) {
            std::uint32_t length = 0;
            std::memcpy(&length, blocks.data() + fits + 4, sizeof length);
            if (size_ + fits + length > most_ / 2) break;
            fits += length;
        }
        append(blocks.substr(0, fits));
        blocks.remove_prefix(fits);
        // One that is larger than the half alone is not worth turning over for ever.
        if (fits == 0 && size_ <= head_.size()) break;
        if (!blocks.empty()) turn_over();
    }
    append(blocks);
}

void CaptureFile::finish() {
    if (!turned_ || closed_) return;
    const std::string old = path_ + ".old";
    const labd::Fd from(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    file_.reset(::open(old.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    struct stat info {};
    if (!from || !file_ || ::fstat(file_.get(), &info) != 0 ||
        ::lseek(from.get(), static_cast<off_t>(head_.size()), SEEK_SET) < 0)
        throw Failure("failed",
                      "cannot join " + old + " and " + path_ + ": " + std::strerror(errno));
    size_ = static_cast<std::uint64_t>(info.st_size);
    std::array<char, 65536> part{};
    ssize_t n = 0;
    std::string rest;
    while ((n = ::read(from.get(), part.data(), part.size())) > 0) {
        rest.append(part.data(), static_cast<std::size_t>(n));
        const std::size_t whole = pcapng::whole_blocks(rest);
        append(std::string_view(rest).substr(0, whole));
        rest.erase(0, whole);
    }
    if (n < 0 || std::rename(old.c_str(), path_.c_str()) != 0)
        throw Failure("failed",
                      "cannot join " + old + " and " + path_ + ": " + std::strerror(errno));
    turned_ = false;
}

}  // namespace cli
