// `lab ns enter`: a command where `ip netns` finds the nodes. Root's labs are named in the host's
// own view. An ordinary user's are named in the namespaces that their labd lives in, kept by a
// process that the user may follow there.
#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/error.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace cli {
namespace {

namespace json = boost::json;

// 0: labd is root's.
pid_t holder_of(const Client& client) {
    const Answer answer = client.request("GET", "/v1/version");
    if (answer.status != 200) throw_failure(answer, "ask labd where it lives");
    json::error_code error;
    const json::value body = json::parse(answer.body, error);
    const json::value* rootless =
        !error && body.is_object() ? body.get_object().if_contains("rootless") : nullptr;
    if (rootless == nullptr || !rootless->is_object()) return 0;
    const json::value* pid = rootless->get_object().if_contains("holder");
    if (pid == nullptr || !pid->is_int64() || pid->get_int64() <= 0)
        throw Failure("internal", "labd does not say who keeps its namespaces");
    return static_cast<pid_t>(pid->get_int64());
}

void follow(pid_t holder) {
    const labd::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, holder, 0)));
    const labd::Fd here(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    char* path = ::getcwd(nullptr, 0);
    if (!pidfd || ::setns(pidfd.get(), CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0)
        throw Failure("internal",
                      std::string("enter the namespaces of your labd: ") + std::strerror(errno));
    // The folder by its name there; one that has none there is still where we are.
    if (path == nullptr || ::chdir(path) != 0)
        if (!here || ::fchdir(here.get()) != 0) (void)!::chdir("/");
    std::free(path);
}

}  // namespace

int ns_enter(const Globals& globals, const std::vector<std::string>& command) {
    if (const pid_t holder = holder_of(connect(globals)); holder != 0) follow(holder);
    const char* shell = std::getenv("SHELL");
    std::vector<std::string> words = command;
    if (words.empty()) words = {shell != nullptr && *shell != '\0' ? shell : "/bin/sh"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    const int error = errno;
    Failure failure("internal", "run " + words[0] + ": " + std::strerror(error));
    failure.exit = error == ENOENT ? exit_code::not_found : exit_code::not_executable;
    throw failure;
}

}  // namespace cli
