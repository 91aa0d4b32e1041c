// The ring and its listeners.
#include "labd/events.hpp"

#include "labd/json_text.hpp"

#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace labd {

const std::vector<std::string>& event_types() {
    static const std::vector<std::string> types{"lab",   "node",    "link", "address",
                                                "route", "service", "exec", "drift"};
    return types;
}

std::string rfc3339(const timespec& time) {
    tm parts{};
    (void)::gmtime_r(&time.tv_sec, &parts);  // fails beyond year 2^31 only
    std::array<char, 32> seconds{};
    (void)std::strftime(seconds.data(), seconds.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 16> fraction{};
    (void)std::snprintf(fraction.data(), fraction.size(), ".%09ldZ", time.tv_nsec);
    return std::string(seconds.data()) + fraction.data();
}

Events::Events(std::size_t keep, Clock clock) : keep_(keep), clock_(std::move(clock)) {
    if (!clock_)
        clock_ = [] {
            timespec now{};
            (void)::clock_gettime(CLOCK_REALTIME, &now);  // cannot fail
            return now;
        };
}

Events::Events(std::string path, std::size_t keep, Clock clock) : Events(keep, std::move(clock)) {
    path_ = std::move(path);
    load();
}

// What an earlier labd has published; a line that was cut short was never told to anybody.
void Events::load() {
    std::ifstream in(path_, std::ios::binary);
    for (std::string line; std::getline(in, line) && !in.eof(); ++lines_) {
        boost::json::error_code error;
        const boost::json::value value = boost::json::parse(line, error);
        if (error || !value.is_object()) continue;
        const auto text = [&](const char* key) {
            const boost::json::value* held = value.as_object().if_contains(key);
            return held != nullptr && held->is_string() ? std::string(held->as_string())
                                                        : std::string();
        };
        const boost::json::value* seq = value.as_object().if_contains("seq");
        const std::uint64_t number =
            seq != nullptr && seq->is_number() ? seq->to_number<std::uint64_t>() : 0;
        if (number < next_) continue;
        // A hole would make the numbers lie about how much is missing.
        if (number != next_) ring_.clear();
        ring_.push_back({number, text("type"), text("action"), text("lab"), text("node"), line});
        next_ = number + 1;
        while (ring_.size() > keep_) ring_.pop_front();
    }
    in.close();
    rewrite();
}

// Whole lines only, and no more than are kept.
void Events::rewrite() {
    const std::string fresh = path_ + ".new";
    std::string text;
    for (const Event& event : ring_) text.append(event.json).push_back('\n');
    lines_ = ring_.size();
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);
    {
        // What happens in one user's labs is not the others' to read.
        const Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (file &&
            ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()))
            std::filesystem::rename(fresh, path_, ignored);
    }
    file_ = Fd(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
}

void Events::keep(const Event& event) {
    if (!file_) return;
    const std::string line = event.json + "\n";
    (void)!::write(file_.get(), line.data(), line.size());
    if (++lines_ < 2 * keep_) return;
    rewrite();
}

std::uint64_t Events::publish(std::string type, std::string action, std::string lab,
                              std::string node, const Fields& more) {
    Event event{next_++, std::move(type), std::move(action), std::move(lab), std::move(node), {}};
    event.json = "{\"seq\":" + std::to_string(event.seq) +
                 ",\"time\":" + quote_json(rfc3339(clock_())) +
                 ",\"type\":" + quote_json(event.type) + ",\"action\":" + quote_json(event.action);
    if (!event.lab.empty()) event.json += ",\"lab\":" + quote_json(event.lab);
    if (!event.node.empty()) event.json += ",\"node\":" + quote_json(event.node);
    for (const auto& [key, value] : more)
        event.json += "," + quote_json(key) + ":" + quote_json(value);
    event.json += "}";
    pending_.push_back(event);
    ring_.push_back(std::move(event));
    while (ring_.size() > keep_) ring_.pop_front();
    keep(ring_.back());
    const std::uint64_t seq = next_ - 1;
    deliver();
    return seq;
}

Events::Subscription Events::subscribe(Callback callback) {
    auto held = std::make_shared<Callback>(std::move(callback));
    subscribers_.push_back(held);
    return Subscription(std::move(held));
}

Events::Since Events::since(std::uint64_t seq) const {
    Since result;
    const std::uint64_t oldest = next_ - ring_.size();
    if (seq + 1 < oldest) result.lost = oldest - seq - 1;
    std::copy_if(ring_.begin(), ring_.end(), std::back_inserter(result.events),
                 [seq](const Event& event) { return event.seq > seq; });
    return result;
}

// A callback that publishes comes back here: its event waits, so that everybody hears the same
// order. By index, because a callback may subscribe.
void Events::deliver() {
    if (delivering_) return;
    struct Guard {
        bool& flag;
        ~Guard() { flag = false; }
    } guard{delivering_};
    delivering_ = true;
    while (!pending_.empty()) {
        const Event event = std::move(pending_.front());
        pending_.pop_front();
        const std::size_t listeners = subscribers_.size();  // those who come now hear the next one
        for (std::size_t i = 0; i < listeners; ++i)
            if (const auto callback = subscribers_[i].lock()) (*callback)(event);
    }
    std::erase_if(subscribers_, [](const auto& subscriber) { return subscriber.expired(); });
}

}  // namespace labd
