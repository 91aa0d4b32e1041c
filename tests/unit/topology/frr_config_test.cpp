// What labd writes for FRR: by its text, and by FRR's own reader where it is installed.
#include "tests/support/lab_builder.hpp"
#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using test::codes;
using test::LabBuilder;
using testing::HasSubstr;
using testing::Not;
using topology::Kind;
using topology::Routing;

void resolve(LabBuilder& b) {
    topology::address(b.lab, b.diagnostics);
    topology::route(b.lab, b.diagnostics);
    topology::configure(b.lab, b.diagnostics);
    topology::substitute_late(b.lab, b.diagnostics);
}

LabBuilder triangle(std::vector<Routing> routing, bool loopback = true) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    b.hosts({"h1"});
    std::uint32_t asn = 65001;
    for (const char* name : {"r1", "r2", "r3"}) {
        b[name].routing = routing;
        b[name].loopback = loopback;
        b[name].asn = asn++;
    }
    b.link({"r1", "r2"});
    b.link({"r2", "r3"});
    b.link({"r1", "r3"});
    b.link({"r1", "h1"});
    return b;
}

const std::string& conf(LabBuilder& b, const std::string& node) {
    return b[node].files.at("/etc/frr/frr.conf").content;
}

std::vector<std::string> services(LabBuilder& b, const std::string& node) {
    std::vector<std::string> names;
    for (const topology::Service& service : b[node].services) names.push_back(service.name);
    return names;
}

// The lines below `interface NAME` or `router …`.
std::string section(const std::string& text, const std::string& head) {
    const std::size_t begin = text.find("\n" + head + "\n");
    if (begin == std::string::npos) return "";
    return text.substr(begin, text.find("\nexit\n", begin) - begin);
}

TEST(frr_config, ospf_speaks_on_links_between_speakers_and_announces_the_rest) {
    LabBuilder b = triangle({Routing::ospf});
    b.end("r1", 1).cost = 100;
    resolve(b);
    const std::string& text = conf(b, "r1");
    const std::string link = section(text, "interface eth1");
    EXPECT_THAT(link, HasSubstr("\n ip ospf area 0\n ip ospf cost 100\n"));
    EXPECT_THAT(link, HasSubstr("ip ospf network point-to-point"));
    EXPECT_THAT(link, HasSubstr("ip ospf hello-interval 1\n ip ospf dead-interval 4"));
    EXPECT_THAT(link, HasSubstr("ipv6 ospf6 cost 100"));
    EXPECT_THAT(link, Not(HasSubstr("passive")));
    EXPECT_THAT(section(text, "interface eth2"), HasSubstr("ip ospf passive"));
    EXPECT_THAT(section(text, "interface lo"), HasSubstr("ip ospf area 0\n ip ospf passive"));
    EXPECT_THAT(text, HasSubstr("ospf router-id 10.255.0.1"));
    EXPECT_THAT(services(b, "r1"), testing::ElementsAre("zebra", "ospfd", "ospf6d", "frr"));
    EXPECT_THAT(services(b, "h1"), testing::IsEmpty());
}

TEST(frr_config, standard_timers_say_nothing) {
    LabBuilder b = triangle({Routing::ospf});
    b["r1"].timers.standard = true;
    resolve(b);
    EXPECT_THAT(conf(b, "r1"), Not(HasSubstr("interval")));
    EXPECT_THAT(conf(b, "r1"), Not(HasSubstr("throttle")));
}

TEST(frr_config, areas_come_from_the_end_then_the_nodes_then_whoever_is_not_in_zero) {
    LabBuilder b = triangle({Routing::ospf});
    b["r3"].area = 7;
    b.end("r1", 0).area = b.end("r2", 0).area = 3;
    resolve(b);
    EXPECT_THAT(section(conf(b, "r1"), "interface eth0"), HasSubstr("ip ospf area 3"));
    EXPECT_THAT(section(conf(b, "r1"), "interface eth1"), HasSubstr("ip ospf area 7"));
    EXPECT_THAT(section(conf(b, "r3"), "interface lo"), HasSubstr("ip ospf area 7"));
    topology::validate(b.lab, b.diagnostics);
    EXPECT_EQ(codes(b.diagnostics), "");
    b["r1"].area = 1;
    topology::validate(b.lab, b.diagnostics);
    ASSERT_EQ(codes(b.diagnostics), "D47");
    EXPECT_EQ(b.diagnostics.all()[0].message, "r1 is in area 1, r3 in area 7, on link r1--r3");
}

TEST(frr_config, isis_has_its_network_entity_from_the_id) {
    LabBuilder b = triangle({Routing::isis});
    b["r1"].id = 4711;
    resolve(b);
    EXPECT_THAT(conf(b, "r1"), HasSubstr("net 49.0001.0000.0000.4711.00"));
    EXPECT_THAT(section(conf(b, "r1"), "interface eth0"),
                HasSubstr("ip router isis lab\n ipv6 router isis lab"));
    EXPECT_THAT(services(b, "r1"), testing::ElementsAre("zebra", "isisd", "frr"));
}

TEST(frr_config, ebgp_has_a_session_per_family_over_shared_networks) {
    LabBuilder b = triangle({Routing::bgp}, false);
    resolve(b);
    const std::string& text = conf(b, "r1");
    EXPECT_THAT(text, HasSubstr("router bgp 65001\n bgp router-id 10.255.0.1\n"));
    EXPECT_THAT(text, HasSubstr("neighbor 172.16.0.1 remote-as 65002\n"));
    EXPECT_THAT(text, HasSubstr("neighbor fd00:0:1::1 remote-as 65002\n"));
    EXPECT_THAT(text, HasSubstr("  network 10.0.1.0/24\n"));
    EXPECT_THAT(text, HasSubstr("  network fd00:0:0:1::/64\n"));
    EXPECT_THAT(text, Not(HasSubstr("next-hop-self")));
}

TEST(frr_config, ibgp_runs_between_loopbacks_under_an_igp_and_reflectors_replace_the_mesh) {
    LabBuilder b;
    b.routers({"r1", "r2", "r3"});
    for (const char* name : {"r1", "r2", "r3"}) {
        b[name].routing = {Routing::ospf, Routing::bgp};
        b[name].asn = 65000;
        b[name].loopback = true;
    }
    b.link({"r1", "r2"});
    b.link({"r2", "r3"});
    LabBuilder reflected = b;
    resolve(b);
    EXPECT_THAT(conf(b, "r1"), HasSubstr("neighbor 10.255.0.3 remote-as 65000\n"));
    EXPECT_THAT(conf(b, "r1"), HasSubstr("neighbor 10.255.0.3 update-source 10.255.0.1\n"));
    EXPECT_THAT(conf(b, "r1"), HasSubstr("  neighbor 10.255.0.3 next-hop-self\n"));
    EXPECT_THAT(conf(b, "r1"), Not(HasSubstr("172.16.0.1 remote-as")));
    reflected["r2"].route_reflector = true;
    resolve(reflected);
    EXPECT_THAT(conf(reflected, "r1"), Not(HasSubstr("neighbor 10.255.0.3 ")));
    EXPECT_THAT(conf(reflected, "r2"), HasSubstr("  neighbor 10.255.0.3 route-reflector-client\n"));
}

TEST(frr_config, link_local_links_carry_bgp_by_interface) {
    LabBuilder b;
    b.routers({"r1", "r2"});
    b.lab.addressing.pools["core"].link_local = true;
    b["r1"].routing = b["r2"].routing = {Routing::bgp};
    b["r1"].asn = 65001;
    b["r2"].asn = 65002;
    b.link({"r1", "r2"}).pool = {"core", {}};
    resolve(b);
    EXPECT_THAT(conf(b, "r1"), HasSubstr("neighbor eth0 interface remote-as 65002\n"));
}

TEST(frr_config, own_files_win_whole_and_name_their_daemons) {
    LabBuilder b = triangle({Routing::ospf});
    topology::File file;
    file.content = "router bgp 65000\n bgp router-id 1.1.1.1\nexit\nip route 10.9.0.0/16 Null0\n";
    b["r1"].routing.clear();
    b["r1"].files["/etc/frr/frr.conf"] = file;
    resolve(b);
    EXPECT_EQ(conf(b, "r1"), file.content);
    EXPECT_EQ(b["r1"].files["/etc/frr/frr.conf"].owner, "frr");
    EXPECT_EQ(b["r1"].files["/etc/frr/frr.conf"].mode, 0640U);
    EXPECT_THAT(services(b, "r1"), testing::ElementsAre("zebra", "bgpd", "staticd", "frr"));
    EXPECT_THAT(services(b, "r2"), testing::Contains("ospfd"));
}

TEST(frr_config, an_own_daemons_file_decides_who_runs_and_how) {
    LabBuilder b = triangle({Routing::frr});
    topology::File file;
    file.content = "router bgp 65000\n";
    b["r1"].files["/etc/frr/frr.conf"] = file;
    file.content = "# daemons\nbgpd=no\nospfd=yes\nospfd_options=\"  -A 127.0.0.2 -d\"\n";
    b["r1"].files["/etc/frr/daemons"] = file;
    resolve(b);
    EXPECT_THAT(services(b, "r1"), testing::ElementsAre("zebra", "ospfd", "staticd", "frr"));
    std::string argv;
    for (const topology::Text& word : b["r1"].services[1].argv) argv += word.text + " ";
    EXPECT_EQ(argv, "/usr/lib/frr/ospfd -u frr -g frr --log stdout -A 127.0.0.2 ");
}

TEST(frr_config, per_daemon_files_are_read_by_the_daemons_themselves) {
    LabBuilder b = triangle({Routing::frr});
    topology::File file;
    b["r1"].files["/etc/frr/ospfd.conf"] = b["r1"].files["/etc/frr/zebra.conf"] = file;
    resolve(b);
    EXPECT_THAT(services(b, "r1"), testing::ElementsAre("zebra", "ospfd"));
    EXPECT_THAT(b["r1"].files["/etc/frr/vtysh.conf"].content,
                HasSubstr("no service integrated-vtysh-config"));
}

TEST(frr_config, frr_lines_are_appended_with_addresses_put_in) {
    LabBuilder b = triangle({Routing::ospf});
    b["r1"].frr = {"router bgp 65001\n neighbor \x01r2.ipv4\x02 remote-as 65002\n", {}};
    resolve(b);
    EXPECT_THAT(conf(b, "r1"), HasSubstr("neighbor 10.255.0.2 remote-as 65002\n"));
    EXPECT_THAT(services(b, "r1"), testing::ElementsAre("zebra", "bgpd", "ospfd", "ospf6d", "frr"));
}

TEST(frr_config, private_networks_are_told_to_nobody) {
    for (const Routing protocol :
         {Routing::ospf, Routing::isis, Routing::bgp, Routing::rip, Routing::babel}) {
        LabBuilder b = triangle({protocol});
        b.lab.links[3].private_ = true;
        resolve(b);
        EXPECT_THAT(conf(b, "r1"), Not(HasSubstr("network 10.0.1.0/24")));
        EXPECT_EQ(section(conf(b, "r1"), "interface eth2"), "");
        EXPECT_THAT(conf(b, "r1"), Not(HasSubstr("network eth2")));
    }
}

TEST(frr_config, bird_files_start_bird) {
    LabBuilder b = triangle({Routing::ospf});
    b["r1"].routing.clear();
    b["r1"].files["/etc/bird/bird.conf"] = topology::File{};
    resolve(b);
    EXPECT_THAT(services(b, "r1"), testing::ElementsAre("bird"));
    EXPECT_EQ(b["r1"].files.count("/etc/frr/frr.conf"), 0U);
}

// Whoever brings a configuration of its own may speak anything.
TEST(frr_config, an_end_that_faces_an_own_configuration_is_not_passive) {
    topology::File own;
    own.content = "router ospf\n";
    for (const char* path : {"/etc/bird/bird.conf", "/etc/frr/frr.conf"})
        for (const Routing protocol :
             {Routing::ospf, Routing::isis, Routing::rip, Routing::babel}) {
            LabBuilder b = triangle({protocol});
            b["r2"].routing.clear();
            b["r2"].files[path] = own;
            resolve(b);
            const std::string& text = conf(b, "r1");
            const std::string link = section(text, "interface eth0");
            EXPECT_THAT(link, Not(HasSubstr("passive"))) << path << text;
            EXPECT_THAT(text, Not(HasSubstr("passive-interface eth0"))) << path << text;
            if (protocol == Routing::ospf) {
                EXPECT_THAT(link, HasSubstr("ip ospf network point-to-point"));
                EXPECT_THAT(link, HasSubstr("ipv6 ospf6 network point-to-point"));
            }
            if (protocol == Routing::isis) {
                EXPECT_THAT(link, HasSubstr("isis network point-to-point"));
            }
            if (protocol == Routing::babel) {
                EXPECT_THAT(text, HasSubstr("\n network eth0\n"));
            }
            // The host's end stays quiet.
            EXPECT_THAT(section(text, "interface eth2") + section(text, "router babel"),
                        testing::AnyOf(HasSubstr("passive"), Not(HasSubstr("network eth2"))));
        }
}

TEST(frr_config, a_written_routing_does_not_hide_an_own_configuration) {
    LabBuilder b = triangle({Routing::ospf});
    b["r2"].routing = {Routing::frr};
    resolve(b);
    EXPECT_THAT(section(conf(b, "r1"), "interface eth0"), Not(HasSubstr("passive")));
    LabBuilder closed = triangle({Routing::ospf});
    closed["r2"].routing = {Routing::bird};
    closed.end("r1", 0).passive = true;
    resolve(closed);
    EXPECT_THAT(section(conf(closed, "r1"), "interface eth0"), HasSubstr("ip ospf passive"));
}

// The example's bird.conf and what is generated for its neighbour: the same network types, timers
// and area, or no adjacency comes up.
TEST(frr_config, the_bird_example_agrees_with_its_neighbour) {
    const std::string folder = std::string(LAB_SOURCE_DIR) + "/examples/";
    test::MemoryFiles files;
    for (const char* name : {"bird-frr.lab.toml", "bird-frr/bird.conf"}) {
        std::ifstream stream(folder + name);
        files.add(name, std::string(std::istreambuf_iterator<char>(stream), {}));
    }
    const topology::Resolved resolved = topology::resolve(files, "bird-frr.lab.toml", {});
    ASSERT_FALSE(resolved.diagnostics.failed())
        << topology::render(resolved.diagnostics.all(), resolved.sources, false, 100);
    const topology::Lab& lab = resolved.lab;
    const std::string core =
        section(lab.find("frr1")->files.at("/etc/frr/frr.conf").content, "interface core");
    for (const char* line :
         {"ip ospf area 0", "ip ospf network point-to-point", "ip ospf hello-interval 1",
          "ip ospf dead-interval 4", "ipv6 ospf6 area 0", "ipv6 ospf6 network point-to-point",
          "ipv6 ospf6 hello-interval 1", "ipv6 ospf6 dead-interval 4"})
        EXPECT_THAT(core, HasSubstr(line));
    EXPECT_THAT(core, Not(HasSubstr("passive")));
    const std::string& bird = lab.find("bird1")->files.at("/etc/bird/bird.conf").content;
    std::size_t ends = 0;
    for (std::size_t at = bird.find("interface \"core\""); at != std::string::npos;
         at = bird.find("interface \"core\"", at + 1)) {
        EXPECT_EQ(bird.substr(at, 48), "interface \"core\" { type ptp; hello 1; dead 4; };");
        ++ends;
    }
    EXPECT_EQ(ends, 2U);
}

// FRR's own reader takes every line. `vtysh -C` needs no daemon.
class real_vtysh : public testing::TestWithParam<std::vector<Routing>> {};

TEST_P(real_vtysh, takes_every_line) {
    if (::access("/usr/bin/vtysh", X_OK) != 0) GTEST_SKIP() << "FRR is not installed";
    LabBuilder b = triangle(GetParam());
    b["r2"].asn = 65001;
    b.link({"r1", "r2", "r3"});
    b.link({"r3"}).private_ = true;
    b.end("r1", 0).priority = 20;
    b["r3"].ecmp = false;
    b["r3"].announce = {"loopback", "lans", "203.0.113.0/24"};
    resolve(b);
    ASSERT_EQ(codes(b.diagnostics), "");
    for (const char* name : {"r1", "r2", "r3"}) {
        std::array<char, 32> path{"/tmp/frr_config_test.XXXXXX"};
        const int fd = ::mkstemp(path.data());
        ASSERT_GE(fd, 0);
        (void)::close(fd);
        std::ofstream(path.data()) << conf(b, name);
        const std::string command = "/usr/bin/vtysh -C -f " + std::string(path.data()) + " 2>&1";
        std::string said;
        FILE* pipe = ::popen(command.c_str(), "r");
        ASSERT_NE(pipe, nullptr);
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
        const int status = ::pclose(pipe);
        (void)std::remove(path.data());
        EXPECT_EQ(status, 0) << said << conf(b, name);
        EXPECT_THAT(said, Not(HasSubstr("nknown command"))) << conf(b, name);
    }
}

INSTANTIATE_TEST_SUITE_P(protocols, real_vtysh,
                         testing::Values(std::vector<Routing>{Routing::ospf},
                                         std::vector<Routing>{Routing::isis},
                                         std::vector<Routing>{Routing::bgp},
                                         std::vector<Routing>{Routing::rip},
                                         std::vector<Routing>{Routing::babel},
                                         std::vector<Routing>{Routing::ospf, Routing::bgp},
                                         std::vector<Routing>{Routing::isis, Routing::bgp}));

}  // namespace
