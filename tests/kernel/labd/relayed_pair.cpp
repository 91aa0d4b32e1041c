#include "tests/kernel/labd/relayed_pair.hpp"

#include "netlink/netns.hpp"
#include "netlink/veth.hpp"
#include "tests/support/inside.hpp"

#include <sys/socket.h>

#include <stdexcept>

namespace test {
namespace {

void run(int netns, const std::vector<std::string>& argv) {
    const Ran ran = run_inside(netns, argv);
    if (ran.status != 0) throw std::runtime_error(argv[0] + ": " + ran.output);
}

netlink::NewLink end(int netns, const char* name, std::uint32_t index, std::uint32_t mtu) {
    netlink::NewLink out;
    out.netns = netns;
    out.name = name;
    out.index = index;
    out.mtu = mtu;
    out.mac = {std::byte{2},
               {},
               {},
               {},
               static_cast<std::byte>(index >> 8),
               static_cast<std::byte>(index)};
    return out;
}

void cable(int node, int middle, const char* name, std::uint32_t index, std::uint32_t mtu) {
    netlink::Socket socket = netlink::socket_in(middle);
    netlink::Message veth = netlink::create_veth(end(node, "eth0", index + 1000, mtu), false,
                                                 end(middle, name, index, mtu));
    const netlink::Intent intent{"create", "a cable"};
    socket.request(veth, intent);
    run(middle, {"ip", "link", "set", name, "up"});
}

void settle(int node, const std::string& address) {
    // Nothing but what a test sends itself.
    run(node, {"sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"});
    run(node, {"ip", "address", "add", address, "dev", "eth0"});
    run(node, {"ip", "link", "set", "eth0", "up"});
}

}  // namespace

RelayedPair::RelayedPair(std::uint32_t mtu)
    : a_(netlink::create_netns()), b_(netlink::create_netns()) {
    using protocol::Packer;
    using protocol::Spawn;
    Said spaced =
        lab_.ask(Packer(static_cast<std::uint32_t>(Spawn::space), 1).text("@relay").u32(1));
    if (spaced.fds.size() != 1) throw std::runtime_error("no namespace for the relay");
    middle_ = std::move(spaced.fds[0]);
    cable(a_.get(), middle_.get(), "first", first_index, mtu);
    cable(b_.get(), middle_.get(), "second", second_index, mtu);
    settle(a_.get(), "10.9.0.1/24");
    settle(b_.get(), "10.9.0.2/24");
    const Fd door = lab_.listen("relay");
    Said born = lab_.ask(Packer(static_cast<std::uint32_t>(Spawn::relay), 2).u32(0),
                         {middle_.get(), door.get()});
    if (born.fds.size() != 1) throw std::runtime_error("no relay");
    protocol::Unpacker in(born.payload);
    pid_ = static_cast<pid_t>(in.u32());
    pidfd_ = std::move(born.fds[0]);
    reconnect();
}

void RelayedPair::reconnect() {
    conversation_.reset();
    conversation_ = lab_.connect("relay");
}

Answer RelayedPair::ask(labd::relay::Request request, const Fill& fill,
                        const std::vector<int>& fds) {
    protocol::Packer packet(static_cast<std::uint32_t>(request), 7);
    if (fill) fill(packet);
    say(conversation_, packet, fds);
    const Said said = hear(conversation_);
    if (said.gone || said.id != 7 ||
        said.type != static_cast<std::uint32_t>(labd::relay::Request::answer))
        throw std::runtime_error("the relay did not answer");
    protocol::Unpacker in(said.payload);
    Answer answer;
    answer.error = static_cast<int>(in.u32());
    answer.text = in.text();
    answer.payload = said.payload.substr(8 + answer.text.size());
    return answer;
}

std::vector<Fd> RelayedPair::taps() const {
    const netlink::Entered inside(middle_.get());
    std::vector<Fd> out;
    for (int i = 0; i < 2; ++i) {
        const int size = 16 << 20;
        Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
        (void)setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
        (void)setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
        out.push_back(std::move(socket));
    }
    return out;
}

void RelayedPair::add(const Settings& from_a, const Settings& from_b, const std::string& name) {
    const std::vector<Fd> sockets = taps();
    const Answer answer = ask(labd::relay::Request::add,
                              [&](protocol::Packer& packet) {
                                  packet.text(name).u32(first_index).u32(second_index);
                                  pack(packet, from_a);
                                  pack(packet, from_b);
                              },
                              {sockets[0].get(), sockets[1].get()});
    if (answer.error != 0) throw std::runtime_error(answer.text);
}

void RelayedPair::change(const Settings& from_a, const Settings& from_b) {
    const Answer answer = ask(labd::relay::Request::change, [&](protocol::Packer& packet) {
        packet.text("link");
        pack(packet, from_a);
        pack(packet, from_b);
    });
    if (answer.error != 0) throw std::runtime_error(answer.text);
}

std::vector<Linked> RelayedPair::list() {
    const Answer answer =
        ask(labd::relay::Request::list, [](protocol::Packer& packet) { packet.u32(0); });
    protocol::Unpacker in(answer.payload);
    in.u32();
    std::vector<Linked> out(in.u32());
    for (Linked& link : out) link = labd::relay::unpack_linked(in);
    if (!in.done()) throw std::runtime_error("a list that cannot be read");
    return out;
}

}  // namespace test
