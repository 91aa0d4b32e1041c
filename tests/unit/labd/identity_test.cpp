// Telling processes and namespaces apart from those that got their numbers.
#include "labd/identity.hpp"

#include "tests/support/temp_dir.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

namespace {

using labd::Fd;
using labd::identify_namespace;
using labd::identify_process;
using labd::NamespaceIdentity;
using labd::ProcessIdentity;
using labd::same;

// A child that lives until it is told to go.
class Child {
  public:
    Child() {
        int ends[2] = {};
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        Fd reader(ends[0]);
        writer_ = Fd(ends[1]);
        pid_ = ::fork();
        if (pid_ == 0) {
            writer_.reset();
            (void)::prctl(PR_SET_NAME, ") 1 2 (");  // brackets and blanks in /proc/PID/stat
            char c = 0;
            (void)!::read(reader.get(), &c, 1);
            ::_exit(0);
        }
    }
    ~Child() { reap(); }
    pid_t pid() const { return pid_; }
    void end() { writer_.reset(); }
    void reap() {
        end();
        if (pid_ > 0) (void)::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

  private:
    Fd writer_;
    pid_t pid_ = -1;
};

TEST(ProcessIdentity, NamesALivingProcess) {
    Child child;
    const auto identity = identify_process(child.pid());
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->pid, child.pid());
    EXPECT_GT(identity->start, 0U);
    EXPECT_EQ(identity->boot, labd::boot_id());
    EXPECT_TRUE(same(*identity));
    const Fd pidfd = labd::open_process(*identity);
    ASSERT_TRUE(pidfd);
    child.end();
    pollfd watched{pidfd.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&watched, 1, 30'000), 1) << "the pidfd is that process's";
    EXPECT_TRUE(same(*identity)) << "a zombie is still itself";
}

TEST(ProcessIdentity, DoesNotKnowTheDead) {
    Child child;
    const auto identity = identify_process(child.pid());
    ASSERT_TRUE(identity);
    child.reap();
    EXPECT_FALSE(same(*identity));
    EXPECT_FALSE(labd::open_process(*identity));
    EXPECT_FALSE(identify_process(identity->pid));
}

TEST(ProcessIdentity, ComparesEveryPart) {
    const ProcessIdentity self = *identify_process(::getpid());
    ProcessIdentity other = self;
    other.start += 1;  // the pid went to a later process
    EXPECT_FALSE(same(other));
    EXPECT_FALSE(labd::open_process(other));
    other = self;
    other.boot = "00000000-0000-0000-0000-000000000000";  // before a reboot
    EXPECT_FALSE(same(other));
    EXPECT_FALSE(labd::open_process(other));
    EXPECT_TRUE(labd::open_process(self));
    EXPECT_FALSE(labd::open_process(ProcessIdentity{labd::boot_id(), -1, 0}));
}

TEST(NamespaceIdentity, IsTheSameByEveryWayThere) {
    const auto by_pid = identify_namespace(::getpid(), "net");
    const auto by_fd =
        identify_namespace(Fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)).get());
    ASSERT_TRUE(by_pid);
    ASSERT_TRUE(by_fd);
    EXPECT_EQ(*by_pid, *by_fd);
    EXPECT_EQ(by_pid->type, "net");
    struct stat info {};
    ASSERT_EQ(::stat("/proc/self/ns/net", &info), 0);
    EXPECT_EQ(by_pid->inode, info.st_ino);
}

TEST(NamespaceIdentity, KnowsTheKinds) {
    for (const char* type : {"net", "pid", "user", "ipc", "uts", "mnt", "cgroup", "time"}) {
        const auto identity = identify_namespace(::getpid(), type);
        ASSERT_TRUE(identity) << type;
        EXPECT_EQ(identity->type, type);
    }
}

TEST(NamespaceIdentity, IsNotOfOtherFiles) {
    test::TempDir dir;
    EXPECT_FALSE(identify_namespace(Fd(::open("/proc/self/stat", O_RDONLY | O_CLOEXEC)).get()));
    EXPECT_FALSE(identify_namespace(-1));
    EXPECT_FALSE(identify_namespace(dir / "none"));
    ASSERT_EQ(::symlink("/proc/self/ns/net", (dir / "link").c_str()), 0);
    EXPECT_FALSE(identify_namespace(dir / "link")) << "a planted symlink is not followed";
    ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
    EXPECT_FALSE(identify_namespace(dir / "fifo")) << "and a planted FIFO does not hang";
}

TEST(NamespaceIdentity, ComparesWhatBothKnow) {
    const NamespaceIdentity one{"boot", "net", 4, 4026531840, 77};
    NamespaceIdentity other = one;
    EXPECT_TRUE(same(one, other));
    other.id = 78;  // the inode was recycled
    EXPECT_FALSE(same(one, other));
    other.id = 0;  // an older kernel
    EXPECT_TRUE(same(one, other));
    for (auto change :
         {+[](NamespaceIdentity& i) { i.boot = "other"; },
          +[](NamespaceIdentity& i) { i.type = "pid"; }, +[](NamespaceIdentity& i) { i.dev = 5; },
          +[](NamespaceIdentity& i) { i.inode += 1; }}) {
        other = one;
        change(other);
        EXPECT_FALSE(same(one, other));
    }
}

TEST(IdentityText, ComesBack) {
    const ProcessIdentity process = *identify_process(::getpid());
    EXPECT_EQ(labd::parse_process_identity(to_text(process)), process);
    const NamespaceIdentity net = *identify_namespace(::getpid(), "net");
    EXPECT_EQ(labd::parse_namespace_identity(to_text(net)), net);
    const NamespaceIdentity large{"b", "net", ~0ULL, ~0ULL, ~0ULL};
    EXPECT_EQ(labd::parse_namespace_identity(to_text(large)), large);
}

TEST(IdentityText, RefusesEverythingElse) {
    for (const char* text : {"", "b", "b 1", "b 1 2 3", "b x 2", "b 1 x", " 1 2", "b -1 2", "b 0 2",
                             "b 1 2 ", "b 99999999999 2"})
        EXPECT_FALSE(labd::parse_process_identity(text)) << text;
    for (const char* text : {"", "b", "b net:1:2", "b net:1:2:3:4", "b :1:2:3", "b net:x:2:3",
                             "b net:1::3", "b net:1:2:18446744073709551616", "b net:1:2:3 x"})
        EXPECT_FALSE(labd::parse_namespace_identity(text)) << text;
}

}  // namespace
