"""tests/bench, second half: measures, prints a table with ratios, writes JSON. It never fails for a
slow figure: a machine that is busy is no defect."""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time

from . import machine, rows


class Options(argparse.Namespace):
    nodes, rounds, lan, sizes = 1000, 3, 1000, (250, 500, 1000, 2000, 4000)


def parse():
    parser = argparse.ArgumentParser(prog="tests/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller labs: two minutes")
    parser.add_argument("--only", metavar="WORD", help="only rows of the functions named so")
    parser.add_argument("--json", metavar="FILE", default=machine.SOURCE / "build" / "bench.json")
    options = parser.parse_args(namespace=Options())
    if options.quick:
        options.nodes, options.rounds, options.lan, options.sizes = 250, 3, 250, (100, 250, 500)
    return options


def text(value, unit):
    if value is None:
        return "–"
    if unit != "s":
        return f"{value:.1f} {unit}".rstrip()
    return f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.2f} s"


def shown(row):
    ratio = f"{row.ratio:.2f} ×" if row.ratio is not None else ""
    if row.bound:
        sign = "≤" if row.better == "less" else "≥"
        bound = f"{sign} {row.bound:.2f} ×"
    else:
        bound = f"≤ {text(row.limit, row.unit)}" if row.limit is not None else ""
    beside = f"{text(row.theirs, row.unit)} {row.against}" if row.against else ""
    verdict = {True: "✓", False: "✗", None: ""}[row.met]
    return [row.name, text(row.ours, row.unit), beside, ratio, bound, verdict]


def main():
    options = parse()
    machine.enter()
    started, measured = time.monotonic(), []
    print(f"labd on {platform.system()} {platform.release()}, {os.cpu_count()} processors, "
          f"{datetime.date.today()}; load {os.getloadavg()[0]:.1f} at the start\n", flush=True)
    with machine.daemon() as labd:
        for measure in (rows.pair, rows.quickstart, rows.without_root, rows.chain, rows.static,
                        rows.iproute2, rows.mininet, rows.growth, lambda o: rows.at_rest(o, labd),
                        rows.busy, rows.route_check, rows.validate, rows.traffic):
            name = getattr(measure, "__name__", "").replace("<lambda>", "at_rest")
            if options.only and options.only not in name:
                continue
            try:
                for row in measure(options):
                    measured.append(row)
                    print("  ".join(f"{cell:<{width}}" for cell, width in
                                    zip(shown(row), (44, 12, 34, 8, 12, 1))).rstrip(), flush=True)
            except (RuntimeError, subprocess.CalledProcessError) as error:
                print(f"{name}: {error}", file=sys.stderr, flush=True)
    with open(options.json, "w") as file:
        json.dump([{**vars(row), "ratio": row.ratio, "met": row.met} for row in measured], file,
                  indent=1)
    print(f"\n{sum(r.met is True for r in measured)} within their bounds, "
          f"{sum(r.met is False for r in measured)} beyond, in {time.monotonic() - started:.0f} s; "
          f"{options.json}")


main()
