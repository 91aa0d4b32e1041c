// Keys that other tools know: each is answered with ours.
#include "tests/support/mistake.hpp"

#include <gtest/gtest.h>

namespace {

using test::Case;

class OtherWord : public testing::TestWithParam<Case> {};

TEST_P(OtherWord, IsAnsweredWithOurs) {
    test::expect_told(GetParam());
}

const std::string two = "[nodes]\nh1 = \"host\"\nr1 = \"router\"\n";

const std::vector<Case> words{
    {"D1_of_compose", "D1", "[nodes]\nh1 = { kind = \"host\", @@command = \"iperf3 -s\" }\n",
     "unknown key \"command\" in a node",
     "did you mean \"run\"? programs that are kept alive; exec = [\"…\"] runs a command once, at "
     "birth"},
    {"D1_of_compose_service", "D1",
     "[nodes]\nh1 = { run = [{ cmd = \"x\", @@stop_grace_period = \"5s\" }] }\n",
     "unknown key \"stop_grace_period\" in a service", "did you mean \"grace\"? grace = \"5s\""},
    {"D1_of_mininet", "D1", two + "[[link]]\nendpoints = [\"h1\",\"r1\"]\n@@bw = 10\n",
     "unknown key \"bw\" in a link", "did you mean \"rate\"? rate = \"10mbit\""},
    {"D1_of_netlab", "D1", "[nodes]\nh1 = { @@ip = \"10.0.0.1/24\" }\n",
     "unknown key \"ip\" in a node",
     "did you mean \"addresses\"? addresses = \"10.0.0.1/24\", or a list"},
    {"D1_of_a_graph", "D1", two + "[[link]]\n@@nodes = [\"h1\",\"r1\"]\n",
     "unknown key \"nodes\" in a link",
     "did you mean \"endpoints\"? both ends in one list, endpoints = [\"h1\", \"r1\"]"},
    {"D1_kind", "D1", "[nodes]\nr1 = { @@type = \"router\" }\n", "unknown key \"type\" in a node",
     "did you mean \"kind\"? kind = \"router\""},
    {"D1_of_kubernetes", "D1", "[nodes]\nh1 = { @@hostName = \"x\" }\n",
     "unknown key \"hostName\" in a node",
     "did you mean \"hostname\"? free keys start with \"x-\""},
    {"D1_gateway", "D1", two + "[[link]]\nendpoints = [\"h1\",\"r1\"]\na = { @@gw = \"r1\" }\n",
     "unknown key \"gw\" in an end of a link",
     "did you mean \"gateway\"? where the default route leads, gateway = \"r1\""},
    {"D1_topology", "D1", "[@@topology]\n" + two, "unknown key \"topology\" in the file",
     "did you mean \"nodes\"? [nodes], links and the rest stand at the top of the file"},
};
INSTANTIATE_TEST_SUITE_P(Tools, OtherWord, testing::ValuesIn(words),
                         [](const auto& test) { return test.param.name; });

}  // namespace
