// POST /v1/labs/{lab}/checks: the checks of a running lab, or one condition, answered in JSON Lines
// (report.hpp). A client that goes ends the run, and faults that it has put in are taken out.
#pragma once

#include "labd/api/http.hpp"
#include "labd/engine.hpp"

#include <memory>

namespace labd::check {

void serve(boost::asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab,
           std::shared_ptr<http::Exchange> exchange);

// The [[step]] tables of a running lab, played, as JSON Lines.
void serve_steps(boost::asio::io_context& loop, Engine& engine, std::shared_ptr<Lab> lab,
                 std::shared_ptr<http::Exchange> exchange);

}  // namespace labd::check
