// Lines of many nodes on one screen: "h1│ 64 bytes from …".
#pragma once

#include "cli/render.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

class PrefixedLines {
  public:
    PrefixedLines(std::vector<std::string> names, Style out, Style err);
    // Whole lines as they are complete; the rest waits. stream: 1 stdout, 2 stderr.
    std::string take(std::size_t who, int stream, std::string_view bytes);
    // What has no line end yet, with one.
    std::string rest(std::size_t who, int stream);

  private:
    std::string prefix(std::size_t who, int stream) const;

    std::vector<std::string> names_;
    Style out_, err_;
    std::size_t widest_ = 0;
    std::map<std::pair<std::size_t, int>, std::string> open_;
};

}  // namespace cli
