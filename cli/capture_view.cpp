#include "cli/capture_view.hpp"

#include "cli/error.hpp"
#include "cli/render.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdio_ext.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace cli {
namespace {

constexpr std::size_t enough = std::size_t{16} << 20;

void never_block(int fd) {
    (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

CaptureView::CaptureView(std::string_view head, bool names)
    : child_(Child::start({"tcpdump", "-n", "-l", "-r", "-"}, true, true, true)),
      names_wanted_(names),
      queue_(head) {
    if (child_.pid == 0)
        throw Failure("unreachable", "packets are shown by tcpdump, which is not there",
                      "apt install tcpdump, or write them: -w FILE");
    never_block(child_.in.get());
}

void CaptureView::feed(std::string_view blocks, const std::deque<std::string>& names) {
    queue_ += blocks;
    if (names_wanted_) names_.insert(names_.end(), names.begin(), names.end());
    push();
}

bool CaptureView::full() const {
    return queue_.size() > enough;
}

void CaptureView::push() {
    if (!child_.in) return;
    std::size_t done = 0;
    while (done < queue_.size()) {
        const ssize_t n = ::write(child_.in.get(), queue_.data() + done, queue_.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) {  // it has ended: what it said is read by show()
            done = queue_.size();
            child_.in.reset();
        }
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
    }
    queue_.erase(0, done);
}

bool CaptureView::show() {
    std::array<char, 65536> part{};
    const ssize_t n = ::read(child_.out.get(), part.data(), part.size());
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    text_.append(part.data(), static_cast<std::size_t>(n));
    print_lines();
    return n > 0;
}

void CaptureView::print_lines() {
    std::string out;
    std::size_t begin = 0, end = 0;
    while ((end = text_.find('\n', begin)) != std::string::npos) {
        // What is set in belongs to the line before.
        const bool first = text_[begin] != '\t' && text_[begin] != ' ';
        if (names_wanted_ && first && !names_.empty()) {
            out += names_.front() + " ";
            names_.pop_front();
        }
        out.append(text_, begin, end + 1 - begin);
        begin = end + 1;
    }
    text_.erase(0, begin);
    print(out);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
    closed_ = true;
    if (errno != EPIPE) return;
    // Who has read enough and left is no output that is lost.
    ::__fpurge(stdout);
    std::clearerr(stdout);
}

// It may wait for us to read while we wait for it to.
void CaptureView::finish() {
    for (bool open = true; open && !closed_;) {
        if (queue_.empty()) child_.in.reset();
        std::array<pollfd, 2> fds{
            {{child_.in ? child_.in.get() : -1, POLLOUT, 0}, {child_.out.get(), POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0) continue;  // a signal
        if (fds[0].revents != 0) push();
        if (fds[1].revents != 0) open = show();
    }
    child_.in.reset(), child_.out.reset();
    const std::string said = read_all(child_.err.get());
    if (closed_) {
        (void)child_.wait();
        return;
    }
    if (child_.wait() != 0) throw Failure("failed", "tcpdump ended: " + said);
}

}  // namespace cli
