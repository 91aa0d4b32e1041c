// Labs of bare namespaces: plans carried out by the real kernel, without processes and names.
#pragma once

#include "labd/linux_kernel.hpp"
#include "netlink/netns.hpp"
#include "tests/support/inside.hpp"
#include "tests/support/lab_builder.hpp"

#include <gtest/gtest.h>

namespace test {

using namespace topology;

inline void write_file(const std::string& path, const std::string& text) {
    const netlink::Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || write(file.get(), text.data(), text.size()) < 0)
        throw std::runtime_error("cannot write " + path);
}

// A lab whose nodes are bare namespaces.
class LinuxKernelTest : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root: network namespaces";
    }

    // What labd writes at the birth of a node.
    static void settle(int netns) {
        const netlink::Entered inside(netns);
        const std::string net = "/proc/sys/net/";
        for (const char* which : {"all", "default"}) {
            write_file(net + "ipv6/conf/" + which + "/accept_dad", "0");
            write_file(net + "ipv6/conf/" + which + "/forwarding", "1");
        }
        write_file(net + "ipv6/conf/default/dad_transmits", "0");
        write_file(net + "ipv4/ip_forward", "1");
    }

    void make_spaces(const State& wish) {
        for (const auto& [name, space] : wish.spaces) {
            if (netns_.contains(name)) continue;
            netlink::Fd netns = netlink::create_netns();
            settle(netns.get());
            kernel_.adopt(name, space.kind, labd::Fd(dup(netns.get())));
            netns_[name] = std::move(netns);
        }
    }

    State observe(const State& wish) {
        State out = wish;
        for (auto& [name, space] : out.spaces) space = kernel_.observe(name);
        return out;
    }

    static std::vector<Step> kernel_steps(const State& wish, const State& seen) {
        std::vector<Step> out;
        for (const Step& step : plan(wish, seen))
            if (labd::is_kernel_step(step)) out.push_back(step);
        return out;
    }

    static std::string words(const std::vector<Step>& steps) {
        std::string out;
        for (const Step& step : steps) {
            const Action said = describe(step);
            out += said.op + " " + said.kind + " " + said.name + " " + said.detail + "\n";
        }
        return out;
    }

    // Brings the kernel to the wish and reads it again.
    void bring(const State& wish) {
        make_spaces(wish);
        const std::vector<Step> steps = kernel_steps(wish, observe(wish));
        const auto failure = kernel_.apply(steps);
        ASSERT_FALSE(failure) << failure->message << "\n" << words(steps);
        ASSERT_EQ(words(kernel_steps(wish, observe(wish))), "") << "after\n" << words(steps);
    }

    // Addresses and routes by labd's own rules.
    static State resolved(test::LabBuilder& b) {
        address(b.lab, b.diagnostics);
        route(b.lab, b.diagnostics);
        EXPECT_FALSE(b.diagnostics.failed()) << test::codes(b.diagnostics);
        return desired(b.lab);
    }

    test::Ran run(const std::string& node, const std::vector<std::string>& argv) {
        return test::run_inside(netns_.at(node).get(), argv);
    }
    testing::AssertionResult pings(const std::string& node, const std::string& address,
                                   const std::vector<std::string>& more = {}) {
        std::vector<std::string> argv{"ping", "-c1", "-W3"};
        argv.insert(argv.end(), more.begin(), more.end());
        argv.push_back(address);
        const test::Ran ran = run(node, argv);
        if (ran.status == 0) return testing::AssertionSuccess();
        return testing::AssertionFailure() << node << " → " << address << "\n" << ran.output;
    }

    labd::LinuxKernel kernel_;
    std::map<std::string, netlink::Fd> netns_;
};

}  // namespace test
