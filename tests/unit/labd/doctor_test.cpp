// The doctor on this machine: its report is whole and agrees with what can be seen otherwise.
#include "labd/doctor.hpp"

#include "labd/doctor_parts.hpp"
#include "tests/support/temp_dir.hpp"

#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using labd::DoctorCheck;
using labd::DoctorInput;
using testing::HasSubstr;
using testing::StartsWith;

const DoctorCheck& named(const std::vector<DoctorCheck>& checks, const std::string& name) {
    const auto found = std::find_if(checks.begin(), checks.end(),
                                    [&](const DoctorCheck& check) { return check.name == name; });
    if (found == checks.end()) throw std::out_of_range("no check is called " + name);
    return *found;
}

DoctorInput nowhere(const test::TempDir& dir) {
    DoctorInput input;
    input.state_dir = input.known.run_dir = input.known.netns_dir = dir.path();
    return input;
}

TEST(Doctor, SaysWhatToDoAboutEverythingThatIsWrong) {
    test::TempDir dir;
    const auto checks = labd::examine(nowhere(dir));
    std::set<std::string> names;
    for (const DoctorCheck& check : checks) {
        EXPECT_TRUE(names.insert(check.name).second) << check.name << " comes twice";
        EXPECT_NE(check.detail, "") << check.name;
        EXPECT_EQ(check.ok, check.fix.empty()) << check.name << ": " << check.fix;
    }
    for (const char* name : {"labd: rights", "limit: kernel.pid_max", "host: cgroup v2",
                             "program: ping", "leftovers: namespaces"})
        EXPECT_NO_THROW(named(checks, name));
}

TEST(Doctor, LeavesNoTrace) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to try anything";
    const auto links = [] {
        std::set<std::string> found;
        for (const auto& entry : fs::directory_iterator("/sys/class/net"))
            found.insert(entry.path().filename());
        return found;
    };
    struct stat before {
    }, after{};
    ASSERT_EQ(::stat("/proc/thread-self/ns/net", &before), 0);
    const auto links_before = links();
    const auto fds = [] {
        return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
    };
    const auto fds_before = fds();
    (void)labd::doctor::kernel_features(false);
    (void)labd::doctor::user_namespaces();
    EXPECT_EQ(links(), links_before);
    EXPECT_EQ(fds(), fds_before);
    ASSERT_EQ(::stat("/proc/thread-self/ns/net", &after), 0);
    EXPECT_EQ(after.st_ino, before.st_ino) << "the thread is where it was";
}

// Advice about what nobody has tried would lead away from what is wrong.
TEST(Doctor, MendsTheFirstStepFirst) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to forbid user namespaces";
    const pid_t child = ::fork();
    if (child == 0) {
        const bool forbidden =
            ::unshare(CLONE_NEWUSER) == 0 &&
            (std::ofstream("/proc/sys/user/max_user_namespaces") << "0\n").flush();
        if (!forbidden) ::_exit(1);
        const auto checks = labd::doctor::user_namespaces();
        if (!named(checks, "user namespaces: create").fix.starts_with("sysctl -w user.max_user_"))
            ::_exit(2);
        for (const DoctorCheck& check : checks)
            if (check.name != "user namespaces: create" &&
                check.fix != "first that of \"user namespaces: create\"")
                ::_exit(3);
        ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Doctor, FindsTheKernelsFeatures) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to make devices";
    const auto checks = labd::doctor::kernel_features(false);
    EXPECT_TRUE(named(checks, "kernel: veth").ok) << named(checks, "kernel: veth").detail;
    EXPECT_TRUE(named(checks, "kernel: bridge").ok) << named(checks, "kernel: bridge").detail;
    EXPECT_TRUE(named(checks, "kernel: veth").needed);
    EXPECT_FALSE(named(checks, "kernel: wireguard").needed);
    EXPECT_FALSE(named(checks, "kernel: mpls").needed);
    for (const DoctorCheck& check : checks)
        EXPECT_EQ(check.fix.starts_with("modprobe "), !check.ok) << check.name;
}

TEST(Doctor, KnowsPrograms) {
    const auto checks = labd::doctor::programs();
    for (const DoctorCheck& check : checks) {
        if (check.ok)
            EXPECT_EQ(::access(check.detail.c_str(), X_OK), 0) << check.detail;
        else
            EXPECT_THAT(check.fix, StartsWith("apt install ")) << check.name;
    }
}

TEST(Doctor, FindsFoldersOfNoLab) {
    test::TempDir dir;
    DoctorInput input;
    input.known.run_dir = dir.path();
    input.known.netns_dir = dir / "netns";
    input.known.labs = {"known"};
    EXPECT_TRUE(named(labd::doctor::leftovers(input), "leftovers: folders").ok);
    fs::create_directories(dir / "labs/known");
    fs::create_directories(dir / "labs/ghost");
    const auto checks = labd::doctor::leftovers(input);
    const DoctorCheck& folders = named(checks, "leftovers: folders");
    EXPECT_FALSE(folders.ok);
    EXPECT_THAT(folders.detail, HasSubstr("1 that belong to no lab: " + (dir / "labs/ghost")));
    EXPECT_THAT(folders.fix, HasSubstr("lab gc"));
}

TEST(Doctor, SaysWhichSysctlForbidsUserNamespaces) {
    struct Case {
        const char* path;
        std::uint64_t value;
        const char* fix;
    };
    for (const Case& c : {
             Case{"user/max_user_namespaces", 0, "sysctl -w user.max_user_namespaces=65536"},
             Case{"user/max_net_namespaces", 0, "sysctl -w user.max_net_namespaces=65536"},
             Case{"user/max_mnt_namespaces", 0, "sysctl -w user.max_mnt_namespaces=65536"},
             Case{"kernel/unprivileged_userns_clone", 0,
                  "sysctl -w kernel.unprivileged_userns_clone=1"},
             Case{"kernel/apparmor_restrict_unprivileged_userns", 1,
                  "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
         }) {
        // The others as they are where all is well.
        const auto read = [&](const std::string& path) -> std::optional<std::uint64_t> {
            if (path == c.path) return c.value;
            if (path.starts_with("user/")) return 96551;
            return path.ends_with("_clone") ? 1 : 0;
        };
        EXPECT_THAT(labd::doctor::reason_against_user_namespaces(read), StartsWith(c.fix));
    }
    const auto nothing = [](const std::string&) { return std::optional<std::uint64_t>(); };
    EXPECT_THAT(labd::doctor::reason_against_user_namespaces(nothing), HasSubstr("dmesg"));
}

TEST(Doctor, ReadsSysctls) {
    EXPECT_GT(labd::doctor::sysctl("kernel/pid_max").value_or(0), 0U);
    EXPECT_FALSE(labd::doctor::sysctl("no/such"));
}

}  // namespace
