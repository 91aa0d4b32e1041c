// See report_experiment.hpp.
#include "cli/report_experiment.hpp"

#include "cli/measures.hpp"

#include <algorithm>
#include <cstdio>

namespace cli {
namespace {

constexpr double wide = 900, high = 90, margin = 4;

std::string coordinate(double value) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

// From the beginning to whatever came last.
double length_of(const Experiment& experiment) {
    double last = 0;
    for (const Experiment::Told& told : experiment.told) last = std::max(last, told.at);
    for (const Experiment::Sample& sample : experiment.samples) last = std::max(last, sample.at);
    return std::max(last, 1e-3);
}

class Chart {
  public:
    Chart(const Experiment& experiment, double length) : experiment_(experiment), length_(length) {}

    std::string of(const Measurement& one) const {
        const double most =
            one.values.empty() ? 0 : *std::max_element(one.values.begin(), one.values.end());
        std::string out =
            "<figure><figcaption><strong>" + html(one.what) + "</strong> " + html(one.metric) +
            " <small>" +
            (one.values.empty() ? std::string("nothing came")
                                : html(quantity(mean(one.values), one.unit)) + " on average, " +
                                      html(quantity(most, one.unit)) + " at most") +
            (one.lost > 0 ? ", " + std::to_string(one.lost) + " lost" : "") +
            "</small></figcaption>\n<svg viewBox=\"0 0 " + coordinate(wide) + " " +
            coordinate(high) + "\" role=\"img\">\n";
        out += marks();
        out += line(one, most);
        return out + "</svg></figure>\n";
    }

  private:
    double x(double at) const { return margin + at / length_ * (wide - 2 * margin); }

    // Where a step began.
    std::string marks() const {
        std::string out;
        for (const Experiment::Told& told : experiment_.told) {
            const Experiment::Step& step = experiment_.steps.at(told.step);
            if (told.state != Experiment::Told::State::begins || step.kind == "sample") continue;
            out += "<line class=\"step\" x1=\"" + coordinate(x(told.at)) + "\" y1=\"0\" x2=\"" +
                   coordinate(x(told.at)) + "\" y2=\"" + coordinate(high) + "\"><title>" +
                   html(duration(told.at) + " " + step.name) + "</title></line>\n";
        }
        return out;
    }

    // Broken where something was lost, which is marked at the foot.
    std::string line(const Measurement& one, double most) const {
        std::string lines, points, lost;
        const auto end = [&] {
            if (!points.empty()) lines += "<polyline points=\"" + points + "\"/>\n";
            points.clear();
        };
        for (const Experiment::Sample& sample : experiment_.samples) {
            if (sample.metric != one.metric || sample.of != one.what) continue;
            if (!sample.value) {
                end();
                lost += "<circle cx=\"" + coordinate(x(sample.at)) + "\" cy=\"" +
                        coordinate(high - margin) + "\" r=\"3\"/>\n";
                continue;
            }
            const double share = most > 0 ? *sample.value / most : 0;
            points += (points.empty() ? "" : " ") + coordinate(x(sample.at)) + "," +
                      coordinate(high - margin - share * (high - 2 * margin));
        }
        end();
        return lines + lost;
    }

    const Experiment& experiment_;
    double length_;
};

}  // namespace

std::string html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if ((byte < 0x20 && c != '\n') || byte == 0x7f)
            out += "?";
        else
            out += c;
    }
    return out;
}

std::string experiment_html(const Experiment& experiment) {
    if (experiment.steps.empty()) return "";
    std::string rows;
    for (const Experiment::Told& told : experiment.told) {
        const Experiment::Step& step = experiment.steps.at(told.step);
        const bool begins = told.state == Experiment::Told::State::begins;
        const bool failed = told.state == Experiment::Told::State::failed;
        if (!begins && !failed && told.text.empty()) continue;
        rows += "<tr><td><time>" + html(duration(told.at)) + "</time></td><td" +
                (failed ? " class=\"failed\"" : "") + ">" + (failed ? "✗ " : "") +
                html(begins || failed ? step.name : "") +
                (told.text.empty()
                     ? ""
                     : html((told.node.empty() ? "  " : "  – " + told.node + ": ") + told.text)) +
                "</td></tr>\n";
    }
    std::string out =
        "<h2>Experiment</h2>\n<section class=\"card\"><table>" + rows + "</table></section>\n";
    const Chart chart(experiment, length_of(experiment));
    const std::vector<Measurement> all = measurements(experiment);
    for (const Measurement& one : all) out += chart.of(one);
    if (!all.empty())
        out += "<p class=\"dim\">From 0 to " + html(duration(length_of(experiment))) +
               "; dashed: a step begins; dots: lost.</p>\n";
    return out;
}

}  // namespace cli
