// What the /etc and /var of labs begin with (labd/spawner/base.hpp), kept from one lab to the next.
#pragma once

#include "labd/fd.hpp"

#include <sys/types.h>

namespace labd {

class SharedBase {
  public:
    // Only root of the host can lend one.
    explicit SharedBase(bool lends) : lends_(lends) {}

    // False also where the kernel has refused: it gives no tmpfs other ids (Linux before 6.3), or
    // copies no mount that is attached nowhere (before 6.15).
    bool lends() const { return lends_; }
    // -1: there is no base yet.
    int stamp() const { return stamp_.get(); }
    // A spawner has made a newer one.
    void keep(Fd tree, Fd stamp);
    // The base with the ids of the user namespace that this process is in, read-only and attached
    // nowhere yet. Nothing where the kernel cannot; throws std::system_error where it could before.
    Fd lend(pid_t spawner);

  private:
    Fd tree_, stamp_;
    bool lends_, has_lent_ = false;
};

}  // namespace labd
