// What lies outside and is to be reached: a process with a secret, which it keeps in every place
// that some namespace is to guard.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <string>

namespace escape {

class Target {
  public:
    // "key=value" words, as `lay_out` says them; later ones win.
    void take(const std::string& word);
    std::string text(const std::string& key) const;
    std::uint64_t number(const std::string& key) const;  // 0 when there is none
    pid_t pid() const { return static_cast<pid_t>(number("process")); }
    const std::string secret() const { return text("secret"); }
    // Is this open namespace the target's? `kind` as in /proc/PID/ns.
    bool is_namespace(const std::string& kind, int fd) const;
    // Does the file hold the secret?
    bool is_secret(const std::string& path) const;

  private:
    std::map<std::string, std::string> values_;
};

// Becomes the target: puts SECRET everywhere, says where on stdout, and stays until stdin ends.
int lay_out(const std::string& secret, const std::string& directory);

}  // namespace escape
