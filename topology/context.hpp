// What the stations of `expand` share: where texts come from, what names mean, where to complain.
#pragma once

#include "topology/expression.hpp"
#include "topology/model.hpp"
#include "topology/numbering.hpp"
#include "topology/read.hpp"
#include "topology/resolve.hpp"

#include <map>
#include <set>
#include <string>

namespace topology {

// What is accepted but not done yet: said once for the whole lab, not once a link.
class Notices {
  public:
    // `what` is one word of the sentence, in the order first met.
    void ignored(const std::string& key, const Where& where);
    void report(Diagnostics& diagnostics) const;

  private:
    struct Group {
        std::vector<std::string> words;
        Where where;
    };
    static void note(Group& group, const std::string& word, const Where& where);

    Group x_ignored;
};

struct Context {
    Files& files;
    const ResolveOptions& options;
    Sources& sources;
    Diagnostics& diagnostics;
    std::string main;  // the topology file
    Reader reader;
    Interpolator interpolator;
    Names names;              // [vars] and `lab`
    Addressing addressing;    // its pools: `pool = "core"` must name one
    std::vector<Vlan> vlans;  // `vlan = "red"` must name one
    Notices notices;
    Numbering& running;  // what the lab that runs has; empty when none does

    Context(Files& f, const ResolveOptions& o, Sources& s, Diagnostics& d, std::string m,
            Numbering& r)
        : files(f),
          options(o),
          sources(s),
          diagnostics(d),
          main(std::move(m)),
          reader(d),
          interpolator(d),
          running(r) {}

    // A feature that the lab needs and labd has not yet: refused by name (code LATER).
    void later(const std::string& what, const Where& where);
};

}  // namespace topology
