# SPDX-License-Identifier: BSD-2-Clause
"""The RDMA devices of the guest and how programs reach them."""
import ipaddress
import json
import os
import subprocess

CLASS = "/sys/class/infiniband"


def read(path):
	try:
		with open(path) as file:
			return file.read().strip()
	except OSError:
		return ""


class Device:
	"""A device: its name, GID index, interface and address, of those it has."""

	def __init__(self, name):
		self.name = name
		self.gid = self.address = self.interface = None
		links = json.loads(subprocess.check_output(["rdma", "-j", "link", "show"]))
		for link in links:
			if link["ifname"] == name:
				self.interface = link.get("netdev")
		if self.interface:
			self.address = self.first_address()
		self.layer = read(f"{CLASS}/{name}/ports/1/link_layer")
		self.transport = {"1": "ib", "4": "iw"}.get(read(f"{CLASS}/{name}/node_type")[:1], "?")
		if self.transport == "ib" and self.layer == "Ethernet":
			self.transport = "roce"
			self.gid = self.index_of(self.address)

	def first_address(self):
		"""The IPv4 address of the interface."""
		shown = json.loads(subprocess.check_output(
			["ip", "-j", "-4", "address", "show", "dev", self.interface]))
		for link in shown:
			for address in link["addr_info"]:
				return address["local"]
		return None

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

	def numbers(self):
		"""Character device numbers of its node, (major, minor)."""
		for kind in ("uverbs_bpf", "infiniband_verbs"):
			nodes = f"/sys/class/{kind}"
			for node in sorted(os.listdir(nodes)) if os.path.isdir(nodes) else []:
				if read(f"{nodes}/{node}/ibdev") == self.name:
					return tuple(map(int, read(f"{nodes}/{node}/dev").split(":")))
		return None


def all_devices():
	return [Device(name) for name in sorted(os.listdir(CLASS))]
