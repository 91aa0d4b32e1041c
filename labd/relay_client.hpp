// labd's side of a lab's relay, for the kernel thread: short requests, each waited for. The relay
// hears hostile frames, so what it says is checked like a node's.
#pragma once

#include "labd/fd.hpp"
#include "labd/relay/protocol.hpp"
#include "topology/impairment.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace labd {

// What the relay is told of an impairment; its queue is none of the relay's business.
relay::Settings to_relay(const topology::Impairment& impairment);
topology::Impairment from_relay(const relay::Settings& settings);

class RelayClient {
  public:
    // A connected SOCK_SEQPACKET socket.
    explicit RelayClient(Fd socket);

    // These throw netlink::Error, with the relay's words; ETIMEDOUT when it is stuck, EPIPE when it
    // has gone.
    std::vector<relay::Linked> list();
    void add(const relay::Linked& link, const std::array<Fd, 2>& sockets);
    void change(const relay::Linked& link);
    void remove(const std::string& name);

  private:
    using Fill = std::function<void(protocol::Packer&)>;
    // The payload of its answer.
    std::string ask(relay::Request request, const std::string& subject, const Fill& fill,
                    const std::vector<int>& fds = {});
    [[noreturn]] static void fail(const std::string& subject, int error, const std::string& text);

    Fd socket_;
    std::uint32_t next_id_ = 1;
};

}  // namespace labd
