// The file that a capture goes into: whole blocks only, whatever happens, so that it can always be
// read; bounded when asked for.
#pragma once

#include "labd/fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

class CaptureFile {
  public:
    // `path` "-" is stdout. `head`: what the file begins with. `most` bytes are kept, the newest;
    // 0: all. Of a bounded one the older half is beside it, as PATH.old, until finish(). Throws
    // Failure.
    CaptureFile(std::string path, std::string head, std::uint64_t most);

    // Blocks. Throws Failure when the disk is full: the file ends with the last whole block then.
    void write(std::string_view blocks);
    // Makes one file of the two halves of a bounded one.
    void finish();
    // Nobody reads it any more (of stdout): not an error.
    bool closed() const { return closed_; }

  private:
    void open();
    void turn_over();
    void append(std::string_view blocks);

    std::string path_, head_;
    std::uint64_t most_, size_ = 0;
    labd::Fd file_;
    bool turned_ = false, closed_ = false;
};

}  // namespace cli
