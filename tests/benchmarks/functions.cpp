// What the pure half costs, function by function: text to lab, lab to state, state to plan.
#include "tests/support/memory_files.hpp"
#include "topology/plan.hpp"
#include "topology/resolve.hpp"

#include <benchmark/benchmark.h>

#include <string>

namespace {

// As shapes.py has it: two rings beside each other, one of them doubled, and rungs between them.
std::string ladder(long nodes, const char* routing) {
    const std::string half = std::to_string(nodes / 2);
    return "links = [{ ring = \"a[1-" + half + "]\", count = 2 }, { ring = \"b[1-" + half +
           "]\" }, [\"a[1-" + half + "]\", \"b[1-" + half + "]\"]]\n[nodes]\n\"a[1-" + half +
           "]\" = { kind = \"router\", routing = \"" + routing + "\" }\n\"b[1-" + half +
           "]\" = { kind = \"router\", routing = \"" + routing + "\" }\n";
}

topology::Lab resolved(long nodes, const char* routing) {
    test::MemoryFiles files;
    files.add("x.lab.toml", ladder(nodes, routing));
    topology::Resolved result = topology::resolve(files, "x.lab.toml");
    if (result.diagnostics.failed()) throw std::runtime_error("the ladder is wrong");
    return std::move(result.lab);
}

void resolve(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(resolved(state.range(0), "none"));
    state.SetComplexityN(state.range(0));
}
void resolve_static(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(resolved(state.range(0), "static"));
    state.SetComplexityN(state.range(0));
}
void desire(benchmark::State& state) {
    const topology::Lab lab = resolved(state.range(0), "none");
    for (auto _ : state) benchmark::DoNotOptimize(topology::desired(lab));
}
void plan_everything(benchmark::State& state) {
    const topology::State wish = topology::desired(resolved(state.range(0), "none"));
    for (auto _ : state) benchmark::DoNotOptimize(topology::plan(wish, {}));
}
void plan_nothing(benchmark::State& state) {
    const topology::State wish = topology::desired(resolved(state.range(0), "none"));
    for (auto _ : state) benchmark::DoNotOptimize(topology::plan(wish, wish));
}

BENCHMARK(resolve)->Arg(100)->Arg(1000)->Arg(4000)->Unit(benchmark::kMillisecond);
BENCHMARK(resolve_static)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(desire)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_everything)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_nothing)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
