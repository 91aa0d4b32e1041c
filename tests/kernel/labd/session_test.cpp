// Exec sessions: exact ends, whole output, terminals, clients that go.
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace {

using namespace test;

class Session : public testing::Test {
  protected:
    SealedLab lab;
    std::unique_ptr<SealedNode> node = lab.node("r1");

    Result run(std::vector<std::string> argv) {
        return node->exec({std::move(argv), {}, "", "", ""});
    }
    // The last of a command's writers has ended.
    static void expect_end(const Fd& out) {
        await(out.get(), POLLIN | POLLHUP, "the end of a command");
        char c = 0;
        EXPECT_EQ(read(out.get(), &c, 1), 0);
    }
    Exec script(const std::string& text) { return {{"/bin/sh", "-c", text}, {}, "", "", ""}; }
    std::size_t descriptors_of_init() {
        const std::string path = "/proc/" + std::to_string(node->pid()) + "/fd";
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path), {}));
    }
};

TEST_F(Session, StatusIsExact) {
    for (const int status : {0, 1, 42, 125, 126, 127, 128, 255})
        EXPECT_EQ(node->shell("exit " + std::to_string(status)).status(), status);
}

TEST_F(Session, DeathBySignalIsToldAsSuch) {
    EXPECT_EQ(node->shell("kill -TERM $$").status(), 128 + SIGTERM);
    EXPECT_EQ(node->shell("kill -SEGV $$").status(), 128 + SIGSEGV);
}

TEST_F(Session, AbsentProgramsAndThoseThatMayNotRunAreToldApart) {
    Result result = run({"no-such-program"});
    EXPECT_EQ(result.error, ENOENT);
    EXPECT_EQ(result.text, "cannot run no-such-program: No such file or directory");
    EXPECT_EQ(run({"/no/such/program"}).error, ENOENT);
    EXPECT_EQ(run({"/etc/passwd"}).error, EACCES);
    EXPECT_EQ(run({"/etc"}).error, EACCES);
    ASSERT_EQ(node->shell("echo nonsense > /tmp/x; chmod +x /tmp/x").status(), 0);
    EXPECT_EQ(run({"/tmp/x"}).error, ENOEXEC);
}

TEST_F(Session, AWrongDirectoryOrUserIsNotAnAbsentProgram) {
    Result result = node->exec({{"true"}, {}, "", "/no/such", ""});
    EXPECT_EQ(result.error, ENOTDIR);
    EXPECT_NE(result.text.find("/no/such"), std::string::npos) << result.text;
    result = node->exec({{"true"}, {}, "nobody-such", "", ""});
    EXPECT_EQ(result.error, EINVAL);
    EXPECT_NE(result.text.find("nobody-such"), std::string::npos) << result.text;
}

TEST_F(Session, OutputAndErrorsStayApart) {
    const Result result = node->shell("echo out; echo err >&2; echo out2");
    EXPECT_EQ(result.out, "out\nout2\n");
    EXPECT_EQ(result.err, "err\n");
}

TEST_F(Session, TenMebibytesArriveWhole) {
    const Result result = node->shell("head -c 10485760 /dev/zero | tr '\\0' 'x'; exit 3");
    EXPECT_EQ(result.out.size(), 10485760u);
    EXPECT_EQ(result.out.find_first_not_of('x'), std::string::npos);
    EXPECT_EQ(result.status(), 3);
}

TEST_F(Session, InputReachesTheCommandAndEnds) {
    std::string input(3 << 20, 'a');
    for (std::size_t i = 0; i < input.size(); i += 97) input[i] = '\n';
    EXPECT_EQ(node->exec({{"cat"}, {}, "", "", input}).out, input);
    EXPECT_EQ(run({"cat"}).out, "") << "no input is the end of it";
}

TEST_F(Session, AReaderThatLeavesEarlyEndsTheCommandBySigpipe) {
    NodeSession session(*node, script("exec yes"));
    char part[16];
    ASSERT_EQ(read(session.out.get(), part, sizeof part), static_cast<ssize_t>(sizeof part));
    session.out.reset();
    EXPECT_EQ(session.finish().status(), 128 + SIGPIPE);
}

TEST_F(Session, StandardDescriptorsCanBeOpenedByName) {
    for (const char* user : {"root", "nobody"}) {
        const Result result =
            node->shell("echo to-out > /dev/stdout; echo to-err > /dev/stderr", user);
        EXPECT_EQ(result.out, "to-out\n") << user;
        EXPECT_EQ(result.err, "to-err\n") << user;
    }
}

TEST_F(Session, EnvironmentIsTheUsersAndWhatIsAsked) {
    const Result result = node->exec({{"env"}, {"COLOR=red", "LANG=de_DE.UTF-8"}, "", "", ""});
    std::set<std::string> lines;
    std::istringstream in(result.out);
    for (std::string line; std::getline(in, line);) lines.insert(line);
    EXPECT_EQ(lines, (std::set<std::string>{
                         "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                         "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash",
                         "LANG=de_DE.UTF-8", "COLOR=red"}));
}

TEST_F(Session, DirectoryAndUserAreAsAsked) {
    EXPECT_EQ(node->shell("pwd").out, "/root\n");
    EXPECT_EQ(node->exec({{"pwd"}, {}, "", "/usr/lib", ""}).out, "/usr/lib\n");
    EXPECT_EQ(node->shell("pwd; id -un; id -gn; umask", "nobody").out, "/\nnobody\nnogroup\n0022\n")
        << "whose home does not exist";
    EXPECT_EQ(node->shell("id -u; id -g", "1234").out, "1234\n1234\n");
    if (node->shell("id -u frr").status() == 0) {
        EXPECT_EQ(node->shell("id -Gn", "frr").out, "frr frrvty\n");
    }
}

TEST_F(Session, AnEmptyCommandIsALoginShell) {
    Exec exec;
    exec.input = "shopt -q login_shell && echo login; echo $0\n";
    EXPECT_EQ(node->exec(exec).out, "login\n-bash\n");
}

TEST_F(Session, SignalsReachTheWholeGroup) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    // Blocked from the start, so that the signal finds both whenever it comes.
    NodeSession session(*node, {{"python3", "-c",
                                 "import os, signal, sys\n"
                                 "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})\n"
                                 "child = os.fork()\n"
                                 "if child: print('ready', flush=True)\n"
                                 "signal.sigwait({signal.SIGUSR1})\n"
                                 "if child: os.wait()\n"
                                 "print('parent' if child else 'child', flush=True)\n"
                                 "sys.exit(9)"},
                                {},
                                "",
                                "",
                                ""});
    NodeSession::read_until(session.out, "ready\n");
    session.signal(SIGUSR1);
    const Result result = session.finish();
    EXPECT_EQ(result.out, "child\nparent\n");
    EXPECT_EQ(result.status(), 9);
}

TEST_F(Session, ATerminalIsTheNodesOwnAndIsResized) {
    NodeSession session(*node, script("tty; stty size; echo $TERM; read x; stty size; exit 5"),
                        NodeSession::Terminal{30, 100});
    ASSERT_TRUE(session.master);
    const std::string text = NodeSession::read_until(session.master, "xterm-256color\r\n");
    EXPECT_EQ(text, "/dev/pts/0\r\n30 100\r\nxterm-256color\r\n");
    session.resize(50, 132);
    // The resize travels beside the terminal: what shows that it arrived is the terminal itself.
    winsize size{};
    while (size.ws_row != 50) ASSERT_EQ(ioctl(session.master.get(), TIOCGWINSZ, &size), 0);
    ASSERT_EQ(write(session.master.get(), "\n", 1), 1);
    EXPECT_NE(NodeSession::read_until(session.master, "132\r\n").find("50 132"), std::string::npos);
    EXPECT_EQ(session.finish().status(), 5);
}

TEST_F(Session, ControlCInATerminalInterrupts) {
    if (!node->has("python3")) GTEST_SKIP() << "python3 is not installed";
    // Not a shell: one that is just starting its child catches the signal for it.
    NodeSession session(*node,
                        {{"python3", "-c",
                          "import signal\n"
                          "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
                          "print('ready', flush=True)\n"
                          "while True: signal.pause()"},
                         {},
                         "",
                         "",
                         ""},
                        NodeSession::Terminal{24, 80});
    NodeSession::read_until(session.master, "ready\r\n");
    ASSERT_EQ(write(session.master.get(), "\x03", 1), 1);
    EXPECT_EQ(session.finish().status(), 128 + SIGINT);
}

TEST_F(Session, APromptNamesTheNode) {
    for (const std::vector<std::string>& argv :
         {std::vector<std::string>{}, std::vector<std::string>{"bash"},
          std::vector<std::string>{"sh", "-l"}}) {
        NodeSession session(*node, {argv, {}, "", "", ""}, NodeSession::Terminal{24, 80});
        EXPECT_NE(NodeSession::read_until(session.master, "[r1] # "), "");
        ASSERT_EQ(write(session.master.get(), "exit\n", 5), 5);
        EXPECT_EQ(session.finish().status(), 0);
    }
}

// The client goes; the command's pipe, kept open here, tells when the last of its group has ended.
TEST_F(Session, TheCommandDiesWithItsClient) {
    NodeSession polite(*node, script("trap 'echo hup; exit' HUP; echo ready; sleep 1000 & wait"));
    NodeSession::read_until(polite.out, "ready\n");
    polite.connection.reset();
    NodeSession::read_until(polite.out, "hup\n");
    expect_end(polite.out);

    NodeSession deaf(*node, script("trap '' HUP TERM; echo ready; while :; do sleep 1; done"));
    NodeSession::read_until(deaf.out, "ready\n");
    deaf.connection.reset();
    expect_end(deaf.out);
}

TEST_F(Session, AStoppedCommandDiesWithItsClient) {
    NodeSession session(*node, script("echo ready; kill -STOP $$"));
    NodeSession::read_until(session.out, "ready\n");
    session.connection.reset();
    expect_end(session.out);
}

TEST_F(Session, NoDescriptorOfTheHostIsVisible) {
    const Result result =
        node->shell("ls -l /proc/self/fd | sed -n 's/.*-> //p' | sort -u; ls -l /proc/$$/cwd");
    EXPECT_EQ(result.out.find("socket:"), std::string::npos) << result.out;
    EXPECT_EQ(result.out.find(lab.directory()), std::string::npos) << result.out;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);)
        EXPECT_TRUE(line.rfind("pipe:", 0) == 0 || line.rfind("/proc/", 0) == 0 ||
                    line.find("cwd -> /root") != line.npos)
            << line;
    // Nor in the init: its standard descriptors are the node's /dev/null.
    for (const char* fd : {"0", "1", "2"}) {
        const std::string path = "/proc/" + std::to_string(node->pid()) + "/fd/" + fd;
        struct stat its {
        }, host{};
        ASSERT_EQ(stat(path.c_str(), &its), 0);
        ASSERT_EQ(stat("/dev/null", &host), 0);
        EXPECT_NE(its.st_dev, host.st_dev);
    }
}

TEST_F(Session, AThousandCyclesLeaveNoDescriptorAndNoZombie) {
    const std::size_t at_rest = descriptors_of_init();
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(run({"true"}).status(), 0);
    // A session is cleared away when the init sees that its client has gone, which may be after it
    // has told the status: give it rounds of its loop (each answer is one), not time.
    for (int round = 0; round < 1000 && descriptors_of_init() != at_rest; ++round)
        ASSERT_EQ(node->ask(protocol::Door::states).error, 0);
    EXPECT_EQ(descriptors_of_init(), at_rest);
    EXPECT_EQ(node->shell("ps -o stat= | grep -c Z").out, "0\n");
}

TEST_F(Session, HundredsAtOnce) {
    std::vector<std::unique_ptr<NodeSession>> sessions;
    for (int i = 0; i < 200; ++i)
        sessions.push_back(std::make_unique<NodeSession>(*node, Exec{{"cat"}, {}, "", "", ""}));
    for (std::size_t i = 0; i < sessions.size(); ++i)
        EXPECT_EQ(sessions[i]->finish(std::to_string(i)).out, std::to_string(i));
}

TEST_F(Session, AClientThatSpeaksNonsenseIsDropped) {
    NodeSession session(*node, script("echo ready; sleep 1000"));
    NodeSession::read_until(session.out, "ready\n");
    const std::string junk(4096, '\xff');
    ASSERT_GT(send(session.connection.get(), junk.data(), junk.size(), MSG_NOSIGNAL), 0);
    expect_end(session.out);
    EXPECT_EQ(node->shell("echo fine").out, "fine\n");
}

TEST_F(Session, OrphansAreReaped) {
    ASSERT_EQ(node->shell("for i in 1 2 3 4 5 6 7 8; do (sh -c 'exit 0' &) ; done").status(), 0);
    // Some may still be about to end; asking again is what gives them the time.
    std::string zombies = "?";
    for (int i = 0; i < 1000 && zombies != "0\n"; ++i)
        zombies = node->shell("ps -A -o stat= | grep -c Z").out;
    EXPECT_EQ(zombies, "0\n");
}

}  // namespace
