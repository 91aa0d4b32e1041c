// One packet socket of the loop: whole packets in and out, with descriptors.
#pragma once

#include "labd/fd.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <string>
#include <vector>

namespace labd {

struct Packet {
    std::string bytes;
    std::vector<Fd> fds;
};

// A connected SOCK_SEQPACKET socket. Reading and writing are each done by one coroutine at a time.
class PacketSocket {
  public:
    PacketSocket(boost::asio::io_context& loop, Fd socket);

    // An empty packet (no bytes) is the end of the conversation.
    // Throws std::system_error for everything else that ends it.
    boost::asio::awaitable<Packet> receive();
    boost::asio::awaitable<void> send(std::string bytes, int fd = -1, int second = -1);
    void close();
    bool is_open() const { return socket_.is_open(); }
    // The other end's process, as the kernel says (SO_PEERCRED).
    pid_t peer_pid();

  private:
    boost::asio::posix::stream_descriptor socket_;
};

// A connected pair; both ends close-on-exec, the first one for a PacketSocket.
std::pair<Fd, Fd> packet_pair();

// A listening SEQPACKET socket at DIRECTORY/name. The path goes through the directory's descriptor,
// so that long run directories do not meet the 108 bytes of sun_path (unix(7)).
Fd listen_at(int directory, const std::string& name);
// Throws std::system_error: ENOENT, ECONNREFUSED when nobody listens there any more.
Fd connect_at(int directory, const std::string& name);

}  // namespace labd
