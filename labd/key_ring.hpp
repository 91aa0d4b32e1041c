// The keys of a lab's WireGuard ends. They are made here, told to the kernel and written into the
// lab's journal; nothing else ever holds one.
#pragma once

#include "labd/hub.hpp"
#include "netlink/wireguard.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace labd {

class KeyRing {
  public:
    using Key = netlink::WireguardKey;
    struct Pair {
        Key secret{}, open{};
    };

    explicit KeyRing(std::shared_ptr<Hub> hub) : hub_(std::move(hub)) {}

    // Of an end, NODE:INTERFACE; made at the first question. Throws netlink::Error.
    const Pair& of(const std::string& end);
    // nullptr when there is none so far.
    const Pair* find(const std::string& end) const;
    // One that the kernel has. The end keeps what it has already.
    const Pair& learn(const std::string& end, const Pair& pair);
    // nullopt: nobody's here.
    std::optional<std::string> whose(const Key& open) const;

    std::map<std::string, std::string> texts() const;
    // Misshapen ones are passed over. Throws netlink::Error.
    void keep(const std::map<std::string, std::string>& texts);

  private:
    std::shared_ptr<Hub> hub_;
    std::map<std::string, Pair> pairs_;
    std::map<Key, std::string> owners_;  // by the public one
};

}  // namespace labd
