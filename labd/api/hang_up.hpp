// Whether the other end of a stream socket is gone for good.
#pragma once

namespace labd::http {

// Asks the socket itself. What Asio's reactor hands to who waits for errors may be of the
// connection before, whose number and place in the reactor this one has got.
bool hung_up(int socket);

}  // namespace labd::http
