#include "labd/namespaces.hpp"

#include "labd/identity.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

namespace labd {
namespace {

// <linux/nsfs.h>, ioctl_ns(2).
constexpr unsigned long ns_get_userns = _IO(0xb7, 1), ns_get_parent = _IO(0xb7, 2),
                        ns_get_owner_uid = _IO(0xb7, 4);
constexpr std::array<std::string_view, 8> kinds{"time", "mnt", "uts",    "ipc",
                                                "pid",  "net", "cgroup", "user"};
constexpr std::size_t nodes_a_step = 50, processes_a_step = 200;
constexpr std::size_t longest_command = 256;

std::string ns_path(pid_t pid, std::string_view kind) {
    return "/proc/" + std::to_string(pid) + "/ns/" + std::string(kind);
}

Fd open_ns(const std::string& path) {
    return Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

std::uint64_t inode_of(const Fd& fd) {
    struct stat info {};
    return fd && ::fstat(fd.get(), &info) == 0 ? info.st_ino : 0;
}

// EPERM: it lies above what we may see.
Fd relative(const Fd& fd, unsigned long which) {
    return Fd(fd ? ::ioctl(fd.get(), which) : -1);
}

// "net:[4026532008]" → 4026532008; no need to open what is only counted.
std::uint64_t linked(pid_t pid, std::string_view kind) {
    std::array<char, 64> text{};
    const ssize_t n = ::readlink(ns_path(pid, kind).c_str(), text.data(), text.size());
    const std::string_view all(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    const std::size_t open = all.find('[');
    std::uint64_t inode = 0;
    if (open != std::string_view::npos)
        (void)std::from_chars(all.data() + open + 1, all.data() + all.size(), inode);
    return inode;
}

std::string read_start(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(longest_command, '\0');
    const ssize_t n = file ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

// As ps(1) shows it: the words that it was started with, or may have changed since; else its name.
std::string command_of(pid_t pid) {
    const std::string folder = "/proc/" + std::to_string(pid);
    std::string words = read_start(folder + "/cmdline");
    while (!words.empty() && words.back() == '\0') words.pop_back();
    std::replace(words.begin(), words.end(), '\0', ' ');
    if (!words.empty()) return words;
    std::string name = read_start(folder + "/comm");
    if (!name.empty() && name.back() == '\n') name.pop_back();
    return name.empty() ? "" : "[" + name + "]";
}

std::vector<pid_t> all_processes() {
    std::vector<pid_t> pids;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
    while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
        const std::string_view name(entry->d_name);
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
    }
    std::sort(pids.begin(), pids.end());
    return pids;
}

}  // namespace

NamespaceSurvey::NamespaceSurvey(std::vector<Node> nodes, pid_t spawner)
    : nodes_(std::move(nodes)), spawner_(spawner) {
    for (const NamespaceNumbers& own : namespaces_of(::getpid()))
        hosts_.insert({own.kind, own.inode});
}

void NamespaceSurvey::take_in(const std::string& node, const std::string& path,
                              std::string_view kind, bool made_inside) {
    const Fd fd = open_ns(path);
    const auto identity = fd ? identify_namespace(fd.get()) : std::nullopt;
    if (!identity || identity->type != kind) return;
    NamespaceRow row;
    row.node = node;
    row.kind = kind;
    row.dev = identity->dev;
    row.inode = identity->inode;
    row.id = identity->id;
    row.made_inside = made_inside;
    row.host = hosts_.contains({kind, row.inode});
    row.owner = inode_of(relative(fd, kind == "user" ? ns_get_parent : ns_get_userns));
    if (kind == "user") {
        if (::ioctl(fd.get(), ns_get_owner_uid, &row.owner_uid) != 0) row.owner_uid = 0;
        if (!row.host) users_.try_emplace(row.inode, node);
    }
    if (!row.host) living_.try_emplace({kind, row.inode});
    rows_.push_back(std::move(row));
}

// Those that its user namespace owns: the rest the spawner has from labd.
void NamespaceSurvey::take_in_lab() {
    if (spawner_ == 0) return;
    take_in("", ns_path(spawner_, "user"), "user", false);
    for (const std::string_view kind : kinds) {
        const Fd fd = open_ns(ns_path(spawner_, kind));
        if (kind != "user" && users_.contains(inode_of(relative(fd, ns_get_userns))))
            take_in("", ns_path(spawner_, kind), kind, false);
    }
}

void NamespaceSurvey::take_in_node(const Node& node) {
    if (node.init == 0) return take_in(node.name, node.path, "net", false);
    for (const std::string_view kind : kinds)
        take_in(node.name, ns_path(node.init, kind), kind, false);
}

bool NamespaceSurvey::step() {
    if (!std::exchange(started_, true)) {
        take_in_lab();
        return true;
    }
    if (taken_ < nodes_.size()) {
        const std::size_t to = std::min(taken_ + nodes_a_step, nodes_.size());
        for (; taken_ < to; ++taken_) take_in_node(nodes_[taken_]);
        return true;
    }
    if (pids_.empty()) pids_ = all_processes();
    const std::size_t to = std::min(at_ + processes_a_step, pids_.size());
    for (; at_ < to; ++at_) count(pids_[at_]);
    return at_ < pids_.size();
}

// The node whose user namespace is `user` or above it.
const std::string* NamespaceSurvey::node_of(std::uint64_t user, const std::string& path) {
    if (const auto known = users_.find(user); known != users_.end()) return &known->second;
    if (user == 0 || foreign_.contains(user)) return nullptr;
    Fd at = open_ns(path);
    for (int depth = 0; depth < 33; ++depth) {  // the kernel nests them 32 deep
        at = relative(at, ns_get_parent);
        const auto above = users_.find(inode_of(at));
        if (!at || above == users_.end()) {
            if (at) continue;
            break;
        }
        return &users_.try_emplace(user, above->second).first->second;
    }
    foreign_.insert(user);
    return nullptr;
}

void NamespaceSurvey::count(pid_t pid) {
    const std::uint64_t user = linked(pid, "user");
    const std::string* inside = node_of(user, ns_path(pid, "user"));
    for (const std::string_view kind : kinds) {
        const Key key{kind, kind == "user" ? user : linked(pid, kind)};
        if (inside != nullptr && !inside->empty() && key.second != 0 && !living_.contains(key) &&
            !hosts_.contains(key))
            take_in(*inside, ns_path(pid, kind), kind, true);
        const auto found = living_.find(key);
        if (found == living_.end()) continue;
        if (++found->second.processes > 1) continue;
        found->second.pid = pid;
        found->second.command = command_of(pid);
    }
}

std::vector<NamespaceRow> NamespaceSurvey::rows() const {
    std::vector<NamespaceRow> sorted = rows_;
    for (NamespaceRow& row : sorted)
        if (const auto found = living_.find({row.kind, row.inode}); found != living_.end()) {
            row.processes = found->second.processes;
            row.pid = found->second.pid;
            row.command = found->second.command;
        }
    const auto place = [this](const NamespaceRow& row) {
        const auto found = std::find_if(nodes_.begin(), nodes_.end(),
                                        [&](const Node& node) { return node.name == row.node; });
        return row.node.empty() ? -1 : found - nodes_.begin();
    };
    std::stable_sort(
        sorted.begin(), sorted.end(),
        [&](const NamespaceRow& a, const NamespaceRow& b) { return place(a) < place(b); });
    return sorted;
}

}  // namespace labd
