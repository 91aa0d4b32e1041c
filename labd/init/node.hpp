// PID 1 of a node: what labd asks at the door, and who does it.
#pragma once

#include "labd/init/children.hpp"
#include "labd/init/door.hpp"
#include "labd/init/log_session.hpp"
#include "labd/init/loop.hpp"
#include "labd/init/run.hpp"
#include "labd/init/services.hpp"
#include "labd/init/session.hpp"

namespace labd::init {

class Node {
  public:
    Node(Fd door, Fd start);
    // Says that it is ready, then serves. Throws Failure before `ready` only.
    void run(gid_t last_group);

  private:
    void request(protocol::Door type, protocol::Unpacker& in, std::vector<Fd> fds,
                 const Reply& reply);
    void request_service(protocol::Door type, protocol::Unpacker& in, const Reply& reply);
    void open_logs(protocol::Unpacker& in, std::vector<Fd> fds, const Reply& reply);
    void await_commit();
    void commit();
    void shut_down(milliseconds grace, const Reply& reply);
    void rest_soon();

    Loop loop_;
    Children children_;
    Sessions sessions_;
    Logs logs_;
    LogSessions log_sessions_;
    Outputs outputs_;
    Runs runs_;
    Services services_;
    Fd start_;
    Loop::Timer rest_{};  // null while nothing was asked
    Door door_;
};

}  // namespace labd::init
