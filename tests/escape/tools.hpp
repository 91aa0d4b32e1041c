// What several attempts need.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace escape {

// The kinds of namespace that can be entered, and their CLONE_NEW* flags. Nobody can enter a
// process namespace outside his own, or a user namespace above (setns(2)).
struct Kind {
    const char* name;
    int flag;
};
extern const std::vector<Kind> kinds;

std::string read_file(const std::string& path, std::size_t limit = 65536);
bool write_file(const std::string& path, const std::string& text);  // opened for writing only
// Exit status of a shell's command, all output into `output`.
int shell(const std::string& command, std::string* output = nullptr);
// What `work` returns, in a child: for what ends or changes a process. -1 when it was killed.
int in_child(const std::function<int()>& work);
// A new directory in a tmpfs of its own, in a mount namespace of its own; "" if there can be none.
std::string scratch();
// Mount points of this mount namespace, the latest first.
std::vector<std::string> mount_points();
// Is this the machine's first user namespace, as in a control?
bool ids_are_the_machines();
// For controls, which run as root: throws std::runtime_error with errno.
void must(bool success, const std::string& step);

}  // namespace escape
