// The client's side of a session (labd/init/protocol.hpp): frames on a socket, descriptors with the
// first of them, and the three pipes.
#include "labd/check/command.hpp"

#include "labd/gather.hpp"
#include "labd/init/protocol.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace labd::check {

namespace asio = boost::asio;
using protocol::Frame;

namespace {

using Descriptor = asio::posix::stream_descriptor;

class Talk : public std::enable_shared_from_this<Talk> {
  public:
    Talk(asio::io_context& loop, Fd client, std::string input, std::shared_ptr<Hold> hold)
        : over(loop),
          loop_(loop),
          socket_(loop, client.release()),
          input_(std::move(input)),
          hold_(std::move(hold)) {}

    void start() {
        if (hold_)
            hold_->end_input = [self = weak_from_this()] {
                if (const auto talk = self.lock()) talk->streams_[0].reset();
            };
        await_frames();
    }

    // The node ends the command when its client is gone.
    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
        for (std::optional<Descriptor>& stream : streams_)
            if (stream) stream->close(ignored);
    }

    void refuse(std::string why) {
        if (done) return;
        heard.refused = std::move(why);
        finish();
    }

    Heard heard;
    bool done = false;
    Signal over;

  private:
    void finish() {
        done = true;
        close();
        over.notify();
    }

    void await_frames() {
        socket_.async_wait(Descriptor::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& error) {
                               if (!error && !self->done) self->read_frames();
                           });
    }

    // One recvmsg(2) after the other until nothing is there.
    void read_frames() {
        for (;;) {
            std::array<char, 4096> data;
            alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 4)> control{};
            iovec part{data.data(), data.size()};
            msghdr message{};
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            const ssize_t n =
                ::recvmsg(socket_.native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) return await_frames();
            keep_descriptors(message);
            if (n <= 0) return refuse("the connection to the command was lost");
            bytes_.append(data.data(), static_cast<std::size_t>(n));
            if (!take_frames()) return;
        }
    }

    void keep_descriptors(msghdr& message) {
        for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
            const std::size_t number = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < number; ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
                fds_.emplace_back(fd);
            }
        }
    }

    // False when the conversation is over.
    bool take_frames() {
        protocol::FrameHeader header{};
        while (bytes_.size() >= sizeof header) {
            std::memcpy(&header, bytes_.data(), sizeof header);
            if (header.length > protocol::packet_limit)
                return refuse("its init sent something that is no frame"), false;
            if (bytes_.size() < sizeof header + header.length) return true;
            const std::string payload = bytes_.substr(sizeof header, header.length);
            bytes_.erase(0, sizeof header + header.length);
            if (!take(static_cast<Frame>(header.type), payload)) return false;
        }
        return true;
    }

    bool take(Frame type, const std::string& payload) {
        std::uint32_t number = 0;
        std::memcpy(&number, payload.data(), std::min(sizeof number, payload.size()));
        switch (type) {
            case Frame::started:
                if (fds_.size() != 3 || streams_[1])
                    return refuse("its init sent the wrong descriptors"), false;
                return open_streams();
            case Frame::failed:
                // A program that is not there is the command's affair, as in a shell.
                heard.wait_status = (number == ENOENT ? 127 : 126) << 8;
                heard.err = payload.size() > 4 ? payload.substr(4)
                                               : std::strerror(static_cast<int>(number));
                finish();
                return false;
            case Frame::ended:
                heard.wait_status = static_cast<int>(number);
                // What was written before the end is in the pipes by now.
                for (std::size_t s = 1; s < streams_.size(); ++s)
                    while (read_stream(s)) continue;
                finish();
                return false;
            default:
                return true;
        }
    }

    bool open_streams() {
        for (std::size_t s = 0; s < streams_.size(); ++s) {
            const int flags = ::fcntl(fds_[s].get(), F_GETFL);
            (void)::fcntl(fds_[s].get(), F_SETFL, flags | O_NONBLOCK);
            boost::system::error_code error;
            streams_[s].emplace(loop_);
            // Something else than a pipe cannot be waited for.
            streams_[s]->assign(fds_[s].get(), error);
            if (error) {
                streams_[s].reset();
                return refuse("its init sent the wrong descriptors"), false;
            }
            (void)fds_[s].release();
        }
        fds_.clear();
        write_input();
        await_output(1);
        await_output(2);
        return true;
    }

    void write_input() {
        while (!input_.empty() && streams_[0]) {
            const ssize_t n = ::write(streams_[0]->native_handle(), input_.data(), input_.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) {
                streams_[0]->async_wait(
                    Descriptor::wait_write,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                        if (!error && !self->done) self->write_input();
                    });
                return;
            }
            if (n < 0) break;  // it does not want any more
            input_.erase(0, static_cast<std::size_t>(n));
        }
        if (!hold_ || hold_->let_go) streams_[0].reset();
    }

    void look_for_ready() {
        if (!hold_ || hold_->ready || heard.out.find(hold_->awaited) == std::string::npos) return;
        hold_->ready = true;
        hold_->changed.notify();
    }

    void await_output(std::size_t s) {
        if (!streams_[s]) return;
        streams_[s]->async_wait(Descriptor::wait_read, [self = shared_from_this(),
                                                        s](const boost::system::error_code& error) {
            if (error || self->done) return;
            (void)self->read_stream(s);
            self->await_output(s);
        });
    }

    // True when there may be more right now.
    bool read_stream(std::size_t s) {
        if (!streams_[s]) return false;
        std::array<char, 65536> buffer;
        const ssize_t n = ::read(streams_[s]->native_handle(), buffer.data(), buffer.size());
        if (n > 0) {
            std::string& to = s == 1 ? heard.out : heard.err;
            const std::size_t room = output_limit - std::min(output_limit, to.size());
            to.append(buffer.data(), std::min(room, static_cast<std::size_t>(n)));
            look_for_ready();
            // A stream that never ends is not read for ever by one turn of the loop.
            return room > 0;
        }
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) streams_[s].reset();
        return false;
    }

    asio::io_context& loop_;
    Descriptor socket_;
    std::string input_, bytes_;
    std::shared_ptr<Hold> hold_;
    std::vector<Fd> fds_;
    std::array<std::optional<Descriptor>, 3> streams_;
};

std::pair<Fd, Fd> stream_pair() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::runtime_error(std::string("cannot make a pair of sockets: ") +
                                 std::strerror(errno));
    return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

asio::awaitable<Heard> run_command(asio::io_context& loop, std::shared_ptr<NodeDoor> door,
                                   Command command, std::string input, double limit_s,
                                   std::shared_ptr<Cut> cut, std::shared_ptr<Hold> hold) {
    const auto begin = std::chrono::steady_clock::now();
    const auto deadline = begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                      std::chrono::duration<double>(limit_s));
    std::shared_ptr<Talk> talk;
    std::string refused;
    try {
        auto [ours, theirs] = stream_pair();
        talk = std::make_shared<Talk>(loop, std::move(ours), std::move(input), hold);
        SessionRequest request;
        request.command = std::move(command);
        co_await door->session(request, std::move(theirs));
    } catch (const std::exception& error) {
        refused = error.what();
    }
    const auto over = [&] {
        if (!hold) return;
        hold->over = true;
        hold->changed.notify();
    };
    if (!refused.empty()) {
        over();
        if (talk) talk->close();
        Heard heard;
        heard.refused = refused;
        co_return heard;
    }
    talk->start();
    cut->waiting.insert(&talk->over);
    while (!talk->done && !cut->made && std::chrono::steady_clock::now() < deadline)
        co_await talk->over.wait_until(deadline);
    cut->waiting.erase(&talk->over);
    if (!talk->done) {
        talk->done = true;
        talk->heard.timed_out = true;
        talk->heard.after_s =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        talk->close();
    }
    over();
    co_return std::move(talk->heard);
}

}  // namespace labd::check
