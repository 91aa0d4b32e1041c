// libmnl lays out the bytes; it works on raw memory, which is given to it here and nowhere else.
#include "netlink/message.hpp"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

namespace netlink {
namespace {

nlmsghdr* head(std::vector<std::byte>& data) {
    return reinterpret_cast<nlmsghdr*>(data.data());
}

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags, Bytes header) {
    data_.reserve(256);  // most requests fit
    data_.resize(sizeof(nlmsghdr) + aligned(header.size()));
    nlmsghdr* h = mnl_nlmsg_put_header(data_.data());
    h->nlmsg_type = type;
    h->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    void* extra = mnl_nlmsg_put_extra_header(h, header.size());
    std::memcpy(extra, header.data(), header.size());
}

void Message::reserve(std::size_t more) {
    data_.resize(data_.size() + aligned(more));
}

void Message::trim() {
    data_.resize(aligned(head(data_)->nlmsg_len));
}

void Message::put_bytes(std::uint16_t number, Bytes value) {
    reserve(sizeof(nlattr) + value.size());
    mnl_attr_put(head(data_), number, value.size(), value.data());
    trim();
}

void Message::put_string(std::uint16_t number, std::string_view value) {
    // A string_view has no zero at its end, and the kernel wants one.
    std::vector<std::byte> text(value.size() + 1);
    std::memcpy(text.data(), value.data(), value.size());
    put_bytes(number, text);
}

void Message::append_bytes(Bytes value) {
    reserve(value.size());
    std::byte* to = data_.data() + head(data_)->nlmsg_len;
    std::memcpy(to, value.data(), value.size());
    head(data_)->nlmsg_len += static_cast<std::uint32_t>(aligned(value.size()));
    trim();
}

Message::Nest::Nest(Message& message, std::uint16_t number) : message_(message) {
    message_.reserve(sizeof(nlattr));
    start_ = head(message_.data_)->nlmsg_len;
    (void)mnl_attr_nest_start(head(message_.data_), number);
    message_.trim();
}

Message::Nest::~Nest() {
    auto* attribute = reinterpret_cast<nlattr*>(message_.data_.data() + start_);
    mnl_attr_nest_end(head(message_.data_), attribute);
}

Message::Hop::Hop(Message& message, std::uint8_t flags, std::uint32_t index)
    : message_(message), start_(head(message.data_)->nlmsg_len) {
    rtnexthop hop{};
    hop.rtnh_flags = flags;
    hop.rtnh_ifindex = static_cast<int>(index);
    message_.append(hop);
}

Message::Hop::~Hop() {
    auto* hop = reinterpret_cast<rtnexthop*>(message_.data_.data() + start_);
    hop->rtnh_len = static_cast<unsigned short>(head(message_.data_)->nlmsg_len - start_);
}

void Message::set_sequence(std::uint32_t sequence) {
    head(data_)->nlmsg_seq = sequence;
}
void Message::add_flags(std::uint16_t flags) {
    head(data_)->nlmsg_flags = static_cast<std::uint16_t>(head(data_)->nlmsg_flags | flags);
}

}  // namespace netlink
