#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compare what two sides gave and print a report.

Usage: compare.py --stock DIR... --ours DIR... [--part] [--brief] [--least=N] [--json=FILE]
                  [--suspects=FILE]

Each DIR is one that `side` filled; several of one side are several runs. An item agrees if every
answer of ours (verdict, reason, output, trace) is one that stock gave too: most tests give always the
same, and one that depends on timing on stock may do so on ours. --part: ours are some of stock's
items, instead of all. --brief: no line for what agrees. --least: so many tests of pyverbs must pass,
some of them of rdma_cm, since two sides of a machine that is badly set up agree as well.
--suspects: write the names of those that do not agree, for another run of stock.

Exit status 0 if all agree, 1 if not, 2 if there was nothing to compare, 3 if too little passed.
"""
import argparse
import collections
import difflib
import json
import os
import sys

import normalise


class Item:
	"""One test on one device: what each side said about it."""

	def __init__(self):
		self.sides = {"stock": [], "ours": []}

	def add(self, side, result, directory):
		answer = {key: result.get(key, "") for key in ("verdict", "reason", "output", "late")}
		if result.get("trace"):
			prefix = f"{directory}/{result['trace']}"
			answer["trace"] = normalise.normalised(prefix)
			with open(f"{prefix}.trace", "w") as file:
				file.write(answer["trace"])
		answer["path"] = directory
		self.sides[side].append(answer)

	@staticmethod
	def essence(answer):
		"""What has to be equal. Who had to be ended has not answered, whatever it had said by then."""
		if answer["late"]:
			return "late"
		return answer["verdict"], answer["reason"], answer["output"], answer.get("trace")

	def agrees(self):
		stock = {self.essence(answer) for answer in self.sides["stock"]}
		ours = {self.essence(answer) for answer in self.sides["ours"]}
		return bool(ours) and ours <= stock

	def strange(self):
		"""The first answer of ours that stock did not give, and stock's nearest."""
		stock = self.sides["stock"]
		if not self.sides["ours"] or not stock:
			return (self.sides["ours"] or [None])[0], (stock or [None])[0]
		known = {self.essence(answer) for answer in stock}
		ours = next(answer for answer in self.sides["ours"]
			    if self.essence(answer) not in known)
		same = [answer for answer in stock if answer["verdict"] == ours["verdict"]]
		return ours, (same or stock)[0]

	def words(self, side):
		"""The verdicts of a side: ok, or ok 2/3, error 1/3."""
		counts = collections.Counter(answer["verdict"] for answer in self.sides[side])
		if len(counts) <= 1:
			return "".join(counts) or "missing"
		return ", ".join(f"{verdict} {count}/{counts.total()}"
				 for verdict, count in counts.most_common())

	def reasons(self):
		reasons = dict.fromkeys(answer["reason"] for side in ("stock", "ours")
					for answer in self.sides[side] if answer["reason"])
		return " | ".join(reasons)

	def explanation(self):
		"""Lines about what differs."""
		ours, stock = self.strange()
		if not ours or not stock:
			return ["only one side has it"]
		lines = []
		for key in ("verdict", "reason"):
			if ours[key] != stock[key]:
				lines += [f"{key} stock: {stock[key]}", f"{key} ours:  {ours[key]}"]
		for key in ("output", "trace"):
			if ours.get(key) != stock.get(key):
				lines += [line[:1200] for line in difflib.unified_diff(
					(stock.get(key) or "").splitlines(),
					(ours.get(key) or "").splitlines(),
					f"{key} stock", f"{key} ours", n=1, lineterm="")][:20]
		return lines


def load(directories, side, items):
	for directory in directories:
		path = f"{directory}/results.jsonl"
		if not os.path.exists(path):
			continue
		with open(path) as file:
			for line in file:
				result = json.loads(line)
				key = result["suite"], result["device"], result["test"]
				items[key].add(side, result, directory)


def table(items):
	"""One line per test, and a heading per suite and device."""
	heading = None
	for (suite, device, test), item in sorted(items.items()):
		if heading != (suite, device):
			heading = (suite, device)
			print(f"\n{suite} on {device}")
			print(f"    {'stock':<16} {'ours':<16} test")
		mark = "   " if item.agrees() else "!! "
		reason = item.reasons()
		print(f"{mark} {item.words('stock'):<16} {item.words('ours'):<16} {test}"
		      + (f": {reason[:150]}" if reason else ""))


def summary(items):
	print()
	print(f"{'suite':<10} {'device':<8} {'items':>5} {'agree':>6} {'differ':>7}   stock's verdicts")
	groups = collections.defaultdict(list)
	for (suite, device, _), item in items.items():
		groups[suite, device].append(item)
	for (suite, device), members in sorted(groups.items()):
		agree = sum(item.agrees() for item in members)
		counts = collections.Counter(item.words("stock").split(" ")[0] for item in members)
		print(f"{suite:<10} {device:<8} {len(members):>5} {agree:>6} {len(members) - agree:>7}   "
		      + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))


def poor(items, least):
	"""What is missing on stock, in words, or None."""
	passed = [test for (suite, _, test), item in items.items()
		  if suite == "pyverbs" and item.words("stock").startswith("ok")]
	if len(passed) < least:
		return f"{len(passed)} tests of pyverbs pass on stock, expected are at least {least}"
	if not any(test.startswith("tests.test_rdmacm.") for test in passed):
		return "no test of rdma_cm passes on stock"
	return None


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("--json")
	parser.add_argument("--least", type=int)
	parser.add_argument("--suspects")
	parser.add_argument("--part", action="store_true")
	parser.add_argument("--brief", action="store_true")
	parser.add_argument("--stock", nargs="+", required=True)
	parser.add_argument("--ours", nargs="+", required=True)
	arguments = parser.parse_args()

	items = collections.defaultdict(Item)
	load(arguments.stock, "stock", items)
	load(arguments.ours, "ours", items)
	chosen = {key: item for key, item in items.items()
		  if item.sides["ours"] or not arguments.part}
	if not chosen:
		print("nothing to compare")
		sys.exit(2)
	differing = {key: item for key, item in sorted(chosen.items()) if not item.agrees()}

	if not arguments.brief:
		table(chosen)
	summary(chosen)
	for (suite, device, test), item in differing.items():
		print(f"\nDIFFERS {suite}/{device}/{test}")
		for line in item.explanation():
			print(f"    {line}")
	if arguments.suspects:
		with open(arguments.suspects, "w") as file:
			file.writelines(f"{'/'.join(key)}\n" for key in differing)
	if arguments.json:
		with open(arguments.json, "w") as file:
			json.dump([{"suite": suite, "device": device, "test": test,
				    "agrees": item.agrees(), "reason": item.reasons(),
				    **{side: sorted({answer["verdict"] for answer in answers})
				       for side, answers in item.sides.items()}}
				   for (suite, device, test), item in sorted(chosen.items())],
				  file, indent=1)
			file.write("\n")
	if differing:
		sys.exit(1)
	lacking = arguments.least and poor(chosen, arguments.least)
	if lacking:
		print(f"\n{lacking}: is the machine set up as it should be?")
		sys.exit(3)


main()
