# SPDX-License-Identifier: BSD-2-Clause
"""Programs, alone or as server and client, and what they say.

A table has lines of three fields separated by a bar: the devices it is for, by transport (ib, roce,
iw, or * for all; those with an exclamation mark have it in the short form, too), how it runs, and
the command. How it runs is one of

  alone    by itself
  pair     as a server and a client. The client's command is what follows "//", or else the same
           with the address behind it, unless {side} or {bind} says otherwise. More words say
             unseen   that nothing listens where the server does: it waits for its client when it
                      has slept, or else computed, for two seconds
             endless  that the server is ended from outside, when the client is done
  watch    while an address of the interface comes and goes

In the command stand

  {dev}       the name of the device
  {address}   the IPv4 address of its interface; with {address6} the IPv6 one
  {port}      -d and -g, as the ibv_* programs want them
  {perf}      -d and -x, as perftest wants them
  {umad}      -C and -P, as infiniband-diags want them
  {slowly}    in front: what makes every command to the kernel wait for 0.1 s first
  {side}      -s for the server, -c for the client
  {bind}      -b and the address for the server, -s and the address for the client; {bind6}
  {pyverbs}   rdma-core's test suite, unpacked by suite.py, for this device
"""
import os
import re
import shlex
import signal
import subprocess
import time

import devices
import suite

# strace for its fault injection alone: it writes nothing down.
SLOWLY = "strace -f -o /dev/null -e trace=none -e inject=write,ioctl:delay_enter=100ms"

# What becomes of a connection on siw whose data arrives together with the answer to its request, or
# before siw has got round to waiting for one; docs/conformance.md. Elsewhere it is an answer.
REFUSED = re.compile(r"RDMA_CM_EVENT_CONNECT_ERROR, error:? -22\b|"
		     r"failure connecting: Cannot allocate memory")


class Line:
	"""One line of a table."""

	def __init__(self, text):
		transports, how, self.command = (part.strip() for part in text.split("|", 2))
		self.short_on = {name[:-1] for name in transports.split() if name.endswith("!")}
		self.transports = {name.rstrip("!") for name in transports.split()}
		self.how, *self.options = how.split()

	def suits(self, device):
		if not self.transports & {"*", device.transport}:
			return False
		return device.address or not (re.search(r"\{(address|bind)", self.command) or
					      self.how == "watch")

	def is_short(self, device):
		return bool(self.short_on & {"*", device.transport})

	def name(self):
		"""What it is called in reports, whatever the device."""
		text = self.command.replace("{pyverbs} -k", "pyverbs")
		text = re.sub(r"\{(address|bind)6\}", "IPv6", text)
		text = re.sub(r"-[adbs] \{", "{", text)
		return " ".join(word for word in text.split() if "{" not in word)

	def commands(self, device):
		"""Server and client, or one program."""
		# Without an address the two meet on the machine's own network.
		peer = device.address or "127.0.0.1"
		perf = {"ib": "", "iw": " -R", "roce": f" -x {device.gid}"}[device.transport]
		pyverbs = shlex.join(["python3", f"{suite.PLACE}/tests/run_tests.py",
				      *suite.arguments(device)])

		address6 = device.address6 if "6}" in self.command else None

		def command(text, client):
			bind = "-s" if client else "-b"
			return shlex.split(text.format(
				dev=device.name, address=device.address, address6=address6,
				port=f"-d {device.name}" + (
					"" if device.gid is None else f" -g {device.gid}"),
				perf=f"-F -d {device.name}" + perf, umad=f"-C {device.name} -P 1",
				pyverbs=pyverbs, slowly=SLOWLY, side="-c" if client else "-s",
				bind=f"{bind} {device.address}", bind6=f"{bind} {address6}"))

		server, *client = self.command.split(" // ")
		if self.how != "pair":
			return [command(server, False)]
		if not client:
			named = re.search(r"\{(side|bind)", server)
			client = [server if named else f"{server} {peer}"]
		return [command(server, False), command(client[0], True)]


def table(path):
	with open(path) as file:
		return [Line(line) for line in file if line.strip() and not line.startswith("#")]


class Listening:
	"""Whether more waits for a peer than when this was made: TCP sockets and rdma_cm ids."""

	# Seconds between questions that need a program, which takes longer to start than the server.
	PAUSE = 0.7

	def __init__(self):
		self.before = self.sockets() | self.ids()
		self.asked = time.monotonic()

	@staticmethod
	def sockets():
		found = set()
		for name in ("/proc/net/tcp", "/proc/net/tcp6"):
			with open(name) as file:
				found |= {line.split()[1] + line.split()[9] for line in file
					  if len(line.split()) > 9 and line.split()[3] == "0A"}
		return found

	@staticmethod
	def ids():
		shown = subprocess.run(["rdma", "resource", "show", "cm_id"], text=True,
				       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
		return {line for line in shown.splitlines() if "state LISTEN" in line}

	def done(self):
		if self.sockets() - self.before:
			return True
		if time.monotonic() - self.asked < self.PAUSE:
			return False
		found = self.ids() - self.before
		self.asked = time.monotonic()
		return bool(found)


class Settling:
	"""Whether a process has come to where it waits for another, as far as its time tells."""

	ENOUGH = 2

	def __init__(self, process):
		self.stat = f"/proc/{process.pid}/stat"
		self.computed, self.since = None, time.monotonic()

	def done(self):
		state, *fields = devices.read(self.stat).rpartition(")")[2].split()
		computed = sum(map(int, fields[10:12])) / os.sysconf("SC_CLK_TCK")
		if state != "S" or computed != self.computed:
			self.computed, self.since = computed, time.monotonic()
		return max(computed, time.monotonic() - self.since) > self.ENOUGH


class Asleep:
	"""Whether the machine has had nothing to do for so long that nothing will come of waiting."""

	# Seconds: longer than rdma_cm tries, 15 times 4.3 s (CMA_MAX_CM_RETRIES in ib_core's cma.c).
	ENOUGH = 75
	STEP = 10

	def __init__(self):
		self.last, self.since = self.times(), time.monotonic()

	@staticmethod
	def times():
		"""Of all processors: idle, and all there was."""
		times = [int(word) for word in devices.read("/proc/stat").split("\n")[0].split()[1:9]]
		return sum(times[3:5]), sum(times)

	def done(self):
		idle, total = (now - last for now, last in zip(self.times(), self.last))
		self.last = self.times()
		if idle < 0.9 * total:
			self.since = time.monotonic()
		return time.monotonic() - self.since >= self.ENOUGH


def plain(text):
	"""What a program said, without times, rates and the numbers drawn for this run."""
	text = re.sub(r"\b(QPN|PSN|qpn|psn|RKey|VAddr|VAddr:)(:? +)(0x)?[0-9a-f]+", r"\1\2#", text)
	text = re.sub(r"(?<![\d.])\d+\.\d+(e[+-]?\d+)?(?![.\d])", "#", text)
	# perftest's deviation of times that are all alike, when rounding makes its square negative, and
	# all its times when the processor's clock was not steady, which it then takes for 0 MHz.
	text = re.sub(r"(?<=[ \t])-?(nan|inf)(?=\s)", "#", text)
	# cmtime's microseconds, in rows behind the name of a step.
	text = re.sub(r"(?m)^([a-z][a-z ]+?)(?: +\d+){4,} *$", r"\1 #", text)
	# LIDs of multicast groups (from 0xc000), which groups get in the order in which they are made.
	text = re.sub(r"\b(LID|mlid) 0x[c-f][0-9a-f]{3}\b", r"\1 #", text)
	# What a port has counted since the device was made.
	text = re.sub(r"(?m)^(\w*(?:Xmit|Rcv|cast)\w*:\.*)\d+$", r"\1#", text)
	text = re.sub(r"\b0x[0-9a-f]{6,}", "0x#", text)
	# Who warns or gives up, when a file was written, and how long it all took.
	text = re.sub(r"(?m)^(ib(?:warn|panic): \[)\d+", r"\1#", text)
	text = re.sub(r"(?m)( generated on ).*$", r"\1#", text)
	text = re.sub(r"\btime \d+ ms", "time # ms", text)
	# perftest measures the processor's clock, and says so when that was not steady.
	text = re.sub(r"(?m)^Correlation coefficient r\^2: .*\n", "", text)
	# rping ends before its connection has, unless it is slow.
	text = re.sub(r"(?m)^(client DISCONNECT EVENT\.\.\.|"
		      r"unhandled event: RDMA_CM_EVENT_TIMEWAIT_EXIT, ignoring)\n", "", text)
	# How wide a column is depends on the figure in it.
	return re.sub(r"(?m) $", "", re.sub(r"[ \t]+", " ", text))


def program_output(path):
	with open(path, errors="replace") as file:
		return file.read()


class Run:
	"""One run of a line on a device; output goes to files PREFIX.0 and, of a client, PREFIX.1."""

	def __init__(self, line, device, prefix, limit, wrap=None):
		self.line, self.device, self.prefix, self.limit = line, device, prefix, limit
		self.wrap = wrap or (lambda number, command: command)

	def start(self, number, command):
		with open(f"{self.prefix}.{number}", "wb") as output:
			return subprocess.Popen(self.wrap(number, command), stdin=subprocess.DEVNULL,
						stdout=output, stderr=subprocess.STDOUT,
						start_new_session=True)

	def finish(self, process, end):
		asleep = Asleep()
		while True:
			left = max(0.1, end - time.monotonic())
			try:
				return process.wait(min(left, asleep.STEP))
			except subprocess.TimeoutExpired:
				if not asleep.done() and left > asleep.STEP:
					continue
			os.killpg(process.pid, signal.SIGKILL)
			process.wait()
			return "timeout"

	def watch(self, process):
		"""Make events: addresses become GIDs. The program never ends by itself."""
		time.sleep(2)
		for verb in ("add", "del"):
			subprocess.run(["ip", "address", verb, "192.0.2.77/32", "dev",
					self.device.interface], check=True)
			time.sleep(1)
		os.killpg(process.pid, signal.SIGTERM)

	def run(self):
		"""The exit statuses, in the order of the commands."""
		end = time.monotonic() + self.limit
		commands = self.line.commands(self.device)
		waiting = Listening() if self.line.how == "pair" else None
		first = self.start(0, commands[0])
		if self.line.how == "watch":
			self.watch(first)
		if self.line.how != "pair":
			return [self.finish(first, end)]
		if "unseen" in self.line.options:
			waiting = Settling(first)
		while first.poll() is None and time.monotonic() < end and not waiting.done():
			time.sleep(0.1)
		if first.poll() is not None:
			return [first.poll()]
		second = self.finish(self.start(1, commands[1]), end)
		if "endless" in self.line.options:
			os.killpg(first.pid, signal.SIGKILL)
			first.wait()
			return [0, second]
		if second:
			# A client that failed leaves most servers waiting for another.
			end = min(end, time.monotonic() + 5)
		return [self.finish(first, end), second]

	def verdict(self):
		statuses = self.run()
		said = [plain(program_output(f"{self.prefix}.{i}")) for i in range(len(statuses))]
		verdict = "ok" if not any(statuses) else "fail"
		if self.line.how == "watch":
			verdict = "ok" if statuses == [-signal.SIGTERM] else "fail"
		reason = "" if verdict == "ok" else "; ".join(
			f"status {status}: {(text.strip().splitlines() or [''])[-1].strip()}"
			for status, text in zip(statuses, said))
		return {"verdict": verdict, "reason": reason, "output": "\n".join(said),
			# A server that waits on after a client that failed is not what is meant by late.
			"late": "timeout" in statuses and statuses[-1] in (0, "timeout"),
			"refused": self.device.transport == "iw" and any(map(REFUSED.search, said))}
