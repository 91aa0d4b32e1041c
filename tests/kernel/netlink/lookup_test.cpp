// The kernel's own word on where a packet goes.
#include "netlink/route.hpp"
#include "netlink/veth.hpp"
#include "tests/kernel/netlink/fresh.hpp"

#include <cerrno>

namespace {

netlink::Ip four(unsigned a, unsigned b, unsigned c, unsigned d) {
    netlink::Ip out;
    out.bytes = {static_cast<std::byte>(a), static_cast<std::byte>(b), static_cast<std::byte>(c),
                 static_cast<std::byte>(d)};
    return out;
}

class NetlinkLookup : public test::FreshNetns {
  protected:
    void SetUp() override {
        test::FreshNetns::SetUp();
        if (IsSkipped()) return;
        netlink::Message veth =
            netlink::create_veth(end(netns(), "eth0", 100), true, end(other(), "eth0", 100));
        ASSERT_FALSE(socket().attempt(veth));
        ip_ok({"addr", "add", "10.1.0.1/24", "dev", "eth0"});
        ip_ok({"link", "set", "eth0", "up"});
        ip_ok({"link", "set", "lo", "up"});
    }
    void ip_ok(std::vector<std::string> argv) {
        ASSERT_EQ(FreshNetns::ip(std::move(argv)).status, 0);
    }
};

TEST_F(NetlinkLookup, own_packets) {
    EXPECT_EQ(netlink::look_up(socket(), four(10, 9, 0, 1)).error, ENETUNREACH);
    ip_ok({"route", "add", "10.9.0.0/16", "via", "10.1.0.2"});
    const netlink::Lookup found = netlink::look_up(socket(), four(10, 9, 0, 1));
    EXPECT_EQ(found.error, 0);
    EXPECT_EQ(found.index, 100U);
    EXPECT_EQ(found.via, four(10, 1, 0, 2));
    EXPECT_EQ(found.source, four(10, 1, 0, 1));
    EXPECT_FALSE(found.local);
    EXPECT_TRUE(netlink::look_up(socket(), four(10, 1, 0, 1)).local);
    ip_ok({"route", "add", "prohibit", "10.9.0.1"});
    EXPECT_EQ(netlink::look_up(socket(), four(10, 9, 0, 1)).error, EACCES);
}

TEST_F(NetlinkLookup, packets_that_came_in) {
    ip_ok({"route", "add", "10.9.0.0/16", "via", "10.1.0.2"});
    // A new namespace does not forward unless the host does.
    ASSERT_EQ(test::run_inside(netns(), {"sysctl", "-qw", "net.ipv4.ip_forward=0"}).status, 0);
    EXPECT_EQ(netlink::look_up(socket(), four(10, 9, 0, 1), four(10, 1, 0, 7), 100).error,
              EHOSTUNREACH);
    ASSERT_EQ(test::run_inside(netns(), {"sysctl", "-qw", "net.ipv4.ip_forward=1"}).status, 0);
    EXPECT_EQ(netlink::look_up(socket(), four(10, 9, 0, 1), four(10, 1, 0, 7), 100).error, 0);
    // From nobody's network.
    ASSERT_EQ(test::run_inside(netns(), {"sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1"}).status,
              0);
    EXPECT_NE(netlink::look_up(socket(), four(10, 9, 0, 1), four(10, 7, 0, 7), 100).error, 0);
}

}  // namespace
