#include "labd/init/log.hpp"

#include <algorithm>
#include <utility>

namespace labd::init {
namespace {

constexpr std::size_t log_limit = 1 << 20;
constexpr std::size_t line_limit = 8192;  // a longer one is broken
constexpr std::size_t line_cost = 64;     // of an entry, whatever its text
constexpr std::size_t text_limit = 64 * 1024;

bool before(const Log::Line& line, std::uint64_t order) {
    return line.order < order;
}

}  // namespace

void Log::add(std::string_view bytes) {
    bool whole = false;
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        const bool newline = end != std::string_view::npos;
        const std::string_view part = bytes.substr(0, std::min(end, line_limit - partial_.size()));
        partial_ += part;
        bytes.remove_prefix(part.size());
        if (newline && part.size() == end)
            bytes.remove_prefix(1);
        else if (partial_.size() < line_limit)
            break;
        keep(std::exchange(partial_, {}));
        whole = true;
    }
    if (whole) all_.tell();
}

void Log::finish_line() {
    if (partial_.empty()) return;
    keep(std::exchange(partial_, {}));
    all_.tell();
}

void Log::keep(std::string text) {
    bytes_ += text.size() + line_cost;
    lines_.push_back({all_.next_order(), std::move(text)});
    while (bytes_ > log_limit) {
        bytes_ -= lines_.front().text.size() + line_cost;
        lines_.pop_front();
    }
}

Log& Logs::of(const std::string& name) {
    return logs_.try_emplace(name, *this).first->second;
}

Log* Logs::find(const std::string& name) {
    const auto found = logs_.find(name);
    return found == logs_.end() ? nullptr : &found->second;
}

std::vector<std::pair<const std::string*, const Log*>> Logs::chosen(const std::string& name) const {
    std::vector<std::pair<const std::string*, const Log*>> list;
    for (const auto& [key, log] : logs_)
        if (name.empty() || key == name) list.emplace_back(&key, &log);
    return list;
}

std::string Logs::text(const std::string& name, std::uint64_t& from) const {
    struct Place {
        const std::string* name;
        std::deque<Log::Line>::const_iterator next, end;
    };
    std::vector<Place> places;
    for (const auto& [key, log] : chosen(name)) {
        const std::deque<Log::Line>& lines = log->lines();
        places.push_back(
            {key, std::lower_bound(lines.begin(), lines.end(), from, before), lines.end()});
    }
    std::string text;
    while (text.size() < text_limit) {
        Place* first = nullptr;
        for (Place& p : places)
            if (p.next != p.end && (first == nullptr || p.next->order < first->next->order))
                first = &p;
        if (first == nullptr) break;
        if (name.empty()) text.append(*first->name).append("| ");
        text.append(first->next->text).append("\n");
        from = first->next->order + 1;
        ++first->next;
    }
    return text;
}

std::uint64_t Logs::tail(const std::string& name, std::uint32_t count) const {
    if (count == 0) return 0;
    std::vector<std::uint64_t> orders;
    for (const auto& [key, log] : chosen(name)) {
        const std::deque<Log::Line>& lines = log->lines();
        const std::size_t n = std::min<std::size_t>(count, lines.size());
        for (auto line = lines.end() - static_cast<std::ptrdiff_t>(n); line != lines.end(); ++line)
            orders.push_back(line->order);
    }
    if (orders.empty()) return order_ + 1;
    std::sort(orders.begin(), orders.end());
    return orders[orders.size() - std::min<std::size_t>(count, orders.size())];
}

std::uint64_t Logs::follow(Follower follower) {
    followers_.emplace(++numbers_, std::move(follower));
    return numbers_;
}

void Logs::tell() const {
    // A follower may leave while it is told.
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, follower] : followers_) numbers.push_back(number);
    for (const std::uint64_t number : numbers)
        if (const auto found = followers_.find(number); found != followers_.end()) {
            const Follower follower = found->second;
            follower();
        }
}

}  // namespace labd::init
