// SPDX-License-Identifier: Apache-2.0
/* libslirp's sockets; see sockets.h. Knows nothing of what goes over them. */
#include "sockets.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

#define FEW_MAX   48u /* sockets up to which the list is polled */
#define FEW_AGAIN 16u /* down to which it was many */
#define SOCKET_NS 100ull /* generously, what a socket costs in a list */
#define FIXED     2u /* descriptors in front: the TAP device, the loop */
#define BRIEF_NS  50000ull /* about what a wake-up costs, twice */
#define PATIENCE  3 /* vain looks in a row after which there are none */
#define PREEMPTED 150000ull /* between two looks: others want the processor */
#define BUSY_NS   (50 * NS_PER_MS) /* for which they are left it then */

/* What libslirp wants of a descriptor, and what has happened to it; indexed by descriptor. */
struct slot {
	uint32_t watched; /* EPOLL* bits that epoll(7) has; while there are many */
	uint32_t listed; /* number of the list that named it last */
	uint32_t happened; /* SLIRP_POLL_* */
};

struct sockets {
	struct loop *loop;
	struct slot *slots;
	size_t slots_n;
	int *ready; /* descriptors with something in `happened` */
	size_t ready_n;
	uint32_t list; /* number of the last list */
	size_t listed_n; /* how many it has */
	bool many;
	int vain; /* brief looks that found nothing */
	uint64_t busy_until; /* the processor is wanted by others */
	struct pollfd fds[FIXED + FEW_MAX];
};

static struct slot *slot(struct sockets *s, int fd)
{
	if ((size_t)fd >= s->slots_n) {
		size_t n = ((size_t)fd + 256) & ~(size_t)255;

		s->slots = xrealloc(s->slots, n * sizeof(*s->slots));
		/* A descriptor that was closed and opened anew meanwhile may be in it twice. */
		s->ready = xrealloc(s->ready, 2 * n * sizeof(*s->ready));
		memset(s->slots + s->slots_n, 0, (n - s->slots_n) * sizeof(*s->slots));
		s->slots_n = n;
	}
	return &s->slots[fd];
}

static const struct {
	int slirp;
	short poll;
	uint32_t epoll;
} event_bits[] = {
	{SLIRP_POLL_IN, POLLIN, EPOLLIN},
	{SLIRP_POLL_OUT, POLLOUT, EPOLLOUT},
	{SLIRP_POLL_PRI, POLLPRI, EPOLLPRI},
	{SLIRP_POLL_ERR, POLLERR, EPOLLERR},
	{SLIRP_POLL_HUP, POLLHUP, EPOLLHUP},
};

/* poll(2)'s bits are epoll(7)'s, on Linux; the table says so where it matters. */
_Static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLPRI == EPOLLPRI &&
		       POLLERR == EPOLLERR && POLLHUP == EPOLLHUP,
	"poll(2) and epoll(7) have the same bits");

static uint32_t from_slirp(int events)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(event_bits); i++)
		bits |= events & event_bits[i].slirp ? event_bits[i].epoll : 0;
	return bits;
}

static uint32_t to_slirp(uint32_t events)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(event_bits); i++)
		bits |= events & event_bits[i].epoll ? (uint32_t)event_bits[i].slirp : 0;
	return bits;
}

static void happened(struct sockets *s, int fd, uint32_t events)
{
	struct slot *one = slot(s, fd);

	if (!one->happened)
		s->ready[s->ready_n++] = fd;
	one->happened |= to_slirp(events);
}

/* By epoll(7). */
static void on_socket(void *sockets, int fd, uint32_t events)
{
	struct sockets *s = sockets;
	struct slot *one = slot(s, fd);

	/* Not in the last list: libslirp does not want to hear of it for now. */
	if (!one->watched || one->listed != s->list) {
		loop_number(s->loop, fd, 0);
		one->watched = 0;
		return;
	}
	happened(s, fd, events);
}

struct sockets *sockets_new(int tap)
{
	struct sockets *s = xcalloc(1, sizeof(*s));

	s->loop = loop_new(on_socket, s);
	if (!s->loop) {
		free(s);
		return NULL;
	}
	slot(s, 0);
	s->fds[0] = (struct pollfd){.fd = tap, .events = POLLIN};
	s->fds[1] = (struct pollfd){.fd = loop_epoll(s->loop), .events = POLLIN};
	return s;
}

struct loop *sockets_loop(const struct sockets *s)
{
	return s->loop;
}

void sockets_forget(struct sockets *s, int fd)
{
	struct slot *one = fd < 0 ? NULL : slot(s, fd);

	if (!one)
		return;
	/* Closed next, and forgotten by epoll(7) then; but a list may be polled before. */
	for (size_t i = FIXED; i < FIXED + s->listed_n && !s->many; i++) {
		if (s->fds[i].fd == fd)
			s->fds[i].fd = -1;
	}
	*one = (struct slot){0};
}

/* libslirp lists a socket. The "index" that it will ask by is the descriptor. */
static int add_poll(int fd, int events, void *sockets)
{
	struct sockets *s = sockets;
	uint32_t wanted = from_slirp(events);
	struct slot *one;

	if (fd < 0)
		return -1;
	one = slot(s, fd);
	one->listed = s->list;
	s->listed_n++;
	if (!s->many && s->listed_n <= FEW_MAX)
		s->fds[FIXED + s->listed_n - 1] =
			(struct pollfd){.fd = fd, .events = (short)wanted};
	if (s->many && one->watched != wanted && loop_number(s->loop, fd, wanted) == 0)
		one->watched = wanted;
	return fd;
}

static void unwatch_all(struct sockets *s)
{
	for (size_t fd = 0; fd < s->slots_n; fd++) {
		if (s->slots[fd].watched)
			loop_number(s->loop, (int)fd, 0);
		s->slots[fd].watched = 0;
	}
}

static void fill(struct sockets *s, Slirp *slirp, uint32_t *ret_timeout_ms)
{
	*ret_timeout_ms = UINT32_MAX;
	s->list++;
	s->listed_n = 0;
	slirp_pollfds_fill(slirp, ret_timeout_ms, add_poll, s);
}

uint64_t sockets_list(struct sockets *s, Slirp *slirp)
{
	uint32_t timeout_ms;

	fill(s, slirp, &timeout_ms);
	if (!s->many && s->listed_n > FEW_MAX) {
		s->many = true;
		fill(s, slirp, &timeout_ms);
	} else if (s->many && s->listed_n < FEW_AGAIN) {
		s->many = false;
		unwatch_all(s);
		fill(s, slirp, &timeout_ms);
	}
	return timeout_ms == UINT32_MAX ? UINT64_MAX
					: loop_now() + (uint64_t)timeout_ms * NS_PER_MS;
}

uint64_t sockets_list_cost(const struct sockets *s)
{
	return s->many ? s->listed_n * SOCKET_NS : 0;
}

static int look(struct sockets *s, const struct timespec *timeout)
{
	int n = ppoll(s->fds, s->many ? FIXED : FIXED + s->listed_n, timeout, NULL);

	return n < 0 && errno != EINTR ? -errno : n < 0 ? 0 : n;
}

static int look_briefly(struct sockets *s, uint64_t deadline_ns)
{
	static const struct timespec at_once;
	uint64_t now = loop_now(), end = now + BRIEF_NS;
	int n = 0;

	if (now < s->busy_until)
		return 0;
	while (n == 0 && now < end && now < deadline_ns) {
		uint64_t before = now;

		n = look(s, &at_once);
		now = loop_now();
		if (now - before > PREEMPTED)
			s->busy_until = now + BUSY_NS;
	}
	s->vain = n > 0 ? 0 : s->vain + 1;
	return n;
}

static int look_until(struct sockets *s, uint64_t deadline_ns, bool brief)
{
	uint64_t now, left;
	struct timespec t;
	int n = 0;

	if (brief && s->vain < PATIENCE) {
		n = look_briefly(s, deadline_ns);
		if (n)
			return n;
	}
	if (deadline_ns == UINT64_MAX)
		return look(s, NULL);
	now = loop_now();
	left = deadline_ns > now ? deadline_ns - now : 0;
	t = (struct timespec){
		.tv_sec = (time_t)(left / 1000000000ull), .tv_nsec = (long)(left % 1000000000ull)};
	n = look(s, &t);
	/* It would have paid. */
	if (brief && n > 0 && loop_now() - now < BRIEF_NS && s->vain)
		s->vain--;
	return n;
}

int sockets_wait(struct sockets *s, uint64_t deadline_ns, bool brief, bool *ret_tap)
{
	int n = look_until(s, deadline_ns, brief);

	*ret_tap = false;
	if (n <= 0)
		return n;
	*ret_tap = s->fds[0].revents != 0;
	for (size_t i = FIXED; i < FIXED + s->listed_n && !s->many; i++) {
		if (s->fds[i].revents && s->fds[i].fd >= 0)
			happened(s, s->fds[i].fd, (uint32_t)s->fds[i].revents);
	}
	if (s->fds[1].revents)
		n = loop_wait(s->loop, 0);
	return n < 0 ? n : 0;
}

bool sockets_ready(const struct sockets *s)
{
	return s->ready_n > 0;
}

static int get_revents(int fd, void *sockets)
{
	struct sockets *s = sockets;

	return fd < 0 || (size_t)fd >= s->slots_n ? 0 : (int)s->slots[fd].happened;
}

void sockets_poll(struct sockets *s, Slirp *slirp)
{
	slirp_pollfds_poll(slirp, 0, get_revents, s);
	while (s->ready_n)
		s->slots[s->ready[--s->ready_n]].happened = 0;
}
