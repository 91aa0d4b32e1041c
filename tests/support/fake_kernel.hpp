// The Kernel without a kernel: a FakeState behind labd's seam, which fails where it is told to.
#pragma once

#include "labd/kernel.hpp"
#include "tests/support/fake_state.hpp"

#include <memory>
#include <optional>

namespace test {

class FakeKernel final : public labd::Kernel {
  public:
    void adopt(const std::string& space, topology::Space::Kind kind, labd::Fd) override {
        fake_.state.spaces[space].kind = kind;
    }
    void forget(const std::string& space) override {
        if (fake_.state.spaces.contains(space))
            fake_.apply(topology::RemoveSpace{space, fake_.state.spaces.at(space).kind}, none_);
    }
    using Kernel::apply;
    std::optional<labd::KernelFailure> apply(std::span<const topology::Step> steps) override {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (fail_at && done_ == *fail_at)
                return labd::KernelFailure{i, 16, "cannot do it: told so", ""};
            try {
                fake_.apply(steps[i], none_);
            } catch (const std::runtime_error& e) {
                return labd::KernelFailure{i, 22, e.what(), ""};
            }
            ++done_;
        }
        return std::nullopt;
    }
    topology::Space observe(const std::string& space) override {
        return fake_.state.spaces.at(space);
    }

    void renew(const std::string& space, labd::Fd) override {
        topology::State wish;
        wish.contents[space] = {};
        fake_.apply(topology::StartNode{space}, wish);
        fake_.state.contents.erase(space);
    }
    std::int32_t listen_to(const std::string&) override { return -1; }
    void announce(const std::string& space, const std::string& device) override {
        announced.insert({space, device});
    }
    int netns(const std::string&) override { return -1; }
    std::map<std::string, labd::InterfaceReading> read(const std::string& space) override {
        std::map<std::string, labd::InterfaceReading> out;
        for (const auto& [name, device] : fake_.state.spaces.at(space).devices) {
            labd::InterfaceReading reading;
            reading.up = reading.carrier = device.up;
            out[name] = reading;
        }
        return out;
    }
    std::map<std::string, std::set<topology::Prefix>> learned(const std::string&) override {
        return {};
    }
    std::vector<topology::Route> handwritten(const std::string&) override { return {}; }
    bool take_over(std::span<const topology::Step>) override { return false; }
    void forget_advertised(const std::string&, const std::string&) override {}
    std::map<topology::Prefix, bool> destinations(const std::string& space) override {
        std::map<topology::Prefix, bool> out;
        for (const auto& entry : fake_.state.spaces.at(space).routes)
            if (!entry.second.hops.empty()) out[entry.first.destination] = false;
        return out;
    }

    std::set<topology::DeviceEnd> announced;
    std::optional<std::size_t> fail_at;  // the step, counted from the beginning

  private:
    FakeState fake_;
    topology::State none_;  // kernel steps bring about nothing else
    std::size_t done_ = 0;
};

}  // namespace test
