#!/usr/bin/env python3
"""Turns the JSON lines of Benchmarks/compare into a Markdown table.

Each run of Striate is divided by the better of the two PyTorch runs beside it; the table shows medians.
"""
import json
import statistics
import sys

models = {}
for line in open(sys.argv[1]):
    row = json.loads(line)
    runs = models.setdefault(row["model"], {})
    runs.setdefault(row["seed"], []).append(row)

print("| network, training on MNIST | Striate, images/s | PyTorch, images/s | ratio (least–most) |")
print("| --- | --- | --- | --- |")
for model, runs in models.items():
    ours, theirs, ratios = [], [], []
    for rows in runs.values():
        striate = next(row["images_per_second"] for row in rows if "peer" not in row)
        peer = max(row["images_per_second"] for row in rows if "peer" in row)
        ours.append(striate)
        theirs.append(peer)
        ratios.append(striate / peer)
    print(f"| {model} | {statistics.median(ours):,.0f} | {statistics.median(theirs):,.0f} "
          f"| {statistics.median(ratios):.1f}× ({min(ratios):.1f}–{max(ratios):.1f}) |")
