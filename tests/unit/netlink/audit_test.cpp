// The kernel's audit: what is asked and sent, to a stand-in; and the real one, which must not mind.
#include "netlink/audit.hpp"

#include <libmnl/libmnl.h>
#include <linux/audit.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace netlink {
namespace {

class AuditSocket : public testing::Test {
  protected:
    AuditSocket() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        kernel_ = Fd(ends[0]);
        audit_.emplace(Fd(ends[1]));
    }
    // An answer that lies ready when the question comes.
    void say(std::uint16_t type, std::uint32_t sequence, const std::string& payload) {
        std::vector<char> bytes(sizeof(nlmsghdr) + payload.size() + 8);
        nlmsghdr* header = mnl_nlmsg_put_header(bytes.data());
        header->nlmsg_type = type;
        header->nlmsg_seq = sequence;
        std::memcpy(mnl_nlmsg_put_extra_header(header, payload.size()), payload.data(),
                    payload.size());
        EXPECT_GT(::send(kernel_.get(), header, header->nlmsg_len, 0), 0);
    }
    std::string status(std::uint32_t enabled) {
        audit_status made{};
        made.enabled = enabled;
        return {reinterpret_cast<const char*>(&made), sizeof made};
    }
    std::string heard() {
        std::string bytes(16384, '\0');
        const ssize_t n = ::recv(kernel_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return bytes;
    }
    Fd kernel_;
    std::optional<Audit> audit_;
};

TEST_F(AuditSocket, IsAskedAndNotTooOften) {
    say(AUDIT_GET, 0, status(0));  // late, to somebody's earlier question
    say(AUDIT_GET, 1, status(1));
    EXPECT_TRUE(audit_->enabled());
    EXPECT_TRUE(audit_->enabled());
    const std::string asked = heard();
    ASSERT_GE(asked.size(), sizeof(nlmsghdr));
    const auto* header = reinterpret_cast<const nlmsghdr*>(asked.data());
    EXPECT_EQ(header->nlmsg_type, AUDIT_GET);
    EXPECT_EQ(header->nlmsg_flags, NLM_F_REQUEST);
    EXPECT_EQ(heard(), "");
}

TEST_F(AuditSocket, IsOffWhenItSaysSo) {
    say(AUDIT_GET, 1, status(0));
    EXPECT_FALSE(audit_->enabled());
}

// A thread of the kernel's tells, when it comes to run.
TEST_F(AuditSocket, IsWaitedFor) {
    std::thread answers([this] {
        std::array<char, 256> question{};
        EXPECT_GT(::recv(kernel_.get(), question.data(), question.size(), 0), 0);
        say(AUDIT_GET, 1, status(1));
    });
    EXPECT_TRUE(audit_->enabled());
    answers.join();
}

TEST_F(AuditSocket, IsOffWhereItMayNotBeAsked) {
    const nlmsgerr refusal{-EPERM, {}};
    say(NLMSG_ERROR, 1, {reinterpret_cast<const char*>(&refusal), sizeof refusal});
    EXPECT_FALSE(audit_->enabled());
}

TEST_F(AuditSocket, IsOffWhenNobodyAnswers) {
    EXPECT_FALSE(audit_->enabled());
}

TEST_F(AuditSocket, CarriesTextsWithTheirZero) {
    audit_->send(audit_virt_control, "virt=labd op=up");
    const std::string bytes = heard();
    const auto* header = reinterpret_cast<const nlmsghdr*>(bytes.data());
    ASSERT_GE(bytes.size(), sizeof(nlmsghdr) + 16);
    EXPECT_EQ(header->nlmsg_type, 2500);
    EXPECT_STREQ(bytes.data() + sizeof(nlmsghdr), "virt=labd op=up");
    EXPECT_EQ(header->nlmsg_len, sizeof(nlmsghdr) + 16);
    audit_->send(audit_virt_control, std::string(100000, 'x'));
    EXPECT_LT(heard().size(), 8970U);
}

TEST(KernelAudit, IsThereOrNot) {
    Audit audit;
    const bool on = audit.enabled();
    EXPECT_EQ(audit.enabled(), on);
    if (!on) audit.send(audit_virt_control, "virt=labd op=test res=success");  // dropped unread
}

}  // namespace
}  // namespace netlink
