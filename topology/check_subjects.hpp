// The subjects of checks, as a table: the word, who reads it, what it may be told, how long it may
// take until it is true.
#pragma once

#include "topology/check_fields.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace topology {

struct SubjectWord {
    std::string_view key;
    std::function<Subject(CheckFields&)> read;
    std::vector<std::string_view> options;  // beside the subject or in its table
    std::vector<std::string_view> inside;   // only in its table
    double within_s;                        // unless the check says otherwise
};
const std::vector<SubjectWord>& subject_words();
const SubjectWord* find_subject(std::string_view key);  // nullptr: none

// What every check may say.
const std::vector<std::string_view>& common_check_keys();

}  // namespace topology
