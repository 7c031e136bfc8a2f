// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The way to a peer on RoCE: the MAC address of the neighbour, or of the
 * router, that packets go to first, and the hop limit of the route.
 *
 * ib_core looks both up too, and then waits for a work item that has nothing
 * left to do but to say so; up to Linux 6.12 all connections of the machine
 * stand in one queue for it. Half of what a change to RTR costs is that wait.
 * A neighbour that is known needs none. One that is not has to be asked for,
 * which is left to ib_core.
 */
#include "../uvb.h"
#include "route.h"

#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>

/* As long as ib_core waits for a neighbour, in milliseconds. */
#define UVB_ROUTE_TIMEOUT	1000

/*
 * Where a route is local, packets go back to the device they come from. What
 * is local is said by the route or by its device, depending on the kernel;
 * where the two differ (a VRF's addresses, say) ib_core decides. @to is the
 * peer's IP address. Context: RCU.
 */
static bool uvb_route_mac(u8 *mac, const struct net_device *ndev, const struct dst_entry *dst,
			  bool local, const void *to)
{
	const struct net_device *out = READ_ONCE(dst->dev);
	struct neighbour *neigh;
	bool known;

	if (local != !!(out->flags & IFF_LOOPBACK))
		return false;
	if (local) {
		memcpy(mac, ndev->dev_addr, ETH_ALEN);
		return true;
	}
	if (out->type != ARPHRD_ETHER || out->addr_len != ETH_ALEN)
		return false;
	neigh = dst_neigh_lookup(dst, to);
	if (!neigh)
		return false;
	known = READ_ONCE(neigh->nud_state) & NUD_VALID;
	if (known)
		neigh_ha_snapshot(mac, neigh, out);
	neigh_release(neigh);
	return known;
}

/* Context: RCU. */
static bool uvb_route_ipv4(struct rdma_ah_attr *ah, const struct net_device *ndev,
			   const struct in6_addr *from, const struct in6_addr *to)
{
	struct net *net = dev_net(ndev);
	struct flowi4 flow = {
		.daddr = to->s6_addr32[3],
		.saddr = from->s6_addr32[3],
		.flowi4_oif = ndev->ifindex,
	};
	struct rtable *route = ip_route_output_key(net, &flow);
	bool local, known;

	if (IS_ERR(route))
		return false;
	local = route->rt_type == RTN_LOCAL;
	/* A route may make addresses local that no device has. */
	known = (!local || __ip_dev_find(net, flow.daddr, false)) &&
		uvb_route_mac(ah->roce.dmac, ndev, &route->dst, local, &to->s6_addr32[3]);
	if (known)
		ah->grh.hop_limit = ip4_dst_hoplimit(&route->dst);
	ip_rt_put(route);
	return known;
}

/* Context: RCU. */
static bool uvb_route_ipv6(struct rdma_ah_attr *ah, const struct net_device *ndev,
			   const struct in6_addr *from, const struct in6_addr *to)
{
	struct net *net = dev_net(ndev);
	struct flowi6 flow = {
		.daddr = *to,
		.saddr = *from,
		.flowi6_oif = ndev->ifindex,
	};
	struct dst_entry *dst;
	bool local, known;

	/* There are GIDs made of MAC addresses even where IPv6 is switched off. */
	if (!IS_ENABLED(CONFIG_IPV6) || !ipv6_mod_enabled())
		return false;
	dst = ip6_dst_lookup_flow(net, NULL, &flow, NULL);
	if (IS_ERR(dst))
		return false;
	local = dst_rt6_info(dst)->rt6i_flags & RTF_LOCAL;
	known = (!local || ipv6_chk_addr(net, to, NULL, 1)) &&
		uvb_route_mac(ah->roce.dmac, ndev, dst, local, to);
	if (known)
		ah->grh.hop_limit = ip6_dst_hoplimit(dst);
	dst_release(dst);
	return known;
}

static bool uvb_route_known(struct rdma_ah_attr *ah)
{
	const struct ib_gid_attr *sgid = ah->grh.sgid_attr;
	struct net_device *ndev;
	struct in6_addr from, to;

	memcpy(&from, &sgid->gid, sizeof(from));
	memcpy(&to, &ah->grh.dgid, sizeof(to));
	/* No neighbour is asked for these. */
	if (rdma_is_multicast_addr(&to) ||
	    (sgid->gid_type == IB_GID_TYPE_ROCE && rdma_link_local_addr(&to)))
		return false;
	guard(rcu)();
	ndev = rdma_read_gid_attr_ndev_rcu(sgid);
	/* Of several devices in one, ib_core chooses. */
	if (IS_ERR(ndev) || netif_is_bond_master(ndev))
		return false;
	if (ipv6_addr_v4mapped(&from) != ipv6_addr_v4mapped(&to))
		return false;
	return ipv6_addr_v4mapped(&to) ? uvb_route_ipv4(ah, ndev, &from, &to) :
					 uvb_route_ipv6(ah, ndev, &from, &to);
}

bool uvb_route_begin(struct ib_device *ibdev, struct rdma_ah_attr *ah,
		     const struct ib_gid_attr **held)
{
	const struct ib_gid_attr *sgid;

	*held = NULL;
	if (ah->type != RDMA_AH_ATTR_TYPE_ROCE || !(ah->ah_flags & IB_AH_GRH))
		return false;
	if (!ah->grh.sgid_attr) {
		sgid = rdma_get_gid_attr(ibdev, ah->port_num, ah->grh.sgid_index);
		if (IS_ERR(sgid))
			return false;
		*held = sgid;
		ah->grh.sgid_attr = sgid;
	}
	return uvb_route_known(ah);
}

void uvb_route_end(struct rdma_ah_attr *ah, const struct ib_gid_attr *held)
{
	if (held) {
		ah->grh.sgid_attr = NULL;
		rdma_put_gid_attr(held);
	}
}

/* ---- a neighbour that has to be asked for ---- */

struct uvb_route_wait {
	struct completion done;
	int status;
};

static void uvb_route_found(int status, struct sockaddr *source, struct rdma_dev_addr *addr,
			    void *context)
{
	struct uvb_route_wait *wait = context;

	wait->status = status;
	complete(&wait->done);
}

union uvb_sockaddr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int uvb_route_ask(struct rdma_ah_attr *ah)
{
	const struct ib_gid_attr *sgid = ah->grh.sgid_attr;
	struct rdma_dev_addr addr = { .sgid_attr = sgid, .net = &init_net };
	union uvb_sockaddr from, to;
	struct uvb_route_wait wait;
	int ret;

	init_completion(&wait.done);
	rdma_gid2ip(&from.any, &sgid->gid);
	rdma_gid2ip(&to.any, &ah->grh.dgid);
	ret = rdma_resolve_ip(&from.any, &to.any, &addr, UVB_ROUTE_TIMEOUT, uvb_route_found, true,
			      &wait);
	if (ret)
		return ret;
	wait_for_completion(&wait.done);
	if (wait.status)
		return wait.status;
	memcpy(ah->roce.dmac, addr.dst_dev_addr, ETH_ALEN);
	ah->grh.hop_limit = addr.hoplimit;
	return 0;
}

int uvb_route_find(struct rdma_ah_attr *ah)
{
	struct in6_addr to;

	memcpy(&to, &ah->grh.dgid, sizeof(to));
	if (rdma_is_multicast_addr(&to))
		return -EINVAL;
	if (ah->grh.sgid_attr->gid_type == IB_GID_TYPE_ROCE && rdma_link_local_addr(&to)) {
		rdma_get_ll_mac(&to, ah->roce.dmac);
		return 0;
	}
	return uvb_route_known(ah) ? 0 : uvb_route_ask(ah);
}
