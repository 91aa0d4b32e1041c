// What both ways of running commands share: outcomes and non-blocking descriptors.
#include "cli/session.hpp"

#include "cli/error.hpp"

#include <fcntl.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

namespace cli {

int Outcome::signal() const {
    return how == How::ended && WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
}

int Outcome::exit_status() const {
    switch (how) {
        case How::ended:
            return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                          : exit_code::signalled + WTERMSIG(wait_status);
        case How::failed:
            // As docker and the shells: absent is 127, there but not to be run is 126.
            if (error == ENOENT) return exit_code::not_found;
            if (error == EACCES || error == ENOEXEC || error == EISDIR || error == ELIBBAD)
                return exit_code::not_executable;
            return exit_code::own;
        case How::timed_out:
            return exit_code::timed_out;
        case How::lost:
            break;
    }
    return exit_code::own;
}

std::optional<Outcome> outcome_of(const Received& frame) {
    Outcome outcome;
    std::uint32_t number = 0;
    if (frame.type != protocol::Frame::ended && frame.type != protocol::Frame::failed)
        return std::nullopt;
    if (frame.payload.size() < sizeof number)
        throw Failure("exec_failed", "the node's lab-init said an end without a status");
    std::memcpy(&number, frame.payload.data(), sizeof number);
    if (frame.type == protocol::Frame::ended) {
        outcome.how = Outcome::How::ended;
        outcome.wait_status = static_cast<int>(number);
    } else {
        outcome.how = Outcome::How::failed;
        outcome.error = static_cast<int>(number);
        outcome.text = frame.payload.substr(sizeof number);
    }
    return outcome;
}

void unblock(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    // The node's side of a pipe is another open file: only our end stops waiting.
    if (flags >= 0) (void)::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

}  // namespace cli
