// SPDX-License-Identifier: Apache-2.0
/*
 * plan/network.h and protocol/netapi.h: every form of --network, --publish and lodger.conf, every
 * way to get them wrong, what an annotation may ask for; requests to the helper and its answers.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/netapi.h"

static const char *forwards_text(struct arena *a, const net_forwards *list)
{
	const char *text = "";
	const struct net_forward *f;

	array_foreach (f, list)
		text = arena_printf(a, "%s%s%s", text, *text ? " " : "", net_forward_text(a, f));
	return text;
}

static void publish(void **state)
{
	static const struct {
		const char *text, *want; /* rows, or the error */
	} cases[] = {
		{"8080:80", "8080:80/tcp"},
		{"8080:80/tcp", "8080:80/tcp"},
		{"53:53/udp", "53:53/udp"},
		{"80", "0:80/tcp"},
		{"0:80", "0:80/tcp"},
		{":80", "0:80/tcp"},
		{"127.0.0.1:8080:80", "127.0.0.1:8080:80/tcp"},
		{"127.0.0.1::80", "127.0.0.1:0:80/tcp"},
		{"[::1]:8080:80", "[::1]:8080:80/tcp"},
		{"[2001:db8::7]:0:53/udp", "[2001:db8::7]:0:53/udp"},
		{"[::]::80", "[::]:0:80/tcp"},
		{"8000-8002:80-82", "8000:80/tcp 8001:81/tcp 8002:82/tcp"},
		{"0:80-81", "0:80/tcp 0:81/tcp"},
		{"80-81/udp", "0:80/udp 0:81/udp"},
		{"65535:65535", "65535:65535/tcp"},
		{"8080-8080:80-80", "8080:80/tcp"},
		{"", "--publish \"\": \"\" is not a port, a number from 1 to 65535"},
		{"8080:", "--publish \"8080:\": \"\" is not a port, a number from 1 to 65535"},
		{"8080:0", "--publish \"8080:0\": \"0\" is not a port, a number from 1 to 65535"},
		{"65536:80", "--publish \"65536:80\": \"65536\" is not a port, a number from 0 to "
			     "65535"},
		{"x:80", "--publish \"x:80\": \"x\" is not a port, a number from 0 to 65535"},
		{"-1:80", "--publish \"-1:80\": \"\" is not a port, a number from 1 to 65535"},
		{" 80:80", "--publish \" 80:80\": \" 80\" is not a port, a number from 0 to 65535"},
		{"8080:80/sctp",
			"--publish \"8080:80/sctp\": \"sctp\" is not a protocol: tcp or udp"},
		{"8080:80/", "--publish \"8080:80/\": \"\" is not a protocol: tcp or udp"},
		{"8080:80/TCP", "--publish \"8080:80/TCP\": \"TCP\" is not a protocol: tcp or udp"},
		{"localhost:8080:80",
			"--publish \"localhost:8080:80\": \"localhost\" is not an IPv4 address"},
		{"300.0.0.1:1:1",
			"--publish \"300.0.0.1:1:1\": \"300.0.0.1\" is not an IPv4 address"},
		{"::1:8080:80", "--publish \"::1:8080:80\": an IPv6 address is written in "
				"brackets: [::1]:8080:80"},
		{"[::1]8080:80", "--publish \"[::1]8080:80\": an address in brackets is followed "
				 "by a colon and the ports"},
		{"[::1:8080:80", "--publish \"[::1:8080:80\": an address in brackets is followed "
				 "by a colon and the ports"},
		{"[127.0.0.1]:1:1",
			"--publish \"[127.0.0.1]:1:1\": \"127.0.0.1\" is not an IPv6 address"},
		{"[::1]:80", "--publish \"[::1]:80\": must be [[IP:]HOST:]CONTAINER[/tcp|udp]"},
		{"[::1]:1:2:3",
			"--publish \"[::1]:1:2:3\": must be [[IP:]HOST:]CONTAINER[/tcp|udp]"},
		{"8000-8001:80",
			"--publish \"8000-8001:80\": the two ranges have different lengths"},
		{"8000:80-81", "--publish \"8000:80-81\": the two ranges have different lengths"},
		{"81-80:81-80", "--publish \"81-80:81-80\": \"81-80\" ends before it begins"},
		{"0-5:80-85",
			"--publish \"0-5:80-85\": \"0\" is not a port, a number from 1 to 65535"},
		{"1-:1-2", "--publish \"1-:1-2\": \"\" is not a port, a number from 1 to 65535"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_arena struct arena *a = arena_new();
		net_forwards list = {0};
		struct err e = {0};
		int r = net_parse_publish(a, cases[i].text, "--publish", NULL, &list, &e);

		if (r < 0)
			assert_int_equal(e.code, ERR_USAGE);
		if (!str_eq(r < 0 ? e.msg : forwards_text(a, &list), cases[i].want))
			fail_msg("%s: %s", cases[i].text, r < 0 ? e.msg : forwards_text(a, &list));
		assert_true(r == 0 || list.n == 0);
	}
}

static void publish_defaults(void **state)
{
	auto_arena struct arena *a = arena_new();
	net_forwards list = {0};
	struct err e = {0};

	(void)state;
	assert_int_equal(net_parse_publish(a, "8080:80", "-p", "127.0.0.1", &list, &e), 0);
	assert_int_equal(net_parse_publish(a, "[::]:81:81", "-p", "127.0.0.1", &list, &e), 0);
	assert_string_equal(forwards_text(a, &list), "127.0.0.1:8080:80/tcp [::]:81:81/tcp");
	/* All ports at once are one word, not a denial of service. */
	list = (net_forwards){0};
	assert_int_equal(net_parse_publish(a, "1-65535:1-65535", "-p", NULL, &list, &e), 0);
	assert_int_equal(list.n, 65535);
	assert_int_equal(list.v[65534].ct_port, 65535);
}

static const char *words(struct arena *a, const struct strv *list)
{
	const char *text = "", *word;

	strv_foreach (word, list)
		text = arena_printf(a, "%s[%s]", text, word);
	return text;
}

/* What a request says, as a line. */
static const char *request_text(struct arena *a, const struct net_request *n)
{
	const struct net_options *o = &n->options;

	return arena_printf(a, "%s%s%s%s%s%s%s%s%s%s", names_of(net_mode_names, (uint64_t)n->mode),
		n->ns_path ? arena_printf(a, " path=%s", n->ns_path) : "",
		o->cidr ? arena_printf(a, " cidr=%s", o->cidr) : "",
		o->mtu ? arena_printf(a, " mtu=%u", o->mtu) : "",
		o->ipv6.set ? (o->ipv6.v ? " ipv6" : " no-ipv6") : "",
		o->host_loopback.set ? (o->host_loopback.v ? " loopback" : " no-loopback") : "",
		o->outbound.n ? " outbound=" : "", words(a, &o->outbound),
		o->dns.n ? arena_printf(a, " dns=%s", words(a, &o->dns)) : "",
		n->pasta_args.n ? arena_printf(a, " args=%s", words(a, &n->pasta_args)) : "");
}

struct network_case {
	const char *text, *want;
};

static void check_network(bool safe, const struct network_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_arena struct arena *a = arena_new();
		struct net_request request = {0};
		struct err e = {0};
		int r = net_parse_network(a, cases[i].text, "--network", safe, &request, &e);

		if (r < 0)
			assert_int_equal(e.code, ERR_USAGE);
		if (!str_eq(r < 0 ? e.msg : request_text(a, &request), cases[i].want))
			fail_msg(
				"%s: %s", cases[i].text, r < 0 ? e.msg : request_text(a, &request));
		assert_true(r == 0 || request.mode == NET_CONFIG);
	}
}

#define KEYS "there are cidr, mtu, ipv6, host-loopback, outbound and dns"

static void network(void **state)
{
	static const struct network_case cases[] = {
		{"none", "none"},
		{"host", "host"},
		{"ns:/run/netns/blue", "ns path=/run/netns/blue"},
		{"ns:/a:b", "ns path=/a:b"},
		{"slirp", "slirp"},
		{"slirp:", "slirp"},
		{"slirp:cidr=192.168.0.0/16,mtu=1500,ipv6=true,host-loopback=no",
			"slirp cidr=192.168.0.0/16 mtu=1500 ipv6 no-loopback"},
		{"slirp:outbound=eth0,outbound=2001:db8::1,dns=1.1.1.1,dns=::1",
			"slirp outbound=[eth0][2001:db8::1] dns=[1.1.1.1][::1]"},
		{"slirp:mtu=1500,mtu=9000", "slirp mtu=9000"},
		{"pasta", "pasta"},
		{"pasta:-4,--mtu=1400", "pasta args=[-4][--mtu=1400]"},
		{"", "--network: \"\" is not a network: none, host, slirp, pasta and ns:PATH are"},
		{"bridge", "--network: \"bridge\" is not a network: none, host, slirp, pasta and "
			   "ns:PATH are"},
		{"config", "--network: \"config\" is not a network: none, host, slirp, pasta and "
			   "ns:PATH are"},
		{"none:x", "--network: none takes no options"},
		{"host:", "--network: host takes no options"},
		{"ns", "--network: ns needs the absolute path of a network namespace: "
		       "ns:/run/netns/NAME"},
		{"ns:blue", "--network: ns needs the absolute path of a network namespace: "
			    "ns:/run/netns/NAME"},
		{"slirp:mtu", "--network: \"mtu\" is not KEY=VALUE"},
		{"slirp:speed=1", "--network: slirp has no option \"speed\": " KEYS},
		{"slirp:=1", "--network: slirp has no option \"\": " KEYS},
		{"slirp:mtu=575", "--network: mtu: \"575\" is not a number from 576 to 65520"},
		{"slirp:mtu=65521", "--network: mtu: \"65521\" is not a number from 576 to 65520"},
		{"slirp:mtu=", "--network: mtu: \"\" is not a number from 576 to 65520"},
		{"slirp:mtu=1000,ipv6=true", "--network: ipv6 needs an mtu of at least 1280"},
		{"slirp:ipv6=maybe", "--network: ipv6: \"maybe\" must be true or false"},
		{"slirp:cidr=10.0.2.0",
			"--network: cidr: \"10.0.2.0\" is not an IPv4 network such as 10.0.2.0/24"},
		{"slirp:cidr=fd00::/64", "--network: cidr: \"fd00::/64\" is not an IPv4 network "
					 "such as 10.0.2.0/24"},
		{"slirp:cidr=10.0.2.0/33", "--network: cidr: \"10.0.2.0/33\" is not an IPv4 "
					   "network such as 10.0.2.0/24"},
		{"slirp:cidr=10.0.2.0/26", "--network: cidr: \"10.0.2.0/26\" must have a prefix of "
					   "1 to 25 bits: the container is the 100th address"},
		{"slirp:cidr=0.0.0.0/0", "--network: cidr: \"0.0.0.0/0\" must have a prefix of 1 "
					 "to 25 bits: the container is the 100th address"},
		{"slirp:cidr=10.0.2.7/24", "--network: cidr: \"10.0.2.7/24\" has bits behind its "
					   "prefix: 10.0.2.0/24 is the network"},
		{"slirp:dns=localhost",
			"--network: dns: \"localhost\" is not an IPv4 or IPv6 address"},
		{"slirp:outbound=-x", "--network: outbound: \"-x\" is neither an address nor the "
				      "name of an interface"},
		{"slirp:outbound=an-interface-name", "--network: outbound: \"an-interface-name\" "
						     "is neither an address nor the name of an "
						     "interface"},
	};

	(void)state;
	check_network(false, cases, ARRAY_SIZE(cases));
}

#define NOT_ASKED " may not be asked for by an annotation, which can be an image's"

static void annotations(void **state)
{
	static const struct network_case cases[] = {
		{"none", "none"},
		{"slirp", "slirp"},
		{"slirp:cidr=10.9.0.0/16,mtu=1500,ipv6=false",
			"slirp cidr=10.9.0.0/16 mtu=1500 no-ipv6"},
		{"host", "--network: host" NOT_ASKED ": use --network"},
		{"pasta", "--network: pasta" NOT_ASKED ": use --network"},
		{"ns:/proc/1/ns/net", "--network: ns" NOT_ASKED ": use --network"},
		{"slirp:host-loopback=true",
			"--network: host-loopback" NOT_ASKED " (lodger.conf: annotations = trust)"},
		{"slirp:mtu=1500,outbound=eth0",
			"--network: outbound" NOT_ASKED " (lodger.conf: annotations = trust)"},
		{"slirp:dns=192.0.2.1",
			"--network: dns" NOT_ASKED " (lodger.conf: annotations = trust)"},
	};

	(void)state;
	check_network(true, cases, ARRAY_SIZE(cases));
}

static void defaults(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct net_request n = {0};
	struct err e = {0};
	const struct net_options user = {.mtu = 9000, .ipv6 = {true, false}, .cidr = "10.1.0.0/16"};

	(void)state;
	assert_int_equal(
		net_parse_network(a, "slirp:cidr=10.2.0.0/16", "--network", false, &n, &e), 0);
	net_complete(&n.options, &user);
	assert_string_equal(
		request_text(a, &n), "slirp cidr=10.2.0.0/16 mtu=9000 no-ipv6 no-loopback");
	assert_string_equal(net_address(a, n.options.cidr, NET_RESOLVER), "10.2.0.3");
	n.options = (struct net_options){0};
	net_complete(&n.options, &(struct net_options){0});
	assert_string_equal(
		request_text(a, &n), "slirp cidr=10.0.2.0/24 mtu=65520 ipv6 no-loopback");
}

static void conf(void **state)
{
	auto_arena struct arena *a = arena_new();
	struct net_conf c;
	struct err e = {0};
	struct net_request n = {.mode = NET_SLIRP};

	(void)state;
	assert_int_equal(net_parse_conf(a, "lodger.conf",
				 "# mine\n\n network = pasta:-4\r\npublish-address=::1\n"
				 "annotations = trust\nslirp.mtu = 1500\nslirp.dns = 1.1.1.1\n"
				 "slirp.dns = 9.9.9.9\nslirp.host-loopback = yes",
				 &c, &e),
		0);
	n.options = c.options;
	assert_string_equal(c.network, "pasta:-4");
	assert_string_equal(c.publish_address, "::1");
	assert_int_equal(c.annotations, NET_TRUST_ALL);
	assert_string_equal(request_text(a, &n), "slirp mtu=1500 loopback dns=[1.1.1.1][9.9.9.9]");
	assert_int_equal(net_parse_conf(a, "lodger.conf", "", &c, &e), 0);
	assert_null(c.network);
	assert_int_equal(c.annotations, NET_TRUST_SAFE);
}

static void conf_errors(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"mtu\n", "lodger.conf:1: \"mtu\" is not KEY = VALUE"},
		{"#\n\nmtu = 1500",
			"lodger.conf:3: there is no setting \"mtu\": there are network, "
			"publish-address, annotations and those that begin with slirp."},
		{"= x", "lodger.conf:1: there is no setting \"\": there are network, "
			"publish-address, annotations and those that begin with slirp."},
		{"slirp.mtu = x", "lodger.conf:1: mtu: \"x\" is not a number from 576 to 65520"},
		{"slirp.x = 1", "lodger.conf:1: slirp has no option \"x\": " KEYS},
		{"network = host", "lodger.conf:1: network: slirp or pasta: it is what --publish "
				   "needs"},
		{"network = x", "lodger.conf:1: \"x\" is not a network: none, host, slirp, pasta "
				"and ns:PATH are"},
		{"annotations = yes",
			"lodger.conf:1: annotations: \"yes\" is not safe, ignore or trust"},
		{"publish-address = lo",
			"lodger.conf:1: publish-address: \"lo\" is not an address"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_arena struct arena *a = arena_new();
		struct net_conf c = {.annotations = 7};
		struct err e = {0};

		assert_true(net_parse_conf(a, "lodger.conf", cases[i].text, &c, &e) < 0);
		assert_string_equal(e.msg, cases[i].want);
		assert_int_equal(e.code, ERR_USAGE);
		assert_int_equal(c.annotations, 7);
	}
}

/* ---- the helper's control socket */

static const struct net_forward tcp = {NET_TCP, "", 8080, 80};
static const struct net_forward any = {NET_UDP, "::1", 0, 53};

static void requests(void **state)
{
	auto_arena struct arena *a = arena_new();

	(void)state;
	assert_string_equal(netapi_add_request(a, &tcp),
		"{\"execute\":\"add_hostfwd\",\"arguments\":{\"proto\":\"tcp\",\"host_addr\":\"0.0."
		"0.0\",\"host_port\":8080,\"guest_port\":80}}\n");
	assert_string_equal(netapi_add_request(a, &any),
		"{\"execute\":\"add_hostfwd\",\"arguments\":{\"proto\":\"udp\",\"host_addr\":\"::"
		"1\",\"host_port\":0,\"guest_port\":53}}\n");
}

static void answers(void **state)
{
	static const struct {
		const char *text;
		bool free; /* of any port */
		uint32_t port; /* 0 = an error */
		enum err_code code;
		const char *msg, *fix;
	} cases[] = {
		{"{\"return\":{\"id\":1}}", false, 8080, ERR_NONE, NULL, NULL},
		{"{\"return\":{\"id\":1,\"host_port\":40000}}", true, 40000, ERR_NONE, NULL, NULL},
		{"{\"return\":{\"id\":1}}", true, 0, ERR_HOST_NETWORK, "makes no sense", NULL},
		{"{\"return\":{\"host_port\":70000}}", true, 0, ERR_HOST_NETWORK, "no sense", NULL},
		{"{}", false, 0, ERR_HOST_NETWORK, "makes no sense", NULL},
		{"[]", false, 0, ERR_HOST_NETWORK, "makes no sense", NULL},
		{"", false, 0, ERR_HOST_NETWORK, "makes no sense", NULL},
		{"{\"error\":{\"desc\":\"x\",\"errno\":98}}", false, 0, ERR_HOST_PORT,
			"publishing 8080:80/tcp: port 8080 of the host is in use", "ss -ltunp"},
		{"{\"error\":{\"desc\":\"no\",\"errno\":13,\"fix\":\"sysctl it\"}}", false, 0,
			ERR_HOST_PORT, "publishing 8080:80/tcp: no", "sysctl it"},
		{"{\"error\":{\"desc\":\"bad request\"}}", false, 0, ERR_HOST_PORT,
			"publishing 8080:80/tcp: bad request", "another port"},
		{"{\"error\":7}", false, 0, ERR_HOST_PORT, "the helper refuses", "another"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_arena struct arena *a = arena_new();
		uint32_t port = 0;
		struct err e = {0};
		int r = netapi_read_added(a, cases[i].text, cases[i].free ? &any : &tcp, &port, &e);

		if ((r == 0) != (cases[i].port != 0) || port != cases[i].port ||
			e.code != cases[i].code)
			fail_msg("%s: %d %u %s", cases[i].text, r, port, e.msg);
		if (r < 0 && (!strstr(e.msg, cases[i].msg) || !e.fix[0] ||
				     (cases[i].fix && !strstr(e.fix, cases[i].fix))))
			fail_msg("%s: %s / %s", cases[i].text, e.msg, e.fix);
	}
}

#define ENTRY(more) "{\"return\":{\"entries\":[{\"id\":3,\"proto\":\"tcp\"," more "}]}}"

static void lists(void **state)
{
	static const char *const wrong[] = {
		"{\"return\":{}}",
		"{\"return\":{\"entries\":{}}}",
		"{\"return\":{\"entries\":[7]}}",
		ENTRY("\"host_addr\":\"x\",\"host_port\":1,\"guest_port\":1"),
		ENTRY("\"host_addr\":\"\",\"host_port\":65536,\"guest_port\":1"),
		ENTRY("\"host_addr\":\"\",\"host_port\":1,\"guest_port\":0"),
		"{\"return\":{\"entries\":[{\"id\":3,\"host_port\":1,\"guest_port\":1}]}}",
		"not json",
	};
	static const char *const right[] = {
		ENTRY("\"host_addr\":\"0.0.0.0\",\"host_port\":8080,\"guest_port\":80"),
		"{\"entries\":[{\"id\":3,\"proto\":\"tcp4\",\"host_port\":8080,\"guest_port\":80}]"
		"}",
	};
	auto_arena struct arena *a = arena_new();
	netapi_forwards list = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct err e = {0};

		if (netapi_read_list(a, wrong[i], &list, &e) == 0)
			fail_msg("taken: %s", wrong[i]);
		assert_int_equal(e.code, ERR_HOST_NETWORK);
	}
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		struct err e = {0};

		assert_int_equal(netapi_read_list(a, right[i], &list, &e), 0);
		assert_int_equal(list.n, 1);
		assert_int_equal(list.v[0].id, 3);
		assert_string_equal(net_forward_text(a, &list.v[0].forward), "8080:80/tcp");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(publish),
		cmocka_unit_test(publish_defaults),
		cmocka_unit_test(network),
		cmocka_unit_test(annotations),
		cmocka_unit_test(defaults),
		cmocka_unit_test(conf),
		cmocka_unit_test(conf_errors),
		cmocka_unit_test(requests),
		cmocka_unit_test(answers),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
