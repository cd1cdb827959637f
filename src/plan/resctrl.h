// SPDX-License-Identifier: Apache-2.0
/*
 * The part of a plan that is about cache and memory bandwidth: the group of the resctrl file system
 * (Documentation/filesystems/resctrl.rst) that the container's processes belong to. Data.
 */
#ifndef LODGER_PLAN_RESCTRL_H
#define LODGER_PLAN_RESCTRL_H

#include <stdbool.h>

#include "base/field.h"

struct plan_resctrl {
	const char *mount; /* of the file system */
	const char *group; /* directory of the class of service, the mount itself for the default */
	const char *monitor; /* directory of the container's monitoring group, NULL = none */
	bool shared; /* closID names the class: it may be there before us, and outlives us */
	kv_list schemas; /* JSON path and line: l3CacheSchema, memBwSchema. Written where the class
			    is new or not shared; else they must be what is in force */
	kv_list schemata; /* the same of schemata[]: written after those, whoever made the class */
};

#endif
