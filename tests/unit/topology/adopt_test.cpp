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
        found.nodes[name].space = space;
    }
    return found;
}

struct Case {
    Adopted adopted;
    Lab again;  // what its TOML resolves to
};

Case after(const std::function<void(Found&)>& by_hand, const std::string& text = pair,
           const BackEnds& kernel = {}) {
    const Lab lab = lab_of(text);
    const State state = desired(lab, kernel);
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

TEST(adopt, says_what_no_file_can_take_over) {
    const Case now = after([](Found& found) {
        found.nodes["r1"].space.ground.ipv4 = Ground::Forwarding::off;
        found.nodes["h1"].files["/etc/x.conf"] = StrayFile::changed;
        found.nodes["h1"].files["/etc/y.conf"] = StrayFile::gone;
    });
    EXPECT_THAT(now.adopted.taken, testing::IsEmpty());
    EXPECT_THAT(now.adopted.left,
                testing::UnorderedElementsAre(testing::HasSubstr("ipv4-forwarding on → off"),
                                              testing::HasSubstr("h1 has another /etc/x.conf"),
                                              testing::HasSubstr("h1 has no /etc/y.conf")));
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

constexpr const char* impaired = R"(
links = [{ endpoints = ["h1", "r1"], loss = "1%", rate = "10mbit" },
         { endpoints = ["h2", "r1"], a = { delay = "20ms" } },
         { lan = ["h3", "h4", "r1"], loss = "2%" }]
[nodes]
"h[1-3]" = "host"
h4 = { kind = "host", exec = ["true"] }
r1 = "router"
)";
const BackEnds without_netem{false, true, true, {"cake"}};

Device& device(Found& found, const std::string& node) {
    return found.nodes.at(node).space.devices.at("eth0");
}
Device& beside(Found& found, const std::string& node) {
    const DeviceEnd end = device(found, node).peer;
    return found.nodes.at(end.space).space.devices.at(end.device);
}

TEST(adopt, impairments_stay_unsaid_when_nobody_has_touched_them) {
    for (const BackEnds& kernel : {BackEnds{}, without_netem}) {
        const Case same = after([](Found&) {}, impaired, kernel);
        EXPECT_THAT(same.adopted.taken, testing::IsEmpty());
        EXPECT_EQ(same.adopted.lab, lab_of(impaired));
    }
}

TEST(adopt, what_somebody_has_made_of_an_impairment) {
    const Case now = after(
        [](Found& found) {
            device(found, "h1").sends.rate_bits = 5'000'000;
            device(found, "r1").sends = {};
            device(found, "h2").sends.delay_ns = 50'000'000;
        },
        impaired);
    EXPECT_THAT(now.adopted.taken, testing::UnorderedElementsAre(
                                       "h1:eth0 sends loss 1%, rate 10mbit → loss 1%, rate 5mbit",
                                       "r1:eth0 sends loss 1%, rate 10mbit → nothing",
                                       "h2:eth0 sends delay 20ms → delay 50ms"));
    const auto impairment = [&](const char* node) {
        return now.again.find(node)->interfaces[0].impairment;
    };
    EXPECT_EQ(impairment("h1").rate_bits, 5'000'000U);
    EXPECT_EQ(impairment("h1").loss, lab_of(impaired).find("h1")->interfaces[0].impairment.loss);
    EXPECT_FALSE(impairment("r1").any());
    EXPECT_EQ(impairment("h2").delay_ns, 50'000'000);
}

TEST(adopt, impairments_that_others_than_the_sender_bring_about) {
    const Case now = after(
        [](Found& found) {
            beside(found, "h1").receives.loss->share = Chance::of(0.05);
            beside(found, "h2").receives.delay_ns = 30'000'000;
            beside(found, "h3").receives = {};  // a port of the fabric
        },
        impaired, without_netem);
    EXPECT_THAT(now.adopted.taken,
                testing::UnorderedElementsAre(
                    "h1:eth0 sends loss 1%, rate 10mbit → loss 5%, rate 10mbit",
                    "h2:eth0 sends delay 20ms → delay 30ms", "h3:eth0 sends loss 2% → nothing"));
    EXPECT_FALSE(now.again.find("h3")->interfaces[0].impairment.any());
    EXPECT_TRUE(now.again.find("h4")->interfaces[0].impairment.any());
}

TEST(adopt, a_relay_that_is_dead_is_no_wish) {
    const Case now = after(
        [](Found& found) {
            Device& relay = beside(found, "h2");
            relay.up = false;
            relay.receives = {};
        },
        impaired, without_netem);
    EXPECT_THAT(now.adopted.taken, testing::IsEmpty());
}

TEST(adopt, queue_disciplines_of_others_in_the_place_of_ours) {
    const Case now = after(
        [](Found& found) {
            device(found, "h1").sends = {};
            Impairment& hand = found.nodes["h1"].queues["eth0"].sends;
            hand.delay_ns = 5'000'000;
            hand.jitter_ns = 1'000'000;
            found.nodes["r1"].queues["eth1"].unknown = "htb";
            found.nodes["h4"].queues["eth0"].sends.rate_bits = 8000;
        },
        impaired);
    EXPECT_THAT(now.adopted.taken,
                testing::ElementsAre("h1:eth0 sends loss 1%, rate 10mbit → delay 5ms, jitter 1ms"));
    EXPECT_THAT(now.adopted.left,
                testing::UnorderedElementsAre(testing::HasSubstr("discipline htb"),
                                              testing::HasSubstr("own exec or run: rate 8kbit")));
    EXPECT_EQ(now.again.find("h1")->interfaces[0].impairment.jitter_ns, 1'000'000);
}

TEST(adopt, a_port_that_somebody_has_changed_is_said) {
    const auto change = [](Device& port, bool closed) {
        if (closed)
            port.habits.forwards = false;
        else
            port.port.isolated = true;
    };
    for (const bool closed : {false, true}) {
        const Case now =
            after([&](Found& found) { change(found.nodes["sw"].space.devices["eth0"], closed); },
                  "links = [[\"h1\", \"sw\"]]\n[nodes]\nh1 = \"host\"\nsw = \"switch\"\n");
        EXPECT_THAT(now.adopted.taken, testing::IsEmpty());
        EXPECT_THAT(now.adopted.left, testing::ElementsAre(testing::HasSubstr("sw:eth0")));
    }
}

}  // namespace
