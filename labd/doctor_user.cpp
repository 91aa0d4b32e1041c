// What an ordinary user has and lacks for a labd of their own.
#include "labd/doctor_parts.hpp"
#include "labd/fail.hpp"
#include "labd/fd.hpp"
#include "labd/subordinate_ids.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace labd::doctor {
namespace {

namespace fs = std::filesystem;

std::string user_name() {
    const passwd* entry = ::getpwuid(::getuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

// A process in a user namespace without ids, until it is told to go.
struct Sample {
    Sample() {
        std::array<int, 2> made{}, end{};
        if (::pipe2(made.data(), O_CLOEXEC) != 0 || ::pipe2(end.data(), O_CLOEXEC) != 0)
            fail("cannot make a pipe");
        const Fd told(made[0]), waiting(end[0]);
        Fd tell(made[1]);
        leave = Fd(end[1]);
        pid = ::fork();
        if (pid < 0) fail("cannot fork");
        if (pid == 0) {
            leave.reset();
            char byte = 0;
            const bool ok = ::unshare(CLONE_NEWUSER) == 0 && ::write(tell.get(), "u", 1) == 1;
            tell.reset();
            ::_exit(ok && ::read(waiting.get(), &byte, 1) == 0 ? 0 : 1);
        }
        tell.reset();
        char byte = 0;
        there = ::read(told.get(), &byte, 1) == 1;
    }
    ~Sample() {
        leave.reset();
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
    }
    Sample(const Sample&) = delete;
    Sample& operator=(const Sample&) = delete;
    pid_t pid = -1;
    bool there = false;
    Fd leave;
};

// What newuidmap or newgidmap says when it refuses.
std::string try_helper(const char* helper, const IdMap& map) {
    const Sample sample;
    if (!sample.there) return "";  // no user namespaces at all: another check says so
    std::vector<std::string> words = to_words(map);
    words.insert(words.begin(), {helper, std::to_string(sample.pid)});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) fail("cannot fork");
    if (child == 0) {
        (void)::dup2(writer.get(), STDERR_FILENO);
        (void)::execvp(helper, argv.data());
        ::_exit(127);
    }
    writer.reset();
    std::string said;
    std::array<char, 512> part{};
    for (ssize_t n = 0; (n = ::read(reader.get(), part.data(), part.size())) > 0;)
        said.append(part.data(), static_cast<std::size_t>(n));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    while (said.ends_with('\n')) said.pop_back();
    if (status == 0) return "";
    return said.empty() ? std::string(helper) + " fails without a word" : said;
}

}  // namespace

Checks user_ids() {
    const SubordinateIds ids = subordinate_ids(::getuid(), ::getgid());
    DoctorCheck check{"user: range of ids", ids.why_not.empty(), false,
                      "nodes have users beside root: FRR, tcpdump, dnsmasq, nginx", ids.fix};
    if (!check.ok) {
        check.detail += " (" + ids.why_not + ": without them every node has root alone)";
        return {check};
    }
    std::string refused = try_helper("newuidmap", ids.maps.uids);
    if (refused.empty()) refused = try_helper("newgidmap", ids.maps.gids);
    if (!refused.empty()) {
        check.ok = false;
        check.detail += " (" + refused + ")";
        check.fix =
            "apt install --reinstall uidmap: its programs must be setuid root or have file "
            "capabilities, on a file system that honours them";
        return {check};
    }
    const std::uint32_t have = last_id(lab_map_below(ids.maps.uids)) + 1;
    check.ok = have >= ids_of_a_lab;
    check.detail += "; " + std::to_string(have) + " ids";
    if (!check.ok)
        check.fix = "usermod --add-subuids … --add-subgids … " + user_name() +
                    ": a lab should have 65536, and has no user nobody (65534) with fewer";
    return {check};
}

Checks user_devices() {
    const char* path = "/dev/net/tun";
    DoctorCheck check{"user: /dev/net/tun", ::access(path, R_OK | W_OK) == 0, false,
                      "tun and tap interfaces in nodes", ""};
    if (!check.ok && ::access(path, F_OK) != 0) {
        check.detail += " (the host has no such device)";
        check.fix = "modprobe tun";
    } else if (!check.ok) {
        check.detail += " (only root may open it)";
        check.fix =
            "chmod 0666 /dev/net/tun; for good by a udev rule: KERNEL==\"tun\", MODE=\"0666\"";
    }
    return {check};
}

Checks user_session(const DoctorInput& input) {
    Checks checks;
    DoctorCheck folder{"user: session", !input.known.run_dir.starts_with("/tmp/"), false,
                       input.known.run_dir + " is where your labd is reached", ""};
    if (!folder.ok) {
        folder.detail += " (there is no XDG_RUNTIME_DIR of yours: no login session)";
        folder.fix = "log in by ssh or on a terminal instead of su, or: loginctl enable-linger " +
                     user_name();
    }
    checks.push_back(folder);
    std::error_code none;
    if (fs::exists("/run/systemd/system", none) && folder.ok) {
        DoctorCheck linger{"user: lingering",
                           fs::exists("/var/lib/systemd/linger/" + user_name(), none), false,
                           "labs stay when you log out", ""};
        if (!linger.ok) {
            linger.detail +=
                " (systemd removes " + input.known.run_dir + " with your last session)";
            linger.fix = "loginctl enable-linger " + user_name();
        }
        checks.push_back(linger);
    }
    rlimit processes{};
    if (::getrlimit(RLIMIT_NPROC, &processes) == 0) {
        DoctorCheck check{"user: processes", processes.rlim_max >= 1024, false,
                          "processes of all your labs together (ulimit -u)", ""};
        if (!check.ok) {
            check.detail = std::to_string(processes.rlim_max) + ": " + check.detail;
            check.fix = "raise nproc in /etc/security/limits.conf, then log in again";
        }
        checks.push_back(check);
    }
    const DoctorCheck cgroup{
        "user: control group", false, false,
        "limits of memory, processes and CPU for nodes (they take root; groups that systemd may "
        "have "
        "delegated to you are not used)",
        "use the system's labd for labs that need them: usermod -aG labd " + user_name()};
    checks.push_back(cgroup);
    return checks;
}

}  // namespace labd::doctor
