#include "labd/relay/loss.hpp"

namespace labd::relay {

void LossModel::change(const Loss& loss) {
    if (loss.model != loss_.model) {
        bad_ = false;
        state_ = State::gap;
    }
    loss_ = loss;
}

bool LossModel::loses() {
    switch (loss_.model) {
        case Loss::Model::none:
            return false;
        case Loss::Model::each:
            return happens(loss_.share[0]);
        case Loss::Model::gilbert_elliott:
            return gilbert_elliott();
        case Loss::Model::four_state:
            return four_state();
    }
    return false;
}

// The state changes after the frame has met the one before.
bool LossModel::gilbert_elliott() {
    const auto& [to_bad, to_good, lost_when_bad, lost_when_good, unused] = loss_.share;
    const bool was_bad = bad_;
    if (happens(was_bad ? to_good : to_bad)) bad_ = !bad_;
    return happens(was_bad ? lost_when_bad : lost_when_good);
}

bool LossModel::four_state() {
    const auto& [p13, p31, p32, p23, p14] = loss_.share;
    const std::uint64_t chance = random_.u32();
    switch (state_) {
        case State::gap:
            if (chance < p14)
                state_ = State::lost_alone;
            else if (chance < std::uint64_t{p14} + p13)
                state_ = State::lost_in_burst;
            break;
        case State::burst:
            if (chance < p23) state_ = State::lost_in_burst;
            break;
        case State::lost_in_burst:
            if (chance < p32)
                state_ = State::burst;
            else if (chance < std::uint64_t{p32} + p31)
                state_ = State::gap;
            break;
        case State::lost_alone:
            state_ = State::gap;
            break;
    }
    return state_ == State::lost_in_burst || state_ == State::lost_alone;
}

}  // namespace labd::relay
