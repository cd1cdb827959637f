// SPDX-License-Identifier: Apache-2.0
/* The state as JSON for programs: `state`, `list`, hooks. Front end. */
#include "state/state.h"

static void report_network(
	const struct state_network *n, enum state_status status, struct json_writer *w)
{
	bool lives = state_network_lives(n);

	json_key(w, "network");
	json_open_object(w);
	json_kv_string(w, "mode", n->mode);
	if (n->pid) {
		json_kv_int(w, "helper", lives ? n->pid : 0);
		json_kv_string(w, "status",
			lives                     ? "running"
			: status == STATE_STOPPED ? "stopped"
						  : "failed");
	}
	json_close_object(w);
}

void state_report(const struct state_record *r, enum state_status status, struct json_writer *w)
{
	json_open_object(w);
	state_report_members(r, status, w);
	json_close_object(w);
}

void state_report_members(
	const struct state_record *r, enum state_status status, struct json_writer *w)
{
	const struct kv *kv;

	json_kv_string(w, "ociVersion", r->oci_version);
	json_kv_string(w, "id", r->id);
	json_kv_int(w, "pid", status == STATE_STOPPED ? 0 : r->pid);
	json_kv_string(w, "status", state_status_name(status));
	json_kv_string(w, "bundle", r->bundle);
	json_kv_string_opt(w, "rootfs", r->rootfs);
	json_kv_string_opt(w, "created", r->created);
	if (r->annotations.n) {
		json_key(w, "annotations");
		json_open_object(w);
		array_foreach (kv, &r->annotations)
			json_kv_string(w, kv->key, kv->value);
		json_close_object(w);
	}
	if (r->network)
		report_network(r->network, status, w);
	json_kv_string(w, "owner", r->owner_name ? r->owner_name : "");
}
