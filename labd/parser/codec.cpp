#include "labd/parser/codec.hpp"

#include "labd/parser/well_formed.hpp"

namespace labd::parser {

std::string encode(const topology::Resolved& resolved) {
    Writer out;
    out(resolved.diagnostics.all(), resolved.sources, resolved.lab);
    return out.take();
}

std::optional<topology::Resolved> decode(std::string_view bytes) {
    Reader in(bytes);
    std::optional<topology::Resolved> resolved(std::in_place);
    std::vector<topology::Diagnostic> diagnostics;
    in(diagnostics, resolved->sources, resolved->lab);
    if (!in.at_end()) return std::nullopt;
    for (topology::Diagnostic& d : diagnostics) {
        topology::Diagnostics& to = resolved->diagnostics;
        switch (d.severity) {
            case topology::Severity::error:
                to.error(d.code, d.where, std::move(d.message), std::move(d.hint));
                break;
            case topology::Severity::warning:
                to.warning(d.code, d.where, std::move(d.message), std::move(d.hint));
                break;
            case topology::Severity::notice:
                to.notice(d.code, d.where, std::move(d.message), std::move(d.hint));
                break;
        }
    }
    // A lab with mistakes is looked at by nobody.
    if (resolved->diagnostics.failed())
        resolved->lab = {};
    else if (!well_formed(resolved->lab))
        return std::nullopt;
    return resolved;
}

}  // namespace labd::parser
