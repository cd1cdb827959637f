// SPDX-License-Identifier: Apache-2.0
/*
 * lodger port. In: a container's name; ports to add and to remove. Out: the ports that lead to it,
 * as a table or JSON on standard output. Front end.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "cli/commands.h"

struct port_options {
	struct strv add;
	struct strv remove;
	const char *format;
};

static void print_table(const struct lodger_port *ports, size_t n)
{
	printf("%-6s%-41s%-12s%s\n", "PROTO", "HOST-ADDRESS", "HOST-PORT", "CONTAINER-PORT");
	for (size_t i = 0; i < n; i++)
		printf("%-6s%-41s%-12" PRIu32 "%" PRIu32 "\n", ports[i].proto, ports[i].host_addr,
			ports[i].host_port, ports[i].ct_port);
}

static void print_json(const struct lodger_port *ports, size_t n)
{
	auto_json_writer struct json_writer *w = json_writer_new(0);

	json_open_array(w);
	for (size_t i = 0; i < n; i++) {
		json_open_object(w);
		json_kv_string(w, "protocol", ports[i].proto);
		json_kv_string(w, "hostAddress", ports[i].host_addr);
		json_kv_uint(w, "hostPort", ports[i].host_port);
		json_kv_uint(w, "containerPort", ports[i].ct_port);
		json_close_object(w);
	}
	json_close_array(w);
	printf("%s\n", json_writer_text(w, NULL));
}

static int run(struct command_call *call, struct err *e)
{
	const struct port_options *opts = call->options;
	const char *id = call->args.v[0];
	struct lodger_port *ports;
	size_t n;
	int r = 0;

	if (opts->add.n || opts->remove.n)
		r = lodger_port_change(call->lodger, id, &opts->remove, &opts->add, e);
	/* A free port that was chosen is worth telling; else a change is silent. */
	if (r < 0 || (!opts->add.n && opts->remove.n))
		return r;
	r = lodger_ports(call->lodger, id, &ports, &n, e);
	if (r < 0)
		return r;
	if (opts->format && str_eq(opts->format, "json"))
		print_json(ports, n);
	else
		print_table(ports, n);
	return 0;
}

static const char *const formats[] = {"table", "json", NULL};

static const struct option_row options[] = {
	OPTION_LIST_ROW(struct port_options, add, "add", 'a', "PORT",
		"publish another port, written as for --publish of lodger run"),
	OPTION_LIST_ROW(struct port_options, remove, "remove", 'r', "PORT",
		"no longer publish PORT; before those of --add are published"),
	OPTION_CHOICE_ROW(struct port_options, format, "format", 'f', "FORMAT", formats,
		"table (the default) or json"),
	{0},
};

const struct command command_port = {
	.name = "port",
	.summary = "list, add and remove published ports",
	.args = "CONTAINER",
	.details = "Lists the ports of the host that lead to a container which was made with "
		   "\"--network slirp\" or \"--network pasta\". With slirp, ports can be added and "
		   "removed while the container runs; the list that results is printed, unless "
		   "ports were only removed.",
	.options = options,
	.options_size = sizeof(struct port_options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
