# SPDX-License-Identifier: BSD-2-Clause
"""The RDMA devices of the guest and how programs reach them.

Each has an IPv4 and, if somebody wants it, an IPv6 address where it has an interface.
"""
import functools
import ipaddress
import json
import os
import subprocess

CLASS = "/sys/class/infiniband"
# What makes the devices of the guest.
MACHINE = f"{os.path.dirname(os.path.abspath(__file__))}/../../tools/vm/devices"


def read(path):
	try:
		with open(path) as file:
			return file.read().strip()
	except OSError:
		return ""


def listed(directory):
	return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


class Device:
	"""A device: its name, GID index, interface and addresses, of those it has."""

	def __init__(self, name):
		self.name = name
		self.gid = self.address = None
		self.layer = read(f"{CLASS}/{name}/ports/1/link_layer")
		self.transport = {"1": "ib", "4": "iw"}.get(read(f"{CLASS}/{name}/node_type")[:1], "?")
		if self.transport == "ib" and self.layer == "Ethernet":
			self.transport = "roce"
		self.interface = self.find_interface()
		if self.interface:
			self.address = self.first_address("-4")
		if self.transport == "roce":
			self.gid = self.index_of(self.address)
		elif self.transport == "iw":
			# The only one there is, made of the interface's hardware address.
			self.gid = 0

	def find_interface(self):
		if self.transport == "ib":
			# IPoIB's are found by the hardware they share with the device.
			subprocess.run(["sh", "-c", f". {MACHINE} && ipoib"], check=True)
			return next(iter(listed(f"{CLASS}/{self.name}/device/net")), None)
		for link in json.loads(subprocess.check_output(["rdma", "-j", "link", "show"])):
			if link["ifname"] == self.name:
				return link.get("netdev")
		return None

	def first_address(self, family):
		"""The address of the interface that is good for more than its link, or None."""
		shown = json.loads(subprocess.check_output(
			["ip", "-j", family, "address", "show", "dev", self.interface,
			 "scope", "global"]))
		for link in shown:
			for address in link.get("addr_info", []):
				return address["local"]
		return None

	@functools.cached_property
	def address6(self):
		"""The same for IPv6, or None. An interface that has none gets one, when asked for first."""
		if self.interface and not self.first_address("-6"):
			subprocess.run(["ip", "address", "add", "fd00:2::15/64", "dev",
					self.interface, "nodad"], check=True)
		return self.interface and self.first_address("-6")

	def index_of(self, address):
		"""Of the RoCE v2 GID that is made of an address."""
		if not address:
			return None
		a, b, c, d = ipaddress.ip_address(address).packed
		gid = f"0000:0000:0000:0000:0000:ffff:{a:02x}{b:02x}:{c:02x}{d:02x}"
		port = f"{CLASS}/{self.name}/ports/1"
		for index in sorted(map(int, os.listdir(f"{port}/gids"))):
			if read(f"{port}/gids/{index}") == gid:
				return index
		return None


def all_devices(names):
	"""Those of these names, or all."""
	return [Device(name) for name in listed(CLASS) if not names or name in names]
