// Any bytes as a journal: what is believed of them must be what the journal itself would write.
#include "labd/journal.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const labd::JournalContents contents = labd::parse_journal(bytes);
    if (contents.valid_bytes > size || contents.damage.empty() != (contents.valid_bytes == size))
        std::abort();
    // The same again from what was found whole: nothing is lost, nothing is damaged.
    const labd::JournalContents again = labd::parse_journal(bytes.substr(0, contents.valid_bytes));
    if (again.records != contents.records || !again.damage.empty()) std::abort();
    return 0;
}
