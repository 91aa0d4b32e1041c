// Any bytes as a parser's answer: refused, or a lab that can be worked with and that is written as
// those very bytes.
#include "labd/parser/codec.hpp"
#include "topology/stages.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto resolved = labd::parser::decode(bytes);
    if (!resolved || resolved->diagnostics.failed()) return 0;
    if (labd::parser::encode(*resolved) != bytes) std::abort();
    (void)topology::resolved_toml(resolved->lab);  // walks every index
    return 0;
}
