// labd's words to a relay and from it: nothing is lost on the way, and nonsense is refused.
#include "labd/relay_client.hpp"

#include "netlink/error.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace labd {
namespace {

using protocol::Packer;
using relay::Request;
using topology::Chance;
using topology::Impairment;

Impairment everything() {
    Impairment out;
    out.delay_ns = 20'000'000;
    out.jitter_ns = 1'000'000;
    out.distribution = topology::Distribution::paretonormal;
    out.keep_order = true;
    out.loss.emplace().share = Chance::of(0.1);
    out.corrupt = Chance::of(0.01);
    out.duplicate = Chance::of(0.02);
    out.reorder = Chance::of(0.25);
    out.rate_bits = 8'000'000;
    out.burst_bytes = 3000;
    out.seed = 77;
    return out;
}

TEST(RelayClient, impairments_come_back_as_they_were_told) {
    EXPECT_EQ(from_relay(to_relay({})), Impairment{});
    EXPECT_EQ(from_relay(to_relay(everything())), everything());
    Impairment other = everything();
    other.limit_packets = 5;
    topology::Loss& loss = *other.loss;
    loss = {};
    loss.model = topology::Loss::Model::gemodel;
    loss.p = Chance::of(0.01), loss.r = Chance::of(0.1), loss.h = Chance::of(0.3);
    loss.k = Chance::of(1);
    EXPECT_EQ(from_relay(to_relay(other)), other);
    loss = {};
    loss.model = topology::Loss::Model::four_state;
    loss.p13 = {1}, loss.p31 = {2}, loss.p32 = {3}, loss.p23 = {4}, loss.p14 = {5};
    EXPECT_EQ(from_relay(to_relay(other)), other);
}

TEST(RelayClient, what_arrives_in_a_state_is_not_lost_there) {
    Impairment bursts;
    topology::Loss& loss = bursts.loss.emplace();
    loss.model = topology::Loss::Model::gemodel;
    loss.k = Chance::of(1);
    const relay::Settings settings = to_relay(bursts);
    EXPECT_EQ(settings.loss.share[2], relay::always) << "the bad state loses everything";
    EXPECT_EQ(settings.loss.share[3], 0u) << "the good one nothing";
}

TEST(RelayClient, the_limit_is_always_told) {
    Impairment delayed;
    delayed.delay_ns = 50'000'000;
    EXPECT_EQ(to_relay(delayed).limit, limit_of(delayed));
    EXPECT_TRUE(is_sound(to_relay(delayed)));
    EXPECT_TRUE(is_sound(to_relay({})));
}

// A relay that has given its answers beforehand.
class Conversation {
  public:
    Conversation() {
        int ends[2] = {-1, -1};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
        relay_.reset(ends[1]);
        client_.emplace(Fd(ends[0]));
    }
    void say(const std::string& bytes) {
        (void)!::send(relay_.get(), bytes.data(), bytes.size(), 0);
    }
    static Packer answer(std::uint32_t id, std::uint32_t error = 0, const std::string& text = "") {
        Packer packet(static_cast<std::uint32_t>(Request::answer), id);
        packet.u32(error).text(text);
        return packet;
    }
    int error_of_list() {
        try {
            (void)client_->list();
            return 0;
        } catch (const netlink::Error& error) {
            return error.error();
        }
    }
    RelayClient& client() { return *client_; }
    void hang_up() { relay_.reset(); }

  private:
    Fd relay_;
    std::optional<RelayClient> client_;
};

TEST(RelayClient, links_are_listed_page_by_page) {
    Conversation relay;
    for (const std::uint32_t id : {1u, 2u}) {
        Packer page = Conversation::answer(id);
        page.u32(2).u32(1);
        relay::Linked link;
        link.name = "link " + std::to_string(id);
        pack(page, link);
        relay.say(page.bytes());
    }
    const auto links = relay.client().list();
    ASSERT_EQ(links.size(), 2u);
    EXPECT_EQ(links[1].name, "link 2");
}

TEST(RelayClient, refusals_carry_the_relays_words) {
    Conversation relay;
    relay.say(Conversation::answer(1, EBUSY, "it has one").bytes());
    try {
        relay.client().change({});
        FAIL() << "it was refused";
    } catch (const netlink::Error& error) {
        EXPECT_EQ(error.error(), EBUSY);
        EXPECT_EQ(error.refusal().text, "it has one");
    }
}

TEST(RelayClient, a_link_that_is_gone_already_is_removed) {
    Conversation relay;
    relay.say(Conversation::answer(1, ENOENT, "").bytes());
    EXPECT_NO_THROW(relay.client().remove("link"));
}

TEST(RelayClient, late_answers_are_passed_over) {
    Conversation relay;
    relay.say(Conversation::answer(77).bytes());
    relay.say(Conversation::answer(1).u32(0).u32(0).bytes());
    EXPECT_EQ(relay.error_of_list(), 0);
}

TEST(RelayClient, nonsense_is_refused) {
    relay::Linked unsound;
    unsound.settings[0].limit = 0;
    const auto page = [](std::uint32_t total, std::uint32_t count) {
        Packer packet = Conversation::answer(1);
        packet.u32(total).u32(count);
        return packet;
    };
    Packer bad = page(1, 1);
    pack(bad, unsound);
    for (const std::string& bytes :
         {std::string("x"), Packer(5, 1).u32(0).text("").bytes(), page(1, 0).bytes(),
          page(1, 1).bytes(), page(1u << 30, 1).bytes(), page(9000, 9000).bytes(), bad.bytes()}) {
        Conversation relay;
        relay.say(bytes);
        EXPECT_EQ(relay.error_of_list(), EPROTO) << bytes.size();
    }
}

TEST(RelayClient, a_relay_that_has_gone_is_told) {
    Conversation relay;
    relay.hang_up();
    EXPECT_EQ(relay.error_of_list(), EPIPE);
}

}  // namespace
}  // namespace labd
