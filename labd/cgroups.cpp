#include "labd/cgroups.hpp"

#include "labd/fail.hpp"
#include "labd/log.hpp"
#include "labd/slurp.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <system_error>

namespace labd {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

constexpr std::array known{"pids", "memory", "cpu"};
constexpr const char* spawner_group = "@spawner";  // no node can be called so
constexpr std::uint32_t default_pids = 4096;

Names words_of(const std::string& path) {
    std::istringstream text(slurp(path));
    return {std::istream_iterator<std::string>(text), {}};
}

void write(const std::string& path, const std::string& value) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file || ::write(file.get(), value.data(), value.size()) < 0)
        fail("cannot write \"" + value + "\" to " + path);
}

void make(const std::string& path) {
    if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) fail("cannot make " + path);
}

// Only those that are missing: every write is a walk through the whole tree below.
void enable_in(const std::string& directory, const Names& controllers) {
    const std::string path = directory + "/cgroup.subtree_control";
    const Names there = words_of(path);
    for (const std::string& name : controllers)
        if (!there.contains(name)) write(path, "+" + name);
}

Names needed(const topology::Limits& limits) {
    Names names{"pids"};
    if (limits.memory_bytes) names.insert("memory");
    if (limits.cpu_cores) names.insert("cpu");
    return names;
}

// Who owns cgroup.procs of a group and of the nearest common ancestor may put processes there;
// the limits' own files stay the host's (cgroup_attach_permissions() in the kernel's cgroup.c).
void let_in(const std::string& directory, uid_t root) {
    const std::string path = directory + "/cgroup.procs";
    if (root != 0 && chown(path.c_str(), root, static_cast<gid_t>(-1)) != 0)
        fail("cannot give " + path + " to the lab");
}

Fd open_group(const std::string& directory) {
    Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) fail("cannot open " + directory);
    return fd;
}

void remove_group(const std::string& directory) {
    if (rmdir(directory.c_str()) != 0 && errno != ENOENT)
        log::warning("cannot remove the control group " + directory + ": " +
                     std::generic_category().message(errno));
}

// The kernel wakes up whoever polls cgroup.events for POLLPRI when the last process goes.
void kill_all(const std::string& directory) {
    std::error_code ignored;
    if (!fs::exists(directory + "/cgroup.kill", ignored)) return;
    const Fd events(::open((directory + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
    write(directory + "/cgroup.kill", "1");
    for (int tries = 0; tries < 10; ++tries) {
        char text[256];
        const ssize_t n = pread(events.get(), text, sizeof text, 0);
        if (n <= 0 || std::string_view(text, static_cast<std::size_t>(n)).find("populated 0") !=
                          std::string_view::npos)
            return;
        pollfd changed{events.get(), POLLPRI, 0};
        (void)poll(&changed, 1, 500);
    }
}

// Of the run directory, which no other labd has.
std::string own_name(const std::string& run_dir) {
    struct stat s {};
    if (stat(run_dir.c_str(), &s) != 0) fail("cannot look at " + run_dir);
    std::ostringstream name;
    name << "labd-" << std::hex << s.st_dev << "-" << s.st_ino;
    return name.str();
}

// mountinfo writes spaces and the like as octal (proc_pid_mountinfo(5)).
std::string plain(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 3 >= text.size()) {
            out += text[i];
            continue;
        }
        out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
        i += 3;
    }
    return out;
}

}  // namespace

std::string cgroup2_mount(std::string_view mountinfo) {
    std::istringstream lines{std::string(mountinfo)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string id, parent, device, root, place;
        words >> id >> parent >> device >> root >> place;
        const std::size_t dash = line.find(" - ");
        if (dash == line.npos || line.compare(dash + 3, 8, "cgroup2 ") != 0 || root != "/")
            continue;
        return plain(place);
    }
    return "";
}

// Found by enabling what is there at the top of the hierarchy, where it stays enabled.
CgroupSupport cgroup_support() {
    CgroupSupport support;
    support.mount = cgroup2_mount(slurp("/proc/self/mountinfo"));
    if (support.mount.empty()) {
        support.trouble = "control groups of version 2 are not mounted";
        return support;
    }
    if (geteuid() != 0 || access(support.mount.c_str(), W_OK) != 0) {
        support.trouble = "labd may not make control groups in " + support.mount;
        return support;
    }
    const Names there = words_of(support.mount + "/cgroup.controllers");
    std::string missing;
    try {
        for (const char* name : known) {
            if (there.contains(name)) {
                // In a container the top group is full of processes: EBUSY.
                enable_in(support.mount, {name});
                support.controllers.insert(name);
            } else {
                missing += (missing.empty() ? "" : ", ") + std::string(name);
            }
        }
    } catch (const std::system_error& refused) {
        support.trouble = refused.what();
        return support;
    }
    if (!missing.empty())
        support.trouble = "the control groups of version 2 in " + support.mount +
                          " lack: " + missing + " (version 1 has them, perhaps)";
    return support;
}

Cgroups::Cgroups(const std::string& run_dir, CgroupSupport support) : support_(std::move(support)) {
    if (usable()) base_ = support_.mount + "/" + own_name(run_dir);
}

std::string Cgroups::path(const std::string& lab, const std::string& node) const {
    return base_ + "/" + lab + "/" + node;
}

std::string Cgroups::unheld(const topology::Limits& limits) const {
    std::string list;
    const auto look = [&](bool asked, const char* name) {
        if (asked && !support_.controllers.contains(name))
            list += (list.empty() ? "" : ", ") + std::string(name);
    };
    look(limits.pids.has_value(), "pids");
    look(limits.memory_bytes.has_value(), "memory");
    look(limits.cpu_cores.has_value(), "cpu");
    return list;
}

void Cgroups::enable(const std::string& lab, const Names& controllers) {
    Names fresh;
    for (const std::string& name : controllers)
        if (support_.controllers.contains(name) && !enabled_[lab].contains(name))
            fresh.insert(name);
    if (fresh.empty()) return;
    for (const std::string& directory : {support_.mount, base_, base_ + "/" + lab})
        enable_in(directory, fresh);
    enabled_[lab].insert(fresh.begin(), fresh.end());
}

Fd Cgroups::add_lab(const std::string& lab, uid_t root) {
    if (!usable()) return {};
    const std::string directory = base_ + "/" + lab, spawner = path(lab, spawner_group);
    make(base_);
    make(directory);
    make(spawner);
    let_in(directory, root);
    let_in(spawner, root);
    enabled_.erase(lab);
    enable(lab, needed({}));
    return open_group(spawner);
}

Fd Cgroups::add(const std::string& lab, const std::string& node, const topology::Limits& limits,
                uid_t root) {
    if (!usable()) return {};
    const std::string directory = path(lab, node);
    make(directory);
    let_in(directory, root);
    set(lab, node, limits);
    return open_group(directory);
}

void Cgroups::set(const std::string& lab, const std::string& node, const topology::Limits& limits) {
    if (!usable()) return;
    enable(lab, needed(limits));
    const Names& enabled = enabled_[lab];
    const std::string directory = path(lab, node);
    if (enabled.contains("pids"))
        write(directory + "/pids.max", std::to_string(limits.pids.value_or(default_pids)));
    if (enabled.contains("memory")) {
        const bool limited = limits.memory_bytes.has_value();
        write(directory + "/memory.max", limited ? std::to_string(*limits.memory_bytes) : "max");
        // Else a node would go on in the host's swap.
        std::error_code ignored;
        if (const std::string swap = directory + "/memory.swap.max"; fs::exists(swap, ignored))
            write(swap, limited ? "0" : "max");
    }
    if (enabled.contains("cpu")) {
        constexpr long period_us = 100'000;
        const std::string quota =
            limits.cpu_cores ? std::to_string(std::lround(*limits.cpu_cores * period_us)) : "max";
        write(directory + "/cpu.max", quota + " " + std::to_string(period_us));
    }
}

void Cgroups::remove(const std::string& lab, const std::string& node) {
    if (usable()) remove_group(path(lab, node));
}

void Cgroups::remove_lab(const std::string& lab) {
    if (!usable()) return;
    const std::string directory = base_ + "/" + lab;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error))
        if (entry.is_directory(error)) remove_group(entry.path());
    remove_group(directory);
    enabled_.erase(lab);
    (void)rmdir(base_.c_str());  // the last one does
}

void Cgroups::sweep(const Names& labs) {
    if (!usable()) return;
    std::error_code error;
    std::vector<std::string> strays;
    for (const fs::directory_entry& entry : fs::directory_iterator(base_, error))
        if (entry.is_directory(error) && !labs.contains(entry.path().filename()))
            strays.push_back(entry.path().filename());
    for (const std::string& lab : strays) {
        try {
            kill_all(base_ + "/" + lab);
        } catch (const std::system_error& failed) {
            log::warning(failed.what());
        }
        remove_lab(lab);
    }
    if (labs.empty()) (void)rmdir(base_.c_str());
}

}  // namespace labd
