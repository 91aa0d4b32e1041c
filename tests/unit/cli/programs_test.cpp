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

TEST(Programs, ShellWordsAreNobodysProgram) {
    topology::Lab lab;
    lab.nodes.resize(1);
    for (const char* line : {"while :; do x; done", "exec y", "A=1 z", "$CMD", "./own", "/opt/x",
                             "echo-less|cat", "(x)"})
        lab.nodes[0].services.push_back(service(line));
    EXPECT_TRUE(cli::missing_programs(lab, host).empty());
}

}  // namespace
