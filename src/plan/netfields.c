// SPDX-License-Identifier: Apache-2.0
/*
 * Names and descriptions of what a network is told in: shared by the plan that travels to init, the
 * record of a container and the helper's API. Data alone, apart from the parsers, since lodger-init
 * has it too.
 */
#include "base/names.h"
#include "plan/network.h"

const struct name net_mode_names[] = {
	{"config", NET_CONFIG},
	{"none", NET_NONE},
	{"host", NET_HOST},
	{"ns", NET_NS},
	{"slirp", NET_SLIRP},
	{"pasta", NET_PASTA},
	{0},
};

const struct name net_proto_names[] = {
	{"tcp", NET_TCP},
	{"udp", NET_UDP},
	{0},
};

static const struct field forward_fields[] = {
	{.key = "proto",
		.type = FIELD_ENUM,
		.offset = offsetof(struct net_forward, proto),
		.names = net_proto_names},
	{.key = "hostAddress",
		.type = FIELD_STR,
		.offset = offsetof(struct net_forward, host_addr)},
	{.key = "hostPort", .type = FIELD_U32, .offset = offsetof(struct net_forward, host_port)},
	{.key = "containerPort",
		.type = FIELD_U32,
		.offset = offsetof(struct net_forward, ct_port)},
	{0},
};

const struct struct_desc net_forward_desc = {
	"net_forward", sizeof(struct net_forward), forward_fields};
