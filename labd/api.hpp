// Everything that a client can ask, on one page: routes and their handlers.
#pragma once

#include "labd/api/http.hpp"
#include "labd/engine.hpp"
#include "labd/status.hpp"

#include <memory>
#include <string>
#include <vector>

namespace labd {

class Api {
  public:
    Api(boost::asio::io_context& loop, Engine& engine);
    std::vector<http::Route> routes();

  private:
    using Exchange = std::shared_ptr<http::Exchange>;

    void version(Exchange exchange);
    void list(Exchange exchange);
    void up(Exchange exchange);
    void down(Exchange exchange);
    void status(Exchange exchange);
    void bundle(Exchange exchange);
    void namespaces(Exchange exchange);
    void exec(Exchange exchange);
    void logs(Exchange exchange);
    void checks(Exchange exchange);
    void steps(Exchange exchange);
    void doctor(Exchange exchange);
    void audit(Exchange exchange);
    void verify_audit(Exchange exchange);
    void life(Exchange exchange);  // api_life.cpp, with the three after it
    void repair(Exchange exchange);
    void adopt(Exchange exchange);
    void gc(Exchange exchange);
    void links(Exchange exchange);  // api_links.cpp
    void impair(Exchange exchange);
    void add_link(Exchange exchange);
    void remove_link(Exchange exchange);
    void capture(Exchange exchange);  // api_capture.cpp
    void events(Exchange exchange);   // api_events.cpp

    // The lab, if the client may do that with it, and the node's door; or an error answered and
    // null.
    std::shared_ptr<Lab> lab(const Exchange& exchange, Verb verb);
    std::shared_ptr<NodeDoor> door(const Exchange& exchange, Verb verb);
    boost::asio::awaitable<Readings> read(std::shared_ptr<Lab> lab, bool last);
    // Starts a coroutine that answers; what it throws becomes an error answer.
    void spawn(Exchange exchange, boost::asio::awaitable<void> work);

    boost::asio::io_context& loop_;
    Engine& engine_;
};

}  // namespace labd
