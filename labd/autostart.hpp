// Labs that come back after a boot: each in a file of its own under the state directory, as it was
// sent and last changed, until somebody takes it down.
#pragma once

#include "labd/bundle.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace labd {

class Autostart {
  public:
    // `directory`: STATE/autostart, made when there is something to keep.
    explicit Autostart(std::string directory) : directory_(std::move(directory)) {}

    struct Kept {
        std::string name;
        uid_t owner = 0;
        gid_t group = 0;
        Bundle bundle;
    };
    bool keeps(const std::string& name) const;
    // All of it or nothing, also when the power fails. Throws std::system_error.
    void keep(const Kept& lab) const;
    void forget(const std::string& name) const;  // unknown names are fine
    // In the order of their names. What cannot be read is told in the log and left out.
    std::vector<Kept> all() const;

  private:
    std::string path(const std::string& name) const { return directory_ + "/" + name + ".json"; }
    std::string directory_;
};

}  // namespace labd
