// What Debian installs runs in a node with its packaged defaults. Each is really run; what is not
// installed is skipped by name.
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

namespace {

using namespace test;

class Tools : public testing::TestWithParam<protocol::Level> {
  protected:
    SealedLab lab;
    std::unique_ptr<SealedNode> node = lab.node(birth());

    static protocol::Birth birth() {
        protocol::Birth wanted;
        wanted.node = wanted.hostname = "r1";
        wanted.level = GetParam();
        return wanted;
    }

    void SetUp() override { ASSERT_EQ(node->shell("ip link set lo up").status(), 0); }
    void expect_works(const std::string& script, const std::string& user = "") {
        const Result result = node->shell(script, user);
        EXPECT_EQ(result.status(), 0) << script << "\n" << result.out << result.err;
    }
    // Runs `daemon` in the foreground and returns it when it has said `word`.
    std::unique_ptr<NodeSession> start(const std::string& daemon, const std::string& word) {
        auto session = std::make_unique<NodeSession>(
            *node, Exec{{"/bin/sh", "-c", "exec " + daemon + " 2>&1"}, {}, "", "", ""});
        NodeSession::read_until(session->out, word);
        return session;
    }
};

#define NEEDS(program) \
    if (!node->has(program)) GTEST_SKIP() << program " is not installed"

TEST_P(Tools, PingAsRootAndAsNobody) {
    NEEDS("ping");
    for (const char* user : {"root", "nobody"})
        for (const char* address : {"127.0.0.1", "::1"})
            expect_works(std::string("ping -c 1 -W 20 ") + address, user);
}

TEST_P(Tools, TcpdumpWritesAsItsOwnUser) {
    NEEDS("tcpdump");
    NodeSession session(*node, {{"tcpdump", "-i", "lo", "-n", "-c", "1", "icmp"}, {}, "", "", ""});
    NodeSession::read_until(session.err, "listening on lo");
    EXPECT_EQ(node->shell("ps -o user= -C tcpdump").out, "tcpdump\n");
    expect_works("ping -c 1 -W 20 127.0.0.1");
    const Result result = session.finish();
    EXPECT_EQ(result.status(), 0) << result.err;
    EXPECT_NE(result.out.find("ICMP echo request"), std::string::npos) << result.out;
}

TEST_P(Tools, Nftables) {
    NEEDS("nft");
    expect_works(
        "nft add table inet t && nft add chain inet t c '{ type filter hook input priority 0; }'"
        " && nft add rule inet t c counter accept && nft list ruleset | grep -q counter");
}

TEST_P(Tools, LinksAndNamespacesInsideANode) {
    expect_works(
        "ip link add br0 type bridge && ip link add v0 type veth peer name v1 && "
        "ip link set v0 master br0 up && ip tuntap add dev tap0 mode tap");
    expect_works(
        "ip netns add inner && ip netns exec inner ip link set lo up && "
        "ip netns exec inner ls /sys/class/net | grep -qx lo && "
        "ip link set v1 netns inner && ip -n inner link show v1 && ip netns del inner");
}

TEST_P(Tools, Iperf) {
    NEEDS("iperf3");
    const auto server = start("iperf3 -s -1 --forceflush", "Server listening");
    expect_works("iperf3 -c 127.0.0.1 -n 1M");
    EXPECT_EQ(server->finish().status(), 0);
}

TEST_P(Tools, SysctlAndUsers) {
    expect_works("sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    expect_works("useradd -m student && su student -c 'cd && touch x' && passwd -S student");
    expect_works("su - nobody -s /bin/sh -c 'id -u'");
}

TEST_P(Tools, SshKeysAndPython) {
    NEEDS("python3");
    expect_works(
        "python3 -c 'import socket, ssl, tempfile, multiprocessing; "
        "multiprocessing.Lock(); tempfile.TemporaryFile(); "
        "print(socket.getaddrinfo(\"localhost\", 80))'");
    NEEDS("ssh-keygen");
    expect_works(
        "ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id || { mkdir /root/.ssh && "
        "ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id; }");
}

TEST_P(Tools, FrrDaemonsRunAsTheirUserAndAreConfiguredByVtysh) {
    if (!node->has("/usr/lib/frr/zebra")) GTEST_SKIP() << "frr is not installed";
    expect_works(
        "ip link add v0 type veth peer name v1 && ip addr add 10.0.0.1/24 dev v0 && "
        "ip link set v0 up && ip link set v1 up");
    expect_works(
        "/usr/lib/frr/zebra -d -A 127.0.0.1 -s 90000000 && "
        "/usr/lib/frr/staticd -d -A 127.0.0.1 && /usr/lib/frr/ospfd -d -A 127.0.0.1 && "
        "/usr/lib/frr/bgpd -d -A 127.0.0.1 && /usr/lib/frr/isisd -d -A 127.0.0.1 && "
        "/usr/lib/frr/ripd -d -A 127.0.0.1");
    EXPECT_EQ(node->shell("ps -o user= -C zebra,ospfd,bgpd,isisd,ripd,staticd | sort -u").out,
              "frr\n");
    const Result result = node->shell(
        "vtysh -c 'configure terminal' -c 'ip route 10.9.0.0/16 10.0.0.2' "
        "-c 'router ospf' -c 'network 10.0.0.0/24 area 0' -c exit "
        "-c 'router bgp 65001' -c 'bgp router-id 10.0.0.1' -c 'neighbor 10.0.0.2 remote-as 65002' "
        "-c exit -c 'router rip' -c 'network v0' -c exit "
        "-c 'router isis core' -c 'net 49.0001.0000.0000.0001.00' -c exit "
        "-c 'interface v0' -c 'ip router isis core' -c end "
        "-c 'write memory' -c 'show running-config'");
    EXPECT_EQ(result.status(), 0) << result.err;
    EXPECT_NE(result.out.find("ip route 10.9.0.0/16 10.0.0.2"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("network 10.0.0.0/24 area 0"), std::string::npos) << result.out;
    EXPECT_NE(node->shell("cat /etc/frr/frr.conf").out.find("router ospf"), std::string::npos);
    // Each daemon has taken its part, and says so itself.
    for (const auto& [asked, answer] : {std::pair("show ip ospf", "10.0.0.1"),
                                        {"show bgp summary", "65001"},
                                        {"show ip rip status", "v0"},
                                        {"show isis interface", "v0"}}) {
        const std::string said = node->shell(std::string("vtysh -c '") + asked + "'").out;
        EXPECT_NE(said.find(answer), std::string::npos) << asked << ": " << said;
    }
    // The kernel tells when the route has come; a monitor started too late would miss it.
    const Result route = node->shell(
        "ip monitor route > /tmp/m & while ! ip route show 10.9.0.0/16 | grep -q via; do "
        "vtysh -c 'show ip route 10.9.0.0/16' > /dev/null; done; kill $!; ip route show "
        "10.9.0.0/16");
    EXPECT_NE(route.out.find("proto static"), std::string::npos) << route.out;
    EXPECT_NE(result.out.find("hostname r1"), std::string::npos) << "vtysh knows the node's name";
}

TEST_P(Tools, Bird) {
    NEEDS("bird");
    expect_works(
        "printf 'router id 10.0.0.1;\\nlog stderr all;\\nprotocol device {}\\n"
        "protocol static away { ipv4; route 10.8.0.0/16 blackhole; }\\n"
        "protocol kernel { ipv4 { export all; }; }\\n' > /etc/bird/bird.conf");
    const auto bird = start("bird -f -u bird -g bird", "Started");
    EXPECT_EQ(node->shell("ps -o user= -C bird").out, "bird\n");
    EXPECT_NE(node->shell("birdc show route").out.find("10.8.0.0/16"), std::string::npos);
}

// As on any Debian: by service(8), with what the packages bring.
TEST_P(Tools, PackagedServicesStart) {
    // Where BIRD finds its router's number.
    expect_works("ip link add d0 type bridge && ip address add 192.0.2.1/24 dev d0");
    expect_works("ip link set d0 up");
    if (node->has("bird")) {
        expect_works("bird -p && service bird start");
        expect_works("for i in $(seq 1000); do birdc show status && break; done | grep 192.0.2.1");
        expect_works("service bird stop");
    }
    NEEDS("vtysh");
    expect_works("sed -i s/ospfd=no/ospfd=yes/ /etc/frr/daemons && service frr start");
    const std::string daemons = node->shell("vtysh -c 'show daemons'").out;
    for (const char* name : {"zebra", "ospfd", "staticd", "watchfrr"})
        EXPECT_NE(daemons.find(name), std::string::npos) << daemons;
    EXPECT_EQ(daemons.find("bgpd"), std::string::npos) << daemons;
    expect_works("service frr stop");
}

TEST_P(Tools, Dnsmasq) {
    NEEDS("dnsmasq");
    const auto dns = start("dnsmasq -k --log-facility=- --address=/lab.test/10.1.2.3", "started");
    EXPECT_EQ(
        node->shell(
                "python3 -c 'import socket,struct; s=socket.socket(2,2); "
                "s.sendto(b\"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3lab\\4test\\0\\0\\1\\0\\1\","
                "(\"127.0.0.1\",53)); print(*s.recv(512)[-4:])'")
            .out,
        "10 1 2 3\n");
}

TEST_P(Tools, Nginx) {
    NEEDS("nginx");
    // The page is the lab's to bring: of the host's /var a node has the folders alone.
    expect_works(
        "echo hello > /var/www/html/index.html && nginx && python3 -c 'import urllib.request as u; "
        "print(u.urlopen(\"http://127.0.0.1\").read())' | grep hello");
    EXPECT_NE(node->shell("ps -o user= -C nginx").out.find("www-data"), std::string::npos);
}

TEST_P(Tools, KeepalivedTakesItsAddress) {
    NEEDS("keepalived");
    expect_works(
        "ip link add v0 type veth peer name v1 && ip addr add 10.0.0.1/24 dev v0 && "
        "ip link set v0 up && ip link set v1 up && mkdir -p /etc/keepalived");
    expect_works(
        "printf 'vrrp_instance one {\n interface v0\n virtual_router_id 7\n priority 200\n "
        "advert_int 1\n virtual_ipaddress {\n 10.0.0.100/24\n }\n}\n' "
        "> /etc/keepalived/keepalived.conf && keepalived -t");
    const auto keepalived = start("keepalived --dont-fork --log-console", "MASTER STATE");
    expect_works("ip address show dev v0 | grep 10.0.0.100/24");
}

TEST_P(Tools, BabelNeighboursLearnRoutes) {
    NEEDS("babeld");
    expect_works(
        "ip netns add inner && ip link add v0 type veth peer name v1 netns inner && "
        "ip link set v0 up && ip -n inner link set v1 up && "
        "ip -n inner link set lo up && ip -n inner addr add 10.77.0.1/32 dev lo");
    const std::string options = " -h 1 -S '' -d 1 -C 'default update-interval 1' -I ";
    const auto there = start("ip netns exec inner babeld" + options +
                                 "/run/b1 -C 'redistribute local ip 10.77.0.1/32' v1",
                             "v1");
    // Its own table of routes, which it prints with every change.
    const auto here = start("babeld" + options + "/run/b0 v0", "(installed)");
    EXPECT_NE(node->shell("ip route show 10.77.0.1").out.find("proto babel"), std::string::npos);
}

TEST_P(Tools, TrafficControl) {
    NEEDS("tc");
    expect_works(
        "ip link add v0 type veth peer name v1 && ip link set v0 up && "
        "tc qdisc add dev v0 root handle 1: tbf rate 1mbit burst 16kb latency 50ms && "
        "tc qdisc add dev v0 clsact && "
        "tc qdisc show dev v0 | grep -q 'tbf 1: root' && tc -s qdisc show dev v0 && "
        "tc qdisc delete dev v0 root");
}

INSTANTIATE_TEST_SUITE_P(Levels, Tools,
                         testing::Values(protocol::Level::lab, protocol::Level::strict),
                         [](const auto& level) {
                             return level.param == protocol::Level::lab ? "lab" : "strict";
                         });

}  // namespace
