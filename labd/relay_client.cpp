#include "labd/relay_client.hpp"

#include "netlink/error.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace labd {

using protocol::Packer;
using protocol::Unpacker;
using relay::Linked;
using relay::Request;
using topology::Impairment;

namespace {

constexpr timeval patience{5, 0};
constexpr std::uint32_t most_links = 100'000;

constexpr std::uint32_t others(std::uint32_t share) {
    return relay::always - share;
}

relay::Loss to_relay(const topology::Loss& loss) {
    relay::Loss out;
    switch (loss.model) {
        case topology::Loss::Model::random:
            out = {relay::Loss::Model::each, {loss.share.steps}};
            break;
        case topology::Loss::Model::gemodel:  // h and k are of what arrives
            out = {relay::Loss::Model::gilbert_elliott,
                   {loss.p.steps, loss.r.steps, others(loss.h.steps), others(loss.k.steps)}};
            break;
        case topology::Loss::Model::four_state:
            out = {
                relay::Loss::Model::four_state,
                {loss.p13.steps, loss.p31.steps, loss.p32.steps, loss.p23.steps, loss.p14.steps}};
            break;
    }
    return out;
}

std::optional<topology::Loss> from_relay(const relay::Loss& loss) {
    topology::Loss out;
    const auto& share = loss.share;
    switch (loss.model) {
        case relay::Loss::Model::none:
            return std::nullopt;
        case relay::Loss::Model::each:
            out.share = {share[0]};
            break;
        case relay::Loss::Model::gilbert_elliott:
            out.model = topology::Loss::Model::gemodel;
            out.p = {share[0]};
            out.r = {share[1]};
            out.h = {others(share[2])};
            out.k = {others(share[3])};
            break;
        case relay::Loss::Model::four_state:
            out.model = topology::Loss::Model::four_state;
            out.p13 = {share[0]};
            out.p31 = {share[1]};
            out.p32 = {share[2]};
            out.p23 = {share[3]};
            out.p14 = {share[4]};
            break;
    }
    return out;
}

}  // namespace

relay::Settings to_relay(const Impairment& impairment) {
    relay::Settings out;
    out.delay_ns = static_cast<std::uint64_t>(impairment.delay_ns);
    out.jitter_ns = static_cast<std::uint64_t>(impairment.jitter_ns);
    out.distribution = static_cast<relay::Distribution>(impairment.distribution);
    out.keep_order = impairment.keep_order;
    if (impairment.loss) out.loss = to_relay(*impairment.loss);
    out.corrupt = impairment.corrupt.steps;
    out.duplicate = impairment.duplicate.steps;
    out.reorder = impairment.reorder.steps;
    out.rate_bits = impairment.rate_bits;
    out.burst_bytes = impairment.burst_bytes;
    out.limit = impairment.limit_packets.value_or(limit_of(impairment));
    out.seeded = impairment.seed.has_value();
    out.seed = impairment.seed.value_or(0);
    return out;
}

Impairment from_relay(const relay::Settings& settings) {
    Impairment out;
    out.delay_ns = static_cast<std::int64_t>(settings.delay_ns);
    out.jitter_ns = static_cast<std::int64_t>(settings.jitter_ns);
    out.distribution = static_cast<topology::Distribution>(settings.distribution);
    out.keep_order = settings.keep_order;
    out.loss = from_relay(settings.loss);
    out.corrupt = {settings.corrupt};
    out.duplicate = {settings.duplicate};
    out.reorder = {settings.reorder};
    out.rate_bits = settings.rate_bits;
    out.burst_bytes = static_cast<std::uint32_t>(settings.burst_bytes);
    if (settings.seeded) out.seed = settings.seed;
    if (limit_of(out) != settings.limit) out.limit_packets = settings.limit;
    return out;
}

RelayClient::RelayClient(Fd socket) : socket_(std::move(socket)) {
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
        (void)setsockopt(socket_.get(), SOL_SOCKET, option, &patience, sizeof patience);
}

void RelayClient::fail(const std::string& subject, int error, const std::string& text) {
    throw netlink::Error({"relay", subject}, {error, text, ""});
}

std::string RelayClient::ask(Request request, const std::string& subject, const Fill& fill,
                             const std::vector<int>& fds) {
    const std::uint32_t wanted = next_id_++;
    Packer packet(static_cast<std::uint32_t>(request), wanted);
    fill(packet);
    std::string bytes = packet.bytes();
    iovec part{bytes.data(), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        const std::size_t size = fds.size() * sizeof(int);
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr* c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(c), fds.data(), size);
    }
    if (sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0)
        fail(subject, errno == EAGAIN ? ETIMEDOUT : errno, "");
    // Answers to what nobody waits for any more are passed over.
    for (;;) {
        std::vector<char> room(protocol::packet_limit);
        const ssize_t got = recv(socket_.get(), room.data(), room.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(subject, errno == EAGAIN ? ETIMEDOUT : errno, "");
        if (got == 0) fail(subject, EPIPE, "");
        const std::string_view all(room.data(), static_cast<std::size_t>(got));
        Unpacker in(all);
        const std::uint32_t type = in.u32(), id = in.u32(), error = in.u32();
        const std::string text = in.text();
        if (!in.ok() || type != static_cast<std::uint32_t>(Request::answer))
            fail(subject, EPROTO, "");
        if (id != wanted) continue;
        if (error != 0) fail(subject, static_cast<int>(error % 4096), text);
        return std::string(all.substr(16 + text.size()));
    }
}

std::vector<Linked> RelayClient::list() {
    std::vector<Linked> out;
    std::uint32_t total = 1;
    while (out.size() < total) {
        const std::string page = ask(Request::list, "links", [&](Packer& packet) {
            packet.u32(static_cast<std::uint32_t>(out.size()));
        });
        Unpacker in(page);
        total = in.u32();
        const std::uint32_t count = in.u32();
        if (!in.ok() || total > most_links || count > relay::listed_at_once ||
            (count == 0 && out.size() < total))
            fail("links", EPROTO, "");
        for (std::uint32_t i = 0; i < count; ++i) {
            Linked link = relay::unpack_linked(in);
            if (!in.ok() || !is_sound(link.settings[0]) || !is_sound(link.settings[1]))
                fail("links", EPROTO, "");
            out.push_back(std::move(link));
        }
    }
    return out;
}

void RelayClient::add(const Linked& link, const std::array<Fd, 2>& sockets) {
    ask(Request::add, "link " + link.name,
        [&](Packer& packet) {
            packet.text(link.name).u32(link.index[0]).u32(link.index[1]);
            for (const relay::Settings& settings : link.settings) pack(packet, settings);
        },
        {sockets[0].get(), sockets[1].get()});
}

void RelayClient::change(const Linked& link) {
    ask(Request::change, "link " + link.name, [&](Packer& packet) {
        packet.text(link.name);
        for (const relay::Settings& settings : link.settings) pack(packet, settings);
    });
}

void RelayClient::remove(const std::string& name) {
    try {
        ask(Request::remove, "link " + name, [&](Packer& packet) { packet.text(name); });
    } catch (const netlink::Error& error) {
        if (error.error() != ENOENT) throw;
    }
}

}  // namespace labd
