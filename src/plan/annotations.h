// SPDX-License-Identifier: Apache-2.0
/*
 * Annotations that runtimes of this field act on, and what lodger does about each. An engine copies
 * the annotations of an image beside its own, so whatever is acted on must be harmless in the hands
 * of whoever made the image. Data.
 */
#ifndef LODGER_PLAN_ANNOTATIONS_H
#define LODGER_PLAN_ANNOTATIONS_H

#include <stddef.h>

struct plan_annotation {
	const char *name; /* with a full stop at its end: all that begin so */
	const char *instead; /* not acted on: why, or what does the same; NULL = acted on */
};

/* The first row that fits counts. Ends with a row without name. */
extern const struct plan_annotation plan_annotation_table[];

#endif
