// escape: attempts to get out of a node.
//
//   escape --list                          NAME, and "neighbour" where it is also one at another
//   node escape --target SECRET DIRECTORY       lays out what is to be reached, until stdin ends
//   escape NAME KEY=VALUE…                 tries it here; what the target said are the words
//   escape --control NAME KEY=VALUE…       tries it in an unsealed process, as root
//
// Exit status: 0 escaped, 1 held, 2 impossible on this machine, 3 a control could not be set up.
// stdout says how.
#include "tests/escape/attempt.hpp"
#include "tests/escape/tools.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string_view>

namespace {

using namespace escape;

std::vector<Attempt> all_attempts() {
    std::vector<Attempt> all;
    for (const auto& some : {namespace_attempts(), mount_attempts(), device_attempts(),
                             process_attempts(), descriptor_attempts(), channel_attempts(),
                             group_attempts(), setting_attempts(), call_attempts()})
        all.insert(all.end(), some.begin(), some.end());
    return all;
}

int tried(const Attempt& attempt, const Target& target) {
    // A process that has by chance the target's number would be taken for it.
    if (getpid() == target.pid()) return in_child([&] { return tried(attempt, target); });
    const Verdict verdict = attempt.attempt(target);
    std::printf("%s\n", verdict.how.c_str());
    std::fflush(stdout);
    return static_cast<int>(verdict.outcome);
}

// In a child, which is PID 1 if the process namespace is new; the attempt is made by a child of it.
int control(const Attempt& attempt, const Target& target) {
    if (unshare(attempt.control_namespaces) != 0) return std::perror("unshare"), 3;
    return in_child([&] {
        try {
            if ((attempt.control_namespaces & CLONE_NEWNS) != 0)
                must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount");
            if (attempt.control) attempt.control(target);
        } catch (const std::exception& failure) {
            return std::puts(failure.what()), std::fflush(stdout), 3;
        }
        return in_child([&] { return tried(attempt, target); });
    });
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (words.size() == 1 && words[0] == "--list") {
        for (const Attempt& attempt : all_attempts())
            std::printf("%s%s\n", attempt.name.c_str(), attempt.at_neighbour ? " neighbour" : "");
        return 0;
    }
    if (words.size() == 3 && words[0] == "--target")
        return lay_out(std::string(words[1]), std::string(words[2]));
    const bool as_control = !words.empty() && words[0] == "--control";
    const std::size_t at = as_control ? 1 : 0;
    Target target;
    for (std::size_t i = at + 1; i < words.size(); ++i) target.take(std::string(words[i]));
    for (const Attempt& attempt : all_attempts())
        if (words.size() > at && attempt.name == words[at])
            return as_control ? control(attempt, target) : tried(attempt, target);
    std::fputs("escape: no such attempt\n", stderr);
    return 3;
}
