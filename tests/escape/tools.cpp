#include "tests/escape/tools.hpp"

#include "tests/escape/attempt.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace escape {

const std::vector<Kind> kinds = {{"net", CLONE_NEWNET},       {"mnt", CLONE_NEWNS},
                                 {"uts", CLONE_NEWUTS},       {"ipc", CLONE_NEWIPC},
                                 {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}};

Verdict escaped(std::string how) {
    return {Outcome::escaped, std::move(how)};
}

Verdict held(const std::string& step) {
    const int error = errno;
    return {Outcome::held, error == 0 ? step : step + ": " + std::strerror(error)};
}

Verdict impossible(std::string why) {
    return {Outcome::impossible, std::move(why)};
}

std::string read_file(const std::string& path, std::size_t limit) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return "";
    std::string text(limit, '\0');
    std::size_t size = 0;
    for (ssize_t n = 0; (n = read(fd, text.data() + size, limit - size)) > 0;)
        size += static_cast<std::size_t>(n);
    const int error = errno;
    close(fd);
    errno = error;
    text.resize(size);
    return text;
}

bool write_file(const std::string& path, const std::string& text) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    const bool done = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    close(fd);
    errno = error;
    return done;
}

int shell(const std::string& command, std::string* output) {
    FILE* pipe = popen(("{ " + command + "\n} 2>&1").c_str(), "r");
    if (pipe == nullptr) return -1;
    char part[4096];
    for (std::size_t n = 0; (n = fread(part, 1, sizeof part, pipe)) > 0;)
        if (output != nullptr) output->append(part, n);
    const int status = pclose(pipe);
    errno = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int in_child(const std::function<int()>& work) {
    const pid_t child = fork();
    if (child == 0) _exit(work());
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string scratch() {
    char name[] = "/tmp/escape-XXXXXX";
    if (unshare(CLONE_NEWNS) != 0) return "";
    // Nothing of what follows may be seen from where this runs as a control.
    (void)mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) != 0 || mkdtemp(name) == nullptr) return "";
    return name;
}

std::vector<std::string> mount_points() {
    std::vector<std::string> points;
    std::ifstream table("/proc/self/mountinfo");
    for (std::string line; std::getline(table, line);) {
        std::istringstream words(line);
        std::string id, parent, device, root, point;
        words >> id >> parent >> device >> root >> point;
        points.push_back(point);
    }
    std::reverse(points.begin(), points.end());
    return points;
}

bool ids_are_the_machines() {
    return read_file("/proc/self/uid_map").find("4294967295") != std::string::npos;
}

void must(bool success, const std::string& step) {
    if (!success) throw std::runtime_error(step + ": " + std::strerror(errno));
}

}  // namespace escape
