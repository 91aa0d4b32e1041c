// labd without root. An ordinary user's labd lives in a user namespace U of its own, with a network
// and a mount namespace that U owns; there it is root, and works as it does anywhere. All labs of
// the user are below U. A small process, the holder, keeps the three when labd is away.
#pragma once

#include "labd/fd.hpp"
#include "labd/id_map.hpp"
#include "labd/options.hpp"

#include <sys/types.h>

#include <memory>
#include <string>

namespace boost::asio {
class io_context;
class any_io_executor;
template <typename T, typename Executor>
class awaitable;
}  // namespace boost::asio

namespace labd {

class Rootless {
  public:
    // Moves this process into U: the one that a holder has kept since an earlier labd, else a new
    // one. Only before there are threads (setns(2)), and with RUN/lock held. `init` is lab-init.
    // Throws std::runtime_error with what forbids it.
    static std::shared_ptr<Rootless> enter(const Options& options, const std::string& init);
    ~Rootless();
    Rootless(const Rootless&) = delete;
    Rootless& operator=(const Rootless&) = delete;

    uid_t user() const { return user_; }  // as the host knows them
    pid_t holder() const;
    // The ids of every lab, in U's.
    const IdMaps& lab_ids() const { return lab_ids_; }
    // Those of U, in the host's.
    const IdMaps& own_ids() const { return own_ids_; }
    // Why labs have but one user id, in words; empty when they have a range.
    const std::string& single() const { return single_; }

    // From now on a holder that dies is replaced, and owners() can be asked.
    void serve(boost::asio::io_context& loop);
    // Who owns what in /etc and /var, in a file for the spawner of a lab (SpawnerClient::start).
    boost::asio::awaitable<Fd, boost::asio::any_io_executor> owners();
    // Nothing lives in U any more: it may go when labd does.
    void release_holder();

  private:
    struct Inner;
    Rootless();
    bool join(const Options& options);
    void make(const Options& options);
    void start_holder();

    std::unique_ptr<Inner> inner_;
    uid_t user_ = 0;
    IdMaps own_ids_, lab_ids_;
    std::string single_, init_, record_;
};

}  // namespace labd
