#include "labd/init/live.hpp"

#include "labd/init/failure.hpp"
#include "labd/init/node.hpp"
#include "labd/init/protocol.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace labd::init {
namespace {

char* title = nullptr;
std::size_t title_room = 0;

}  // namespace

void keep_title(int argc, char** argv) {
    title = argv[0];
    // They lie one behind the other, and the environment behind them (execve(2)): what is written
    // over the end of the words is read on into it (proc_pid_cmdline(5)).
    const auto add = [](const char* word) {
        if (word == title + title_room) title_room += std::strlen(word) + 1;
    };
    for (int i = 0; i < argc; ++i) add(argv[i]);
    for (char** variable = environ; *variable != nullptr; ++variable) add(*variable);
}

void show_as(const char* name, const std::string& text) {
    (void)prctl(PR_SET_NAME, name);
    if (title == nullptr) return;
    std::memset(title, 0, title_room);
    std::memcpy(title, text.data(), std::min(text.size(), title_room - 1));
}

void live(const std::string& node, gid_t last_group) {
    if (prctl(PR_SET_DUMPABLE, 0) != 0) _exit(1);
    (void)clearenv();
    show_as("lab-init", "lab-init " + node);
    umask(0);  // modes are meant as they are written; commands get 022
    (void)chdir("/");
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    Fd door(protocol::door_fd), start(protocol::start_fd);
    (void)fcntl(door.get(), F_SETFD, FD_CLOEXEC);
    (void)fcntl(start.get(), F_SETFD, FD_CLOEXEC);
    try {
        Node self(std::move(door), std::move(start));
        self.run(last_group);
    } catch (const Failure&) {
        // Node has told labd.
    }
    _exit(1);
}

}  // namespace labd::init
