// The journal's words: what a lab's records say together.
#include "labd/records.hpp"

#include <gtest/gtest.h>

namespace labd {
namespace {

const std::string boot = "0a0b0c0d-0000-0000-0000-000000000001";

LiveSpace space(std::uint64_t inode) {
    LiveSpace live;
    live.netns.boot = boot;
    live.netns.type = "net";
    live.netns.dev = 4;
    live.netns.inode = inode;
    live.kind = topology::Space::Kind::bridge;
    live.container = "ffeeddccbbaa99887766554433221100";
    return live;
}

TEST(Records, bring_back_spaces_and_nodes) {
    LiveNode node;
    node.init.boot = boot;
    node.init.pid = 4242;
    node.init.start = 99;
    node.container = "00112233445566778899aabbccddeeff";
    node.started = true;
    node.born = 1000;
    node.contents.files["/etc/motd"] = "f00d";
    node.contents.exec = {"a", "b"};
    node.contents.services["web"] = "beef";
    node.contents.sysctl["net.ipv4.tcp_ecn"] = "1";
    node.contents.nft = "cafe";
    node.contents.birth = "babe";
    const Kept kept = read_records(
        {{"lab", R"({"owner":7,"owner_group":8,"since":5,"id_base":1900544000,)"
                 R"("grants":["user 9 see bob","group 10 change team","cat 1 see x"]})"},
         {"space", to_json("sw", space(17))},
         {"node", to_json("r1", node)},
         {"up", "{}"}});
    EXPECT_EQ(kept.access.owner, 7U);
    EXPECT_EQ(kept.access.owner_group, 8U);
    ASSERT_EQ(kept.access.grants.size(), 2U) << "what cannot be read gives no right";
    EXPECT_EQ(kept.access.grants[0], (Grant{"bob", false, 9, topology::Right::see}));
    EXPECT_EQ(kept.access.grants[1], (Grant{"team", true, 10, topology::Right::change}));
    EXPECT_EQ(kept.id_base, 1900544000U);
    ASSERT_TRUE(kept.spaces.contains("sw"));
    EXPECT_EQ(kept.spaces.at("sw").netns, space(17).netns);
    EXPECT_EQ(kept.spaces.at("sw").kind, topology::Space::Kind::bridge);
    ASSERT_TRUE(kept.nodes.contains("r1"));
    EXPECT_EQ(kept.nodes.at("r1").init, node.init);
    EXPECT_EQ(kept.nodes.at("r1").container, node.container);
    EXPECT_EQ(kept.spaces.at("sw").container, "ffeeddccbbaa99887766554433221100");
    EXPECT_EQ(kept.nodes.at("r1").contents, node.contents);
    EXPECT_TRUE(kept.nodes.at("r1").started);
    EXPECT_TRUE(kept.up);
    EXPECT_FALSE(kept.changing);
}

TEST(Records, know_a_lab_that_never_came_up_from_one_that_was_being_changed) {
    EXPECT_FALSE(read_records({{"begin", "{}"}}).up);
    EXPECT_FALSE(read_records({{"begin", "{}"}}).changing);
    const Kept changed = read_records({{"begin", "{}"}, {"up", "{}"}, {"begin", "{}"}});
    EXPECT_TRUE(changed.up);
    EXPECT_TRUE(changed.changing);
}

// What was to come may be there or not, and what was to go, too.
TEST(Records, doubt_what_a_change_was_to_bring_when_they_do_not_say_that_it_ended) {
    LiveNode node;
    node.init.boot = boot;
    node.init.pid = 4242;
    node.contents.files["/etc/motd"] = "f00d";
    node.contents.services["web"] = "beef";
    node.contents.hostname = "h1";
    const std::vector<topology::Step> steps{
        topology::RemoveFile{"h1", "/etc/motd"}, topology::WriteFile{"h1", "/etc/new"},
        topology::PutService{"h1", "new"}, topology::SetSysctl{"h1", "net.ipv4.tcp_ecn"},
        topology::LoadNft{"h1"}};
    std::vector<Record> records{{"lab", R"({"hosts":"cafe"})"},
                                {"node", to_json("h1", node)},
                                {"up", "{}"},
                                {"begin", to_json(steps)},
                                {"sysctl", sysctl_json("h1", "net.ipv4.tcp_ecn", "2")}};
    const Kept broken_off = read_records(records);
    EXPECT_TRUE(broken_off.changing);
    EXPECT_EQ(broken_off.hosts, unsure);
    const topology::Contents& held = broken_off.nodes.at("h1").contents;
    EXPECT_EQ(held.files,
              (std::map<std::string, std::string>{{"/etc/motd", unsure}, {"/etc/new", unsure}}));
    EXPECT_EQ(held.services,
              (std::map<std::string, std::string>{{"new", unsure}, {"web", "beef"}}));
    EXPECT_EQ(held.sysctl.at("net.ipv4.tcp_ecn"), unsure);
    EXPECT_EQ(held.nft, unsure);
    EXPECT_EQ(held.hostname, "h1");
    EXPECT_EQ(broken_off.nodes.at("h1").sysctl_before.at("net.ipv4.tcp_ecn"), "2");

    records.push_back({"up", "{}"});
    const Kept done = read_records(records);
    EXPECT_EQ(done.hosts, "cafe");
    EXPECT_EQ(done.nodes.at("h1").contents, node.contents);
}

TEST(Records, keep_keys) {
    const Kept kept =
        read_records({{"keys", R"({"gw1:wg0":"c2VjcmV0","gw2:wg0":7})"}, {"up", "{}"}});
    const std::map<std::string, std::string> keys{{"gw1:wg0", "c2VjcmV0"}};
    EXPECT_EQ(kept.keys, keys);
}

TEST(Records, pass_over_what_they_cannot_read) {
    const Kept kept = read_records({{"space", "[1,2"},
                                    {"space", R"({"space":"x","netns":"nonsense","kind":0})"},
                                    {"space", R"({"space":"x","netns":7,"kind":9})"},
                                    {"node", R"({"node":"r1","init":"nobody"})"},
                                    {"tomorrow", "{}"},
                                    {"up", "{}"}});
    EXPECT_TRUE(kept.spaces.empty());
    EXPECT_TRUE(kept.nodes.empty());
    EXPECT_TRUE(kept.up);
}

}  // namespace
}  // namespace labd
