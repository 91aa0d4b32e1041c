// Inverses of distribution functions at even steps, with mean 0 and in 1/8192 of a standard
// deviation, as iproute2's maketable writes them; labd needs no files for them.
#include "netlink/netem.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace netlink {
namespace {

constexpr double scale = 8192;  // NETEM_DIST_SCALE

DelayTable table(const std::function<double(double)>& deviations) {
    DelayTable out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(out.size());
        const double value = std::clamp(deviations(share) * scale, -32768.0, 32767.0);
        out[i] = static_cast<std::int16_t>(std::lround(value));
    }
    return out;
}

// Where the normal distribution has `share` below it, by halving.
double normal(double share) {
    double low = -6, high = 6;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        const double below = std::erfc(-middle / std::sqrt(2.0)) / 2;
        (below < share ? low : high) = middle;
    }
    return (low + high) / 2;
}

// Shape 3: mean 3/2, variance 3/4. iproute2's table is scaled by 4/3 instead of 1.1547.
double pareto(double share) {
    return (1 / std::pow(1 - share, 1.0 / 3) - 1.5) * 4 / 3;
}

}  // namespace

DelayTable normal_delays() {
    return table(normal);
}

DelayTable pareto_delays() {
    return table(pareto);
}

DelayTable pareto_normal_delays() {
    return table([](double share) { return 0.25 * normal(share) + 0.75 * pareto(share); });
}

}  // namespace netlink
