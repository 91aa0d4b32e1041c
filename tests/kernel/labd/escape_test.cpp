// Attempts to get out of a sealed node (tests/escape), each made three times: in an unsealed
// process, where it must succeed, so that a hold means something; in a node, at the host; and,
// where that makes sense, in a node, at its neighbour.
#include "tests/support/background.hpp"
#include "tests/support/inside.hpp"
#include "tests/support/node_session.hpp"
#include "tests/support/sealed_lab.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

namespace {

using namespace test;

constexpr const char* program = LAB_BINARY_DIR "/escape";
enum Status { escaped = 0, held = 1, impossible = 2 };

using Words = std::vector<std::string>;

Words words_of(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

Words operator+(Words some, const Words& more) {
    some.insert(some.end(), more.begin(), more.end());
    return some;
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string random_secret() {
    std::random_device random;
    char text[33];
    for (int i = 0; i < 32; i += 8) std::snprintf(text + i, 9, "%08x", random());
    return text;
}

// The target that a node runs, as the host numbers it.
pid_t target_in(const SealedNode& node) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string status = text_of(entry.path().string() + "/status");
        if (status.find("Name:\tescape-target\n") != std::string::npos &&
            status.find("PPid:\t" + std::to_string(node.pid()) + "\n") != std::string::npos)
            return static_cast<pid_t>(std::stoi(entry.path().filename()));
    }
    throw std::runtime_error("the neighbour runs no target");
}

// One lab for all attempts: none gets out, so none disturbs another.
class Escape : public testing::Test {
  public:
    Escape(std::string name, bool at_neighbour)
        : name_(std::move(name)), at_neighbour_(at_neighbour) {}
    static void SetUpTestSuite() { stage.emplace(); }
    static void TearDownTestSuite() { stage.reset(); }

    void TestBody() override {
        const Ran control = run_here(Words{program, "--control", name_} + stage->host);
        ASSERT_TRUE(control.status == escaped || control.status == impossible)
            << "unsealed, it must get out: " << control.status << " " << control.output;
        if (control.status == impossible) RecordProperty("impossible", control.output);
        // All that level `lab` leaves open, and what the levels can be told apart by.
        if (name_.rfind("nested-", 0) == 0)
            EXPECT_EQ(in_node(*stage->lab_node, stage->host).status(), escaped);
        else
            expect_held(*stage->lab_node);
        expect_held(*stage->strict_node);
        if (name_.rfind("leaked-", 0) == 0) {
            const Ran joined = with_a_leak();
            EXPECT_EQ(joined.status, held) << joined.output;
            EXPECT_EQ(joined.output.find("it is not there"), std::string::npos) << joined.output;
        }
    }

  private:
    struct Stage {
        Stage() {
            std::filesystem::create_directory(lab.directory() + "/target");
            target.emplace(
                Words{program, "--target", random_secret(), lab.directory() + "/target"});
            host = words_of(target->read_until("\n")) + Words{"door=" + lab.directory() + "/door"};
            for (SealedNode* each : {lab_node.get(), strict_node.get(), other.get()}) {
                const Result copied =
                    each->exec({{"sh", "-c", "cat > /tmp/escape && chmod 755 /tmp/escape"},
                                {},
                                "",
                                "",
                                text_of(program)});
                if (copied.status() != 0) throw std::runtime_error("copy escape: " + copied.err);
            }
            other_target.emplace(
                *other, Exec{{"/tmp/escape", "--target", random_secret(), "/tmp"}, {}, "", "", ""});
            neighbour = words_of(NodeSession::read_until(other_target->out, "\n"));
            neighbour.push_back("process=" + std::to_string(target_in(*other)));
        }
        SealedLab lab;
        std::unique_ptr<SealedNode> lab_node = lab.node("r1"), strict_node = lab.node(strict()),
                                    other = lab.node("r2");
        Fd door = lab.listen("door");
        std::optional<Background> target;
        std::optional<NodeSession> other_target;
        Words host, neighbour;
    };
    static inline std::optional<Stage> stage;

    static protocol::Birth strict() {
        protocol::Birth birth;
        birth.node = birth.hostname = "r3";
        birth.level = protocol::Level::strict;
        return birth;
    }
    Result in_node(SealedNode& node, const Words& outside) const {
        Exec exec;
        exec.argv = Words{"/tmp/escape", name_} + outside;
        return node.exec(exec);
    }
    void expect_held(SealedNode& node) const {
        expect_held(node, stage->host, "the host");
        if (at_neighbour_) expect_held(node, stage->neighbour, "its neighbour");
    }
    void expect_held(SealedNode& node, const Words& outside, const std::string& at) const {
        const Result result = in_node(node, outside);
        EXPECT_TRUE(result.status() == held || result.status() == impossible)
            << name_ << " from " << node.name() << " at " << at << ": " << result.status() << " "
            << result.out << result.err;
    }
    // As a careless helper of the host would enter the node, with a descriptor left open: the
    // namespaces must hold alone, without the seccomp filter.
    Ran with_a_leak() const {
        const Fd self(open(program, O_RDONLY | O_CLOEXEC));
        const Fd net(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
        std::vector<std::string> words = Words{"escape", name_} + stage->host;
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        char* envp[] = {nullptr};
        const pid_t child = fork();
        if (child == 0) {
            dup2(ends[1], 1);
            dup2(net.get(), 200);
            constexpr int all = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWUTS |
                                CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWCGROUP;
            if (setns(stage->lab_node->pidfd().get(), all) != 0 || setresgid(0, 0, 0) != 0 ||
                setresuid(0, 0, 0) != 0)
                _exit(126);
            if (const pid_t inside = fork(); inside != 0) {
                int status = 0;
                waitpid(inside, &status, 0);
                _exit(WEXITSTATUS(status));
            }
            fexecve(self.get(), argv.data(), envp);
            _exit(127);
        }
        close(ends[1]);
        Ran ran;
        char part[4096];
        for (ssize_t n = 0; (n = read(ends[0], part, sizeof part)) > 0;)
            ran.output.append(part, static_cast<std::size_t>(n));
        close(ends[0]);
        int status = 0;
        waitpid(child, &status, 0);
        ran.status = WEXITSTATUS(status);
        return ran;
    }

    std::string name_;
    bool at_neighbour_;
};

// A test for each attempt that the program knows.
[[maybe_unused]] const bool registered = [] {
    std::istringstream lines(run_here({program, "--list"}).output);
    for (std::string line; std::getline(lines, line);) {
        const Words words = words_of(line);
        std::string name = words[0];
        for (char& c : name)
            if (c == '-') c = '_';
        testing::RegisterTest(
            "Escape", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
            [words]() -> Escape* { return new Escape(words[0], words.size() > 1); });
    }
    return true;
}();

TEST(EscapeList, IsWhole) {
    // Were the program not there, no attempt would be, and all would be well.
    const Words list = words_of(run_here({program, "--list"}).output);
    EXPECT_GE(list.size(), 100u);
}

}  // namespace
