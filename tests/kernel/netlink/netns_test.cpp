// Names of namespaces, beside iproute2 at the same names.
#include "netlink/netns.hpp"

#include "netlink/carrier.hpp"
#include "netlink/solicited.hpp"
#include "netlink/veth.hpp"
#include "tests/kernel/netlink/fresh.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace {

using netlink::Unpinned;

constexpr const char* names = "/run/netns";

class NetlinkNetns : public test::FreshNetns {
  protected:
    // An empty /run of the test's own.
    static void with_names(const std::function<void()>& body) {
        in_private_mounts([&] {
            ASSERT_EQ(mount("none", "/run", "tmpfs", 0, nullptr), 0);
            body();
        });
    }
    static std::vector<std::string> listed() {
        std::vector<std::string> out;
        for (const auto& entry : netlink::list_names(names)) out.push_back(entry.name);
        return out;
    }
    test::Ran netns_command(std::vector<std::string> argv) {
        argv.insert(argv.begin(), {"ip", "netns"});
        // In the mounts of the calling thread.
        return test::run_inside(netlink::current_netns().get(), argv);
    }
};

TEST_F(NetlinkNetns, a_name_is_one_of_iproute2s) {
    with_names([&] {
        netlink::prepare_names(names);
        netlink::prepare_names(names);
        const auto identity = netlink::pin(names, "lab.h1", netns());
        EXPECT_EQ(identity, netlink::identify(netns()));
        EXPECT_EQ(listed(), (std::vector<std::string>{"lab.h1"}));
        EXPECT_NE(netns_command({"list"}).output.find("lab.h1"), std::string::npos);
        EXPECT_EQ(netns_command({"exec", "lab.h1", "true"}).status, 0);
        EXPECT_EQ(netlink::unpin(names, "lab.h1", identity), Unpinned::removed);
        EXPECT_EQ(netlink::unpin(names, "lab.h1", identity), Unpinned::absent);
        EXPECT_EQ(netns_command({"list"}).output, "");
    });
}

TEST_F(NetlinkNetns, names_of_others_come_and_go_beside) {
    with_names([&] {
        ASSERT_EQ(netns_command({"add", "theirs"}).status, 0);
        netlink::prepare_names(names);
        const auto identity = netlink::pin(names, "lab.h1", netns());
        EXPECT_EQ(netns_command({"add", "more"}).status, 0);
        EXPECT_EQ(listed(), (std::vector<std::string>{"lab.h1", "more", "theirs"}));
        // Ours is not theirs, nor theirs ours.
        EXPECT_EQ(netlink::unpin(names, "theirs", identity), Unpinned::foreign);
        EXPECT_EQ(netns_command({"del", "theirs"}).status, 0);
        EXPECT_EQ(netns_command({"del", "more"}).status, 0);
        EXPECT_EQ(netlink::unpin(names, "lab.h1", identity), Unpinned::removed);
    });
}

TEST_F(NetlinkNetns, a_taken_name_is_left_alone) {
    with_names([&] {
        ASSERT_EQ(netns_command({"add", "lab.h1"}).status, 0);
        try {
            netlink::pin(names, "lab.h1", netns());
            ADD_FAILURE() << "pinned over another one";
        } catch (const netlink::Error& e) {
            EXPECT_EQ(e.error(), EEXIST);
        }
        EXPECT_EQ(netns_command({"exec", "lab.h1", "true"}).status, 0);
        EXPECT_EQ(netns_command({"del", "lab.h1"}).status, 0);
    });
}

TEST_F(NetlinkNetns, a_name_made_anew_by_others_is_foreign) {
    with_names([&] {
        netlink::prepare_names(names);
        const auto identity = netlink::pin(names, "lab.h1", netns());
        ASSERT_EQ(netns_command({"del", "lab.h1"}).status, 0);
        ASSERT_EQ(netns_command({"add", "lab.h1"}).status, 0);
        EXPECT_EQ(netlink::unpin(names, "lab.h1", identity), Unpinned::foreign);
        EXPECT_EQ(netns_command({"del", "lab.h1"}).status, 0);
    });
}

TEST_F(NetlinkNetns, what_a_crash_leaves_is_known_and_nothing_else) {
    with_names([&] {
        netlink::prepare_names(names);
        const auto identity = netlink::identify(netns());
        const std::string path = std::string(names) + "/lab.h1";
        // Between creating the file and mounting on it.
        { const netlink::Fd file(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0)); }
        EXPECT_EQ(netlink::unpin(names, "lab.h1", identity), Unpinned::leftover);
        EXPECT_TRUE(listed().empty());
        EXPECT_TRUE(netlink::remove_leftover(names, "lab.h1"));
        EXPECT_FALSE(netlink::remove_leftover(names, "lab.h1"));

        // A file with something in it is somebody's.
        {
            const netlink::Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
            ASSERT_EQ(write(file.get(), "x", 1), 1);
        }
        EXPECT_EQ(netlink::unpin(names, "lab.h1", identity), Unpinned::foreign);
        EXPECT_FALSE(netlink::remove_leftover(names, "lab.h1"));
        EXPECT_EQ(access(path.c_str(), F_OK), 0);
    });
}

TEST_F(NetlinkNetns, no_folder_holds_no_names) {
    EXPECT_TRUE(netlink::list_names("/nonexistent/names").empty());
}

TEST_F(NetlinkNetns, a_visit_ends_where_it_began) {
    const auto before = netlink::identify(netlink::current_netns().get());
    {
        const netlink::Entered inside(netns());
        EXPECT_EQ(netlink::identify(netlink::current_netns().get()), netlink::identify(netns()));
        const netlink::Entered deeper(other());
        EXPECT_EQ(netlink::identify(netlink::current_netns().get()), netlink::identify(other()));
    }
    EXPECT_EQ(netlink::identify(netlink::current_netns().get()), before);
    (void)netlink::create_netns();
    EXPECT_EQ(netlink::identify(netlink::current_netns().get()), before);
}

// Asked without the request that makes new kernels hurry: the events are waited for.
TEST_F(NetlinkNetns, links_and_addresses_settle_by_events) {
    using namespace std::chrono_literals;
    netlink::Message create =
        netlink::create_veth(end(netns(), "eth0", 100), true, end(other(), "eth0", 100));
    socket().request(create, {"create", "a link"});
    netlink::LinkChange up;
    up.up = true;
    netlink::Socket far = netlink::socket_in(other());
    netlink::Message raise = netlink::change_link(100, up);
    far.request(raise, {"raise", "the peer"});
    EXPECT_TRUE(netlink::wait_settled(netns(), socket(), {{{}, 100}}, 10s));
    EXPECT_EQ(netlink::get_link(socket(), {{}, 100})->operstate, 6);

    netlink::Address address;
    address.index = 100;
    address.ip.family = 10;
    address.ip.bytes[0] = std::byte{0xfd};
    address.ip.bytes[15] = std::byte{1};
    address.length = 64;
    netlink::Message add = netlink::add_address(address);
    socket().request(add, {"set", "an address"});
    EXPECT_TRUE(netlink::wait_findable(netns(), socket(), {100}, 10s));
    EXPECT_TRUE(netlink::findable(socket(), {100}));
}

TEST_F(NetlinkNetns, waiting_ends_when_nothing_comes) {
    using namespace std::chrono_literals;
    // An interface without neighbours to find joins no groups.
    ASSERT_EQ(ip({"link", "set", "lo", "up"}).status, 0);
    EXPECT_FALSE(netlink::wait_findable(netns(), socket(), {1}, 1ms));
    EXPECT_TRUE(netlink::wait_settled(netns(), socket(), {{{}, 77}}, 1ms)) << "gone is settled";
}

}  // namespace
