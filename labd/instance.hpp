// One labd per run directory: its folders, its lock, its socket.
#pragma once

#include "labd/fd.hpp"
#include "labd/options.hpp"

#include <sys/types.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace labd {

class AlreadyRunning : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class Instance {
  public:
    // Makes the run directory (root:labd 0750; 0700 where there is no such group, or when we are
    // not root), RUN/labs, the state and the log directory (0700), then takes RUN/lock; of a labd
    // that stops and does not answer any more, it waits for the end. Throws AlreadyRunning with the
    // holder's pid. Make it after Notifier::detach: the lock is the process's that took it.
    explicit Instance(const Options& options);
    ~Instance();  // removes the socket that listen() made, never one that systemd holds
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    // Listening sockets: those that systemd passed (LISTEN_FDS), else one bound here, root:labd
    // 0660 (root's alone when there is no such group), 0600 when an ordinary user started labd. A
    // stale socket is replaced: we hold the lock.
    std::vector<Fd> listen();

    // The lock is let go of by the kernel when this process is no more, not by the destructor: the
    // labd that waits for it shall be alone. For one that is about to end.
    void hold_to_the_end() { (void)lock_.release(); }

  private:
    Fd bind_socket();
    std::string socket_path_;
    bool of_user_;  // asked early: inside its user namespace, the user is root
    Fd lock_;
    bool bound_ = false;
    dev_t socket_dev_ = 0;
    ino_t socket_inode_ = 0;
};

}  // namespace labd
