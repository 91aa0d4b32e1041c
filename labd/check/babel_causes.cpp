// Babel: what each end of a wire has been told. Any two that speak it on one wire are neighbours.
#include "labd/check/routing_evidence.hpp"

namespace labd::check {

bool babel_speaks_on(const Router& router, const std::string& interface) {
    return FrrConfig::value(router.config.section("router babel"), "network " + interface)
        .has_value();
}

void babel_causes(const RouterWire& wire, CauseList& causes) {
    for (const Router* router : {&wire.a, &wire.b})
        if (router->config.find("router babel").empty()) return;
    const bool on_a = babel_speaks_on(wire.a, wire.ia.name);
    const bool on_b = babel_speaks_on(wire.b, wire.ib.name);
    if (on_a == on_b || has_bgp(wire)) return;
    causes.add(wire.pair("Babel") + "not enabled on " + (on_a ? wire.b : wire.a).name + "'s " +
               (on_a ? wire.ib : wire.ia).name + " (no network statement for it)");
}

}  // namespace labd::check
