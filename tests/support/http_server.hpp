// labd's HTTP server on a socket in a folder of its own, with its loop on a thread.
#pragma once

#include "labd/api/http.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test {

inline labd::Fd listen_at(const std::string& path) {
    labd::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd.get(), SOMAXCONN) != 0)
        throw std::runtime_error("cannot listen at " + path);
    return fd;
}

class HttpServer {
  public:
    explicit HttpServer(std::vector<labd::http::Route> routes, labd::http::Limits limits = {},
                        labd::http::Look look = {})
        : guard_(boost::asio::make_work_guard(loop)),
          server_(std::make_unique<labd::http::Server>(loop, std::move(routes), limits,
                                                       std::move(look))) {
        server_->listen(listen_at(path()));
        thread_ = std::thread([this] { loop.run(); });
    }
    ~HttpServer() {
        stop();
        guard_.reset();
        thread_.join();
    }

    std::string path() const { return dir_ / "s"; }
    void stop() {
        on_loop([this] { server_.reset(); });
    }

    // Runs it on the loop thread and waits until it has run.
    void on_loop(std::function<void()> job) {
        std::promise<void> done;
        boost::asio::post(loop, [&] {
            job();
            done.set_value();
        });
        done.get_future().wait();
    }

    boost::asio::io_context loop{1};

  private:
    TempDir dir_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::unique_ptr<labd::http::Server> server_;
    std::thread thread_;
};

}  // namespace test
