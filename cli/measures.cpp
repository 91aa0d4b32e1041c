// See measures.hpp.
#include "cli/measures.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

namespace cli {
namespace {

std::string plain(double value) {
    char text[32];
    (void)std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

// RFC 4180.
std::string cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

std::string unit_of(const std::string& metric) {
    static const std::map<std::string, std::string> units{
        {"rtt", "s"},      {"loss", "%"},     {"converged", "s"},
        {"first_ok", "s"}, {"rate", "bit/s"}, {"throughput", "bit/s"}};
    const auto found = units.find(metric);
    return found == units.end() ? "" : found->second;
}

// In the order in which things were first seen.
class Rows {
  public:
    void add(const CheckSuite& suite, const std::string& what, const std::string& metric,
             const std::string& unit, double value) {
        const auto [at, is_new] =
            places_.try_emplace({suite.file, suite.variant, what, metric}, rows_.size());
        if (is_new) rows_.push_back({suite.file, suite.variant, what, metric, unit, {}});
        rows_[at->second].values.push_back(value);
    }

    std::string csv() const {
        std::string out = "file,variant,what,metric,unit,runs,mean,deviation,least,most\r\n";
        for (const Row& row : rows_) {
            const auto [least, most] = std::minmax_element(row.values.begin(), row.values.end());
            out += cell(row.file) + "," + cell(row.variant) + "," + cell(row.what) + "," +
                   cell(row.metric) + "," + row.unit + "," + std::to_string(row.values.size()) +
                   "," + plain(mean(row.values)) + "," + plain(deviation(row.values)) + "," +
                   plain(*least) + "," + plain(*most) + "\r\n";
        }
        return out;
    }

  private:
    struct Row {
        std::string file, variant, what, metric, unit;
        std::vector<double> values;
    };
    std::vector<Row> rows_;
    std::map<std::array<std::string, 4>, std::size_t> places_;
};

template <class Visit>
void each_sample(const std::vector<CheckSuite>& suites, const Visit& visit) {
    for (const CheckSuite& suite : suites)
        for (const Experiment::Sample& sample : suite.experiment.samples) visit(suite, sample);
}

}  // namespace

double mean(const std::vector<double>& values) {
    if (values.empty()) return 0;
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double>& values) {
    if (values.size() < 2) return 0;
    const double middle = mean(values);
    double sum = 0;
    for (const double value : values) sum += (value - middle) * (value - middle);
    return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::string quantity(double value, const std::string& unit) {
    if (unit == "s" && value < 1e-3) return plain(std::round(value * 1e6)) + " µs";
    if (unit == "s") return duration(value);
    if (unit != "bit/s")
        return plain(std::round(value * 10) / 10) + (unit.empty() ? "" : " " + unit);
    const char* prefix = "";
    for (const char* next : {"k", "M", "G"}) {
        if (value < 1000) break;
        value /= 1000;
        prefix = next;
    }
    char text[48];
    (void)std::snprintf(text, sizeof text, "%.3g %sbit/s", value, prefix);
    return text;
}

std::vector<Measurement> measurements(const Experiment& experiment) {
    std::vector<Measurement> out;
    std::map<std::pair<std::string, std::string>, std::size_t> places;
    for (const Experiment::Sample& sample : experiment.samples) {
        const auto [at, is_new] = places.try_emplace({sample.metric, sample.of}, out.size());
        if (is_new) out.push_back({sample.of, sample.metric, unit_of(sample.metric), {}, 0});
        if (sample.value)
            out[at->second].values.push_back(*sample.value);
        else
            ++out[at->second].lost;
    }
    return out;
}

std::string runs_csv(const std::vector<CheckSuite>& suites) {
    Rows rows;
    for (const CheckSuite& suite : suites) {
        for (const CheckResult& result : suite.results) {
            if (result.first_ok)
                rows.add(suite, result.check.name, "first_ok", "s", *result.first_ok);
            for (const auto& [metric, value] : result.metrics)
                rows.add(suite, result.check.name, metric, unit_of(metric), value);
        }
        for (const Measurement& one : measurements(suite.experiment)) {
            if (!one.values.empty())
                rows.add(suite, one.what, one.metric, one.unit, mean(one.values));
            const std::size_t all = one.values.size() + one.lost;
            if (one.metric == "rtt")
                rows.add(suite, one.what, "loss", "%",
                         100.0 * static_cast<double>(one.lost) / static_cast<double>(all));
        }
    }
    return rows.csv();
}

std::string samples_csv(const std::vector<CheckSuite>& suites) {
    std::string out = "file,variant,run,at,metric,of,value\r\n";
    each_sample(suites, [&](const CheckSuite& suite, const Experiment::Sample& sample) {
        out += cell(suite.file) + "," + cell(suite.variant) + "," + std::to_string(suite.run + 1) +
               "," + plain(sample.at) + "," + sample.metric + "," + cell(sample.of) + "," +
               (sample.value ? plain(*sample.value) : "") + "\r\n";
    });
    return out;
}

std::string samples_jsonl(const std::vector<CheckSuite>& suites) {
    std::string out;
    each_sample(suites, [&](const CheckSuite& suite, const Experiment::Sample& sample) {
        boost::json::object line{{"file", suite.file},      {"variant", suite.variant},
                                 {"run", suite.run + 1},    {"at", sample.at},
                                 {"metric", sample.metric}, {"of", sample.of},
                                 {"value", nullptr}};
        if (sample.value) line["value"] = *sample.value;
        out += boost::json::serialize(line) + "\n";
    });
    return out;
}

}  // namespace cli
