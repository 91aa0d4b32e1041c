// The process that reads what users write: what it still can do, and what labd makes of its words.
#include "labd/parser/parser.hpp"

#include "labd/parser/child.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fcntl.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace labd {
namespace {

using testing::HasSubstr;

Bundle bundle(const std::string& text =
                  "links = [[\"h1\", \"h2\"]]\n[nodes]\nh1 = \"host\"\n"
                  "h2 = \"host\"\n") {
    Bundle made;
    made.main = "x.lab.toml";
    made.files[made.main] = {text, 0644};
    return made;
}

class ParserTest : public testing::Test {
  protected:
    // What comes out, or what was thrown.
    topology::Resolved resolve(Parser& parser, const Bundle& what) {
        topology::Resolved result;
        error.clear();
        boost::asio::co_spawn(loop, parser.resolve(what),
                              [&](std::exception_ptr thrown, topology::Resolved resolved) {
                                  result = std::move(resolved);
                                  try {
                                      if (thrown) std::rethrow_exception(thrown);
                                  } catch (const std::exception& failed) {
                                      error = failed.what();
                                  }
                              });
        loop.restart();
        loop.run();
        return result;
    }
    // A program that is no parser of ours: descriptor 3 is its line to labd.
    std::string script(const std::string& text) {
        const std::string path = dir / "parser";
        std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
        EXPECT_EQ(::chmod(path.c_str(), 0755), 0);
        return path;
    }
    boost::asio::io_context loop{1};
    Worker planner{loop};
    std::string error;
    test::TempDir dir;
};

TEST_F(ParserTest, ReadsTopologies) {
    Parser parser(loop, planner, std::string(LAB_BINARY_DIR) + "/labd");
    for (int round = 0; round < 3; ++round) {
        const topology::Resolved good = resolve(parser, bundle());
        EXPECT_EQ(error, "");
        EXPECT_EQ(good.lab, labd::resolve(bundle()).lab);
        EXPECT_EQ(good.lab.nodes.size(), 2U);
        const topology::Resolved bad = resolve(parser, bundle("links = 7\n"));
        EXPECT_EQ(error, "");
        EXPECT_TRUE(bad.diagnostics.failed());
    }
}

TEST_F(ParserTest, SaysSoWhenItCameToNothing) {
    Parser gone(loop, planner, "/bin/false");
    (void)resolve(gone, bundle());
    EXPECT_THAT(error, HasSubstr("its parser came to nothing: it gave up (status 1)"));
    Parser killed(loop, planner, script("kill -SYS $$"));
    (void)resolve(killed, bundle());
    EXPECT_THAT(error, HasSubstr("it was ended by Bad system call"));
}

TEST_F(ParserTest, BelievesNoNonsense) {
    // A length of 5, and five bytes that are no lab.
    Parser wrong(loop, planner,
                 script("printf '\\005\\000\\000\\000\\000\\000\\000\\000hello' >&3; sleep 1000"));
    (void)resolve(wrong, bundle());
    EXPECT_THAT(error, HasSubstr("its parser says what cannot be"));
    // More than there is memory for: not waited for.
    Parser huge(loop, planner,
                script("printf '\\377\\377\\377\\377\\377\\377\\377\\377' >&3; sleep 1000"));
    (void)resolve(huge, bundle());
    EXPECT_THAT(error, HasSubstr("came to nothing"));
    Parser half(loop, planner, script("printf '\\005\\000\\000\\000\\000\\000\\000\\000he' >&3"));
    (void)resolve(half, bundle());
    EXPECT_THAT(error, HasSubstr("came to nothing"));
}

TEST_F(ParserTest, StartsAnotherWhenTheReadyOneHasEnded) {
    const std::string path = dir / "labd", fifo = dir / "pid";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    ASSERT_EQ(::symlink(script("echo $$ > " + fifo).c_str(), path.c_str()), 0);
    Parser parser(loop, planner, path);  // says who it is, and ends
    id_t pid = 0;
    ASSERT_TRUE(std::ifstream(fifo) >> pid);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
    ASSERT_EQ(::unlink(path.c_str()), 0);
    ASSERT_EQ(::symlink((std::string(LAB_BINARY_DIR) + "/labd").c_str(), path.c_str()), 0);
    EXPECT_EQ(resolve(parser, bundle()).lab.nodes.size(), 2U);
    EXPECT_EQ(error, "");
}

// How a sealed process ends that tries something; 0: it was let.
int tried(const std::function<long()>& attempt) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::dup2(ends[1], parser::socket_fd) < 0) ::_exit(99);
        parser::seal(parser::socket_fd);
        ::_exit(attempt() < 0 ? errno : 0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    ::close(ends[0]);
    ::close(ends[1]);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST(ParserSeal, LeavesComputingAndNothingElse) {
    EXPECT_EQ(tried([] { return 0L; }), 0);
    EXPECT_EQ(tried([] { return ::write(parser::socket_fd, "", 0); }), 0);
    EXPECT_EQ(tried([] { return static_cast<long>(std::string(50 << 20, 'x').size()) - 1; }), 0)
        << "memory";
    EXPECT_EQ(tried([] { return ::open("/etc/passwd", O_RDONLY); }), EPERM);
    EXPECT_EQ(tried([] { return ::open("/dev/null", O_RDWR | O_CREAT, 0600); }), EPERM);
    const std::vector<std::pair<const char*, std::function<long()>>> deadly{
        {"socket", [] { return ::socket(AF_UNIX, SOCK_STREAM, 0); }},
        {"kill", [] { return ::kill(::getppid(), 0); }},
        {"fork", [] { return ::fork(); }},
        {"execve", [] { return ::execl("/bin/true", "true", nullptr); }},
        {"ptrace", [] { return ::ptrace(PTRACE_ATTACH, 1, nullptr, nullptr); }},
        {"unlink", [] { return ::unlink("/tmp/none"); }},
        {"chdir", [] { return ::chdir("/"); }},
        {"setuid", [] { return ::setuid(0); }},
        {"mount", [] { return ::syscall(SYS_mount, "x", "/mnt", "tmpfs", 0, nullptr); }},
        {"unshare", [] { return ::syscall(SYS_unshare, 0x10000000); }},
        {"io_uring", [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }},
        {"bpf", [] { return ::syscall(SYS_bpf, 0, nullptr, 0); }},
        {"process_vm_readv",
         [] { return ::syscall(SYS_process_vm_readv, ::getpid(), nullptr, 0, nullptr, 0, 0); }},
    };
    for (const auto& [what, attempt] : deadly) EXPECT_EQ(tried(attempt), -SIGSYS) << what;
}

// /proc/PID/status of a process that has prepared itself and is sealed.
std::string status_when_sealed(const std::function<bool()>& prepare) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (!prepare() || ::dup2(ends[1], parser::socket_fd) < 0) ::_exit(99);
        parser::seal(parser::socket_fd);
        char byte = 'x';
        (void)!::write(parser::socket_fd, &byte, 1);
        (void)!::read(parser::socket_fd, &byte, 1);
        ::_exit(0);
    }
    ::close(ends[1]);
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    std::ifstream file("/proc/" + std::to_string(child) + "/status");
    std::string status{std::istreambuf_iterator<char>(file), {}};
    ::close(ends[0]);
    int ended = -1;
    EXPECT_EQ(::waitpid(child, &ended, 0), child);
    EXPECT_EQ(ended, 0);
    return status;
}

void expect_powerless(const std::string& status) {
    EXPECT_THAT(status, HasSubstr("Name:\tlab-parse\n"));
    EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000\n"));
    EXPECT_THAT(status, HasSubstr("CapPrm:\t0000000000000000\n"));
    EXPECT_THAT(status, HasSubstr("CapAmb:\t0000000000000000\n"));
    EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1\n"));
    EXPECT_THAT(status, HasSubstr("Seccomp:\t2\n"));
}

TEST(ParserSeal, IsNobodyWithoutAnyCapability) {
    const std::string status = status_when_sealed([] { return true; });
    expect_powerless(status);
    EXPECT_THAT(status, HasSubstr("Uid:\t65534\t65534\t65534\t65534\n"));
    EXPECT_THAT(status, HasSubstr("Gid:\t65534\t65534\t65534\t65534\n"));
    EXPECT_THAT(status, testing::ContainsRegex("Groups:\t *\n"));
}

// An ordinary user's labd without subordinate ids: one id, and nobody else to be.
TEST(ParserSeal, HasNoCapabilitiesWhereThereIsNobodyToBecome) {
    expect_powerless(status_when_sealed([] {
        if (::unshare(CLONE_NEWUSER) != 0) return false;
        std::ofstream("/proc/self/setgroups") << "deny";
        std::ofstream("/proc/self/uid_map") << "0 0 1";
        std::ofstream("/proc/self/gid_map") << "0 0 1";
        return ::getuid() == 0;
    }));
}

}  // namespace
}  // namespace labd
