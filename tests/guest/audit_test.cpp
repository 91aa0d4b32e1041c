// The kernel's own audit, switched on: every record of ours is there as well, with its hash.
#include "labd/audit_kernel.hpp"
#include "tests/guest/guest.hpp"
#include "tests/support/temp_dir.hpp"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using labd::Fd;
using testing::HasSubstr;

class KernelAudit : public test::InGuest {
  protected:
    KernelAudit() : log_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT)) {
        sockaddr_nl group{};
        group.nl_family = AF_NETLINK;
        group.nl_groups = 1U << (AUDIT_NLGRP_READLOG - 1);
        EXPECT_EQ(::bind(log_.get(), reinterpret_cast<sockaddr*>(&group), sizeof group), 0);
    }
    ~KernelAudit() override {
        if (!test::guest().empty()) enable(0);
    }

    static void enable(std::uint32_t on) {
        const Fd control(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT));
        struct {
            nlmsghdr header{sizeof(nlmsghdr) + sizeof(audit_status), AUDIT_SET,
                            NLM_F_REQUEST | NLM_F_ACK, 1, 0};
            audit_status status{};
        } message;
        message.status.mask = AUDIT_STATUS_ENABLED;
        message.status.enabled = on;
        EXPECT_EQ(::send(control.get(), &message, sizeof message, 0),
                  static_cast<ssize_t>(sizeof message));
        nlmsgerr answer{};
        std::array<char, 256> bytes{};
        ASSERT_GT(::recv(control.get(), bytes.data(), bytes.size(), 0), 0);
        std::memcpy(&answer, bytes.data() + sizeof(nlmsghdr), sizeof answer);
        EXPECT_EQ(answer.error, 0);
    }

    // The next record of that type, as auditd would write it.
    std::string heard(std::uint16_t type) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < deadline) {
            pollfd watched{log_.get(), POLLIN, 0};
            if (::poll(&watched, 1, 1000) <= 0) continue;
            std::array<char, 16384> bytes{};
            const ssize_t n = ::recv(log_.get(), bytes.data(), bytes.size(), 0);
            if (n < static_cast<ssize_t>(sizeof(nlmsghdr))) continue;
            nlmsghdr header{};
            std::memcpy(&header, bytes.data(), sizeof header);
            if (header.nlmsg_type == type)
                return {bytes.data() + sizeof header, static_cast<std::size_t>(n) - sizeof header};
        }
        return "";
    }
    Fd log_;
    test::TempDir dir_;
};

TEST_F(KernelAudit, HasEveryRecordWithItsHash) {
    labd::Audit audit(dir_.path(), {}, labd::kernel_audit());
    audit.record(labd::labd_itself(), {"labd.start", "done"});  // off: not told
    enable(1);
    labd::Audit told(dir_.path(), {}, labd::kernel_audit());
    labd::AuditEvent exec("exec", "granted");
    exec.lab = "t";
    exec.node = "h1";
    exec.argv = {"id", "-u"};
    labd::Peer who;
    who.uid = 2001;
    who.pid = 77;
    who.command = "lab";
    told.record(who, exec);
    const std::string text = heard(2500);  // AUDIT_VIRT_CONTROL
    EXPECT_THAT(text, HasSubstr("virt=labd op=exec lab=\"t\" vm=\"h1\" cuid=2001 cpid=77"));
    EXPECT_THAT(text, HasSubstr("cmd=6964202D75 seq=2 hash=" + told.last().hash + " res=success"));
    EXPECT_THAT(text, HasSubstr("pid=")) << "and what the kernel says of labd";
}

}  // namespace
