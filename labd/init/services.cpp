#include "labd/init/services.hpp"

#include "labd/init/failure.hpp"

#include <algorithm>
#include <cerrno>

namespace labd::init {

Services::Services(const Service::Surroundings& surroundings) : around_(surroundings) {
    around_.changed = [this, tell = around_.changed](const Service& service) {
        tell(service);
        // Not here and now: the service is in the middle of telling us.
        if (service.came_back())
            around_.loop.after(milliseconds(0),
                               [this, name = service.name()] { configure_again(name); });
    };
}

// Only services that labd has started once: the others have their turn before them. Jobs last, and
// not before all that they configure is there: each of it that comes back asks for them again.
void Services::configure_again(const std::string& name) {
    std::vector<Service*> daemons, jobs;
    for (const std::unique_ptr<Service>& service : services_) {
        const std::vector<std::string>& its = service->configures();
        if (std::find(its.begin(), its.end(), name) == its.end()) continue;
        if (std::find(started_.begin(), started_.end(), service->name()) == started_.end())
            continue;
        (service->is_job() ? jobs : daemons).push_back(service.get());
    }
    for (Service* daemon : daemons)
        if (daemon->is_wanted()) daemon->restart();
    for (Service* job : jobs) {
        const std::vector<std::string>& its = job->configures();
        const bool waits = std::any_of(its.begin(), its.end(), [this](const std::string& one) {
            const auto found = find(one);
            return found != services_.end() && (*found)->on_its_way();
        });
        if (!waits) job->start([](int, const std::string&) {});  // what goes wrong is its state
    }
}

std::vector<std::unique_ptr<Service>>::const_iterator Services::find(
    const std::string& name) const {
    return std::find_if(services_.begin(), services_.end(),
                        [&](const std::unique_ptr<Service>& s) { return s->name() == name; });
}

bool Services::has(const std::string& name) const {
    return find(name) != services_.end();
}

Service& Services::at(const std::string& name) {
    const auto found = find(name);
    if (found == services_.end()) throw Failure{ENOENT, "find service " + name};
    return **found;
}

void Services::put(ServiceSpec spec) {
    check(spec);
    const auto found = find(spec.name);
    if (found != services_.end()) return (*found)->set(std::move(spec));
    services_.push_back(std::make_unique<Service>(around_, std::move(spec)));
}

void Services::start(const std::string& name, Service::Started started) {
    Service& service = at(name);
    started_.erase(std::remove(started_.begin(), started_.end(), name), started_.end());
    started_.push_back(name);
    service.start(std::move(started));
}

void Services::remove(const std::string& name, std::function<void()> gone) {
    at(name).stop([this, name, gone = std::move(gone)] {
        // Not here and now: the service is in the middle of telling us.
        around_.loop.after(milliseconds(0), [this, name, gone] {
            if (const auto found = find(name); found != services_.end()) services_.erase(found);
            started_.erase(std::remove(started_.begin(), started_.end(), name), started_.end());
            around_.logs.remove(name);
            gone();
        });
    });
}

void Services::pack(protocol::Packer& packet) const {
    packet.u32(static_cast<std::uint32_t>(services_.size()));
    for (const std::unique_ptr<Service>& service : services_) service->pack(packet);
}

void Services::stop_all(std::function<void()> gone) {
    if (started_.empty()) return gone();
    const std::string name = started_.back();
    started_.pop_back();
    if (!has(name)) return stop_all(std::move(gone));
    at(name).stop([this, gone = std::move(gone)] { stop_all(gone); });
}

}  // namespace labd::init
