# SPDX-License-Identifier: BSD-2-Clause
"""The test suite of rdma-core, test by test, in processes that may crash.

The suite is what Debian ships in the documentation of rdma-core. It is imported once; each module
of it then runs in a forked process, and each test reports its beginning and its end through a
pipe. A process that dies takes the test it was in with it ("crash"), and the rest of the module
goes on in another. Some crash while Python takes the objects of a test down, hence a collection
after each: what dies in that is a verdict of its own, "TEST, cleaning up".
"""
import gc
import gzip
import importlib
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
import unittest

SUITE = "/usr/share/doc/rdma-core/tests"
PLACE = "/tmp/pyverbs"


def unpack():
	"""Make a package `tests` in PLACE; always the same one, since strace shows it."""
	if os.path.isdir(PLACE):
		return
	shutil.copytree(SUITE, f"{PLACE}/tests")
	for name in os.listdir(f"{PLACE}/tests"):
		path = f"{PLACE}/tests/{name}"
		if name.endswith(".gz"):
			with gzip.open(path) as packed, open(path[:-3], "wb") as file:
				file.write(packed.read())
			os.remove(path)


def arguments(device):
	"""What tells the suite about a device of devices.py."""
	told = ["--dev", device.name, "--port", "1"]
	# It takes the GID of siw, whose second half is 0, for none, unless it is told.
	return told + ([] if device.gid is None else ["--gid", str(device.gid)])


def modules():
	return sorted(name[:-3] for name in os.listdir(os.path.dirname(tests().__file__))
		      if re.fullmatch(r"test_\w+\.py", name))


def tests():
	return importlib.import_module("tests")


def ids(module):
	"""The tests of a module, in the order in which unittest runs them."""
	found = []

	def collect(suite):
		for item in suite:
			if isinstance(item, unittest.TestSuite):
				collect(item)
			else:
				found.append(item.id())
	collect(unittest.defaultTestLoader.loadTestsFromName(f"tests.{module}"))
	return found


def plain(text):
	"""A reason without what differs from run to run: addresses and names of temporary files."""
	text = re.sub(r"0x[0-9a-f]+", "0x#", text)
	return re.sub(r"/tmp/\w+", "/tmp/#", text)


class Reporter(unittest.TestResult):
	"""Writes a line of JSON when a test begins and when it ends."""

	def __init__(self, stream):
		super().__init__()
		self.stream = stream

	def say(self, **line):
		self.stream.write(json.dumps(line) + "\n")
		self.stream.flush()

	def startTest(self, test):
		super().startTest(test)
		# unittest has let go of the test before this one only now.
		self.clean_up()
		print(f"\n=== {test.id()}", flush=True)
		# Some draw sizes and flags: the same ones each time.
		random.seed(test.id())
		self.verdict, self.reason = "ok", ""
		self.say(begin=test.id())

	def stopTest(self, test):
		super().stopTest(test)
		print(f"=== {self.verdict} {self.reason}", flush=True)
		self.say(end=test.id(), verdict=self.verdict, reason=plain(self.reason))

	def clean_up(self):
		"""The objects of the test before go, and perhaps we with them."""
		gc.collect()
		self.say(clean=True)

	def set(self, verdict, error):
		self.verdict = verdict
		self.reason = f"{error[0].__name__}: {error[1]}".strip().splitlines()[0]
		print("".join(traceback.format_exception(*error)), flush=True)

	def addError(self, test, err):
		self.set("error", err)
		# What fails before any test, as in setUpClass, has no beginning.
		if not isinstance(test, unittest.TestCase):
			self.say(end=test.id(), verdict=self.verdict, reason=plain(self.reason))

	def addFailure(self, test, err):
		self.set("fail", err)

	def addSubTest(self, test, subtest, err):
		if err:
			failed = issubclass(err[0], test.failureException)
			self.set("fail" if failed else "error", err)

	def addSkip(self, test, reason):
		if not isinstance(test, unittest.TestCase) or not hasattr(self, "verdict"):
			self.say(end=test.id(), verdict="skip", reason=plain(reason))
		self.verdict, self.reason = "skip", reason

	def addExpectedFailure(self, test, err):
		self.verdict = "expected failure"

	def addUnexpectedSuccess(self, test):
		self.verdict = "unexpected success"


class Module:
	"""The run of some tests of one module, in as many processes as that takes."""

	def __init__(self, names, log, limit):
		self.left = list(names)
		self.log, self.limit = log, limit
		self.results = []

	def spawn(self):
		reading, writing = os.pipe()
		sys.stdout.flush()
		self.child = os.fork()
		if self.child:
			os.close(writing)
			return reading
		os.setsid()
		os.close(reading)
		gc.freeze()
		log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
		for fd in (1, 2):
			os.dup2(log, fd)
		# To the end of the interpreter, destructors included: that is where some crash.
		suite = unittest.defaultTestLoader.loadTestsFromNames(self.left)
		reporter = Reporter(os.fdopen(writing, "w"))
		suite.run(reporter)
		reporter.clean_up()
		reporter.say(done=True)
		sys.exit(0)

	def add(self, test, verdict, reason, started):
		self.last = test
		self.results.append({"test": test, "verdict": verdict, "reason": reason,
				     "seconds": round(time.monotonic() - started, 2)})
		if test in self.left:
			self.left.remove(test)

	def process(self):
		"""One process, up to the end or its crash."""
		pipe = self.spawn()
		current = dirty = status = None
		started, ended = time.monotonic(), False
		rest = b""
		while True:
			# A child of a test may outlive it and hold the pipe, so its end is no sign.
			ready, _, _ = select.select([pipe], [], [], 0 if ended else 0.2)
			data = os.read(pipe, 65536) if ready else b""
			if data:
				*lines, rest = (rest + data).split(b"\n")
				for line in map(json.loads, lines):
					if "begin" in line:
						current, started = line["begin"], time.monotonic()
					elif "clean" in line:
						dirty = None
					elif "done" in line:
						# The rest belongs to a class that was skipped whole.
						for test in list(self.left):
							self.add(test, "not run", "", started)
					else:
						self.add(line["end"], line["verdict"],
							 line["reason"], started)
						dirty = line["end"]
						current, started = None, time.monotonic()
				continue
			if ended:
				break
			pid, status = os.waitpid(self.child, os.WNOHANG)
			if pid:
				ended = True
			elif time.monotonic() - started > self.limit:
				os.killpg(self.child, signal.SIGKILL)
				os.waitpid(self.child, 0)
				stuck = current or (self.left or [f"{self.last}, at exit"])[0]
				self.add(stuck, "timeout", f"{self.limit} s", started)
				os.close(pipe)
				return
		try:
			os.killpg(self.child, signal.SIGKILL)
		except ProcessLookupError:
			pass
		os.close(pipe)
		code = os.waitstatus_to_exitcode(status)
		reason = f"exit status {code}" if code >= 0 else signal.Signals(-code).name
		if current:
			self.add(current, "crash", reason, started)
		elif dirty:
			self.add(f"{dirty}, cleaning up", "crash", reason, started)
		elif self.left:
			self.add(self.left[0], "crash", f"{reason} before it began", started)
		elif code:
			self.add(f"{self.last}, at exit", "crash", reason, started)

	def run(self):
		while self.left:
			self.process()
		return self.results


def remember_interfaces():
	"""Let the suite ask once for all what interface and address a device has.

	It does so before each test, by running rdma and ip.
	"""
	answers = {}
	check_output = subprocess.check_output

	def remembering(command, *rest, **named):
		if command[0] not in ("rdma", "ip"):
			return check_output(command, *rest, **named)
		key = tuple(command)
		if key not in answers:
			answers[key] = check_output(command, *rest, **named)
		return answers[key]

	subprocess.check_output = remembering


class Suite:
	"""rdma-core's tests on one device."""

	def __init__(self):
		unpack()
		sys.path[:0] = [PLACE, f"{PLACE}/tests"]
		# run_tests.py does the same: the tests read the arguments when they are imported.
		self.parser = importlib.import_module("args_parser").parser
		sys.argv[1:] = []
		self.parser.parse_args()
		remember_interfaces()

	def run(self, device, wanted, logs, limit, apart, tell):
		"""Run what wanted(test) selects on a device of devices.py; yield results.

		A module has a process, or each test of it where they shall be apart.
		"""
		sys.argv[1:] = arguments(device)
		self.parser.parse_args()
		sys.argv[1:] = []
		# Here, where every process of a module inherits the answer.
		base = importlib.import_module("tests.base").RDMATestCase
		if interface := base.get_net_name(device.name, 1):
			base.get_ip_mac_address(interface)
		for module in modules():
			names = [name for name in ids(module) if wanted(name)]
			if not names and not wanted(f"tests.{module}"):
				continue
			tell(f"{module} ({len(names) or 'all'})")
			log = f"{logs}/{device.name}.{module}.log"
			parts = [names or ids(module)]
			if apart:
				parts = [[name] for name in parts[0]]
			for part in parts:
				for result in Module(part, log, limit).run():
					if result["verdict"] != "timeout" or result["test"] not in part:
						yield result
						continue
					# On a busy machine no answer is none: it is asked once more.
					tell(f"{result['test']}: no answer in time, once more")
					yield from Module([result["test"]], log, 3 * limit).run()
