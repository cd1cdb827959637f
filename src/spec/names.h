// SPDX-License-Identifier: Apache-2.0
/*
 * The words of config.json and the kernel's numbers for them. Where no number is noted, the value
 * only tells the words apart.
 */
#ifndef LODGER_SPEC_NAMES_H
#define LODGER_SPEC_NAMES_H

#include "base/names.h"

extern const struct name spec_cap_names[]; /* "CAP_CHOWN": capability number */
extern const struct name spec_ns_names[]; /* "mount": enum spec_ns */
extern const struct name spec_propagation_names[]; /* "rslave": MS_* flags of mount(2) */
extern const struct name spec_device_type_names[]; /* "c", "b", "u", "p": mknod(2) S_IF* */
extern const struct name spec_device_rule_type_names[]; /* "a", "c", "b" */
extern const struct name spec_seccomp_action_names[]; /* SECCOMP_RET_*, as libseccomp has them */
extern const struct name spec_seccomp_op_names[]; /* enum scmp_compare */
extern const struct name spec_seccomp_flag_names[]; /* SECCOMP_FILTER_FLAG_* */
extern const struct name spec_seccomp_arch_names[];
extern const struct name spec_sched_policy_names[]; /* SCHED_* of sched_setattr(2) */
extern const struct name spec_sched_flag_names[]; /* SCHED_FLAG_* */
extern const struct name spec_ioprio_class_names[]; /* ioprio_set(2) class */
extern const struct name spec_mempolicy_mode_names[]; /* set_mempolicy(2) mode */
extern const struct name spec_mempolicy_flag_names[]; /* set_mempolicy(2) mode flags */
extern const struct name spec_personality_names[]; /* personality(2) domain */

#endif
