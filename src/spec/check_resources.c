// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of what becomes a file name or a line in cgroupfs and resctrl, and of the small
 * enumerations beside it; see check.h. In: a decoded struct spec. Out: the first error. Front end
 * only.
 */
#include "spec/check.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"

static bool has_dot_dot(const char *path)
{
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || !p[2]))
			return true;
	}
	return false;
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* A path below the cgroup mount point, or systemd's SLICE:PREFIX:NAME. */
int check_cgroups_path(const struct spec *s, struct err *e)
{
	const char *path = s->linux_.cgroups_path;
	const char *why = NULL;

	if (str_is_empty(path))
		return 0;
	if (has_dot_dot(path))
		why = "leads upwards";
	else if (has_control(path))
		why = "contains a control character";
	else if (strlen(path) >= PATH_MAX)
		why = "is too long";
	if (!why)
		return 0;
	return spec_path_fail(
		e, ERR_CONFIG_VALUE, "linux.cgroupsPath", "%s %s", json_quoted(path).text, why);
}

/* Keys of "unified" and "rdma" become file names and words in a file. */
static bool is_file_name(const char *s)
{
	return *s && *s != '.' && !strchr(s, '/') && !strchr(s, ' ') && !has_control(s);
}

/* "2MB": the kernel's hugetlb.2MB.max. */
static bool is_page_size(const char *s)
{
	const char *unit = s;

	while (isdigit((unsigned char)*unit))
		unit++;
	return *s >= '1' && *s <= '9' && *unit && strchr("KMG", *unit) && str_eq(unit + 1, "B");
}

static int check_device_rules(const struct spec_resources *r, struct err *e)
{
	for (size_t i = 0; i < r->devices.n; i++) {
		const char *access = r->devices.v[i].access;

		if (access && access[strspn(access, "rwm")])
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("linux.resources.devices[%zu].access", i).text,
				"%s has other letters than r, w, m", json_quoted(access).text);
	}
	return 0;
}

static int check_cpu_lists(const struct spec_cpu *cpu, struct err *e)
{
	if (!str_is_empty(cpu->cpus) && !check_is_cpu_list(cpu->cpus))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "linux.resources.cpu.cpus",
			"%s is not a list of CPUs", json_quoted(cpu->cpus).text);
	if (!str_is_empty(cpu->mems) && !check_is_cpu_list(cpu->mems))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "linux.resources.cpu.mems",
			"%s is not a list of memory nodes", json_quoted(cpu->mems).text);
	return 0;
}

int check_resources(const struct spec *s, struct err *e)
{
	const struct spec_resources *r = s->linux_.resources;
	const struct spec_rdma *rdma;
	const struct kv *kv;

	if (!r)
		return 0;
	array_foreach (kv, &r->unified)
		if (!is_file_name(kv->key))
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("linux.resources.unified[%s]", json_quoted(kv->key).text)
					.text,
				"the key is not the name of a cgroup file");
	array_foreach (rdma, &r->rdma)
		if (!is_file_name(rdma->device))
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("linux.resources.rdma[%s]", json_quoted(rdma->device).text)
					.text,
				"the key is not the name of a device");
	for (size_t i = 0; i < r->hugepage_limits.n; i++)
		if (!is_page_size(r->hugepage_limits.v[i].page_size))
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("linux.resources.hugepageLimits[%zu].pageSize", i).text,
				"%s is not a page size (as \"2MB\" is)",
				json_quoted(r->hugepage_limits.v[i].page_size).text);
	if (r->cpu && check_cpu_lists(r->cpu, e) < 0)
		return -EINVAL;
	return check_device_rules(r, e);
}

int check_intel_rdt(const struct spec *s, struct err *e)
{
	const struct spec_intel_rdt *rdt = s->linux_.intel_rdt;

	if (!rdt)
		return 0;
	/* "/" alone is the default class; any other name is one directory of resctrl. */
	if (!str_is_empty(rdt->clos_id) && !str_eq(rdt->clos_id, "/") &&
		!is_file_name(rdt->clos_id))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "linux.intelRdt.closID",
			"%s is not a directory name", json_quoted(rdt->clos_id).text);
	if (rdt->l3_cache_schema && has_control(rdt->l3_cache_schema))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "linux.intelRdt.l3CacheSchema",
			"contains a control character");
	if (!str_is_empty(rdt->mem_bw_schema) &&
		(!str_after(rdt->mem_bw_schema, "MB:") || has_control(rdt->mem_bw_schema)))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "linux.intelRdt.memBwSchema",
			"%s is not a line that begins with MB:",
			json_quoted(rdt->mem_bw_schema).text);
	for (size_t i = 0; i < rdt->schemata.n; i++)
		if (has_control(rdt->schemata.v[i]))
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("linux.intelRdt.schemata[%zu]", i).text,
				"contains a control character");
	return 0;
}

/* Which modes take nodes: set_mempolicy(2). MPOL_PREFERRED goes either way. */
int check_memory_policy(const struct spec *s, struct err *e)
{
	const struct spec_memory_policy *mp = s->linux_.memory_policy;
	bool local;

	if (!mp)
		return 0;
	if (!str_is_empty(mp->nodes) && !check_is_cpu_list(mp->nodes))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "linux.memoryPolicy.nodes",
			"%s is not a list of memory nodes", json_quoted(mp->nodes).text);
	local = str_eq(mp->mode, "MPOL_DEFAULT") || str_eq(mp->mode, "MPOL_LOCAL");
	if (local && !str_is_empty(mp->nodes))
		return spec_path_fail(e, ERR_CONFIG_CONFLICT, "linux.memoryPolicy.nodes",
			"%s takes no nodes", mp->mode);
	if (!local && !str_eq(mp->mode, "MPOL_PREFERRED") && str_is_empty(mp->nodes))
		return spec_path_fail(e, ERR_CONFIG_MISSING, "linux.memoryPolicy.nodes",
			"is missing, %s needs at least one node", mp->mode);
	return 0;
}

/* The specification keeps the place for flags and defines none. */
int check_personality(const struct spec *s, struct err *e)
{
	const struct spec_personality *p = s->linux_.personality;

	if (p && p->flags.n)
		return spec_path_fail(e, ERR_CONFIG_UNSUPPORTED, "linux.personality.flags[0]",
			"%s is not supported, no flag is", json_quoted(p->flags.v[0]).text);
	return 0;
}
