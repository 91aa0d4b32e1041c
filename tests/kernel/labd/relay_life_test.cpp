// A relay beside its frames: the carrier of its links, labd's requests, its life and its
// confinement.
#include "netlink/netns.hpp"
#include "tests/kernel/labd/wire.hpp"
#include "tests/support/inside.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace test;
using labd::relay::Request;
using RelayLife = RelayTest;

// What the kernel says of eth0 in a namespace, until it is so.
void await_carrier(int netns, bool wanted) {
    Fd events;
    {
        const netlink::Entered inside(netns);
        events.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
        sockaddr_nl address{};
        address.nl_family = AF_NETLINK;
        address.nl_groups = RTMGRP_LINK;
        ASSERT_EQ(bind(events.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    const auto has = [&] {
        return run_inside(netns, {"ip", "link", "show", "eth0"}).output.find("LOWER_UP") !=
               std::string::npos;
    };
    while (has() != wanted) {
        await(events.get(), POLLIN, wanted ? "carrier" : "no carrier");
        char drop[65536];
        while (recv(events.get(), drop, sizeof drop, MSG_DONTWAIT) > 0) continue;
    }
}

TEST_F(RelayLife, CarrierGoesThrough) {
    RelayedPair pair;
    pair.add({});
    await_carrier(pair.a(), true);
    await_carrier(pair.b(), true);
    const auto set = [](int netns, const char* state) {
        ASSERT_EQ(run_inside(netns, {"ip", "link", "set", "eth0", state}).status, 0);
    };
    set(pair.a(), "down");
    await_carrier(pair.b(), false);
    set(pair.b(), "down");
    set(pair.a(), "up");
    await_carrier(pair.a(), false);
    set(pair.b(), "up");
    await_carrier(pair.b(), true);
    await_carrier(pair.a(), true);
    // A whole cable taken out: the other end is left without.
    ASSERT_EQ(run_inside(pair.a(), {"ip", "link", "del", "eth0"}).status, 0);
    await_carrier(pair.b(), false);
    while (pair.list().at(0).whole) std::this_thread::yield();
}

TEST_F(RelayLife, LivesOnWithoutLabdAndIsFoundAgain) {
    RelayedPair pair;
    pair.add(delayed(ms), delayed(2 * ms));
    pair.reconnect();
    const auto links = pair.list();
    ASSERT_EQ(links.size(), 1u);
    EXPECT_EQ(links[0].name, "link");
    EXPECT_EQ(links[0].index, (std::array{RelayedPair::first_index, RelayedPair::second_index}));
    EXPECT_EQ(links[0].settings, (std::array{delayed(ms), delayed(2 * ms)}));
    Wire a(pair.a()), b(pair.b());
    a.send(Wire::frame(1));
    EXPECT_EQ(b.receive(), Wire::frame(1));
}

TEST_F(RelayLife, ARemovedLinkIsCutAndMayComeAgain) {
    RelayedPair pair;
    pair.add(delayed(500'000 * ms));
    Wire a(pair.a()), b(pair.b());
    a.send(Wire::frame(1));
    while (pair.list().at(0).counters[0].under_way < 1) std::this_thread::yield();
    const auto remove = [&] {
        return pair.ask(Request::remove, [](protocol::Packer& p) { p.text("link"); }).error;
    };
    EXPECT_EQ(remove(), 0);
    EXPECT_EQ(pair.list().size(), 0u);
    EXPECT_EQ(remove(), ENOENT);
    a.send(Wire::frame(2));
    pair.add({});
    a.send(Wire::frame(3));
    EXPECT_EQ(b.receive(), Wire::frame(3)) << "neither what waited nor what nobody carried";
}

TEST_F(RelayLife, RefusesWhatItCannotUse) {
    RelayedPair pair;
    const std::vector<Fd> taps = pair.taps();
    const auto add = [&](std::uint32_t first, std::uint32_t second, const Settings& settings,
                         const std::vector<int>& fds) {
        return pair
            .ask(
                Request::add,
                [&](protocol::Packer& packet) {
                    packet.text("link").u32(first).u32(second);
                    pack(packet, settings);
                    pack(packet, settings);
                },
                fds)
            .error;
    };
    const std::vector<int> both{taps[0].get(), taps[1].get()};
    EXPECT_EQ(add(1001, 1002, {}, {}), EPROTO) << "no sockets";
    EXPECT_EQ(add(1001, 1002, {}, {both[0]}), EPROTO) << "one socket";
    EXPECT_EQ(add(1001, 1001, {}, both), EBUSY) << "one end twice";
    EXPECT_EQ(add(1001, 5555, {}, both), ENODEV) << "no such interface";
    Settings nonsense;
    nonsense.limit = 0;
    EXPECT_EQ(add(1001, 1002, nonsense, both), EINVAL);
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    const Fd in(pipes[0]), out(pipes[1]);
    EXPECT_EQ(add(1001, 1002, {}, {in.get(), out.get()}), ENOTSOCK);
    EXPECT_EQ(pair.ask(static_cast<Request>(99)).error, EPROTO);
    EXPECT_EQ(pair.ask(Request::add, [](protocol::Packer& p) { p.u32(1u << 30); }).error, EPROTO);
    EXPECT_EQ(pair.ask(Request::change, [](protocol::Packer& p) { p.text("link"); }).error, EPROTO);
    pair.add({});
    EXPECT_EQ(add(1001, 1002, {}, both), EEXIST);
    EXPECT_EQ(pair.list().size(), 1u) << "and it still works";
}

std::string status_of(pid_t pid, const std::string& key) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind(key + ":\t", 0) == 0) return line.substr(key.size() + 2);
    return "";
}

TEST_F(RelayLife, IsConfinedToTheLab) {
    RelayedPair pair;
    pair.add({});
    const pid_t pid = pair.relay_pid();
    EXPECT_EQ(status_of(pid, "Name"), "lab-relay");
    for (const char* set : {"CapEff", "CapPrm", "CapBnd"})
        EXPECT_EQ(status_of(pid, set), "0000000000001000") << set << ": CAP_NET_ADMIN";
    EXPECT_EQ(status_of(pid, "NoNewPrivs"), "1");
    EXPECT_EQ(status_of(pid, "Seccomp"), "2");
    EXPECT_EQ(status_of(pid, "Uid").substr(0, 6), std::to_string(SealedLab::base));
    const auto inode = [](const std::string& path) {
        struct stat s {};
        return stat(path.c_str(), &s) == 0 ? s.st_ino : 0;
    };
    const std::string own = "/proc/" + std::to_string(pid) + "/ns/";
    const std::string spawner = "/proc/" + std::to_string(pair.lab().pid()) + "/ns/";
    EXPECT_EQ(inode(own + "user"), inode(spawner + "user"));
    EXPECT_NE(inode(own + "net"), inode(spawner + "net"));
    struct stat middle {};
    ASSERT_EQ(fstat(pair.middle(), &middle), 0);
    EXPECT_EQ(inode(own + "net"), middle.st_ino);
}

TEST_F(RelayLife, EndsWhenItIsToldAndWithItsLab) {
    {
        RelayedPair pair;
        EXPECT_EQ(pair.ask(Request::quit).error, 0);
        await_exit(pair.relay_pidfd());
    }
    Fd watched;
    {
        RelayedPair pair;
        pair.add({});
        watched.reset(dup(pair.relay_pidfd().get()));
    }
    await_exit(watched);
}

}  // namespace
