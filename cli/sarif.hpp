// Mistakes in the form that code scanners and editors read (SARIF 2.1.0).
#pragma once

#include "topology/diagnostic.hpp"

#include <set>
#include <string>
#include <vector>

namespace cli {

class Sarif {
  public:
    void add(const std::vector<topology::Diagnostic>& found, const topology::Sources& sources);
    std::string text() const;

  private:
    std::vector<std::string> results_;
    std::set<std::string> rules_;
};

}  // namespace cli
