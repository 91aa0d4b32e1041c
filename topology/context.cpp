// Sentences about what is not there yet.
#include "topology/context.hpp"

#include "topology/suggest.hpp"

#include <algorithm>

namespace topology {

void Notices::note(Group& group, const std::string& word, const Where& where) {
    if (group.words.empty()) group.where = where;
    if (std::find(group.words.begin(), group.words.end(), word) == group.words.end())
        group.words.push_back(word);
}

void Notices::ignored(const std::string& key, const Where& where) {
    note(x_ignored, key, where);
}

void Notices::report(Diagnostics& diagnostics) const {
    if (!x_ignored.words.empty())
        diagnostics.notice("LATER", x_ignored.where,
                           "not there yet, so without effect: " + join(x_ignored.words, 20));
}

void Context::later(const std::string& what, const Where& where) {
    diagnostics.error(
        "LATER", where,
        what + " is not there yet: this lab needs it at line " + std::to_string(where.line),
        "a later version of labd brings it");
}

}  // namespace topology
