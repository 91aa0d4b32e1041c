// nf_tables by netlink (net/netfilter/nf_tables_api.c): its numbers are big endian, and changes go
// as one transaction between two messages that bracket it. For those who build rules of it.
#pragma once

#include "netlink/error.hpp"
#include "netlink/frame.hpp"
#include "netlink/message.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace netlink::nft {

template <std::uint16_t Number>
using Number32 = Attr<Number, std::uint32_t>;
template <std::uint16_t Number>
using String = Attr<Number, std::string_view>;

// `family`: NFPROTO_….
Message message(std::uint8_t family, std::uint16_t type, std::uint16_t flags);

// All of it is done, or nothing.
class Transaction {
  public:
    void add(Message message) { messages_.push_back(std::move(message)); }
    bool empty() const { return messages_.empty(); }
    void run(int netns, const Intent& intent);  // throws Error

  private:
    std::vector<Message> messages_;
};

// One expression of a rule; `data` puts what it works on.
void expression(Message& rule, const char* name, const std::function<void()>& data);
inline const std::uint32_t first_register = htonl(NFT_REG_1);
// The rule goes on if the register holds these bytes, or if it does not.
void put_compare(Message& rule, nft_cmp_ops operation, Bytes value);
void put_drop(Message& rule);

// What a listing of a table ("": of all, of every family with NFPROTO_UNSPEC) answers; false when
// nf_tables or the table is not there. Older kernels list what is in all tables.
bool list(int netns, std::uint8_t family, std::string_view table, std::uint16_t type,
          const std::function<void(const Frame&)>& each);
std::string_view text_of(const Frame& frame, std::uint16_t number);

}  // namespace netlink::nft
