// A lab as the kernel should hold it.
#include "topology/desired.hpp"

namespace topology {

State desired(const Lab& lab, const BackEnds& kernel) {
    State out;
    for (const Node& node : lab.nodes)
        out.spaces[node.name].kind = node.has_process() ? Space::Kind::node : Space::Kind::bridge;
    desired_devices(lab, out);
    fit(out, kernel);
    desired_network(lab, out);
    desired_contents(lab, out);
    return out;
}

}  // namespace topology
