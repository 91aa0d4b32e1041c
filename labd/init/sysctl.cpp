#include "labd/init/sysctl.hpp"

#include "labd/fd.hpp"
#include "labd/init/failure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace labd::init {

namespace {

std::string path_of(const std::string& key) {
    std::string path = key;
    // With slashes, dots belong to the names.
    if (path.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '.', '/');
    if (path.empty() || ("/" + path + "/").find("/../") != std::string::npos)
        throw Failure{EINVAL, "write sysctl " + key};
    return "/proc/sys/" + path;
}

}  // namespace

std::string read_sysctl(const std::string& key) {
    std::string value(4096, '\0');
    const Fd file(open(path_of(key).c_str(), O_RDONLY | O_CLOEXEC));
    const ssize_t n = file ? read(file.get(), value.data(), value.size()) : 0;
    value.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    while (!value.empty() && value.back() == '\n') value.pop_back();
    return value;
}

void write_sysctl(const std::string& key, const std::string& value) {
    const Fd file(open(path_of(key).c_str(), O_WRONLY | O_CLOEXEC));
    // One write: the kernel takes a value whole (sysctl_writes_strict).
    must(
        file && write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size()),
        "write sysctl", key);
}

}  // namespace labd::init
