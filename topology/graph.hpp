// Inside `lab graph`: words that all formats share, and the drawing.
#pragma once

#include "topology/model.hpp"

#include <string>
#include <vector>

namespace topology {

std::string shown_name(const Node& node);                     // its label, else its name
std::string end_label(const Lab& lab, const End& end);        // "eth0 10.0.1.1/24"
std::string network_label(const Lab& lab, const Link& link);  // "10.0.1.0/24"

struct Point {
    double x = 0, y = 0;
};
// Where everything goes, in pixels: the nodes, then the links that are no plain pair.
struct Layout {
    std::vector<Point> nodes;
    std::vector<Point> links;  // the middle of each; of a pair unused
    double width = 0, height = 0;
};
Layout lay_out(const Lab& lab);

std::string svg(const Lab& lab);

}  // namespace topology
