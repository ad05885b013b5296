/* A router of one's own in C: RIP version 2 (RFC 2453), without authentication.
 *
 * services: {rip: {implementation: ./my-rip-c}} puts it in a node's place. What a program gets of its node and owes it:
 * labs/OWN-PROGRAMS.md. Addresses, masks and the wire's fields are kept in network byte order. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 520, REQUEST = 1, RESPONSE = 2, VERSION = 2, UNREACHABLE = 16, ENTRIES = 25, LINKS = 64, ROUTES = 4096 };
static const double NEVER = 1e18;

struct entry { /* RFC 2453 section 4 */
    uint16_t family, tag;
    uint32_t net, mask, next_hop, metric;
};
struct message {
    uint8_t command, version;
    uint16_t zero;
    struct entry entries[ENTRIES];
};
static const size_t HEADER = offsetof(struct message, entries);

struct link { /* one of the node's interfaces, by its LAN */
    char lan[64], device[IFNAMSIZ];
    uint32_t address, net, mask;
    int index, socket, cost; /* socket: -1 while it is down */
    bool passive;
};
struct route { /* `via` 0: a LAN of our own. `until`: its timeout, or the end of its garbage time */
    uint32_t net, mask, via;
    struct link *link;
    int metric;
    double until;
    bool changed;
};

static struct link links[LINKS];
static struct route table[ROUTES];
static int link_count, route_count, netlink, kernel_table;
static json_t *options;
static double update, timeout, garbage, update_due, trigger_due, quiet_until;
static enum { OFF, ON, POISONED } split_horizon;
static bool triggered;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double between(double low, double high) { return low + drand48() * (high - low); }

static char *text(uint32_t address) { return inet_ntoa((struct in_addr){address}); }

/* Our own table of the kernel's, by rtnetlink(7), from which the node takes our routes; their metrics are RIP's. */

static void kernel(int order, const struct route *route) {
    struct {
        struct nlmsghdr head;
        struct rtmsg message;
        struct { struct rtattr head; uint32_t value; } attributes[4];
    } request = {
        {sizeof request, order, NLM_F_REQUEST | NLM_F_ACK | (order == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_REPLACE : 0), 0, 0},
        {.rtm_family = AF_INET, .rtm_dst_len = __builtin_popcount(route->mask), .rtm_table = kernel_table,
         .rtm_protocol = RTPROT_RIP, .rtm_type = RTN_UNICAST},
        {{{8, RTA_DST}, route->net}, {{8, RTA_PRIORITY}, route->metric},
         {{8, RTA_GATEWAY}, route->via}, {{8, RTA_OIF}, route->link->index}},
    };
    struct { struct nlmsghdr head; struct nlmsgerr error; char rest[512]; } answer;
    if (send(netlink, &request, sizeof request, 0) < 0 || recv(netlink, &answer, sizeof answer, 0) < 0)
        warn("netlink");
    else if (answer.error.error && answer.error.error != -ESRCH) /* a cut link has taken its routes along */
        warnx("%s: %s", text(route->net), strerror(-answer.error.error));
}

static bool installed(const struct route *route) { return route->via && route->metric < UNREACHABLE; }

/* Another way to a network, or none any more: into the kernel first, then to the neighbours (section 3.10.1). */
static void change(struct route *route, struct link *link, uint32_t via, int metric) {
    struct route old = *route;
    double until = metric == UNREACHABLE ? now() + garbage : via ? now() + timeout : NEVER;
    *route = (struct route){old.net, old.mask, via, link, metric, until, true};
    if (installed(route)) kernel(RTM_NEWROUTE, route);
    if (installed(&old) && (!installed(route) || old.metric != metric)) kernel(RTM_DELROUTE, &old);
    if (triggered && trigger_due == NEVER) trigger_due = now() > quiet_until ? now() : quiet_until;
    if (old.metric != metric)
        printf("{\"kind\": \"rip.table\", \"text\": \"%s/%d: metric %d on %s\"}\n",
               text(route->net), __builtin_popcount(route->mask), metric, link->lan);
}

static struct route *find(uint32_t net, uint32_t mask) {
    for (int i = 0; i < route_count; i++)
        if (table[i].net == net && table[i].mask == mask) return &table[i];
    return NULL;
}

static struct route *find_or_add(uint32_t net, uint32_t mask) {
    struct route *route = find(net, mask);
    if (route || route_count == ROUTES) return route;
    route = &table[route_count++];
    *route = (struct route){.net = net, .mask = mask, .metric = UNREACHABLE};
    return route;
}

/* What is said (section 3.10.2), 25 entries a message. */

static void transmit(const struct link *link, struct message *message, int count, uint32_t to, uint16_t port) {
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {to}};
    size_t size = HEADER + count * sizeof(struct entry);
    if (sendto(link->socket, message, size, 0, (struct sockaddr *)&peer, sizeof peer) < 0) warn("%s", link->lan);
}

static void say(const struct link *link, bool only_changed, uint32_t to, uint16_t port) {
    struct message message = {RESPONSE, VERSION, 0, {{0}}};
    int count = 0;
    for (int i = 0; i < route_count; i++) {
        const struct route *route = &table[i];
        bool back = route->link == link && split_horizon != OFF; /* section 3.4.3 */
        if ((only_changed && !route->changed) || (back && (split_horizon == ON || !route->via))) continue;
        message.entries[count++] = (struct entry){
            htons(AF_INET), 0, route->net, route->mask, 0, htonl(back ? UNREACHABLE : route->metric)};
        if (count == ENTRIES) transmit(link, &message, count, to, port), count = 0;
    }
    if (count) transmit(link, &message, count, to, port);
}

static void say_to_all(bool only_changed) {
    for (int i = 0; i < link_count; i++)
        if (links[i].socket >= 0 && !links[i].passive) say(&links[i], only_changed, inet_addr("224.0.0.9"), PORT);
    for (int i = 0; i < route_count; i++) table[i].changed = false;
    trigger_due = NEVER;
    quiet_until = now() + between(update / 30, update / 6); /* 1 to 5 s at an update of 30 s (section 3.10.1) */
}

/* What is heard (section 3.9). */

static bool valid(const struct entry *entry) {
    uint32_t net = ntohl(entry->net), mask = ntohl(entry->mask), metric = ntohl(entry->metric), first = net >> 24;
    bool destination = mask ? first != 0 && first != 127 && first < 224 : net == 0;
    return entry->family == htons(AF_INET) && metric >= 1 && metric <= UNREACHABLE && destination &&
           (~mask & (~mask + 1)) == 0 && (net & ~mask) == 0;
}

/* The receive rule (section 3.9.2): a cheaper way is taken, and whatever the way's own router says of it. */
static void consider(struct link *link, const struct entry *entry, uint32_t via) {
    int metric = ntohl(entry->metric) + link->cost;
    if (metric > UNREACHABLE) metric = UNREACHABLE;
    struct route *route = metric < UNREACHABLE ? find_or_add(entry->net, entry->mask) : find(entry->net, entry->mask);
    if (!route || (!route->via && route->metric < UNREACHABLE)) return; /* new and unreachable; or our own LAN */
    if (route->via == via && route->metric == metric) {
        if (metric < UNREACHABLE) route->until = now() + timeout;
    } else if (route->via == via || metric < route->metric)
        change(route, link, via, metric);
}

static void answer(const struct link *link, struct message *message, int count, uint32_t to, uint16_t port) {
    if (count == 1 && !message->entries[0].family && ntohl(message->entries[0].metric) == UNREACHABLE) {
        say(link, false, to, port);
        return;
    }
    for (int i = 0; i < count; i++) { /* single networks are asked for by a diagnosis (section 3.9.1) */
        struct route *route = find(message->entries[i].net, message->entries[i].mask);
        message->entries[i].metric = htonl(route ? route->metric : UNREACHABLE);
    }
    message->command = RESPONSE;
    if (count) transmit(link, message, count, to, port);
}

static void hear(struct link *link) {
    struct message message;
    struct sockaddr_in peer = {0};
    socklen_t length = sizeof peer;
    /* MSG_TRUNC: the size that it had, so that one too long is not taken for one that fits */
    ssize_t size = recvfrom(link->socket, &message, sizeof message, MSG_TRUNC, (struct sockaddr *)&peer, &length);
    uint32_t from = peer.sin_addr.s_addr;
    if (size < (ssize_t)HEADER || size > (ssize_t)sizeof message || (size - HEADER) % sizeof(struct entry) ||
        message.version != VERSION || from == link->address || (from & link->mask) != link->net)
        return;
    int count = (size - HEADER) / sizeof(struct entry);
    if (message.command == REQUEST && !link->passive) answer(link, &message, count, from, ntohs(peer.sin_port));
    if (message.command == RESPONSE && peer.sin_port == htons(PORT))
        for (int i = 0; i < count; i++)
            if (valid(&message.entries[i])) consider(link, &message.entries[i], from);
}

/* Interfaces: the node tells of each, at the start and by a line when it is cut, healed, or another device. */

static int open_socket(const struct link *link) {
    int one = 1, zero = 0, opened = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    struct ip_mreqn group = {{inet_addr("224.0.0.9")}, {link->address}, link->index};
    setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(opened, SOL_SOCKET, SO_BINDTODEVICE, link->device, strlen(link->device));
    setsockopt(opened, IPPROTO_IP, IP_MULTICAST_LOOP, &zero, sizeof zero);
    setsockopt(opened, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group);
    if (bind(opened, (struct sockaddr *)&here, sizeof here) < 0 ||
        setsockopt(opened, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) < 0)
        warn("%s", link->lan);
    return opened;
}

static struct link *link_of(const char *lan) {
    for (int i = 0; i < link_count; i++)
        if (!strcmp(links[i].lan, lan)) return &links[i];
    if (link_count == LINKS) errx(1, "more than %d interfaces", LINKS);
    struct link *link = &links[link_count++];
    json_t *cost = json_object_get(json_object_get(options, "cost"), lan), *quiet;
    size_t i;
    snprintf(link->lan, sizeof link->lan, "%s", lan);
    link->socket = -1;
    link->cost = cost ? json_integer_value(cost) : 1;
    json_array_foreach(json_object_get(options, "passive"), i, quiet)
        if (!strcmp(json_string_value(quiet), lan)) link->passive = true;
    return link;
}

static void set_link(json_t *told) {
    const char *lan, *device, *address, *prefix;
    int up;
    if (json_unpack(told, "{s:s, s:s, s:s, s:s, s:b}", "lan", &lan, "device", &device, "address", &address,
                    "prefix", &prefix, "up", &up) < 0)
        return;
    struct link *link = link_of(lan);
    if (link->socket >= 0) close(link->socket);
    for (int i = 0; i < route_count; i++)
        if (table[i].link == link && table[i].metric < UNREACHABLE) change(&table[i], link, table[i].via, UNREACHABLE);
    link->mask = htonl(~0u << (32 - atoi(strchr(prefix, '/') + 1)));
    link->address = inet_addr(address);
    link->net = link->address & link->mask;
    link->index = if_nametoindex(device);
    snprintf(link->device, sizeof link->device, "%s", device);
    link->socket = up ? open_socket(link) : -1;
    if (!up) return;
    struct message request = {REQUEST, VERSION, 0, {{.metric = htonl(UNREACHABLE)}}}; /* the whole table (3.9.1) */
    if (!link->passive) transmit(link, &request, 1, inet_addr("224.0.0.9"), PORT);
    struct route *own = find_or_add(link->net, link->mask);
    if (own) change(own, link, 0, 1);
}

static void read_line(void) {
    static char *line;
    static size_t size;
    if (getline(&line, &size, stdin) < 0) exit(0); /* the node is gone */
    json_t *told = json_loads(line, 0, NULL);
    set_link(json_object_get(told, "interface"));
    json_decref(told);
}

static void run_timers(void) {
    for (int i = route_count - 1; i >= 0; i--) {
        if (table[i].until > now()) continue;
        if (table[i].metric < UNREACHABLE)
            change(&table[i], table[i].link, table[i].via, UNREACHABLE);
        else
            table[i] = table[--route_count];
    }
    if (now() >= update_due) {
        say_to_all(false);
        update_due = now() + update * between(5 / 6.0, 7 / 6.0); /* else all would speak at once (section 3.8) */
    } else if (now() >= trigger_due)
        say_to_all(true);
}

static int milliseconds_to_wait(void) {
    double due = update_due < trigger_due ? update_due : trigger_due;
    for (int i = 0; i < route_count; i++)
        if (table[i].until < due) due = table[i].until;
    return due > now() ? (int)((due - now()) * 1000) + 1 : 0;
}

static void read_task(void) {
    const char *given = getenv("CATENET_SERVICE"), *horizon, *at_once;
    json_t *told = given ? json_loads(given, 0, NULL) : NULL, *interface;
    size_t i;
    options = json_object_get(told, "options");
    kernel_table = json_integer_value(json_object_get(told, "table"));
    if (json_unpack(options, "{s:F, s:F, s:F, s:s, s:s}", "update", &update, "timeout", &timeout, "garbage", &garbage,
                    "split_horizon", &horizon, "triggered", &at_once) < 0)
        errx(1, "CATENET_SERVICE: no RIP options; this runs inside a node");
    if (json_object_size(json_object_get(options, "auth"))) errx(1, "auth: this router has none");
    triggered = !strcmp(at_once, "on");
    split_horizon = !strcmp(horizon, "off") ? OFF : !strcmp(horizon, "on") ? ON : POISONED;
    json_array_foreach(json_object_get(told, "interfaces"), i, interface) set_link(interface);
}

int main(void) {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    int stopping = signalfd(-1, &stop, 0);
    netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    trigger_due = NEVER;
    setvbuf(stdout, NULL, _IOLBF, 0);
    setvbuf(stdin, NULL, _IONBF, 0); /* so that poll() sees every line that waits */
    srand48(time(NULL) ^ getpid());
    read_task();
    puts("ready");
    for (;;) {
        struct pollfd ready[2 + LINKS] = {{stopping, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        for (int i = 0; i < link_count; i++) ready[2 + i] = (struct pollfd){links[i].socket, POLLIN, 0};
        poll(ready, 2 + link_count, milliseconds_to_wait());
        if (ready[0].revents) break;
        for (int i = 0; i < link_count; i++)
            if (ready[2 + i].revents) hear(&links[i]);
        if (ready[1].revents) read_line();
        run_timers();
    }
    for (int i = 0; i < route_count; i++) table[i].metric = UNREACHABLE; /* nothing is to be reached by us any more */
    say_to_all(false);
}
