// The frames of a session, read from both ends: by `lab`, which speaks with a node's init that may
// be hostile, and by lab-init, which speaks with whoever has been let in.
#include "cli/error.hpp"
#include "cli/frames.hpp"
#include "cli/session.hpp"
#include "labd/init/client.hpp"
#include "labd/init/loop.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace {

using labd::Fd;

void expect(bool truth) {
    if (!truth) std::abort();
}

// One end of a stream on which `bytes` and then its end have come.
std::pair<Fd, Fd> stream_of(std::string_view bytes) {
    int ends[2];
    expect(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    Fd other(ends[0]), ours(ends[1]);
    expect(::send(other.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size()));
    expect(::shutdown(other.get(), SHUT_WR) == 0);
    return {std::move(ours), std::move(other)};
}

void read_as_lab(std::string_view bytes) {
    const auto [ours, other] = stream_of(bytes);
    cli::FrameReader reader(ours.get());
    std::size_t payloads = 0;
    try {
        while (reader.fill())
            while (const auto frame = reader.next()) {
                payloads += frame->payload.size();
                expect(frame->fds.empty());
                if (const auto outcome = cli::outcome_of(*frame)) {
                    const int status = outcome->exit_status();
                    expect(status >= 0 && status <= 255);
                }
            }
    } catch (const cli::Failure&) {  // what is said of nonsense
    }
    expect(payloads <= bytes.size());
}

struct Gone {};

void read_as_init(std::string_view bytes) {
    auto [ours, other] = stream_of(bytes);
    labd::init::Loop loop;
    labd::init::Client client(loop, std::move(ours));
    std::size_t payloads = 0;
    client.listen({[&](protocol::Frame, std::string_view payload) { payloads += payload.size(); },
                   [] { throw Gone(); },
                   {}});
    try {
        loop.run();
    } catch (const Gone&) {  // the loop of PID 1 has no other end
    }
    expect(payloads <= bytes.size() && !client.open());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 64 * 1024) return 0;  // more than a socket takes at once
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_as_lab(bytes);
    read_as_init(bytes);
    return 0;
}
