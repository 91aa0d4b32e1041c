// What has happened between two readings of a namespace, in the words of events.
#include "labd/picture.hpp"

#include "tests/support/lab_builder.hpp"

#include <gtest/gtest.h>

namespace {

using namespace topology;
using labd::changes_of;
using labd::SpaceChange;

Space one_device() {
    Space out;
    Device device;
    device.name = "eth0";
    out.devices["eth0"] = device;
    out.addresses["eth0"] = {test::prefix("10.0.1.11/24")};
    return out;
}

using Changes = std::vector<SpaceChange>;

TEST(Picture, NothingHappened) {
    EXPECT_EQ(changes_of(one_device(), one_device()), Changes{});
}

TEST(Picture, AnInterfaceChangesWithBothValues) {
    Space after = one_device();
    after.devices["eth0"].mtu = 9000;
    EXPECT_EQ(changes_of(one_device(), after),
              (Changes{{"link", "change", "eth0", {{"mtu.from", "1500"}, {"mtu", "9000"}}}}));
    after.devices["eth0"].up = false;
    EXPECT_EQ(changes_of(one_device(), after).front().action, "down");
    EXPECT_EQ(changes_of(after, one_device()).front().action, "up");
}

TEST(Picture, InterfacesAndAddressesComeAndGo) {
    Space after;
    Device renamed;
    renamed.name = "other";
    renamed.up = false;
    after.devices["other"] = renamed;
    EXPECT_EQ(changes_of(one_device(), after),
              (Changes{{"link", "remove", "eth0", {}},
                       {"link", "add", "other", {{"state", "down"}}},
                       {"address", "remove", "eth0", {{"address", "10.0.1.11/24"}}}}));
}

TEST(Picture, RoutesComeAndGo) {
    Space after = one_device();
    Route route;
    route.destination = test::prefix("10.66.0.0/16");
    after.routes[{route.destination, 254, 0}] = route;
    EXPECT_EQ(changes_of(one_device(), after),
              (Changes{{"route", "add", "", {{"route", "10.66.0.0/16 blackhole"}}}}));
    EXPECT_EQ(changes_of(after, one_device()).front().action, "remove");
}

TEST(Picture, DriftInWords) {
    EXPECT_EQ(labd::drift_words({"create", "address", "h1:eth0", "10.0.1.11/24"}),
              "lacks address h1:eth0 (10.0.1.11/24)");
    EXPECT_EQ(labd::drift_words({"delete", "route", "r1", "default"}),
              "has, unasked, route r1 (default)");
    Action action{"update", "link", "h1--r1", "…"};
    action.changes = {{"h1:eth0.mtu", "9000", "1500"}, {"h1:eth0.bridge", std::nullopt, "br0"}};
    EXPECT_EQ(labd::drift_words(action),
              "differs in link h1--r1 (h1:eth0.mtu is 9000, wished 1500, h1:eth0.bridge is "
              "nothing, wished br0)");
    EXPECT_EQ(labd::node_of_action(action), "");
    EXPECT_EQ(labd::node_of_action({"create", "address", "h1:eth0", ""}), "h1");
}

}  // namespace
