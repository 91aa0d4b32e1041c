// A throw-away copy of a lab: brought up under a name that nobody else has, and taken down.
#pragma once

#include "cli/copy_guard.hpp"
#include "cli/options.hpp"
#include "cli/up_request.hpp"

#include <string>

namespace cli {

// "two-hosts-t3f2a-1": nobody else's, and short enough for a name of 32 bytes.
std::string copy_name(const std::string& name, std::size_t number);

// What the commands that work on copies ask labd with: no words of `up` on the way.
Globals for_copies(const Globals& globals);

// Also of a lab that is not there. Throws Failure.
void take_down(const Globals& globals, const std::string& lab);

class LabCopy {
  public:
    // Throws Failure for mistakes in the file; nothing is up yet.
    LabCopy(const Globals& globals, CopyGuard& guard, const FileOptions& options,
            const std::string& file, std::string name);

    const std::string& name() const { return name_; }
    const Bundle& bundle() const { return request_.bundle; }
    // Throws Failure or Interrupted; down() is right after that, too.
    void up();
    void down();
    void keep() { guard_.forget(name_); }  // up, whatever becomes of us

  private:
    const Globals& globals_;
    CopyGuard& guard_;
    std::string name_;
    UpRequest request_;
};

}  // namespace cli
