// Which frames are lost: the models of tc-netem(8), with the transitions that the kernel's
// sch_netem makes.
#pragma once

#include "labd/relay/random.hpp"
#include "labd/relay/settings.hpp"

namespace labd::relay {

class LossModel {
  public:
    LossModel() = default;
    // As in the model's first state.
    LossModel(const Loss& loss, Random random) : loss_(loss), random_(random) {}
    const Loss& loss() const { return loss_; }
    // Other numbers, and the row of chances goes on where it is.
    void change(const Loss& loss);
    bool loses();

  private:
    bool happens(Share share) { return share != 0 && random_.u32() <= share; }
    bool gilbert_elliott();
    bool four_state();

    Loss loss_;
    Random random_;
    bool bad_ = false;
    enum class State { gap, burst, lost_in_burst, lost_alone } state_ = State::gap;
};

}  // namespace labd::relay
