// What others make and break beside labd, and what fails.
#include "tests/kernel/labd/bare_lab.hpp"

namespace {

using namespace topology;
using LinuxKernelTest = test::LinuxKernelTest;

TEST_F(LinuxKernelTest, what_others_made_is_not_seen) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"});
    const State wish = resolved(b);
    bring(wish);
    ASSERT_EQ(run("h1", {"ip", "link", "add", "mine", "type", "bridge"}).status, 0);
    ASSERT_EQ(run("h1", {"ip", "addr", "add", "10.3.0.1/24", "dev", "eth0"}).status, 0);
    ASSERT_EQ(run("h1", {"ip", "route", "add", "10.4.0.0/24", "via", "10.0.1.12"}).status, 0);
    EXPECT_EQ(words(kernel_steps(wish, observe(wish))), "");
}

TEST_F(LinuxKernelTest, drift_is_repaired) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.link({"r1", "h2"});
    const State wish = resolved(b);
    bring(wish);
    ASSERT_EQ(run("h1", {"ip", "link", "set", "eth0", "down"}).status, 0);
    ASSERT_EQ(run("h2", {"ip", "addr", "flush", "dev", "eth0"}).status, 0);
    ASSERT_EQ(run("r1", {"ip", "link", "del", "eth1"}).status, 0);
    ASSERT_NE(words(kernel_steps(wish, observe(wish))), "");
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.2.11"));
    EXPECT_TRUE(pings("h2", "fd00:0:0:1::11"));
}

TEST_F(LinuxKernelTest, what_a_node_stands_on_is_put_right) {
    test::LabBuilder b;
    b.hosts({"h1"});
    b.routers({"r1"});
    b.link({"h1", "r1"});
    b.link({"h1", "r1"});
    const State wish = resolved(b);
    bring(wish);
    ASSERT_EQ(words(kernel_steps(wish, observe(wish))), "");
    struct Damage {
        std::vector<std::string> command;
        std::string said;
    };
    const std::vector<Damage> damages{
        {{"sysctl", "-qw", "net.ipv4.ip_forward=0"}, "ipv4-forwarding off → on"},
        {{"sysctl", "-qw", "net.ipv6.conf.all.forwarding=0"}, "ipv6-forwarding off → on"},
        {{"sysctl", "-qw", "net.ipv4.conf.eth1.forwarding=0"}, "ipv4-forwarding partly on → on"},
        {{"sysctl", "-qw", "net.ipv6.conf.eth1.forwarding=0"}, "ipv6-forwarding partly on → on"},
        {{"ip", "link", "set", "lo", "down"}, "lo down → up"},
        {{"ip", "address", "flush", "dev", "lo"},
         "address 127.0.0.1/8 dev lo gone → there, address ::1/128 dev lo gone → there"},
        {{"ip", "-6", "address", "flush", "dev", "eth1", "scope", "link"},
         "link-local address dev eth1 gone → there"},
        {{"ip", "link", "set", "eth0", "arp", "off"}, "eth0.arp off → on"},
        {{"ip", "link", "set", "eth1", "multicast", "off"}, "eth1.multicast off → on"},
        {{"ip", "rule", "delete", "priority", "32767"}, "rule 32767 of IPv4, to table 253 gone"},
        {{"ip", "-6", "rule", "delete", "priority", "32766"}, "rule 32766 of IPv6"},
        {{"ip", "route", "delete", "10.0.2.0/24"}, "route 10.0.2.0/24 dev eth1 gone → there"},
        {{"ip", "-6", "route", "delete", "fd00:0:0:1::/64"}, "route fd00:0:0:1::/64 dev eth0 gone"},
    };
    const std::string routes = run("r1", {"ip", "route"}).output;
    const std::string ipv6_routes = run("r1", {"ip", "-6", "route"}).output;
    const std::string addresses = run("r1", {"ip", "address", "show", "dev", "lo"}).output;
    const std::string locals = run("r1", {"ip", "route", "show", "table", "local"}).output;
    for (const Damage& damage : damages) {
        ASSERT_EQ(run("r1", damage.command).status, 0) << damage.said;
        const std::string said = words(kernel_steps(wish, observe(wish)));
        EXPECT_NE(said.find(damage.said), std::string::npos) << said;
        EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
        bring(wish);
        EXPECT_EQ(words(kernel_steps(wish, observe(wish))), "") << damage.said;
        EXPECT_EQ(run("r1", {"ip", "route"}).output, routes) << damage.said;
        EXPECT_EQ(run("r1", {"ip", "-6", "route"}).output, ipv6_routes) << damage.said;
        EXPECT_EQ(run("r1", {"ip", "address", "show", "dev", "lo"}).output, addresses);
        EXPECT_EQ(run("r1", {"ip", "route", "show", "table", "local"}).output, locals);
    }
}

TEST_F(LinuxKernelTest, a_renamed_interface_is_replaced) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"});
    const State wish = resolved(b);
    bring(wish);
    ASSERT_EQ(run("h1", {"ip", "link", "set", "eth0", "name", "wild"}).status, 0);
    bring(wish);
    EXPECT_TRUE(pings("h1", "10.0.1.12"));
}

TEST_F(LinuxKernelTest, a_failing_link_is_told_in_words_and_leaves_nothing) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"});
    const State wish = resolved(b);
    make_spaces(wish);
    ASSERT_EQ(run("h1", {"ip", "link", "add", "eth0", "type", "bridge"}).status, 0);
    const std::vector<Step> steps = kernel_steps(wish, observe(wish));
    const auto failure = kernel_.apply(steps);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->step, 0U);
    EXPECT_EQ(failure->error, EEXIST);
    EXPECT_EQ(failure->message, "cannot create link h1:eth0 – h2:eth0: File exists");
    EXPECT_EQ(run("h2", {"ip", "link", "show", "eth0"}).status, 1);
    EXPECT_THROW(kernel_.apply(steps[0]), labd::KernelError);
}

TEST_F(LinuxKernelTest, a_failing_address_takes_back_what_was_sent_with_it) {
    test::LabBuilder b;
    b.hosts({"h1", "h2"});
    b.link({"h1", "h2"});
    const State wish = resolved(b);
    bring(wish);
    const Prefix first = test::prefix("10.1.0.1/24"), again = test::prefix("10.0.1.11/24"),
                 last = test::prefix("10.3.0.1/24");
    const std::vector<Step> steps{AddAddress{"h1", "eth0", first}, AddAddress{"h1", "eth0", again},
                                  AddAddress{"h1", "eth0", last}};
    const auto failure = kernel_.apply(steps);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->step, 1U);
    EXPECT_EQ(failure->message.find("cannot set address 10.0.1.11/24 of h1:eth0: File exists"), 0U)
        << failure->message;
    const std::set<Prefix> held = kernel_.observe("h1").addresses.at("eth0");
    EXPECT_TRUE(held.contains(first));
    EXPECT_FALSE(held.contains(last));
}

TEST_F(LinuxKernelTest, unknown_names_are_told) {
    const auto space = kernel_.apply(std::vector<Step>{AddAddress{"h9", "eth0", {}}});
    ASSERT_TRUE(space);
    EXPECT_EQ(space->error, ENOENT);
    State one;
    one.spaces["h1"] = {};
    make_spaces(one);
    const auto device =
        kernel_.apply(std::vector<Step>{AddAddress{"h1", "eth7", test::prefix("10.0.0.1/24")}});
    ASSERT_TRUE(device);
    EXPECT_EQ(device->error, ENODEV);
    EXPECT_THROW(kernel_.observe("h9"), labd::KernelError);
}

TEST_F(LinuxKernelTest, nothing_appears_in_the_namespace_of_the_process) {
    const auto listed = [] {
        netlink::Socket socket;
        std::set<std::string> out;
        for (const netlink::Link& link : netlink::links(socket)) out.insert(link.name);
        return out;
    };
    const auto before = listed();
    test::LabBuilder b;
    b.hosts({"h1", "h2", "h3"});
    b.link({"h1", "h2", "h3"});
    bring(resolved(b));
    EXPECT_EQ(listed(), before);
}

}  // namespace
