# SPDX-License-Identifier: BSD-2-Clause
"""Programs, alone or as server and client, and what they say.

A table has lines of three fields separated by a bar: the devices it is for, by transport (ib, roce,
iw, or * for all), how it runs, and the command. How it runs is one of

  alone    by itself
  pair     as a server; the client is the same command with the address behind it, unless {side} or
           {to} says otherwise
  watch    while an address of the interface comes and goes

In the command stand

  {dev}      the name of the device
  {address}  the IPv4 address of its interface
  {port}     -d and -g, as the ibv_* programs want them
  {perf}     -d and -x, as perftest wants them
  {side}     -s for the server, -c for the client
  {to}       nothing for the server, -s and the address for the client
  {pyverbs}  rdma-core's test suite, unpacked by suite.py, for this device
"""
import os
import re
import shlex
import signal
import subprocess
import time

import suite


class Line:
	"""One line of a table."""

	def __init__(self, text):
		self.transports, self.how, self.command = (part.strip() for part in text.split("|", 2))
		self.transports = self.transports.split()

	def suits(self, device):
		if self.transports != ["*"] and device.transport not in self.transports:
			return False
		return not (("{address}" in self.command or "{to}" in self.command or
			     self.how == "watch") and not device.address)

	def name(self):
		"""What it is called in reports, whatever the device."""
		text = re.sub(r"-[adx] \{", "{", self.command.replace("{pyverbs} -k", "pyverbs"))
		return " ".join(word for word in text.split() if "{" not in word)

	def commands(self, device):
		"""Server and client, or one program."""
		gid = 0 if device.transport == "iw" else device.gid
		# Without an address the two meet on the machine's own network.
		peer = device.address or "127.0.0.1"
		perf = {"ib": "", "iw": " -R", "roce": f" -x {gid}"}[device.transport]
		pyverbs = shlex.join(["python3", f"{suite.PLACE}/tests/run_tests.py",
				      *suite.arguments(device)])

		def command(client):
			text = self.command.format(
				dev=device.name, address=device.address,
				port=f"-d {device.name}" + ("" if gid is None else f" -g {gid}"),
				perf=f"-F -d {device.name}" + perf,
				pyverbs=pyverbs, side="-c" if client else "-s",
				to=f"-s {peer}" if client else "")
			named = "{side}" in self.command or "{to}" in self.command
			return shlex.split(text) + ([peer] if client and not named else [])
		return [command(False), command(True)] if self.how == "pair" else [command(False)]


def table(path):
	with open(path) as file:
		return [Line(line) for line in file if line.strip() and not line.startswith("#")]


def listeners():
	"""Everything that waits for a peer: TCP sockets and rdma_cm ids."""
	found = set()
	for name in ("/proc/net/tcp", "/proc/net/tcp6"):
		with open(name) as file:
			found |= {line.split()[1] + line.split()[9] for line in file
				  if len(line.split()) > 9 and line.split()[3] == "0A"}
	shown = subprocess.run(["rdma", "resource", "show", "cm_id"], text=True,
			       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
	return found | {line for line in shown.splitlines() if "state LISTEN" in line}


def plain(text):
	"""What a program said, without times, rates and the numbers drawn for this run."""
	text = re.sub(r"\b(QPN|PSN|qpn|psn|RKey|VAddr|VAddr:)(:? +)(0x)?[0-9a-f]+", r"\1\2#", text)
	text = re.sub(r"(?<![\d.])\d+\.\d+(e[+-]?\d+)?(?![.\d])", "#", text)
	text = re.sub(r"\b0x[0-9a-f]{6,}", "0x#", text)
	return re.sub(r"[ \t]+", " ", text)


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
		try:
			return process.wait(max(0.1, end - time.monotonic()))
		except subprocess.TimeoutExpired:
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
		before = listeners()
		first = self.start(0, commands[0])
		if self.line.how == "watch":
			self.watch(first)
		if self.line.how != "pair":
			return [self.finish(first, end)]
		while first.poll() is None and listeners() <= before and time.monotonic() < end:
			time.sleep(0.1)
		if first.poll() is not None:
			return [first.poll()]
		second = self.finish(self.start(1, commands[1]), end)
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
		return {"verdict": verdict, "reason": reason, "output": "\n".join(said)}
