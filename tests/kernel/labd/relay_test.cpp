// The relay between real veths: what goes in comes out, when and how it was asked for. Nothing here
// asks how late something is, only that it is not early.
#include "netlink/netns.hpp"
#include "tests/kernel/labd/wire.hpp"
#include "tests/support/inside.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace test;
using labd::relay::always;
using labd::relay::Loss;
using std::chrono::steady_clock;

// As many frames as were sent, and one that is never lost behind them: the numbers that arrived.
std::vector<std::uint32_t> arriving(Wire& at, std::uint32_t last) {
    std::vector<std::uint32_t> out;
    for (;;) {
        const std::uint32_t number = Wire::number_of(at.receive());
        if (number == last) return out;
        out.push_back(number);
    }
}

using Relay = RelayTest;

TEST_F(Relay, CarriesWhatNodesSay) {
    RelayedPair pair;
    pair.add({});
    const Ran ping =
        run_inside(pair.a(), {"ping", "-c", "3", "-i", "0.05", "-W", "10", "10.9.0.2"});
    EXPECT_EQ(ping.status, 0) << ping.output;
    const auto links = pair.list();
    ASSERT_EQ(links.size(), 1u);
    for (const auto& counters : links[0].counters) {
        EXPECT_GE(counters.received, 3u);
        EXPECT_EQ(counters.sent, counters.received);
    }
}

TEST_F(Relay, DelaysNoLessThanItWasAsked) {
    RelayedPair pair;
    pair.add(delayed(30 * ms));
    Wire a(pair.a()), b(pair.b());
    for (std::uint32_t i = 0; i < 20; ++i) {
        const auto sent = steady_clock::now();
        a.send(Wire::frame(i));
        EXPECT_EQ(Wire::number_of(b.receive()), i);
        EXPECT_GE(steady_clock::now() - sent, std::chrono::milliseconds(30));
        b.send(Wire::frame(i));
        EXPECT_EQ(Wire::number_of(a.receive()), i) << "the way back has no delay";
    }
}

TEST_F(Relay, KeepsOrderAndContentOfManyFrames) {
    RelayedPair pair(9000);
    Settings settings = delayed(5 * ms);
    settings.jitter_ns = 4 * ms;
    settings.keep_order = true;
    pair.add(settings);
    Wire a(pair.a()), b(pair.b());
    constexpr std::uint32_t count = 5000;
    const auto size = [](std::uint32_t i) { return i % 50 == 0 ? std::size_t{8000} : i % 1400; };
    std::thread sender([&] {
        for (std::uint32_t i = 0; i < count; ++i) a.send(Wire::frame(i, size(i)));
    });
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string got = b.receive();
        if (got != Wire::frame(i, size(i))) {
            ADD_FAILURE() << "frame " << Wire::number_of(got) << " instead of " << i;
            break;
        }
    }
    sender.join();
    EXPECT_EQ(pair.list().at(0).counters[0].unheard, 0u);
}

TEST_F(Relay, TheSameSeedLosesTheSameFrames) {
    constexpr std::uint32_t count = 2000;
    const auto through = [&](std::uint64_t seed) {
        RelayedPair pair;
        Settings settings;
        settings.loss = {Loss::Model::each, {always / 10}};
        settings.seeded = true;
        settings.seed = seed;
        settings.limit = 100'000;
        pair.add(settings);
        Wire a(pair.a()), b(pair.b());
        for (std::uint32_t i = 0; i < count; ++i) a.send(Wire::frame(i));
        // All are through; the last one must be, whatever the seed says.
        while (pair.list().at(0).counters[0].received < count) std::this_thread::yield();
        settings.loss = {};
        pair.change(settings);
        a.send(Wire::frame(count));
        std::vector<std::uint32_t> out = arriving(b, count);
        EXPECT_EQ(out.size() + pair.list().at(0).counters[0].lost, count);
        EXPECT_TRUE(std::is_sorted(out.begin(), out.end()));
        return out;
    };
    const std::vector<std::uint32_t> first = through(5);
    EXPECT_LT(first.size(), count);
    EXPECT_EQ(first, through(5));
    EXPECT_NE(first, through(6));
}

TEST_F(Relay, DuplicatesReordersAndCorrupts) {
    RelayedPair pair;
    Settings settings = delayed(20 * ms);
    settings.duplicate = always;
    pair.add(settings);
    Wire a(pair.a()), b(pair.b());
    a.send(Wire::frame(1));
    EXPECT_EQ(b.receive(), Wire::frame(1));
    EXPECT_EQ(b.receive(), Wire::frame(1));

    // The first waits for long, the second for nothing.
    pair.change(delayed(500 * ms));
    a.send(Wire::frame(2));
    while (pair.list().at(0).counters[0].under_way == 0) std::this_thread::yield();
    Settings overtaking = delayed(500 * ms);
    overtaking.reorder = always;
    pair.change(overtaking);
    a.send(Wire::frame(3));
    EXPECT_EQ(b.receive(), Wire::frame(3));
    EXPECT_EQ(b.receive(), Wire::frame(2));
}

TEST_F(Relay, ChangesWhatIsUnderWayAndLosesNothing) {
    RelayedPair pair;
    pair.add(delayed(500'000 * ms));
    Wire a(pair.a()), b(pair.b());
    for (std::uint32_t i = 0; i < 100; ++i) a.send(Wire::frame(i));
    while (pair.list().at(0).counters[0].under_way < 100) std::this_thread::yield();
    pair.change(delayed(ms));
    a.send(Wire::frame(100));
    for (std::uint32_t i = 0; i <= 100; ++i) EXPECT_EQ(b.receive(), Wire::frame(i));
}

TEST_F(Relay, VlanTagsGoThrough) {
    RelayedPair pair;
    pair.add(delayed(ms));
    Wire a(pair.a()), b(pair.b());
    a.send(Wire::frame(1, 50, 42));
    EXPECT_EQ(b.receive(), Wire::frame(1));
    EXPECT_EQ(b.tag(), 42);
    a.send(Wire::frame(2));
    EXPECT_EQ(b.receive(), Wire::frame(2));
    EXPECT_EQ(b.tag(), -1);
}

// Sends `size` bytes over TCP from a to b; what arrived there.
std::string through_tcp(const RelayedPair& pair, std::size_t size) {
    const auto socket_in = [](int netns) {
        const netlink::Entered inside(netns);
        return Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    };
    Fd server = socket_in(pair.b()), client = socket_in(pair.a());
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(7777);
    inet_pton(AF_INET, "10.9.0.2", &address.sin_addr);
    if (bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(server.get(), 1) != 0 ||
        connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error(std::string("TCP: ") + std::strerror(errno));
    const Fd peer(accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string sent(size, '\0');
    std::iota(sent.begin(), sent.end(), '\0');
    std::thread sender([&] {
        for (std::size_t done = 0; done < size;) {
            const ssize_t n = ::send(client.get(), sent.data() + done, size - done, MSG_NOSIGNAL);
            if (n <= 0) break;
            done += static_cast<std::size_t>(n);
        }
        (void)shutdown(client.get(), SHUT_WR);
    });
    std::string got;
    std::vector<char> room(1 << 16);
    for (;;) {
        await(peer.get(), POLLIN, "TCP");
        const ssize_t n = recv(peer.get(), room.data(), room.size(), 0);
        if (n <= 0) break;
        got.append(room.data(), static_cast<std::size_t>(n));
    }
    sender.join();
    EXPECT_EQ(got.size(), size);
    EXPECT_TRUE(got == sent) << "bytes have changed on the way";
    return got;
}

TEST_F(Relay, TcpGoesThroughWithItsOffloads) {
    RelayedPair pair;
    pair.add(delayed(2 * ms), delayed(2 * ms));
    through_tcp(pair, 32 << 20);
    const auto counters = pair.list().at(0).counters[0];
    EXPECT_GT(counters.received_bytes / counters.received, 2000u)
        << "frames larger than a wire's come through";
}

TEST_F(Relay, TcpIsTakenApartWhereChancesAreThoseOfPackets) {
    RelayedPair pair;
    Settings settings = delayed(ms);
    settings.loss = {Loss::Model::each, {always / 100}};
    settings.corrupt = always / 200;
    settings.duplicate = always / 100;
    settings.rate_bits = 200'000'000;
    settings.seeded = true;
    pair.add(settings, delayed(ms));
    // Whole: TCP finds what is missing, and by its checksum what is wrong.
    through_tcp(pair, 4 << 20);
    const auto counters = pair.list().at(0).counters[0];
    EXPECT_LE(counters.received_bytes / counters.received, 1514u);
    EXPECT_GT(counters.lost, 0u);
    EXPECT_GT(counters.corrupted, 0u);
}

}  // namespace
