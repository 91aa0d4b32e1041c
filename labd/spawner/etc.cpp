#include "labd/spawner/etc.hpp"

#include "labd/fd.hpp"
#include "labd/init/failure.hpp"
#include "labd/spawner/ids.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace labd::spawner {
namespace {

struct File {
    const char* path;
    const char* group;  // "" = root
    mode_t mode;
    std::string text;
};

// A base is made by somebody who has more ids than a lab.
bool is_of_a_lab(const std::optional<unsigned>& id) {
    return !id || *id < most_ids;
}

void write_own(int etc, const Accounts& accounts, const char* owner, const File& file) {
    const Fd fd(openat(etc, file.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const auto size = static_cast<ssize_t>(file.text.size());
    must(fd && write(fd.get(), file.text.data(), file.text.size()) == size, "write /etc/",
         file.path);
    const std::optional<Account> user = accounts.user(owner);
    const std::optional<gid_t> group = accounts.group(file.group);
    if ((user || group) && is_of_a_lab(group) && (!user || is_of_a_lab(user->uid)))
        (void)!fchown(fd.get(), user ? user->uid : 0, group ? *group : 0);
    must(fchmod(fd.get(), file.mode) == 0, "set the mode of", std::string("/etc/") + file.path);
}

// A daemon's directory, when its package is there. The host's own content never comes into a node.
bool make_own(int etc, const Accounts& accounts, const char* name) {
    const std::optional<Account> user = accounts.user(name);
    if (!user || !is_of_a_lab(user->uid) || !is_of_a_lab(user->gid)) return false;
    must(mkdirat(etc, name, 0750) == 0, "make the directory", std::string("/etc/") + name);
    (void)!fchownat(etc, name, user->uid, user->gid, 0);
    (void)!fchmodat(etc, name, 0750, 0);
    return true;
}

// Nobody logs in with a password: "*" matches none (shadow(5)).
std::string locked_passwords(const std::string& passwd) {
    std::string text;
    for (const std::string_view line : split(passwd, '\n'))
        if (const std::string_view name = line.substr(0, line.find(':')); !name.empty())
            text.append(name).append(":*:19000:0:99999:7:::\n");
    return text;
}

std::string locked_groups(const std::string& group) {
    std::string text;
    for (const std::string_view line : split(group, '\n'))
        if (const auto f = split(line, ':'); f.size() >= 4)
            text.append(f[0]).append(":*::").append(f[3]).append("\n");
    return text;
}

// Runs last in a login shell (/etc/profile) and, by the line added to bash.bashrc, in any other.
constexpr const char* prompt =
    "# The prompt of a node: its name, so that one always knows where one types.\n"
    "if [ -n \"$PS1\" ]; then\n"
    "    read -r lab_node < /proc/sys/kernel/hostname\n"
    "    if [ \"$(id -u)\" = 0 ]; then PS1=\"[$lab_node] # \"; else PS1=\"[$lab_node] \\$ \"; fi\n"
    "    unset lab_node\n"
    "fi\n";

// For whoever starts the package's own service: as in Debian, every protocol is off.
std::string frr_daemons() {
    std::string text =
        "# Which daemons `service frr start` starts, beside zebra and staticd, in this node.\n";
    std::string options = "vtysh_enable=yes\n\nzebra_options=\"-A 127.0.0.1 -s 90000000\"\n";
    for (const std::string_view name :
         {"bgpd", "ospfd", "ospf6d", "ripd", "ripngd", "isisd", "pimd", "pim6d", "ldpd", "nhrpd",
          "eigrpd", "babeld", "sharpd", "pbrd", "bfdd", "fabricd", "vrrpd", "pathd"}) {
        const bool ipv6 = name == "ospf6d" || name == "ripngd" || name == "pim6d";
        text.append(name).append("=no\n");
        options.append(name).append("_options=\"-A ").append(ipv6 ? "::1" : "127.0.0.1");
        options.append("\"\n");
    }
    return text + "\n" + options + "staticd_options=\"-A 127.0.0.1\"\n";
}

constexpr const char* bird_conf =
    "# What BIRD does in this node until somebody says more.\n"
    "protocol device {\n}\n"
    "protocol kernel {\n    ipv4 { export all; };\n}\n"
    "protocol kernel {\n    ipv6 { export all; };\n}\n";

}  // namespace

void write_own_etc(int etc, const Accounts& accounts, const std::string& passwd,
                   const std::string& group) {
    for (const File& file : {File{"shadow", "shadow", 0640, locked_passwords(passwd)},
                             File{"gshadow", "shadow", 0640, locked_groups(group)},
                             File{"resolv.conf", "", 0644, ""}, File{"machine-id", "", 0444, ""}})
        write_own(etc, accounts, "", file);
    must(symlinkat("/.lab/hosts/hosts", etc, "hosts") == 0, "make the link /etc/hosts");
    must(symlinkat("../proc/self/mounts", etc, "mtab") == 0, "make the link /etc/mtab");
    if (make_own(etc, accounts, "frr")) {
        // vtysh complains about a missing vtysh.conf at every start.
        const File vtysh{"frr/vtysh.conf", "frr", 0640, "service integrated-vtysh-config\n"};
        write_own(etc, accounts, "frr", vtysh);
        write_own(etc, accounts, "frr", {"frr/daemons", "frr", 0640, frr_daemons()});
    }
    if (make_own(etc, accounts, "bird")) {
        write_own(etc, accounts, "bird", {"bird/bird.conf", "bird", 0640, bird_conf});
        write_own(etc, accounts, "",
                  {"bird/envvars", "", 0644, "BIRD_RUN_USER=bird\nBIRD_RUN_GROUP=bird\n"});
    }
    (void)!mkdirat(etc, "profile.d", 0755);
    write_own(etc, accounts, "", {"profile.d/lab.sh", "", 0644, prompt});
    const Fd bashrc(openat(etc, "bash.bashrc", O_WRONLY | O_APPEND | O_CLOEXEC));
    constexpr std::string_view line = "\n. /etc/profile.d/lab.sh\n";
    if (bashrc) (void)!write(bashrc.get(), line.data(), line.size());
}

}  // namespace labd::spawner
