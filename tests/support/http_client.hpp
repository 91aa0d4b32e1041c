// A blocking HTTP client on a UNIX socket that can also misbehave. It gives up after 30 s of
// silence, so that a server's bug ends a test instead of hanging it.
#pragma once

#include "labd/fd.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>

namespace test {

struct Response {
    int status = 0;                              // 0: the connection ended without one
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;                            // chunks joined
    bool whole = false;                          // ended as its head promised
};

class HttpClient {
  public:
    explicit HttpClient(const std::string& path)
        : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval patience{30, 0};
        (void)::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        connect(path);
    }

    int fd() const { return fd_.get(); }
    void close() { fd_.reset(); }
    void shut() { (void)::shutdown(fd_.get(), SHUT_WR); }

    // False: the server does not take it any more.
    bool send(const std::string& bytes) {
        for (std::size_t done = 0; done < bytes.size();) {
            const ssize_t n =
                ::send(fd_.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
            if (n < 0) return false;
            done += static_cast<std::size_t>(n);
        }
        return true;
    }

    Response get(const std::string& target) {
        send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
        return receive();
    }

    Response receive() {
        Response response;
        std::size_t end = std::string::npos;
        while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
            if (!more()) return response;
        parse_head(buffer_.substr(0, end), response);
        buffer_.erase(0, end + 4);
        if (response.status == 100) return receive();
        if (response.status == 101) {
            response.whole = true;
        } else if (response.headers.count("transfer-encoding") != 0) {
            receive_chunks(response);
        } else if (response.headers.count("content-length") != 0) {
            const std::size_t length = std::stoul(response.headers.at("content-length"));
            while (buffer_.size() < length && more()) {
            }
            response.whole = buffer_.size() >= length;
            response.body = buffer_.substr(0, length);
            buffer_.erase(0, length);
        } else {
            response.body = rest();
            response.whole = true;
        }
        return response;
    }

    // Everything until the server closes.
    std::string rest() {
        while (more()) {
        }
        return std::exchange(buffer_, "");
    }

    // False at the end. A reset counts as an end: the server closed with our bytes unread.
    bool more() {
        std::array<char, 65536> bytes{};
        const ssize_t n = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
        if (n < 0 && errno != ECONNRESET)
            throw std::system_error(errno, std::generic_category(), "no answer in 30 s");
        if (n <= 0) return false;
        buffer_.append(bytes.data(), static_cast<std::size_t>(n));
        return true;
    }

  private:
    void connect(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(),
                    std::min(path.size(), sizeof address.sun_path - 1));
        if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw std::system_error(errno, std::generic_category(), "connect to " + path);
    }

    static void parse_head(const std::string& head, Response& response) {
        if (head.rfind("HTTP/1.1 ", 0) != 0) throw std::runtime_error("no HTTP: " + head);
        response.status = std::stoi(head.substr(9));
        for (std::size_t at = head.find("\r\n"); at != std::string::npos;) {
            const std::size_t next = head.find("\r\n", at + 2);
            const std::string line = head.substr(at + 2, next - at - 2);
            std::string name = line.substr(0, line.find(": "));
            std::transform(name.begin(), name.end(), name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            response.headers[name] = line.substr(std::min(line.size(), line.find(": ") + 2));
            at = next;
        }
    }

    void receive_chunks(Response& response) {
        while (true) {
            std::size_t end = std::string::npos;
            while ((end = buffer_.find("\r\n")) == std::string::npos)
                if (!more()) return;
            const std::size_t size = std::stoul(buffer_.substr(0, end), nullptr, 16);
            while (buffer_.size() < end + 2 + size + 2)
                if (!more()) return;
            response.body += buffer_.substr(end + 2, size);
            buffer_.erase(0, end + 2 + size + 2);
            if (size == 0) {
                response.whole = true;
                return;
            }
        }
    }

    labd::Fd fd_;
    std::string buffer_;
};

}  // namespace test
