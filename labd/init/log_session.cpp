#include "labd/init/log_session.hpp"

namespace labd::init {

using protocol::Frame;

LogSessions::Reader& LogSessions::take(Fd client, std::uint64_t& number) {
    number = ++numbers_;
    auto reader = std::make_unique<Reader>(loop_, std::move(client));
    Reader& taken = *reader;
    readers_.emplace(number, std::move(reader));
    const std::uint64_t n = number;
    taken.client.listen(
        {[](Frame, std::string_view) {}, [this, n] { leave(n); }, [this, n] { pump(n); }});
    return taken;
}

void LogSessions::start(Fd client, std::string service, bool follow, std::uint32_t lines) {
    std::uint64_t number = 0;
    Reader& reader = take(std::move(client), number);
    reader.service = std::move(service);
    reader.follow = follow;
    reader.from = logs_.tail(reader.service, lines);
    if (follow) reader.follower = logs_.follow([this, number] { pump(number); });
    pump(number);
}

void LogSessions::refuse(Fd client, int error, const std::string& sentence) {
    std::uint64_t number = 0;
    Reader& reader = take(std::move(client), number);
    const auto code = static_cast<std::uint32_t>(error);
    reader.over = true;
    reader.client.send(Frame::failed,
                       std::string(reinterpret_cast<const char*>(&code), sizeof code) + sentence);
    pump(number);
}

void LogSessions::pump(std::uint64_t number) {
    const auto found = readers_.find(number);
    if (found == readers_.end()) return;
    Reader& reader = *found->second;
    while (reader.client.empty() && !reader.over) {
        const std::string text = logs_.text(reader.service, reader.from);
        if (!text.empty()) {
            reader.client.send(Frame::output, text);
        } else if (reader.follow) {
            return;
        } else {
            constexpr std::uint32_t good = 0;
            reader.client.send(Frame::ended, {reinterpret_cast<const char*>(&good), sizeof good});
            reader.over = true;
        }
    }
    if (reader.over && reader.client.empty()) leave(number);
}

void LogSessions::leave(std::uint64_t number) {
    const auto found = readers_.find(number);
    if (found == readers_.end()) return;
    if (found->second->follower != 0) logs_.unfollow(found->second->follower);
    readers_.erase(found);
}

}  // namespace labd::init
