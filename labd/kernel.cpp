// What every Kernel shares.
#include "labd/kernel.hpp"

namespace labd {

bool is_kernel_step(const topology::Step& step) {
    return std::visit(
        [](const auto& s) {
            using S = std::decay_t<decltype(s)>;
            return std::is_same_v<S, topology::CreateVeth> ||
                   std::is_same_v<S, topology::RemoveVeth> ||
                   std::is_same_v<S, topology::MoveVeth> ||
                   std::is_same_v<S, topology::CreateDevice> ||
                   std::is_same_v<S, topology::RemoveDevice> ||
                   std::is_same_v<S, topology::ChangeDevice> ||
                   std::is_same_v<S, topology::AddAddress> ||
                   std::is_same_v<S, topology::RemoveAddress> ||
                   std::is_same_v<S, topology::AddRoute> ||
                   std::is_same_v<S, topology::ChangeGround> ||
                   std::is_same_v<S, topology::RemoveRoute>;
        },
        step);
}

void Kernel::apply(const topology::Step& step) {
    if (const auto failure = apply(std::span(&step, 1))) throw KernelError(*failure);
}

}  // namespace labd
