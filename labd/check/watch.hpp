// The kernel's changes in the namespaces of one lab while its checks run: one socket in a hub
// namespace that has a number for each of them (netlink::open_events). What has changed is looked
// up again by whoever waits; events only say where and when.
#pragma once

#include "labd/gather.hpp"
#include "labd/lab.hpp"
#include "labd/worker.hpp"
#include "netlink/fd.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace labd::check {

class Watch {
  public:
    using Clock = std::chrono::steady_clock;
    explicit Watch(boost::asio::io_context& loop) : changed(loop), loop_(loop) {}
    ~Watch() { close(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // From here on nothing is missed. Throws netlink::Error, KernelError.
    boost::asio::awaitable<void> open(Worker& thread, std::shared_ptr<Lab> lab);
    void close();

    // How often links, addresses or routes have changed in these nodes (none: in any); lost events
    // count, too. `neighbors`: and the tables of ARP and neighbour discovery.
    std::uint64_t changes(const std::vector<std::string>& nodes, bool neighbors) const;
    Clock::time_point last_route() const { return last_route_; }
    std::map<std::string, std::uint64_t> route_changes() const;  // so far, by node

    Signal changed;  // at every event

  private:
    struct Count {
        std::uint64_t network = 0, neighbors = 0, routes = 0;
    };
    void await();
    bool receive();
    void note(std::uint16_t type, Count& count);

    boost::asio::io_context& loop_;
    netlink::Fd hub_;
    std::unique_ptr<boost::asio::posix::stream_descriptor> socket_;
    std::map<std::int32_t, std::string> spaces_;  // by the hub's number
    std::map<std::string, Count> counts_;
    std::uint64_t lost_ = 0;
    Clock::time_point last_route_{};
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace labd::check
