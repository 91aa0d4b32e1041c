#pragma once

#include "labd/init/service.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace labd::init {

// All services of the node, in the order labd named them.
class Services {
  public:
    explicit Services(const Service::Surroundings& surroundings);
    // Throws Failure.
    void put(ServiceSpec spec);
    Service& at(const std::string& name);
    bool has(const std::string& name) const;
    void start(const std::string& name, Service::Started started);
    // Stops and forgets it, with its log.
    void remove(const std::string& name, std::function<void()> gone);
    void pack(protocol::Packer& packet) const;
    // One after the other, the last one that was started first.
    void stop_all(std::function<void()> gone);

  private:
    std::vector<std::unique_ptr<Service>>::const_iterator find(const std::string& name) const;
    void configure_again(const std::string& name);

    Service::Surroundings around_;
    std::vector<std::unique_ptr<Service>> services_;
    std::vector<std::string> started_;  // by the time of their last start
};

}  // namespace labd::init
