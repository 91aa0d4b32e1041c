#include "labd/spawner/base.hpp"

#include "labd/init/accounts.hpp"
#include "labd/init/failure.hpp"
#include "labd/spawner/etc.hpp"
#include "labd/spawner/mounts.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <ctime>

namespace labd::spawner {
namespace {

Fd make_part(int directory, const char* name) {
    must(mkdirat(directory, name, 0755) == 0, "make the directory", name);
    Fd part(openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    must(bool(part), "open the directory", name);
    return part;
}

}  // namespace

HostFiles accounts_of_host() {
    HostFiles host;
    host.passwd = read_text("/etc/passwd");
    host.group = read_text("/etc/group");
    return host;
}

HostFiles files_of_host() {
    HostFiles host = accounts_of_host();
    (void)clock_gettime(CLOCK_REALTIME, &host.begun);
    host.etc = list_etc();
    host.var = list_var();
    return host;
}

void fill_base(int directory, const HostFiles& host, int host_etc) {
    const Fd etc = make_part(directory, "etc"), var = make_part(directory, "var");
    make_entries(host.etc.entries, host_etc, etc.get());
    make_entries(host.var.entries, -1, var.get());
    write_own_etc(etc.get(), Accounts(host.passwd, host.group), host.passwd, host.group);
}

Base make_base(const HostFiles& host) {
    Base base{detached_tmpfs("755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV), {}};
    const Fd etc(open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    must(bool(etc), "open the host's /etc");
    fill_base(base.tree.get(), host, etc.get());
    Stamp seen = host.etc.seen;
    seen.append(host.var.seen);
    base.stamp = seen.to_file(host.begun);
    return base;
}

}  // namespace labd::spawner
