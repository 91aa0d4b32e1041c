// Finds out when a service is ready. One object for one start of it; gone with the process.
#pragma once

#include "labd/init/children.hpp"
#include "labd/init/loop.hpp"
#include "labd/init/notify.hpp"
#include "labd/init/service_spec.hpp"

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace labd::init {

class Expression;

class Readiness {
  public:
    struct Tell {
        std::function<void()> ready;                   // once
        std::function<void(std::string text)> status;  // the service's own words about itself
    };
    // Before the process: it may get a socket to tell by. Throws Failure.
    Readiness(Loop& loop, Children& children, const ServiceSpec& spec, Tell tell);
    ~Readiness();
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;

    // For the environment of the process; "" = none.
    std::string notify_socket() const { return notify_ ? notify_->path() : ""; }
    // The process runs.
    void begin();
    void output(std::string_view bytes);

  private:
    void probe();
    void probe_again();
    void start_probe_command();
    void ready();

    Loop& loop_;
    Children& children_;
    ServiceSpec spec_;
    Tell tell_;
    std::optional<Notify> notify_;
    std::unique_ptr<Expression> expression_;
    std::string line_;  // of the output, not ended yet
    pid_t probe_ = 0;
    milliseconds pause_;
    Loop::Timer timer_;
    bool begun_ = false, ready_ = false;
};

}  // namespace labd::init
