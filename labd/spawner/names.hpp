// Where thousands of short-lived names are kept: in pages of their own, all given back at once. Out
// of the heap they would leave holes in every page of it, and each node begins with a copy of that.
#pragma once

#include <string_view>
#include <vector>

namespace labd::spawner {

class Names {
  public:
    Names() = default;
    Names(Names&& other) noexcept;
    Names& operator=(Names&& other) noexcept;
    Names(const Names&) = delete;
    Names& operator=(const Names&) = delete;
    ~Names();

    // A copy of `name` that ends in a NUL and lives as long as this; up to PATH_MAX bytes. Throws
    // Failure.
    const char* keep(std::string_view name);

  private:
    std::vector<char*> chunks_;
    std::size_t used_ = 0;  // of the last one
};

}  // namespace labd::spawner
