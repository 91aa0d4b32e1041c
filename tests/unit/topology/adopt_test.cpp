// What is changed by hand in a lab, taken over into its file: the file then wishes what was found.
#include "topology/adopt.hpp"

#include "tests/support/memory_files.hpp"
#include "topology/resolve.hpp"
#include "topology/stages.hpp"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace topology;

Lab lab_of(const std::string& text) {
    test::MemoryFiles files;
    files.add("t.lab.toml", "name = \"t\"\n" + text);
    const Resolved resolved = resolve(files, "t.lab.toml");
    EXPECT_FALSE(resolved.diagnostics.failed())
        << render(resolved.diagnostics.all(), resolved.sources, false) << text;
    return resolved.lab;
}

constexpr const char* pair = R"(
links = [["h1 10.0.1.11/24", "r1 10.0.1.1/24"], ["r1 10.0.2.1/24", "h2 10.0.2.11/24"]]
[addressing]
ipv6 = false
[nodes]
h1 = { kind = "host", sysctl = { "net.ipv4.ip_default_ttl" = 33 } }
h2 = { kind = "host", exec = ["true"] }
r1 = "router"
)";

Found as_wished(const State& state) {
    Found found;
    for (const auto& [name, space] : state.spaces) {
        if (name == fabric_name) continue;
        found.nodes[name].space = space;
        const auto contents = state.contents.find(name);
        if (contents != state.contents.end()) found.nodes[name].sysctl = contents->second.sysctl;
    }
    return found;
}

struct Case {
    Adopted adopted;
    Lab again;  // what its TOML resolves to
};

Case after(const std::function<void(Found&)>& by_hand, const std::string& text = pair) {
    const Lab lab = lab_of(text);
    const State state = desired(lab);
    Found found = as_wished(state);
    by_hand(found);
    Case out;
    out.adopted = adopt(lab, state, found);
    test::MemoryFiles files;
    files.add("t.lab.toml", resolved_toml(out.adopted.lab));
    const Resolved again = resolve(files, "t.lab.toml");
    EXPECT_FALSE(again.diagnostics.failed())
        << render(again.diagnostics.all(), again.sources, false) << resolved_toml(out.adopted.lab);
    out.again = again.lab;
    return out;
}

Route route(const std::string& to, const std::string& via, const std::string& dev) {
    Route out;
    out.destination = *Prefix::parse(to);
    out.hops = {{Ip::parse(via), dev}};
    return out;
}

TEST(adopt, nothing_of_what_was_left_alone) {
    const Case same = after([](Found&) {});
    EXPECT_THAT(same.adopted.taken, testing::IsEmpty());
    EXPECT_THAT(same.adopted.left, testing::IsEmpty());
    EXPECT_EQ(same.adopted.lab, lab_of(pair));
}

TEST(adopt, mtu_mac_and_state_of_an_interface) {
    const Case now = after([](Found& found) {
        Device& device = found.nodes["h1"].space.devices["eth0"];
        device.mtu = 1300;
        device.mac = *Mac::parse("02:00:00:00:00:77");
        found.nodes["r1"].space.devices["eth1"].up = false;
        // The kernel drops what leads there.
        std::erase_if(found.nodes["r1"].space.routes,
                      [](const auto& r) { return r.second.hops.front().dev == "eth1"; });
    });
    EXPECT_THAT(now.adopted.taken,
                testing::UnorderedElementsAre("h1:eth0 mtu 1500 → 1300",
                                              testing::HasSubstr("→ 02:00:00:00:00:77"),
                                              "r1:eth1 up → down"));
    const State wish = desired(now.again);
    EXPECT_EQ(wish.spaces.at("h1").devices.at("eth0").mtu, 1300U);
    EXPECT_EQ(wish.spaces.at("h1").devices.at("eth0").mac.text(), "02:00:00:00:00:77");
    EXPECT_FALSE(wish.spaces.at("r1").devices.at("eth1").up);
}

TEST(adopt, addresses_and_routes_that_came_and_went) {
    const Case now = after([](Found& found) {
        Found::Node& h1 = found.nodes["h1"];
        h1.addresses["eth0"].insert(*Prefix::parse("10.0.1.99/24"));
        h1.addresses["lo"].insert(*Prefix::parse("192.0.2.1/32"));
        h1.routes.push_back(route("198.51.100.0/24", "10.0.1.1", "eth0"));
        h1.space.routes.clear();  // its default route
        found.nodes["r1"].space.addresses["eth1"].clear();
        found.nodes["r1"].addresses["eth1"].insert(*Prefix::parse("10.0.2.2/24"));
    });
    EXPECT_THAT(now.adopted.taken,
                testing::UnorderedElementsAre("h1:eth0 + 10.0.1.99/24", "h1:lo + 192.0.2.1/32",
                                              "h1 - 0.0.0.0/0 via 10.0.1.1 dev eth0",
                                              "h1 + 198.51.100.0/24 via 10.0.1.1 dev eth0",
                                              "r1:eth1 - 10.0.2.1/24", "r1:eth1 + 10.0.2.2/24"));
    const State wish = desired(now.again);
    const Space& h1 = wish.spaces.at("h1");
    EXPECT_TRUE(h1.addresses.at("eth0").contains(*Prefix::parse("10.0.1.99/24")));
    EXPECT_TRUE(h1.addresses.at("eth0").contains(*Prefix::parse("10.0.1.11/24")));
    EXPECT_TRUE(h1.addresses.at("lo").contains(*Prefix::parse("192.0.2.1/32")));
    ASSERT_EQ(h1.routes.size(), 1U);
    EXPECT_EQ(h1.routes.begin()->first.destination.text(), "198.51.100.0/24");
    EXPECT_EQ(wish.spaces.at("r1").addresses.at("eth1").size(), 1U);
}

TEST(adopt, a_link_that_is_gone) {
    const Case now = after([](Found& found) {
        found.nodes["h1"].space.devices.erase("eth0");
        found.nodes["h1"].space.addresses.erase("eth0");
        found.nodes["h1"].space.routes.clear();
        found.nodes["r1"].space.devices.erase("eth0");
        found.nodes["r1"].space.addresses.erase("eth0");
    });
    EXPECT_THAT(now.adopted.taken, testing::Contains("link h1--r1 goes: h1:eth0 is not there"));
    ASSERT_EQ(now.again.links.size(), 1U);
    EXPECT_EQ(now.again.links[0].name, "r1--h2");
    const State wish = desired(now.again);
    EXPECT_THAT(wish.spaces.at("r1").devices, testing::SizeIs(1));
    EXPECT_TRUE(wish.spaces.at("r1").devices.contains("eth1"));
    EXPECT_THAT(wish.spaces.at("h1").devices, testing::IsEmpty());
}

TEST(adopt, sysctls_that_the_file_has) {
    const Case now =
        after([](Found& found) { found.nodes["h1"].sysctl["net.ipv4.ip_default_ttl"] = "44"; });
    EXPECT_THAT(now.adopted.taken, testing::ElementsAre("h1 net.ipv4.ip_default_ttl 33 → 44"));
    EXPECT_EQ(now.again.find("h1")->sysctl.at("net.ipv4.ip_default_ttl").first, "44");
}

TEST(adopt, leaves_what_a_node_may_have_done_itself_and_what_no_file_can_say) {
    const Case now = after([](Found& found) {
        found.nodes["h2"].addresses["eth0"].insert(*Prefix::parse("10.0.2.99/24"));
        found.nodes["h1"].routes.push_back(route("198.51.100.0/24", "10.9.9.9", "dummy0"));
        found.nodes.erase("r1");
    });
    EXPECT_THAT(now.adopted.taken, testing::IsEmpty());
    EXPECT_THAT(now.adopted.left,
                testing::UnorderedElementsAre(testing::HasSubstr("h2:eth0 has 10.0.2.99/24"),
                                              testing::HasSubstr("an interface that is not"),
                                              testing::HasSubstr("r1 is not running")));
}

}  // namespace
