#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Say in few lines how a run of kunit.py went: tools/kunit/summary.py TREE JOB PATTERN STATUS

TREE is our checkout, JOB a directory with kunit.log and, if a kernel ran, result.json and test.log.
Exit status 0 if every suite of kernel/*_kunit.c that PATTERN selects ran and passed.
"""
import fnmatch
import glob
import json
import os
import re
import subprocess
import sys

tree, job, pattern, status = sys.argv[1:]


def read(name):
	with open(os.path.join(job, name), errors="replace") as file:
		return file.read()


def expected_suites():
	"""Names of the suites in the source: one that is missing in the results is a failure."""
	names = []
	for path in sorted(glob.glob(f"{tree}/kernel/*_kunit.c")):
		with open(path) as file:
			found = re.findall(
				r'struct kunit_suite \w+ = \{[^}]*?\.name\s*=\s*"([^"]+)"', file.read())
		if not found:
			sys.exit(f"{path}: no 'struct kunit_suite' with a .name in it")
		names += found
	wanted = pattern.split(".")[0] or "*"
	return [name for name in names if fnmatch.fnmatch(name, wanted)]


def cases(group):
	"""Every case below a group of kunit.py's JSON as (name, status)."""
	for case in group["test_cases"]:
		yield case["name"], case["status"]
	for sub in group["sub_groups"]:
		for name, state in cases(sub):
			yield f"{sub['name']}: {name}", state


def explanation(log, case):
	"""What the kernel said about the failed expectations of a case, or before it died in one."""
	if not case:
		return ["        " + line for line in log.splitlines()[-12:]]
	text = []
	inside = False
	for line in log.splitlines():
		if re.match(rf"\s*# {re.escape(case)}: \w+ FAILED at ", line):
			inside = True
		elif re.match(r"\s*(# |ok |not ok |KTAP )", line):
			inside = False
		if inside:
			text.append("        " + line.strip())
	return text


log = read("kunit.log")
for line in log.splitlines():
	if re.search(r"uverbs_bpf/.*(warning|error):", line):
		print(line)

results = {}
kernel_log = ""
if os.path.exists(f"{job}/result.json"):
	results = {group["name"]: group for group in json.loads(read("result.json"))["sub_groups"]}
	kernel_log = read("test.log")
else:
	print("no kernel was run; kunit.py's last words:")
	print("\n".join(log.splitlines()[-15:]))

passed = failed = skipped = 0
for name in sorted({*expected_suites(), *results}):
	states = list(cases(results[name])) if name in results else []
	good = sum(state == "PASS" for _, state in states)
	skips = sum(state == "SKIP" for _, state in states)
	bad = [case for case, state in states if state not in ("PASS", "SKIP")]
	if not states:
		bad = ["the suite did not run"]
	print(f"{name}: {good} passed, {len(bad)} failed, {skips} skipped")
	# Cases the kernel did not live to report have no name; one word about them will do.
	for case in dict.fromkeys(bad):
		print(f"    FAILED {case or 'the kernel died or hung, its last words:'}")
		if states:
			function = case.split(": ")[0]
			print("\n".join(explanation(kernel_log, function)) or "        see the log")
			print(f"        again: tools/kunit/run '{name}.{function or '*'}'")
	passed += good
	failed += len(bad)
	skipped += skips

reports = subprocess.run([f"{tree}/tools/vm/reports", "/dev/stdin"], input=kernel_log,
			 stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()
if reports:
	print("\n".join(["kernel: FAILED, it reported a bug", *("        " + r for r in reports)]))
	failed += 1
if not expected_suites():
	print(f"{pattern}: no suite of kernel/*_kunit.c is called that")
	failed += 1
elif status != "0" and not failed:
	print(f"kunit.py: FAILED with status {status}")
	failed += 1

print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(failed > 0 or passed == 0)
