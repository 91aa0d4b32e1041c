// A conversation with the kernel: requests and listings, each answered before the call returns.
#pragma once

#include "netlink/error.hpp"
#include "netlink/fd.hpp"
#include "netlink/frame.hpp"
#include "netlink/message.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace netlink {

// A request of a batch that the kernel refused.
struct Refused {
    std::size_t index = 0;
    Refusal refusal;
};

enum class Protocol : int { route = 0, generic = 16 };  // NETLINK_ROUTE, NETLINK_GENERIC

class Socket {
  public:
    // Talks to the network namespace that the calling thread is in now, wherever it goes later.
    explicit Socket(Protocol protocol = Protocol::route);

    // Sends one, reads its acknowledgement. nullopt: done.
    std::optional<Refusal> attempt(Message& message);
    // The same, throwing Error.
    void request(Message& message, const Intent& intent);

    // Sends many at once and says which were refused, in order. The kernel goes on after a refusal,
    // so everything else took effect. Worth it for small requests (addresses, routes), not for
    // links, whose creation costs far more than the trip.
    std::vector<Refused> batch(std::span<Message> messages);

    // Lists; `each` sees one frame after the other. The listing starts again, after `restart`, when
    // the kernel says that it changed meanwhile (at most three times, then Interrupted).
    void dump(Message& message, const Intent& intent, const std::function<void()>& restart,
              const std::function<void(const Frame&)>& each);
    // One request, one answer that is not an acknowledgement: RTM_GETNSID and the like.
    std::optional<Refusal> query(Message& message, const std::function<void(const Frame&)>& each);

  private:
    void send(Bytes bytes);
    // What a refusal's offset is looked up in.
    Bytes known(const Message& request) const;
    Bytes receive();  // valid until the next call
    bool dump_once(Message& message, const Intent& intent,
                   const std::function<void(const Frame&)>& each);

    Fd fd_;
    Protocol protocol_;
    std::uint32_t sequence_ = 0;
    std::vector<std::byte> buffer_;
};

}  // namespace netlink
