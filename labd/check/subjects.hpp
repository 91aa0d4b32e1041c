// The subjects: each says what has to be heard to judge it once, and judges what was heard. Both
// halves go through the same items in the same order. Pure; what comes from nodes is hostile input.
#pragma once

#include "labd/check/question.hpp"

namespace labd::check {

// ping.cpp
Question ask(const topology::subject::Ping& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Ping& s, const topology::Lab& lab, const Answers& answers);

// Where one answer is asked for and a fault is in: a request every 50 ms until one is answered, so
// that it is seen when the way is back, and how many were lost before.
void probe_until_answered(const topology::Check& check, Question& question);
// How long after its begin such a try sent what was answered; 0 of all others.
double unanswered_s(const topology::Check& check, const Verdict& verdict);

// connect.cpp
Question ask(const topology::subject::Connect& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Connect& s, const topology::Lab& lab,
              const Answers& answers);
Question ask(const topology::subject::Http& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Http& s, const topology::Lab& lab, const Answers& answers);

// dns.cpp
Question ask(const topology::subject::Dns& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Dns& s, const topology::Lab& lab, const Answers& answers);

// path.cpp
Question ask(const topology::subject::Path& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Path& s, const topology::Lab& lab, const Answers& answers);

// kernel_state.cpp
Question ask(const topology::subject::Route& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Route& s, const topology::Lab& lab, const Answers& answers);
Question ask(const topology::subject::Address& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Address& s, const topology::Lab& lab,
              const Answers& answers);
Question ask(const topology::subject::Link& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Link& s, const topology::Lab& lab, const Answers& answers);
Question ask(const topology::subject::Neighbor& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Neighbor& s, const topology::Lab& lab,
              const Answers& answers);

// inside.cpp
Question ask(const topology::subject::Run& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Run& s, const topology::Lab& lab, const Answers& answers);
Question ask(const topology::subject::Process& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Process& s, const topology::Lab& lab,
              const Answers& answers);
Question ask(const topology::subject::File& s, const topology::Lab& lab);
Verdict judge(const topology::subject::File& s, const topology::Lab& lab, const Answers& answers);
Question ask(const topology::subject::Sysctl& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Sysctl& s, const topology::Lab& lab, const Answers& answers);
Question ask(const topology::subject::NoDrops& s, const topology::Lab& lab);
Verdict judge(const topology::subject::NoDrops& s, const topology::Lab& lab,
              const Answers& answers);

// frr.cpp
Question ask(const topology::subject::Neighbors& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Neighbors& s, const topology::Lab& lab,
              const Answers& answers);
Question ask(const topology::subject::ProtocolRoute& s, const topology::Lab& lab);
Verdict judge(const topology::subject::ProtocolRoute& s, const topology::Lab& lab,
              const Answers& answers);

// throughput.cpp
Question ask(const topology::subject::Throughput& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Throughput& s, const topology::Lab& lab,
              const Answers& answers);

// loops.cpp
Question ask(const topology::subject::NoLoops& s, const topology::Lab& lab);
Verdict judge(const topology::subject::NoLoops& s, const topology::Lab& lab,
              const Answers& answers);

// converged: the run itself follows the kernel; there is nothing to ask.
Question ask(const topology::subject::Converged& s, const topology::Lab& lab);
Verdict judge(const topology::subject::Converged& s, const topology::Lab& lab,
              const Answers& answers);

// Why a command that was asked for cannot be judged, in words; "" = it can be.
std::string trouble(const Heard& heard);

// "~ regex" or the whole text; bounded to what a pattern may be tried on.
bool matches(const topology::TextMatch& match, const std::string& text);

// Where a text is not as wanted: its first line that is not, and which of how many; and what is
// wanted there.
struct Unlike {
    std::string seen, wanted;
};
Unlike unlike(const topology::TextMatch& match, const std::string& text);

// "< 111": a bound, when the words are one; a number alone is a text.
std::optional<topology::Bound> bound_of(const std::string& words);
// The number that is the whole text, but for blanks around it.
std::optional<double> number_of(const std::string& text);

// One line of what a program said, at most `limit` bytes, without control bytes.
std::string one_line(const std::string& text, std::size_t limit = 120);

// "0.31 ms", "12 ms", "1.2 s".
std::string milliseconds(double seconds);

}  // namespace labd::check
