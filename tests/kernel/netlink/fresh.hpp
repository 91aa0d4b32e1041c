// A thread of its own, in a network namespace of its own: whatever a test does there ends with it.
#pragma once

#include "netlink/netns.hpp"
#include "tests/support/inside.hpp"

#include <linux/rtnetlink.h>
#include <sys/mount.h>

#include <functional>
#include <thread>

#include <gtest/gtest.h>

namespace test {

class FreshNetns : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root: network namespaces";
        netns_ = netlink::create_netns();
        other_ = netlink::create_netns();
        socket_ = netlink::socket_in(netns_.get());
    }

    netlink::Socket& socket() { return *socket_; }
    int netns() const { return netns_.get(); }
    int other() const { return other_.get(); }
    Ran ip(std::vector<std::string> argv) {
        argv.insert(argv.begin(), "ip");
        return run_inside(netns_.get(), argv);
    }

    // With a mount table of its own too, in which nothing reaches the host's.
    static void in_private_mounts(const std::function<void()>& body) {
        std::string trouble;
        std::thread thread([&] {
            if (unshare(CLONE_NEWNS) != 0 ||
                mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
                trouble = "cannot unshare mounts";
                return;
            }
            try {
                body();
            } catch (const std::exception& e) {
                trouble = e.what();
            }
        });
        thread.join();
        EXPECT_EQ(trouble, "");
    }

    netlink::NewLink end(int netns, const char* name, std::uint32_t index) const {
        netlink::NewLink out;
        out.netns = netns;
        out.name = name;
        out.index = index;
        out.mac = {std::byte{2}, {}, {}, {}, {}, static_cast<std::byte>(index)};
        return out;
    }

  private:
    netlink::Fd netns_, other_;
    std::optional<netlink::Socket> socket_;
};

}  // namespace test
