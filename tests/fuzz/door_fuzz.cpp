// What labd hears from a node's init, whose root may be hostile: any packets while requests wait.
// labd may drop the door; it may not crash, hang, or hand on what it has not tamed.
#include "labd/node_door.hpp"

#include <boost/asio/co_spawn.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>

namespace {

using labd::NodeDoor;
using labd::ServiceStatus;

void expect(bool truth) {
    if (!truth) std::abort();
}

void expect_tame(const std::string& text, std::size_t limit) {
    expect(text.size() <= limit);
    expect(std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    }));
}

void check(const ServiceStatus& status) {
    expect_tame(status.name, 256);
    expect_tame(status.text, 4096);
    expect(std::strlen(labd::word(status.state)) > 0);
}

class Conversation {
  public:
    Conversation() {
        auto [ours, its] = labd::packet_pair();
        init_ = std::move(its);
        door_ = std::make_shared<NodeDoor>(loop_, "node", std::move(ours));
        door_->open([](const ServiceStatus& status) { check(status); }, [] {});
        // Ids 1 to 4, which the input may answer.
        ask(states(door_));
        ask(run(door_));
        ask(door_->start_service("service"));
        ask(door_->commit());
        loop_.poll();
    }
    void hear(std::string_view packet) {
        (void)::send(init_.get(), packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        loop_.restart();
        loop_.poll();
    }
    // The init goes: everybody who waits must hear of it, without any timer.
    void end() {
        init_.reset();
        for (int turns = 0; ended_ < 4; ++turns) {
            expect(turns < 1000);
            loop_.restart();
            loop_.poll();
        }
    }

  private:
    static boost::asio::awaitable<void> states(std::shared_ptr<NodeDoor> door) {
        for (const ServiceStatus& status : co_await door->states()) check(status);
    }
    static boost::asio::awaitable<void> run(std::shared_ptr<NodeDoor> door) {
        labd::Command command;
        command.argv = {"true"};
        const labd::RunResult result = co_await door->run(std::move(command), 0);
        expect_tame(result.tail, 64 * 1024);
    }
    void ask(boost::asio::awaitable<void> request) {
        boost::asio::co_spawn(loop_, std::move(request), [this](std::exception_ptr error) {
            ++ended_;
            try {
                if (error) std::rethrow_exception(error);
            } catch (const std::exception& failure) {
                expect(std::string_view(failure.what()).rfind("node: ", 0) == 0);
            }
        });
    }

    boost::asio::io_context loop_{1};
    labd::Fd init_;
    std::shared_ptr<NodeDoor> door_;
    int ended_ = 0;
};

}  // namespace

// Packets of {u16 length, bytes}.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    Conversation conversation;
    while (rest.size() >= 2) {
        std::uint16_t length = 0;
        std::memcpy(&length, rest.data(), sizeof length);
        rest.remove_prefix(sizeof length);
        const std::string_view packet = rest.substr(0, length);
        rest.remove_prefix(packet.size());
        if (!packet.empty()) conversation.hear(packet);
    }
    conversation.end();
    return 0;
}
