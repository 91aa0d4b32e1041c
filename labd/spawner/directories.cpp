#include "labd/spawner/directories.hpp"

#include "labd/init/failure.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace labd::spawner {
namespace {

struct Wanted {
    const char* path;
    mode_t mode;
    const char *user, *group;
};
constexpr Wanted to_make[] = {{"etc", 0755, "", ""},
                              {"etc.work", 0755, "", ""},
                              {"var", 0755, "", ""},
                              {"var.work", 0755, "", ""},
                              {"run", 0755, "", ""},
                              {"tmp", 01777, "", ""},
                              {"root", 0700, "", ""},
                              {"home", 0755, "", ""},
                              {"mnt", 0755, "", ""},
                              {"opt", 0755, "", ""},
                              {"srv", 0755, "", ""},
                              {"run/lock", 01777, "", ""},
                              {"run/shm", 01777, "", ""},
                              {"run/netns", 0755, "", ""},
                              {"run/user", 0755, "", ""},
                              {"run/sendsigs.omit.d", 0755, "", ""},
                              {"run/sshd", 0755, "", ""},
                              {"run/lab", 0755, "", ""},
                              {"run/frr", 0755, "frr", "frr"},
                              {"run/bird", 0775, "bird", "bird"},
                              {"run/dnsmasq", 0755, "dnsmasq", "nogroup"}};

}  // namespace

std::vector<Directory> own_directories(const Accounts& accounts, const Ids& ids) {
    std::vector<Directory> directories;
    for (const Wanted& w : to_make) {
        Directory directory{w.path, w.mode, 0, 0};
        if (*w.user != '\0') {
            const std::optional<Account> user = accounts.user(w.user);
            const std::optional<gid_t> group = accounts.group(w.group);
            if (!user || !group || !ids.uids.has(user->uid) || !ids.gids.has(*group)) continue;
            directory.uid = user->uid;
            directory.gid = *group;
        }
        directories.push_back(directory);
    }
    return directories;
}

void make_directories(int at, const std::vector<Directory>& directories, const std::string& below) {
    for (const Directory& d : directories) {
        const std::string path = d.path;
        if (!below.empty() && path != below && !path.starts_with(below + "/")) continue;
        must(mkdirat(at, d.path, d.mode) == 0, "make the directory", "/" + path);
        if (d.uid != 0 || d.gid != 0)
            must(fchownat(at, d.path, d.uid, d.gid, 0) == 0, "set the owner of", "/" + path);
    }
}

std::string pts_options(const Accounts& accounts, const Ids& ids) {
    // All containers of a machine share the terminals that kernel.pty leaves them.
    std::string options = "newinstance,ptmxmode=666,mode=620,max=256";
    if (const auto tty = accounts.group("tty"); tty && ids.gids.has(*tty))
        options += ",gid=" + std::to_string(*tty);
    return options;
}

}  // namespace labd::spawner
