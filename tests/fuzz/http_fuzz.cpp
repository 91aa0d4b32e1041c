// The HTTP server on a real socket, fed with anything: it may refuse, it may not crash, hang or
// leak. Every input is one connection; the loop turns only as long as that one lives.
#include "labd/api/http.hpp"
#include "tests/support/http_server.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace {

using Held = std::shared_ptr<labd::http::Exchange>;

struct World {
    test::TempDir dir;
    boost::asio::io_context loop{1};
    labd::http::Server server{
        loop,
        {{"GET", "/v1/labs/{lab}",
          [](Held e) { e->answer(200, e->request().path.at("lab") + e->request().body); }},
         {"PUT", "/v1/labs/{lab}",
          [](Held e) {
              e->begin_lines(200);
              e->line(e->request().body);
              e->end_lines();
          }},
         {"POST", "/up", [](Held e) { e->upgrade("lab-session", [](labd::Fd) {}); }},
         {"GET", "/drop", [](Held) {}}}};
    World() { server.listen(test::listen_at(dir / "s")); }
};

labd::Fd connect_to(const std::string& path) {
    labd::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        std::abort();
    return fd;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World* const world = new World;  // outlives every input; the fuzzer ends by _exit
    if (size > 64 * 1024) return 0;         // more than a socket takes at once
    const labd::Fd client = connect_to(world->dir / "s");
    if (::send(client.get(), data, size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) return 0;
    (void)::shutdown(client.get(), SHUT_WR);
    // Our end of writing is shut, so the server must come to an end too, without any timer.
    char answer[65536];
    for (int turns = 0;; ++turns) {
        ssize_t n = 0;
        while ((n = ::recv(client.get(), answer, sizeof answer, 0)) > 0) continue;
        if (n == 0 || errno != EAGAIN) break;
        if (turns > 10'000) std::abort();
        world->loop.restart();
        world->loop.run_one();
    }
    world->loop.poll();
    return 0;
}
