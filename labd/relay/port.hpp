// One end of a relayed link: the packet socket on our end of a veth (packet(7)).
#pragma once

#include "labd/fd.hpp"
#include "labd/relay/fate.hpp"
#include "labd/relay/frame.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace labd::relay {

Time now();

class Port {
  public:
    // `socket` is bound to nothing yet. Throws Failure.
    Port(Fd socket, std::uint32_t index);

    int socket() const { return socket_.get(); }
    std::uint32_t index() const { return index_; }

    // When it came to the socket: how late it is read does not lengthen its delay.
    using Heard = std::function<void(std::unique_ptr<Frame> frame, Time arrival)>;
    // What has come, at most a few batches. Says how many frames.
    std::size_t read(Frames& frames, const Heard& heard);

    void put(std::unique_ptr<Frame> frame) { out_.push_back(std::move(frame)); }
    std::size_t waiting() const { return out_.size(); }
    // Of each frame that is done with, whether the kernel has taken it.
    using Done = std::function<void(std::unique_ptr<Frame> frame, bool sent)>;
    // False: the rest waits for the socket to be writable.
    bool flush(const Done& done);

    // Frames that found no room on the socket, since it was asked last.
    std::uint32_t unheard();

  private:
    Fd socket_;
    std::uint32_t index_;
    std::vector<std::unique_ptr<Frame>> out_;
};

}  // namespace labd::relay
