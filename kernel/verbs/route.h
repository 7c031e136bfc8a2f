/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The way to a peer on RoCE.
 */
#ifndef UVB_VERBS_ROUTE_H
#define UVB_VERBS_ROUTE_H

#include <rdma/ib_verbs.h>

/**
 * uvb_route_begin() - find a peer's MAC address and hop limit without waiting
 * @ibdev: the device
 * @ah: path; if it is of type RoCE with a GRH it gets its GID, if it has none, and both
 * @held: gets the GID if it had to be held, else NULL
 *
 * What is found is what ib_core finds. uvb_route_end() follows in any case.
 *
 * Return: false if it is for ib_core to find them, or to say why there is no way.
 */
bool uvb_route_begin(struct ib_device *ibdev, struct rdma_ah_attr *ah,
		     const struct ib_gid_attr **held);
void uvb_route_end(struct rdma_ah_attr *ah, const struct ib_gid_attr *held);

/**
 * uvb_route_find() - find a peer's MAC address and hop limit
 * @ah: path of type RoCE, with a GRH and its GID held; gets both
 *
 * Context: may sleep, up to a second for a neighbour that does not answer.
 *
 * Return: 0; -EINVAL for a group; -ETIMEDOUT, or what the IP stack says to the destination.
 */
int uvb_route_find(struct rdma_ah_attr *ah);

#endif /* UVB_VERBS_ROUTE_H */
