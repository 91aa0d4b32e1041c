// The little JSON that is written by hand: quoted texts and the API's error object. Larger answers
// are built with Boost.JSON where they are made.
#pragma once

#include <string>
#include <string_view>

namespace labd {

// In quotes. Control bytes become \u00XX; what is no UTF-8 becomes U+FFFD, because names and
// messages may come from a node, and one bad byte would make the whole answer unreadable.
std::string quote_json(std::string_view text);

// {"api":1,"error":{"code":…,"message":…,"hint":…}}
std::string error_json(std::string_view code, std::string_view message, std::string_view hint = {});

}  // namespace labd
