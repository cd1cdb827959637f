// SPDX-License-Identifier: Apache-2.0
/* Containers by a pattern, for kill and delete. In: a regular expression. Out: ids. Front end. */
#include <errno.h>
#include <regex.h>

#include "lodger/internal.h"

int lodger_match(struct lodger *l, const char *pattern, struct strv *ret, struct err *e)
{
	struct strv all, matching = {0};
	const char *root, *id;
	char why[128];
	regex_t regex;
	int r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);

	if (r != 0) {
		regerror(r, &regex, why, sizeof(why));
		err_object(e, "%s", pattern);
		return err_set(e, ERR_USAGE, EINVAL, "--regex: \"%s\": %s", pattern, why);
	}
	r = container_root(l, false, &root, e);
	if (r == 0)
		r = state_list(l->arena, root, &all, e);
	if (r == 0) {
		strv_foreach (id, &all)
			if (regexec(&regex, id, 0, NULL, 0) == 0)
				strv_add(l->arena, &matching, id);
		*ret = matching;
	}
	regfree(&regex);
	return r;
}
