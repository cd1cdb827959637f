// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources as what puts it into force: writes to the files of a cgroup (v2, or v1's
 * hierarchies), properties of a systemd unit, a device program. Pure: in, a checked
 * struct spec_resources; out, data in the arena. src/cgroup/ and lodger-scope obey it, `update`
 * and `state` use it too.
 */
#ifndef LODGER_PLAN_RESOURCES_H
#define LODGER_PLAN_RESOURCES_H

#include "base/log.h"
#include "plan/plan.h"

typedef array_of(struct plan_note) plan_notes;

/*
 * The writes for cgroup v2, in the order in which they have to be done. What v2 does not have and
 * what limits nothing (kernel memory, leaf weights) is noted; what would be a limit is refused.
 * Codes: ERR_CONFIG_VALUE, ERR_CONFIG_CONFLICT, ERR_CONFIG_UNSUPPORTED, the member as object.
 */
int resources_v2(struct arena *a, const struct spec_resources *r, plan_cgroup_writes *ret,
	plan_notes *notes, struct err *e);

/* The same for the hierarchies of v1, the device rules included. `unified` is refused. */
int resources_v1(struct arena *a, const struct spec_resources *r, plan_cgroup_writes *ret,
	plan_notes *notes, struct err *e);

/*
 * Those of the resources that systemd has properties for, so that what it believes is what is in
 * force and daemon-reload does not undo it. The files of resources_v2() are written nevertheless:
 * they say it exactly, and all of it. `with_devices`: DevicePolicy and DeviceAllow too, for root.
 */
int resources_unit(struct arena *a, const struct spec_resources *r, bool with_devices,
	plan_unit_properties *ret, struct err *e);

/*
 * Names of what nobody but a cgroup can put into force: "memory" and the like, in usual order.
 * What only lifts limits is not among them: without a cgroup of its own a container has none.
 */
struct strv resources_limits(struct arena *a, const struct spec_resources *r);

/*
 * The controllers that the writes need, each once: not "", the core of v2, and none for a write
 * that lifts a limit.
 */
struct strv resources_controllers(struct arena *a, const plan_cgroup_writes *w);

/*
 * The device rules as a program for BPF_PROG_TYPE_CGROUP_DEVICE: struct bpf_insn[]. Last match
 * wins; what no rule names is denied; the default devices are always allowed, as runc has it.
 * `r` may be NULL: no rules.
 */
int resources_device_program(
	struct arena *a, const struct spec_resources *r, struct bytes *ret, struct err *e);

/* Whether the rules do no more than deny all (and the defaults): what an unprivileged caller may
 * be without, since devices are bound from the host one by one. */
bool resources_devices_default(const struct spec_resources *r);

/* cpu.shares (2 to 262144) as cpu.weight (1 to 10000), as runc 1.4 and crun 1.23 do; 0 stays 0. */
uint64_t resources_cpu_weight(uint64_t shares);

/* blkio weight (10 to 1000) as io.weight (1 to 10000); 0 stays 0. */
uint64_t resources_io_weight(uint64_t weight);

#endif
