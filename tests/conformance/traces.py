# SPDX-License-Identifier: BSD-2-Clause
"""Programs under strace: the recording, see normalise.py for what is made of it."""
import glob
import os
import re

import programs


def trace(line, device, out, limit):
	"""Run a line of the table under strace. What it wrote is compared by normalise.py."""
	name = re.sub(r"\W+", "-", line.name()).strip("-")
	where = f"trace/{device.name}.{name}"
	where += f".{len(glob.glob(f'{glob.escape(out)}/{where}.*.said.0'))}"
	prefix = f"{out}/{where}"

	# perftest's server listens once more for its second connection, and under strace its client may be
	# there before. librdmacm asks for ibacm's socket in between.
	patient = ["-e", "inject=connect:delay_enter=1s"]

	def wrap(number, command):
		return ["env", "-i", "-C", "/tmp", f"PATH={os.environ['PATH']}", "LC_ALL=C.UTF-8",
			"PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1",
			"setarch", "-R", "strace", "-ff", "-v", "-x", "-s", "256",
			"-o", f"{prefix}.{number}.raw", *(patient if number else []),
			"--", *command]

	result = programs.Run(line, device, f"{prefix}.said", limit, wrap).verdict()
	return {**result, "trace": where}
