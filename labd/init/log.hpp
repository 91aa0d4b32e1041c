// What services print, in bounded memory: the last mebibyte of each, in whole lines that are
// numbered across all logs of the node, so that they can be told in the order they were written.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace labd::init {

class Logs;

class Log {
  public:
    struct Line {
        std::uint64_t order;
        std::string text;  // without its newline
    };
    explicit Log(Logs& all) : all_(all) {}
    void add(std::string_view bytes);
    // What is there without a newline becomes a line: its writer has ended.
    void finish_line();
    const std::deque<Line>& lines() const { return lines_; }

  private:
    void keep(std::string text);

    Logs& all_;
    std::deque<Line> lines_;
    std::string partial_;
    std::size_t bytes_ = 0;
};

class Logs {
  public:
    using Follower = std::function<void()>;

    Log& of(const std::string& name);
    Log* find(const std::string& name);
    void remove(const std::string& name) { logs_.erase(name); }
    // Lines from number `from` on, of one log or of all ("": each line begins with its log's name),
    // oldest first, about 64 KiB of them; `from` moves behind the last one.
    std::string text(const std::string& name, std::uint64_t& from) const;
    // The number from which on there are `count` lines; 0 = all that is kept.
    std::uint64_t tail(const std::string& name, std::uint32_t count) const;

    // Called when there are new lines.
    std::uint64_t follow(Follower follower);
    void unfollow(std::uint64_t number) { followers_.erase(number); }

  private:
    friend class Log;
    std::uint64_t next_order() { return ++order_; }
    void tell() const;
    std::vector<std::pair<const std::string*, const Log*>> chosen(const std::string& name) const;

    std::map<std::string, Log> logs_;
    std::map<std::uint64_t, Follower> followers_;
    std::uint64_t order_ = 0, numbers_ = 0;
};

}  // namespace labd::init
