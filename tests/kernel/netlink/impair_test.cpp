// The bucket, the queues and the packet filter in the running kernel, read back by us and by
// others.
#include "netlink/filter.hpp"
#include "netlink/queue.hpp"
#include "netlink/tbf.hpp"
#include "netlink/veth.hpp"
#include "tests/kernel/netlink/fresh.hpp"

#include <netlink/netlink.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/tbf.h>

#include <algorithm>

namespace {

class Impair : public test::FreshNetns {
  protected:
    void SetUp() override {
        FreshNetns::SetUp();
        if (IsSkipped()) return;
        netlink::Message create =
            netlink::create_veth(end(netns(), "a", 7), true, end(other(), "b", 8));
        socket().request(create, {"create", "a veth pair"});
    }

    void put(netlink::Message message) { socket().request(message, {"set", "a queue"}); }
    std::optional<netlink::Qdisc> find(std::uint32_t handle) {
        for (netlink::Qdisc& qdisc : netlink::qdiscs(socket()))
            if (qdisc.at.index == 7 && qdisc.at.handle == handle) return std::move(qdisc);
        return std::nullopt;
    }
    // What nft itself says of the table; "" when there is none.
    test::Ran rules() {
        return test::run_inside(netns(), {"nft", "list", "table", "netdev", "labd-links"});
    }
};

constexpr netlink::QdiscAt root{7, TC_H_ROOT, 0x10000};
constexpr netlink::QdiscAt below{7, 0x10001, 0x20000};

TEST_F(Impair, a_bucket_changes_in_place_and_keeps_its_queue) {
    put(netlink::put_tbf(root, {1'250'000, 16'000, 50}));
    put(netlink::put_queue(below, "pfifo", {{"limit", 50}}));
    put(netlink::put_tbf(root, {2'500'000, 32'000, 60}));
    put(netlink::put_queue(below, "pfifo", {{"limit", 60}}));
    const auto bucket = find(root.handle), queue = find(below.handle);
    ASSERT_TRUE(bucket && queue);
    EXPECT_EQ(netlink::parse_tbf(*bucket)->rate, 2'500'000U);
    EXPECT_NEAR(netlink::parse_tbf(*bucket)->burst, 32'000, 320);
    EXPECT_EQ(netlink::parse_queue(*queue), (netlink::QueueOptions{{"limit", 60}}));
    EXPECT_EQ(queue->at.parent, below.parent);
    netlink::Message remove = netlink::remove_qdiscs(7);
    socket().request(remove, {"remove", "a queue"});
    EXPECT_FALSE(find(root.handle));
    EXPECT_FALSE(find(below.handle));
}

TEST_F(Impair, libnl_reads_the_same_bucket) {
    put(netlink::put_tbf(root, {1'250'000, 16'000, 50}));
    const netlink::Entered inside(netns());
    nl_sock* sock = nl_socket_alloc();
    ASSERT_EQ(nl_connect(sock, NETLINK_ROUTE), 0);
    nl_cache* cache = nullptr;
    ASSERT_EQ(rtnl_qdisc_alloc_cache(sock, &cache), 0);
    rtnl_qdisc* qdisc = rtnl_qdisc_get(cache, 7, root.handle);
    ASSERT_NE(qdisc, nullptr);
    EXPECT_STREQ(rtnl_tc_get_kind(TC_CAST(qdisc)), "tbf");
    EXPECT_EQ(rtnl_qdisc_tbf_get_rate(qdisc), 1'250'000);
    EXPECT_EQ(rtnl_qdisc_tbf_get_limit(qdisc), 50);
    rtnl_qdisc_put(qdisc);
    nl_cache_free(cache);
    nl_socket_free(sock);
}

TEST_F(Impair, filters_come_change_and_go_without_a_trace) {
    const netlink::Filter all{0x40000000, 0x20000000, 0x10000000};
    netlink::set_filter(netns(), "a", 7, all);
    EXPECT_EQ(netlink::filters(netns())["a"], all);
    const std::string said = rules().output;
    EXPECT_NE(said.find("numgen random mod 4294967295 < 1073741824 counter packets 0 bytes 0 drop"),
              std::string::npos)
        << said;
    netlink::set_filter(netns(), "a", 7, {0x50000000, 0, 0});
    EXPECT_EQ(netlink::filters(netns())["a"], (netlink::Filter{0x50000000, 0, 0}));
    EXPECT_EQ(rules().output.find("dup to"), std::string::npos);
    netlink::set_filter(netns(), "a", 7, {});
    EXPECT_TRUE(netlink::filters(netns()).empty());
    EXPECT_NE(rules().status, 0) << "the table is gone as well";
    netlink::set_filter(netns(), "a", 7, {});
    EXPECT_NE(rules().status, 0) << "and does not come for nothing";
}

TEST_F(Impair, a_filter_of_one_device_leaves_that_of_another_alone) {
    netlink::Message create =
        netlink::create_veth(end(netns(), "c", 9), true, end(other(), "d", 10));
    socket().request(create, {"create", "a veth pair"});
    netlink::set_filter(netns(), "a", 7, {1, 0, 0});
    netlink::set_filter(netns(), "c", 9, {2, 0, 0});
    netlink::set_filter(netns(), "a", 7, {});
    EXPECT_EQ(netlink::filters(netns()).size(), 1U);
    EXPECT_EQ(netlink::filters(netns())["c"].drop, 2U);
}

TEST_F(Impair, a_filter_on_what_cannot_be_is_the_kernels_no) {
    const std::string too_long(20, 'x');
    EXPECT_THROW(netlink::set_filter(netns(), too_long, 99, {1, 0, 0}), netlink::Error);
    EXPECT_TRUE(netlink::filters(netns()).empty());
}

}  // namespace
