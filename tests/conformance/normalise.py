# SPDX-License-Identifier: BSD-2-Clause
"""What programs ask of the kernel, as strace sees it, without what may differ.

Each thread's calls are a text of their own, in the order in which the threads came to be. Addresses
are not randomised and the environment is fixed, so that stacks, heaps and the C library's mappings
agree. Of each line is replaced

  an address, a process id, a date or a duration	0x#, PID, TIME
  a number of an inode, of a message, of blocks		#
  the size of a directory, and the order in it		#, sorted: a file system's own affair
  the numbers of a node					DEV, in netlink messages too
  the index that netlink knows the device by		INDEX: it counts devices made so far
  what a device's mmap() wants as offset		OFFSET
  a port that the kernel chose				PORT
  what two processes tell each other over TCP		DATA: it has QPN, PSN and keys in it
  what is printed					DATA: it is compared as output
  what is random, or a measurement (/proc/cpuinfo)	DATA
  where a PCI device has its windows			DATA: how many a kernel knows is configured
  what follows a command's header, for rdma_cm		DATA: ids, QPN, PSN

and dropped is what depends on scheduling alone:

  futex() and its like, and signals
  getrandom(): the C library asks for another seed when the one it has is old
  that perftest did not find the processor's clock steady, or rping its connection ended, and at
  last forgotten
  of a row of up to eight calls that repeats at once, all but the first
  of reads, writes and ioctls of a verbs or event file, what is the same as one of the eight such
  calls before: whether two completions make one event or two is a matter of time
"""
import collections
import glob
import re

# Waiting for another thread or for time to pass, or asked for when it has.
WAITING = re.compile(r"^(futex|sched_yield|nanosleep|clock_nanosleep|restart_syscall|rt_sigreturn|"
		     r"clock_gettime|gettimeofday|times|getrusage|getrandom)\(|^(---|\+\+\+) |"
		     r'^write\(2, "(Correlation coefficient |client DISCONNECT EVENT|'
		     r'unhandled event: RDMA_CM_EVENT_TIMEWAIT_EXIT)')
# Files whose content is a measurement, or random.
MEASURED = re.compile(r"/proc/(cpuinfo|meminfo|stat|uptime|loadavg|self/)|/dev/u?random|"
		      r"/sys/devices/system/cpu|/sys/bus/pci/devices/[^/]*/resource$")
IDENTIFIES = re.compile(r"(set_tid_address|get[pt]id|t?g?kill|clone3?|v?fork|wait4|waitid|getsockname|"
			r"exit|prlimit64)\(|.*/proc/\d")
OPENS = re.compile(r'openat\([^,]*, "([^"]*)".* = (\d+)$')
CONNECTS = re.compile(r"(?:socket\((AF_INET6?), |accept4?\((\d+)).* = (\d+)$")
# RDMA_NLDEV_ATTR_DEV_INDEX and RDMA_NLDEV_ATTR_CHARDEV, in messages of RDMA_NL_NLDEV.
INDEX = re.compile(r"(\\x08\\x00\\x01\\x00)(\\x[0-9a-f]{2}){4}")
CHARDEV = re.compile(r"(\\x0c\\x00\\x48\\x00)(\\x[0-9a-f]{2}){8}")
# IFA_CACHEINFO of RTM_NEWADDR, of the same number, where the kernel cannot tell strace what it is
# (CONFIG_NETLINK_DIAG): how long an address is valid yet.
CACHEINFO = re.compile(r"(\\x14\\x00\\x06\\x00)(\\x[0-9a-f]{2}){16}")
ENTRY = re.compile(r"\{[^}]*\}")
STRING = re.compile(r'"([^"\\]|\\.)*"(\.\.\.)?')


class Normaliser:
	"""Makes lines of the threads of one process comparable."""

	def __init__(self, pids):
		self.pids = re.compile(r"\b(" + "|".join(pids) + r")\b")
		self.recent = collections.deque(maxlen=8)
		# What a descriptor is: a path, or TCP.
		self.files = {}

	def descriptor(self, text):
		"""What the descriptor that a call uses is; keeps track of them."""
		if found := OPENS.match(text):
			self.files[found[2]] = found[1]
		elif found := CONNECTS.match(text):
			self.files[found[3]] = "TCP"
		elif found := re.match(r"mmap\([^,]*, [^,]*, [^,]*, [^,]*, (\d+), ", text):
			return self.files.get(found[1], "")
		elif found := re.match(r"\w+\((\d+)[,)]", text):
			return self.files.get(found[1], "")
		return ""

	def line(self, text):
		if WAITING.match(text):
			return None
		file = self.descriptor(text)
		if "nlmsg_type=0x14" in text:
			for number, name in (CACHEINFO, "TIME"), (INDEX, "INDEX"), (CHARDEV, "DEV"):
				text = number.sub(rf"\1{name}", text)
		if IDENTIFIES.match(text):
			text = self.pids.sub("PID", text)
		if file == "/dev/infiniband/rdma_cm":
			text = re.sub(r'"((\\x[0-9a-f]{2}){8})(\\x[0-9a-f]{2})+"', r'"\1" DATA', text)
		elif file.startswith("/dev/infiniband/"):
			text = re.sub(r"^(mmap\(.*, )(0x[0-9a-f]+|0)\)", r"\1OFFSET)", text)
		if re.match(r"writev?\([12],", text):
			text = re.sub(r", \d+\) += \d+$", ", #) = #", STRING.sub("DATA", text))
		if MEASURED.match(file):
			text = re.sub(r", \d+(.*) = \d+$", r", #\1 = #", STRING.sub("DATA", text))
		if file == "TCP" and re.match("(read|write|send|recv)", text):
			text = STRING.sub("DATA", text)
		text = re.sub(r"port=htons\((32[7-9]|3[3-9]\d|[45]\d\d|6[0-6]\d)\d\d\)", "PORT", text)
		text = re.sub(r"\bst_[amc]time(_nsec)?=[^,}]*", "TIME", text)
		text = re.sub(r"\b(st_ino|st_dev|d_ino|d_off|nlmsg_seq|nlmsg_pid|nl_pid|st_nlink|st_blocks)="
			      r"(makedev\([^)]*\)|PID|-?\d+)", r"\1=#", text)
		if text.startswith("getdents64("):
			entries = iter(sorted(ENTRY.findall(text)))
			text = ENTRY.sub(lambda _: next(entries), text)
		if "st_mode=S_IFDIR" in text:
			text = re.sub(r"\b(st_size|st_blksize)=\d+", r"\1=#", text)
		text = re.sub(r"\bst_rdev=makedev\([^)]*\)", "st_rdev=DEV", text)
		text = re.sub(r"\b(cstamp|tstamp|ifa_prefered|ifa_valid)=\d+", "TIME", text)
		text = re.sub(r"\btv_n?u?sec=\d+", "TIME", text)
		text = re.sub(r"\b0x[0-9a-f]{5,}\b", "0x#", text)
		if re.match(r"(read|write|ioctl|poll|ppoll)\(", text) and (
				file.startswith("/dev/infiniband/") or file in ("", "TCP") or
				MEASURED.match(file)):
			if text in self.recent:
				return None
			self.recent.append(text)
		return text

	def lines(self, path):
		self.recent.clear()
		with open(path, errors="replace") as file:
			kept = [line for line in map(self.line, file.read().splitlines())
				if line is not None]
		return collapse(kept)


def collapse(lines, longest=8):
	"""Of each row of up to `longest` lines that is repeated at once, leave one."""
	done = []
	for line in lines:
		done.append(line)
		for size in range(1, longest + 1):
			if len(done) >= 2 * size and done[-size:] == done[-2 * size:-size]:
				del done[-size:]
				break
	return done


def normalised(prefix):
	"""The text of all raw traces PREFIX.PROCESS.raw.THREAD."""
	text = []
	for process in range(2):
		raw = sorted(glob.glob(f"{glob.escape(prefix)}.{process}.raw.*"),
			     key=lambda path: int(path.rsplit(".", 1)[1]))
		normaliser = Normaliser([path.rsplit(".", 1)[1] for path in raw])
		for thread, path in enumerate(raw):
			text.append(f"== process {process}, thread {thread}")
			text += normaliser.lines(path)
	return "\n".join(text) + "\n"
