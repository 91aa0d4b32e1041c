// One supervised program: started, watched until it is ready, started again when it ends, stopped.
#pragma once

#include "labd/init/children.hpp"
#include "labd/init/log.hpp"
#include "labd/init/loop.hpp"
#include "labd/init/output.hpp"
#include "labd/init/readiness.hpp"
#include "labd/init/service_spec.hpp"

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace labd::init {

class Service {
  public:
    using State = protocol::ServiceState;
    // errno 0 = it runs; else the sentence says why not.
    using Started = std::function<void(int error, const std::string& text)>;
    struct Surroundings {
        Loop& loop;
        Children& children;
        Logs& logs;
        Outputs& outputs;
        std::function<void(const Service&)> changed;
    };
    Service(const Surroundings& surroundings, ServiceSpec spec);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // For its next start.
    void set(ServiceSpec spec) { spec_ = std::move(spec); }
    // A running one is stopped first.
    void start(Started started);
    // The same, but it counts as coming back.
    void restart();
    void stop(std::function<void()> gone);
    void pack(protocol::Packer& packet) const;
    const std::string& name() const { return spec_.name; }
    const std::vector<std::string>& configures() const { return spec_.configures; }
    // Ready, and not for the first time since labd started it.
    bool came_back() const { return state_ == State::ready && restarts_ > 0; }
    bool is_job() const { return spec_.ready == protocol::ReadyKind::exit; }
    // It should run, and was not told to stop.
    bool is_wanted() const {
        return state_ == State::starting || state_ == State::ready || state_ == State::backoff;
    }
    // It is not what it will be yet.
    bool on_its_way() const {
        return state_ == State::starting || state_ == State::stopping || state_ == State::backoff;
    }

  private:
    void spawn(const Started& started);
    void begin_stop();
    void ended(int wait_status);
    void stopped();
    void decide(bool good);
    void back_off();
    void change(State state, std::string text);
    void refuse_starts();

    Surroundings around_;
    ServiceSpec spec_, running_;  // what is wanted; what the process was started from
    State state_ = State::waiting;
    std::string text_;
    pid_t pid_ = 0;
    int wait_status_ = 0;
    std::uint32_t restarts_ = 0;
    unsigned quick_deaths_ = 0;
    milliseconds pause_{};
    Clock::time_point born_;
    std::uint64_t output_ = 0;
    std::shared_ptr<Readiness> readiness_;
    Loop::Timer timer_;  // of the back-off or of the grace
    std::vector<Started> starts_;
    std::vector<std::function<void()>> stops_;
};

}  // namespace labd::init
