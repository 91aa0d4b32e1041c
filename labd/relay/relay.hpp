// The relay of one lab: one thread that carries the frames of its links from end to end, each after
// what its direction's settings say.
#pragma once

#include "labd/fd.hpp"
#include "labd/init/protocol.hpp"
#include "labd/relay/carrier.hpp"
#include "labd/relay/fate.hpp"
#include "labd/relay/frame.hpp"
#include "labd/relay/port.hpp"
#include "labd/relay/protocol.hpp"
#include "labd/relay/schedule.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace labd::relay {

class Relay {
  public:
    // `door` is a listening socket that labd bound, `interfaces` as in carrier.hpp. Throws Failure.
    Relay(Fd door, Fd interfaces);
    // Until it is told to quit.
    void run();

    // One request as it came; the answer to it.
    std::string answer(const std::string& bytes, std::vector<Fd> fds);

  private:
    // What an epoll event stands for.
    struct Watched {
        Fd socket;  // of a connection
        std::function<void(std::uint32_t events)> ready;
        std::uint32_t events = 0;
        bool forgotten = false;
    };
    struct Lane {
        Direction direction;
        Port *in = nullptr, *out = nullptr;
        Watched* writing = nullptr;  // of `out`
        bool pending = false;        // is in pending_
    };
    struct Link {
        std::string name;
        std::array<std::unique_ptr<Port>, 2> ports;
        std::array<std::unique_ptr<Lane>, 2> lanes;
        std::array<Watched*, 2> watched{};
        std::array<Seen, 2> seen;
    };

    Watched* watch(int fd, std::function<void(std::uint32_t)> ready);
    void change(int fd, Watched& watched, std::uint32_t events);
    void forget(int fd, Watched* watched);
    void accept_all();
    void converse(Watched* connection);

    void add(protocol::Unpacker& in, std::vector<Fd> fds);
    void change(protocol::Unpacker& in);
    void remove(protocol::Unpacker& in);
    void list(protocol::Unpacker& in, protocol::Packer& out);
    Link& find(const std::string& name);

    void hear(Lane& lane);
    void meet(Lane& lane, std::unique_ptr<Frame> frame, Time arrival);
    void depart(Lane& lane, const Departure& departure, std::unique_ptr<Frame> frame);
    void release(Time until);
    void flush(Lane& lane);
    void on_interface(std::uint32_t index, const Seen& seen);
    void wait();

    Fd epoll_, door_;
    Interfaces interfaces_;
    std::map<std::string, std::unique_ptr<Link>> links_;
    std::unordered_map<std::uint32_t, std::pair<Link*, std::size_t>> ends_;  // by interface index
    std::map<Watched*, std::unique_ptr<Watched>> watched_;
    std::vector<std::unique_ptr<Watched>> forgotten_;  // events of this turn may still name them
    Frames frames_;
    Schedule<Lane> schedule_;
    std::vector<Lane*> pending_;  // have frames to send
    bool quitting_ = false;
};

}  // namespace labd::relay
