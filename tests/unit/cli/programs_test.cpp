// D5: programs that a lab names and the machine lacks.
#include "cli/programs.hpp"

#include <gtest/gtest.h>

namespace {

topology::Service service(const std::string& line, bool generated = false) {
    topology::Service s;
    if (generated)
        s.argv = {{line, {}}, {"-A", {}}};
    else
        s.argv = {{"/bin/sh", {}}, {"-c", {}}, {line, {}}};
    s.generated = generated;
    return s;
}

// Only /usr/bin/there can be run.
bool host(const std::string& path) {
    return path == "/usr/bin/there";
}

TEST(Programs, NeedsAreErrorsOnceEach) {
    topology::Lab lab;
    lab.nodes.resize(2);
    lab.needs = {{"there", {}}, {"ping", {}}, {"ping", {}}, {"brought", {}}};
    lab.nodes[1].files["/usr/local/bin/brought"] = {};
    const auto missing = cli::missing_programs(lab, host);
    ASSERT_EQ(missing.size(), 1U);
    EXPECT_EQ(missing[0].code, "D5");
    EXPECT_EQ(missing[0].severity, topology::Severity::error);
    EXPECT_EQ(missing[0].message, "\"ping\" is not installed");
    EXPECT_EQ(missing[0].hint, "apt install iputils-ping");
}

TEST(Programs, ServicesAreWarnedAboutDaemonsAreErrors) {
    topology::Lab lab;
    lab.nodes.resize(1);
    lab.nodes[0].services = {service("there -s"), service("iperf3 -s"),
                             service("/usr/lib/frr/zebra", true)};
    const auto missing = cli::missing_programs(lab, host);
    ASSERT_EQ(missing.size(), 2U);
    EXPECT_EQ(missing[0].severity, topology::Severity::warning);
    EXPECT_EQ(missing[0].message, "\"iperf3\" is not installed");
    EXPECT_EQ(missing[1].severity, topology::Severity::error);
    EXPECT_EQ(missing[1].hint, "apt install frr");
}

TEST(Programs, WhatIsSaidBeforeOneIsPassedOver) {
    topology::Lab lab;
    lab.nodes.resize(1);
    lab.nodes[0].services = {service("exec y"), service("A=1 B= exec z -s"), service("/bin/w")};
    const auto missing = cli::missing_programs(lab, host);
    ASSERT_EQ(missing.size(), 3U);
    EXPECT_EQ(missing[0].message, "\"y\" is not installed");
    EXPECT_EQ(missing[1].message, "\"z\" is not installed");
    EXPECT_EQ(missing[2].message, "\"w\" is not installed");
}

TEST(Programs, OfTheNodeItselfAreWhatItsFilesAndCommandsMake) {
    topology::Lab lab;
    lab.nodes.resize(2);
    lab.nodes[0].name = "h1", lab.nodes[1].name = "h2";
    for (topology::Node& node : lab.nodes)
        node.services = {service("/opt/x"), service("/opt/x -s")};
    auto missing = cli::missing_programs(lab, host);
    ASSERT_EQ(missing.size(), 2U) << "once for each node";
    EXPECT_EQ(missing[0].severity, topology::Severity::warning);
    EXPECT_EQ(missing[0].message, "h1 has no /opt/x");
    EXPECT_EQ(missing[0].hint, "files = { \"/opt/x\" = … } puts it there");
    lab.nodes[0].files["/opt/x"] = {};
    lab.nodes[1].exec.push_back({{{"make", {}}}, {}});
    EXPECT_TRUE(cli::missing_programs(lab, host).empty());
}

TEST(Programs, ShellWordsAreNobodysProgram) {
    topology::Lab lab;
    lab.nodes.resize(1);
    for (const char* line :
         {"while :; do x; done", "exit 3", "$CMD", "exec $CMD", "A=$(x) z", "./own",
          "echo-less|cat", "(x)", "exec -a name x", "exec there", "A=1 there"})
        lab.nodes[0].services.push_back(service(line));
    EXPECT_TRUE(cli::missing_programs(lab, host).empty());
}

}  // namespace
