// What a listing of the host's files saw, so that another process can tell later whether the same
// listing would still come out.
#pragma once

#include "labd/fd.hpp"

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace labd::spawner {

class Stamp {
  public:
    // `contents`: what is in it matters, be it a file's bytes or a directory's names; else only
    // that it is there, and whose.
    void saw(std::string_view path, const struct stat& status, bool contents);
    // A file for is_current(). It is empty, and never current, where something changed so shortly
    // before `begun` that a later change could have the same time: file systems count in ticks.
    Fd to_file(const timespec& begun) const;
    void append(const Stamp& other);

  private:
    std::string text_;
    timespec newest_{};
};

// Looks at everything that was seen, again.
bool is_current(const Fd& stamp);

}  // namespace labd::spawner
