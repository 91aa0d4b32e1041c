// One command with our own streams. A poll loop over at most seven descriptors: the session, three
// pipes (or a pty) of the node, our stdin, stdout and stderr, and the signals. Bytes move only
// when the receiving side has room, so a slow reader of ours stops the command and nothing else.
#include "cli/error.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "cli/terminal.hpp"
#include "cli/time_limit.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <optional>
#include <vector>

namespace cli {
namespace {

constexpr char end_of_transmission = 4;  // Ctrl-D: how a terminal says end of file

// A write to these may block after poll(2) said "room" unless it fits PIPE_BUF (pipe(7)).
std::size_t piece_of(int fd) {
    struct stat info {};
    const bool known = ::fstat(fd, &info) == 0;
    return known && (S_ISREG(info.st_mode) || S_ISBLK(info.st_mode)) ? 65536 : PIPE_BUF;
}

// Bytes on their way from one descriptor to another.
struct Flow {
    int from = -1, to = -1;
    std::string held;
    std::size_t piece = PIPE_BUF;
    bool from_open = false, to_open = false;
    int error = 0;                     // why the last write failed
    int from_slot = -1, to_slot = -1;  // in the poll list of this round

    bool open() const { return from_open || (to_open && !held.empty()); }

    void watch(std::vector<pollfd>& list) {
        from_slot = to_slot = -1;
        if (from_open && to_open && held.empty()) {
            from_slot = static_cast<int>(list.size());
            list.push_back({from, POLLIN, 0});
        }
        if (to_open) {  // without events: only to hear that its reader is gone
            to_slot = static_cast<int>(list.size());
            list.push_back({to, static_cast<short>(held.empty() ? 0 : POLLOUT), 0});
        }
    }

    bool readable(const std::vector<pollfd>& list) const {
        return from_slot >= 0 && (list[static_cast<std::size_t>(from_slot)].revents &
                                  (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0;
    }
    short written(const std::vector<pollfd>& list) const {
        return to_slot >= 0 ? list[static_cast<std::size_t>(to_slot)].revents : short{0};
    }

    // False at the end of the source; EAGAIN is no end.
    bool read_some() {
        std::array<char, 65536> buffer;
        const ssize_t n = ::read(from, buffer.data(), buffer.size());
        if (n > 0) held.assign(buffer.data(), static_cast<std::size_t>(n));
        // The master of a pty whose last slave is closed gives EIO (pty(7)).
        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
    }

    // False when nobody will ever read it.
    bool write_some() {
        const ssize_t n = ::write(to, held.data(), std::min(held.size(), piece));
        if (n > 0) held.erase(0, static_cast<std::size_t>(n));
        error = n < 0 ? errno : 0;
        return n >= 0 || errno == EAGAIN || errno == EINTR;
    }
};

class Relay {
  public:
    Relay(labd::Fd connection, const RelayOptions& options)
        : connection_(std::move(connection)),
          options_(options),
          reader_(connection_.get()),
          signals_(numbers(options)),
          limit_(options.timeout) {}

    Outcome run() {
        while (!finished()) {
            std::vector<pollfd> list{{signals_.fd(), POLLIN, 0},
                                     {outcome_ ? -1 : connection_.get(), POLLIN, 0}};
            out_.watch(list);
            err_.watch(list);
            if (!outcome_) in_.watch(list);
            const int n = ::poll(list.data(), list.size(), patience());
            if (n < 0 && errno != EINTR)
                throw Failure("exec_failed", "wait for the command's output failed");
            if (n == 0 && drained()) break;
            if (on_time() == TimeLimit::Due::let_go) break;
            if (n <= 0) continue;
            if (list[0].revents != 0 && on_signal()) break;
            if (list[1].revents != 0) on_frames();
            move(out_, list);
            move(err_, list);
            if (!outcome_) move_in(list);
        }
        if (limit_.passed()) return {Outcome::How::timed_out, 0, 0, ""};
        if (unwritten_ != 0)
            throw Failure("exec_failed",
                          std::string("the command's output could not be written: ") +
                              std::strerror(unwritten_));
        return *outcome_;
    }

  private:
    static std::vector<int> numbers(const RelayOptions& options) {
        std::vector<int> all = forwarded_signals();
        if (options.tty) all.push_back(SIGWINCH);
        return all;
    }

    bool finished() const { return outcome_ && !out_.open() && !err_.open(); }

    // What the command wrote before its end is all in the pipes: it is taken without waiting for
    // children of it that keep them open.
    bool drained() const { return outcome_ && out_.held.empty() && err_.held.empty(); }
    int patience() const { return drained() ? 0 : limit_.wait(); }

    TimeLimit::Due on_time() {
        const TimeLimit::Due due = limit_.due();
        if (due == TimeLimit::Due::terminate) {
            send_signal(connection_.get(), SIGTERM);
            send_signal(connection_.get(), SIGCONT);  // a stopped one would not hear it
        } else if (due == TimeLimit::Due::kill) {
            send_signal(connection_.get(), SIGKILL);
        }
        return due;
    }

    void on_frames() {
        const bool alive = reader_.fill();
        while (auto frame = reader_.next()) {
            if (frame->type == protocol::Frame::started)
                start(std::move(frame->fds));
            else if (auto outcome = outcome_of(*frame))
                outcome_ = std::move(outcome);
        }
        if (!alive && !outcome_) outcome_ = Outcome{};  // lost
    }

    void start(std::vector<labd::Fd> fds) {
        if (fds.size() != (options_.tty ? 1U : 3U))
            throw Failure("exec_failed",
                          "the node's lab-init sent the wrong number of descriptors");
        fds_ = std::move(fds);
        for (const labd::Fd& fd : fds_) unblock(fd.get());
        const bool pty = options_.tty;
        connect(out_, fds_[pty ? 0 : 1].get(), options_.out);
        if (!pty) connect(err_, fds_[2].get(), options_.err);
        connect(in_, options_.in, fds_[0].get());
        in_.piece = 65536;  // non-blocking: it takes what it can
        if (options_.no_stdin) end_input();
        if (pty && ::isatty(options_.in) == 1) raw_.emplace(options_.in);
    }

    static void connect(Flow& flow, int from, int to) {
        flow.from = from, flow.to = to, flow.piece = piece_of(to);
        flow.from_open = flow.to_open = true;
    }

    void move(Flow& flow, const std::vector<pollfd>& list) {
        const short events = flow.written(list);
        // POLLERR on a pipe's writing end: its last reader has gone (poll(2)).
        if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0) return drop(flow);
        if ((events & POLLOUT) != 0 && !flow.held.empty() && !flow.write_some()) return drop(flow);
        if (flow.readable(list) && !flow.read_some()) flow.from_open = false;
    }

    // Our reader has gone: the command's next write shall fail as it would outside.
    void drop(Flow& flow) {
        flow.from_open = flow.to_open = false;
        flow.held.clear();
        // No space left, and the like: nobody wanted that.
        if (flow.error != 0 && flow.error != EPIPE && !options_.tty) unwritten_ = flow.error;
        // A pty cannot be half closed: hang up, and the command with it.
        if (options_.tty && !outcome_) outcome_ = Outcome{Outcome::How::ended, SIGPIPE, 0, ""};
        for (std::size_t i = 1; i < fds_.size(); ++i)
            if (fds_[i].get() == flow.from) fds_[i].reset();
    }

    void move_in(const std::vector<pollfd>& list) {
        if (!in_.to_open) return;
        const short events = in_.written(list);
        if ((events & POLLERR) != 0) return end_input();
        if ((events & POLLOUT) != 0 && !in_.held.empty() && !in_.write_some()) return end_input();
        if (in_.readable(list) && !in_.read_some()) {
            in_.from_open = false;
            if (options_.tty) in_.held.assign(1, end_of_transmission);
        }
        if (!in_.from_open && in_.held.empty() && !options_.tty) end_input();
    }

    void end_input() {
        in_.from_open = in_.to_open = false;
        in_.held.clear();
        if (!options_.tty) fds_[0].reset();
    }

    // True when the session is over for us.
    bool on_signal() {
        while (const int number = signals_.next()) {
            if (number == SIGWINCH) {
                const TerminalSize size = terminal_size(options_.out);
                send_frame(connection_.get(), protocol::Frame::resize,
                           two_numbers(size.rows, size.columns));
                continue;
            }
            if (fds_.empty() || (options_.tty && (number == SIGTERM || number == SIGHUP))) {
                // Nothing has begun that could be told, because the node does not answer; or our
                // terminal's affair is over. Hanging up ends the command, too.
                outcome_ = Outcome{Outcome::How::ended, number, 0, ""};
                return true;
            }
            send_signal(connection_.get(), number);
            // Job control: the shell that started us sees us stop, as the command does.
            if (number == SIGTSTP) stop_ourselves();
        }
        return false;
    }

    void stop_ourselves() {
        if (raw_) raw_->leave();
        (void)::raise(SIGSTOP);  // comes back with SIGCONT, which waits in signals_ to be forwarded
        if (raw_) raw_->enter();
    }

    labd::Fd connection_;
    RelayOptions options_;
    FrameReader reader_;
    SessionSignals signals_;
    TimeLimit limit_;
    std::vector<labd::Fd> fds_;
    Flow out_, err_, in_;
    std::optional<RawMode> raw_;
    std::optional<Outcome> outcome_;
    int unwritten_ = 0;  // why, where some of the output is lost
};

}  // namespace

Outcome relay(labd::Fd connection, const RelayOptions& options) {
    Relay one(std::move(connection), options);
    return one.run();
}

}  // namespace cli
