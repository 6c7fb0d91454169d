// wsload: very many websocket viewers in one process, for measuring a server on the same machine.
//
// Opens connections from many loopback addresses, says hello on each, then only reads: counts frames and bytes, and takes
// the latency of each tick from a time stamp inside it. Prints one JSON line per second, and whatever is asked for on stdin.
// Start it without arguments for its options. Build: cc -O2 -o wsload wsload.c
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static const char USAGE[] =
    "usage: wsload [options]\n"
    "  -n count     connections (1000)\n"
    "  -a address   destination; only 127.0.0.0/8 is accepted (127.0.0.1)\n"
    "  -p port      destination port (8000)\n"
    "  -u path      path of the upgrade request (/ws)\n"
    "  -s count     source addresses to spread over, from 127.0.1.1 upward (1)\n"
    "  -S number    skip so many source addresses; gives each process its own (0)\n"
    "  -w count     handshakes, and hellos, that may wait for an answer at once (256)\n"
    "  -r rate      at most so many new connections per second; 0 = no limit (0)\n"
    "  -t seconds   end by itself after so long (60)\n"
    "  -T file      tickets, one per line: connection i sends line i as the cookie ocop_ticket, starting over at the end\n"
    "  -f text      first frame, sent masked after the upgrade; its answer makes the connection `joined`\n"
    "  -F           keep the first frame back until the command `hello`\n"
    "  -N subject   speak NATS over the websocket and subscribe to this subject\n"
    "  -M marker    text right before the time stamp in a tick (\"ts\":)\n"
    "  -U unit      ns = monotonic nanoseconds, ms = wall clock milliseconds (ns)\n"
    "  -P prefix    only frames that start so are ticks\n"
    "  -k every     every so many-th connection stops reading once it has joined; 0 = none (0)\n"
    "  -D every     every so many-th connection only drips: 16 bytes each 100 ms; 0 = none (0)\n"
    "  -b bytes     SO_RCVBUF of stalled and dripping connections; 0 = the kernel's choice (0)\n"
    "  -z ms        nap between two looks at the sockets: otherwise each arrival may interrupt a server on the same cores (0)\n"
    "  -c           take commands on stdin: hello, reset, report, quit; the end of stdin is quit\n";

enum state { CONNECTING, UPGRADING, OPEN, GREETED, JOINED, GONE };
enum reader { EAGER, STALLED, DRIPPING };
enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
enum { SMALL_FRAME = 4096, READ_BYTES = 1 << 18, EVENTS = 1024, BURST = 64, DRIP_BYTES = 16, ROUNDS = 256, BUCKETS = 2048 };
static const uint64_t SECOND_NS = 1000000000ull, DRIP_NS = 100000000ull;
static const uint32_t STDIN_EVENT = UINT32_MAX;

struct connection {
    int fd;
    uint8_t state, reader;
    uint16_t kept_bytes;
    uint32_t skip;      // bytes of a long frame that have not arrived yet
    uint32_t ticked_ms; // when the last tick came, milliseconds after our start; 0 = never
    unsigned char *kept; // the beginning of a frame whose rest has not arrived
};

struct histogram { uint64_t count[BUCKETS], most; }; // microseconds, 32 steps per power of two
struct tally { uint64_t frames, ticks, bytes; struct histogram latency, interval; };
struct round { uint64_t stamp, last_us; uint32_t viewers; };

static struct {
    int count, port, sources, skip_sources, window, seconds, hold_hello, stall_every, drip_every, receive_buffer, nap_ms, commands, stamp_is_ms;
    double rate;
    const char *address, *path, *hello, *subject, *marker, *prefix;
    char **tickets;
    int ticket_count;
} options = { .count = 1000, .port = 8000, .sources = 1, .window = 256, .seconds = 60, .address = "127.0.0.1", .path = "/ws", .marker = "\"ts\":" };

static struct connection *connections;
static int poller, started, greeted, may_greet;
static int state_count[GONE + 1];
static int refused, lost, slow_gone, refusals_by_status[600], closes_by_code[5000];
static struct tally second, window;
static struct round rounds[ROUNDS];
static int newest_round, tick_bytes;
static uint64_t began_ns, window_began_ns;
static unsigned char read_buffer[READ_BYTES];
static volatile sig_atomic_t must_stop;

static uint64_t clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void give_up(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

// --- figures ---------------------------------------------------------------------------------------------------------

static void note(struct histogram *h, uint64_t us) {
    int power = us < 32 ? 0 : 63 - __builtin_clzll(us) - 5;
    int bucket = us < 32 ? (int)us : power * 32 + (int)((us >> power) & 31) + 32;
    h->count[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    if (us > h->most) h->most = us;
}

static double percentile(const struct histogram *h, double share) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++) total += h->count[i];
    for (int i = 0; total && i < BUCKETS; i++)
        if ((seen += h->count[i]) >= share * (double)total) return i < 32 ? i : (double)((32ull + (unsigned)(i - 32) % 32) << ((i - 32) / 32));
    return -1;
}

// Ticks of one round carry the same stamp, so the latest of them is the moment the last viewer had it.
static void note_round(uint64_t stamp, uint64_t us) {
    int slot = newest_round;
    for (int back = 0; back < 16; back++) {
        slot = (newest_round + ROUNDS - back) % ROUNDS;
        if (rounds[slot].stamp == stamp) break;
    }
    if (rounds[slot].stamp != stamp) {
        slot = newest_round = (newest_round + 1) % ROUNDS;
        rounds[slot] = (struct round){ .stamp = stamp };
    }
    rounds[slot].viewers++;
    if (us > rounds[slot].last_us) rounds[slot].last_us = us;
}

static void note_tick(struct connection *c, uint64_t stamp) {
    uint64_t now = now_ns(), us;
    if (options.stamp_is_ms) {
        uint64_t wall_us = clock_ns(CLOCK_REALTIME) / 1000;
        us = wall_us > stamp * 1000 ? wall_us - stamp * 1000 : 0;
    } else us = now > stamp ? (now - stamp) / 1000 : 0;
    uint32_t ms = (uint32_t)((now - began_ns) / 1000000);
    for (struct tally *t = &second;; t = &window) {
        t->ticks++;
        note(&t->latency, us);
        if (c->ticked_ms) note(&t->interval, (uint64_t)(ms - c->ticked_ms) * 1000);
        if (t == &window) break;
    }
    c->ticked_ms = ms ? ms : 1;
    note_round(stamp, us);
}

static void print_tally(const char *event, const struct tally *t, double seconds) {
    printf("{\"event\":\"%s\",\"at\":%.2f,\"seconds\":%.3f,\"connecting\":%d,\"open\":%d,\"joined\":%d,\"lost\":%d,\"slow_gone\":%d,\"refused\":%d", event,
           (double)(now_ns() - began_ns) / 1e9, seconds, state_count[CONNECTING] + state_count[UPGRADING],
           state_count[OPEN] + state_count[GREETED] + state_count[JOINED], state_count[JOINED], lost, slow_gone, refused);
    printf(",\"frames\":%lu,\"ticks\":%lu,\"bytes\":%lu,\"tick_bytes\":%d", t->frames, t->ticks, t->bytes, tick_bytes);
    printf(",\"p50_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%lu", percentile(&t->latency, .5), percentile(&t->latency, .99), t->latency.most);
    printf(",\"interval_p50_us\":%.0f,\"interval_p99_us\":%.0f,\"interval_max_us\":%lu", percentile(&t->interval, .5),
           percentile(&t->interval, .99), t->interval.most);
}

static void print_counts(const char *name, const int *counts, int size) {
    printf(",\"%s\":{", name);
    for (int i = 0, first = 1; i < size; i++)
        if (counts[i]) {
            printf("%s\"%d\":%d", first ? "" : ",", i, counts[i]);
            first = 0;
        }
    printf("}");
}

static void print_report(void) {
    uint32_t now = (uint32_t)((now_ns() - began_ns) / 1000000), longest = 0;
    int never = 0;
    for (int i = 0; i < started; i++) {
        struct connection *c = &connections[i];
        if (c->state != JOINED || c->reader != EAGER) continue;
        if (!c->ticked_ms) never++;
        else if (now - c->ticked_ms > longest) longest = now - c->ticked_ms;
    }
    print_tally("report", &window, (double)(now_ns() - window_began_ns) / 1e9);
    printf(",\"never_ticked\":%d,\"silent_ms\":%u", never, longest);
    print_counts("closes", closes_by_code, 5000);
    print_counts("refusals", refusals_by_status, 600);
    printf(",\"rounds\":[");
    for (int i = 0, first = 1; i < ROUNDS; i++)
        if (rounds[i].viewers) {
            printf("%s[%lu,%u,%lu]", first ? "" : ",", rounds[i].stamp, rounds[i].viewers, rounds[i].last_us);
            first = 0;
        }
    printf("]}\n");
}

static void reset_window(void) {
    memset(&window, 0, sizeof window);
    memset(rounds, 0, sizeof rounds);
    window_began_ns = now_ns();
    printf("{\"event\":\"reset\"}\n");
}

// --- one connection --------------------------------------------------------------------------------------------------

static void enter(struct connection *c, enum state state) {
    state_count[c->state]--;
    state_count[state]++;
    c->state = (uint8_t)state;
}

static void forget_kept(struct connection *c) {
    free(c->kept);
    c->kept = NULL;
    c->kept_bytes = 0;
}

static void drop(struct connection *c) {
    if (c->state == GONE) return;
    if (c->state < OPEN) refused++;
    else if (c->reader == EAGER) lost++;
    else slow_gone++;
    enter(c, GONE);
    forget_kept(c);
    close(c->fd);
}

static void watch(struct connection *c, int operation, uint32_t events) {
    struct epoll_event wanted = { .events = events, .data.u32 = (uint32_t)(c - connections) };
    epoll_ctl(poller, operation, c->fd, &wanted);
}

// All frames that we send fit into an empty socket buffer, so a short write means that the connection is of no use any more.
static void send_frame(struct connection *c, int opcode, const void *payload, size_t length) {
    unsigned char frame[SMALL_FRAME + 8];
    size_t head = 2;
    if (length > SMALL_FRAME) give_up("a frame of %zu bytes is too long", length);
    frame[0] = (unsigned char)(0x80 | opcode);
    frame[1] = (unsigned char)(0x80 | (length < 126 ? length : 126));
    if (length >= 126) {
        frame[head++] = (unsigned char)(length >> 8);
        frame[head++] = (unsigned char)length;
    }
    memset(frame + head, 0, 4); // masked with zero: the protocol wants a mask, the payload stays as it is
    memcpy(frame + head + 4, payload, length);
    if (send(c->fd, frame, head + 4 + length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)(head + 4 + length)) drop(c);
}

static void joined(struct connection *c) {
    enter(c, JOINED);
    // What is not read must not wake us, but the end of the connection still does.
    if (c->reader != EAGER) watch(c, EPOLL_CTL_MOD, EPOLLRDHUP);
}

static void say_hello(struct connection *c) {
    enter(c, GREETED);
    if (options.subject) {
        char text[512];
        int length = snprintf(text, sizeof text, "CONNECT {\"verbose\":false,\"pedantic\":false,\"protocol\":0}\r\nSUB %s 1\r\nPING\r\n", options.subject);
        send_frame(c, BINARY, text, (size_t)length);
    } else if (options.hello) send_frame(c, TEXT, options.hello, strlen(options.hello));
    else joined(c);
}

static void upgraded(struct connection *c) {
    enter(c, OPEN);
    if (may_greet) say_hello(c);
}

static int send_upgrade(struct connection *c) {
    char request[2048], cookie[1024] = "";
    int number = (int)(c - connections);
    if (options.ticket_count) snprintf(cookie, sizeof cookie, "Cookie: ocop_ticket=%s\r\n", options.tickets[number % options.ticket_count]);
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://%s:%d\r\n%s\r\n",
                          options.path, options.address, options.port, options.address, options.port, cookie);
    ssize_t sent = send(c->fd, request, (size_t)length, MSG_NOSIGNAL);
    if (sent == length) {
        enter(c, UPGRADING);
        return 1;
    }
    return sent < 0 && (errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS) ? 0 : -1;
}

static int new_socket(int number, enum reader reader) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    if (fd < 0) give_up("socket: %s (is the file limit above the number of connections?)", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (options.receive_buffer && reader != EAGER) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
    // Reset on close: no TIME_WAIT, so that the next run finds its ports free.
    struct linger at_once = { 1, 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    // The port is chosen at connect, when the destination is known: one address may then use each port once per destination.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    struct sockaddr_in source = { .sin_family = AF_INET };
    source.sin_addr.s_addr = htonl(0x7f000101u + (uint32_t)(options.skip_sources + number % options.sources));
    if (bind(fd, (struct sockaddr *)&source, sizeof source) < 0) give_up("bind: %s", strerror(errno));
    return fd;
}

static void start_connection(int number) {
    struct connection *c = &connections[number];
    if (options.stall_every && number % options.stall_every == 0) c->reader = STALLED;
    else if (options.drip_every && number % options.drip_every == 1 % options.drip_every) c->reader = DRIPPING;
    c->fd = new_socket(number, c->reader);
    c->state = CONNECTING;
    state_count[CONNECTING]++;
    struct sockaddr_in target = { .sin_family = AF_INET, .sin_port = htons((uint16_t)options.port) };
    inet_pton(AF_INET, options.address, &target.sin_addr);
    if (connect(c->fd, (struct sockaddr *)&target, sizeof target) < 0 && errno != EINPROGRESS) {
        drop(c);
        return;
    }
    int sent = send_upgrade(c);
    if (sent < 0) drop(c);
    else watch(c, EPOLL_CTL_ADD, sent ? EPOLLIN : EPOLLOUT);
}

// --- what arrives ----------------------------------------------------------------------------------------------------

static void find_ticks(struct connection *c, const char *text, size_t length) {
    const char *end = text + length, *found = text;
    size_t marker = strlen(options.marker);
    if (options.prefix && (length < strlen(options.prefix) || memcmp(text, options.prefix, strlen(options.prefix)))) return;
    while ((found = memmem(found, (size_t)(end - found), options.marker, marker))) {
        uint64_t stamp = 0;
        for (found += marker; found < end && *found >= '0' && *found <= '9'; found++) stamp = stamp * 10 + (uint64_t)(*found - '0');
        note_tick(c, stamp);
        if (!options.subject) return; // NATS may put several messages into one frame
    }
}

static void take_nats(struct connection *c, const char *text, size_t length) {
    if (c->state == OPEN && length >= 4 && !memcmp(text, "INFO", 4)) return;
    if (c->state == GREETED && memmem(text, length, "PONG", 4)) joined(c);
    else if (length >= 4 && !memcmp(text, "PING", 4)) send_frame(c, BINARY, "PONG\r\n", 6);
}

static void take_frame(struct connection *c, int opcode, const unsigned char *payload, size_t here, size_t whole) {
    second.frames++;
    window.frames++;
    if (opcode == PING) send_frame(c, PONG, payload, here);
    else if (opcode == CLOSE) {
        int code = here >= 2 ? payload[0] << 8 | payload[1] : 1005;
        closes_by_code[code < 5000 ? code : 0]++;
        send_frame(c, CLOSE, payload, here < 2 ? here : 2);
    } else if (opcode == TEXT || opcode == BINARY) {
        uint64_t before = window.ticks;
        find_ticks(c, (const char *)payload, here);
        if (window.ticks != before) tick_bytes = (int)whole;
        if (options.subject) take_nats(c, (const char *)payload, here);
        else if (c->state == GREETED && window.ticks == before) joined(c);
    }
}

static void keep(struct connection *c, const unsigned char *bytes, size_t length) {
    c->kept = malloc(length);
    if (!c->kept) give_up("no memory");
    memcpy(c->kept, bytes, length);
    c->kept_bytes = (uint16_t)length;
}

// Frames up to SMALL_FRAME are looked at whole. Of a longer one (a snapshot) only its beginning is looked at, the rest is skipped.
static void take_bytes(struct connection *c, unsigned char *bytes, size_t length) {
    while (length && c->state != GONE) {
        if (c->skip) {
            size_t part = length < c->skip ? length : c->skip;
            c->skip -= (uint32_t)part;
            bytes += part;
            length -= part;
            continue;
        }
        size_t head = length < 2 || (bytes[1] & 127) < 126 ? 2 : (bytes[1] & 127) == 126 ? 4 : 10;
        if (length < head) {
            keep(c, bytes, length);
            return;
        }
        uint64_t payload = bytes[1] & 127;
        if (head > 2) payload = 0;
        for (size_t i = 2; i < head; i++) payload = payload << 8 | bytes[i];
        if (length - head < payload && length < SMALL_FRAME) {
            keep(c, bytes, length);
            return;
        }
        size_t here = length - head < payload ? length - head : (size_t)payload;
        take_frame(c, bytes[0] & 15, bytes + head, here, (size_t)payload);
        c->skip = (uint32_t)(payload - here);
        bytes += head + here;
        length -= head + here;
    }
}

static void take_answer(struct connection *c, unsigned char *bytes, size_t length) {
    unsigned char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) {
        keep(c, bytes, length < SMALL_FRAME ? length : SMALL_FRAME);
        return;
    }
    int status = length >= 12 ? atoi((char *)bytes + 9) : 0;
    if (status != 101) {
        refusals_by_status[status > 0 && status < 600 ? status : 0]++;
        drop(c);
        return;
    }
    upgraded(c);
    take_bytes(c, end + 4, length - (size_t)(end + 4 - bytes));
}

static void on_readable(struct connection *c, size_t most) {
    size_t before = c->kept_bytes;
    if (before) memcpy(read_buffer, c->kept, before);
    ssize_t got = recv(c->fd, read_buffer + before, most < READ_BYTES - before ? most : READ_BYTES - before, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        drop(c);
        return;
    }
    forget_kept(c);
    second.bytes += (uint64_t)got;
    window.bytes += (uint64_t)got;
    if (c->state == UPGRADING) take_answer(c, read_buffer, before + (size_t)got);
    else take_bytes(c, read_buffer, before + (size_t)got);
}

static void on_event(struct connection *c) {
    if (c->state == GONE) return;
    if (c->state == JOINED && c->reader != EAGER) {
        drop(c);
        return;
    }
    if (c->state != CONNECTING) {
        on_readable(c, READ_BYTES);
        return;
    }
    int sent = send_upgrade(c);
    if (sent < 0) drop(c);
    else if (sent) watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

// --- the whole crowd -------------------------------------------------------------------------------------------------

static void start_some(uint64_t now) {
    static double allowed;
    static uint64_t counted_ns;
    int room = options.window - state_count[CONNECTING] - state_count[UPGRADING];
    if (options.rate > 0) {
        if (counted_ns) allowed += (double)(now - counted_ns) / 1e9 * options.rate;
        counted_ns = now;
        if (allowed > options.window) allowed = options.window;
        if (room > allowed) room = (int)allowed;
    }
    for (int i = 0; i < BURST && i < room && started < options.count; i++) {
        start_connection(started++);
        allowed -= 1;
    }
}

static void greet_some(void) {
    for (int i = 0; may_greet && i < BURST && greeted < started && state_count[GREETED] < options.window; greeted++)
        if (connections[greeted].state == OPEN) {
            say_hello(&connections[greeted]);
            i++;
        } else if (connections[greeted].state < OPEN) return;
}

static void drip(uint64_t now) {
    static uint64_t dripped_ns;
    if (!options.drip_every || now - dripped_ns < DRIP_NS) return;
    dripped_ns = now;
    for (int i = 1 % options.drip_every; i < started; i += options.drip_every)
        if (connections[i].reader == DRIPPING && connections[i].state == JOINED) on_readable(&connections[i], DRIP_BYTES);
}

static void tell_milestones(uint64_t now) {
    static int told_open, told_joined;
    if (!told_open && started == options.count && !state_count[CONNECTING] && !state_count[UPGRADING]) {
        told_open = 1;
        print_tally("open", &window, (double)(now - began_ns) / 1e9);
        print_counts("refusals", refusals_by_status, 600);
        printf("}\n");
    }
    if (told_open && !told_joined && may_greet && !state_count[OPEN] && !state_count[GREETED]) {
        told_joined = 1;
        print_tally("joined", &window, (double)(now - began_ns) / 1e9);
        printf("}\n");
    }
}

static int joined_all(void) { return started == options.count && !state_count[CONNECTING] && !state_count[UPGRADING] && !state_count[GREETED]; }

static void take_commands(void) {
    static char line[64];
    static size_t length;
    char letter;
    ssize_t got;
    while ((got = read(STDIN_FILENO, &letter, 1)) == 1) {
        if (letter != '\n') {
            if (length < sizeof line - 1) line[length++] = letter;
            continue;
        }
        line[length] = 0;
        length = 0;
        if (!strcmp(line, "hello")) may_greet = 1;
        else if (!strcmp(line, "reset")) reset_window();
        else if (!strcmp(line, "report")) print_report();
        else if (!strcmp(line, "quit")) must_stop = 1;
        return; // one at a time: whether more wait, the poller says again
    }
    if (got == 0) must_stop = 1;
}

static void on_signal(int number) {
    (void)number;
    must_stop = 1;
}

static void run(void) {
    struct epoll_event ready[EVENTS];
    uint64_t told_ns = began_ns, now = began_ns;
    while (!must_stop && now - began_ns < (uint64_t)options.seconds * SECOND_NS) {
        start_some(now);
        greet_some();
        int wait_ms = started < options.count || (may_greet && greeted < started) ? 1 : 50;
        if (options.nap_ms && joined_all()) nanosleep(&(struct timespec){ .tv_nsec = options.nap_ms * 1000000l }, NULL);
        int count = epoll_wait(poller, ready, EVENTS, wait_ms);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.u32 == STDIN_EVENT) take_commands();
            else on_event(&connections[ready[i].data.u32]);
        }
        now = now_ns();
        drip(now);
        tell_milestones(now);
        if (now - told_ns < SECOND_NS) continue;
        print_tally("second", &second, (double)(now - told_ns) / 1e9);
        printf("}\n");
        memset(&second, 0, sizeof second);
        told_ns = now;
    }
}

static void read_tickets(const char *path) {
    FILE *file = fopen(path, "r");
    char line[1024];
    if (!file) give_up("%s: %s", path, strerror(errno));
    options.tickets = calloc((size_t)options.count, sizeof *options.tickets);
    while (options.ticket_count < options.count && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        if (*line) options.tickets[options.ticket_count++] = strdup(line);
    }
    fclose(file);
    if (!options.ticket_count) give_up("%s: holds no ticket", path);
}

static const char *read_options(int count, char **arguments) {
    const char *ticket_file = NULL;
    for (int option; (option = getopt(count, arguments, "n:a:p:u:s:S:w:r:t:T:f:FN:M:U:P:k:D:b:z:c")) > 0;) switch (option) {
        case 'n': options.count = atoi(optarg); break;
        case 'a': options.address = optarg; break;
        case 'p': options.port = atoi(optarg); break;
        case 'u': options.path = optarg; break;
        case 's': options.sources = atoi(optarg); break;
        case 'S': options.skip_sources = atoi(optarg); break;
        case 'w': options.window = atoi(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 't': options.seconds = atoi(optarg); break;
        case 'T': ticket_file = optarg; break;
        case 'f': options.hello = optarg; break;
        case 'F': options.hold_hello = 1; break;
        case 'N': options.subject = optarg; break;
        case 'M': options.marker = optarg; break;
        case 'U': options.stamp_is_ms = !strcmp(optarg, "ms"); break;
        case 'P': options.prefix = optarg; break;
        case 'k': options.stall_every = atoi(optarg); break;
        case 'D': options.drip_every = atoi(optarg); break;
        case 'b': options.receive_buffer = atoi(optarg); break;
        case 'z': options.nap_ms = atoi(optarg); break;
        case 'c': options.commands = 1; break;
        default: give_up("%s", USAGE);
        }
    if (count == 1 || optind != count) give_up("%s", USAGE);
    return ticket_file;
}

static void check_options(void) {
    struct in_addr target;
    // A tool that opens connections by the ten thousand must not be pointed at anybody else's machine.
    if (inet_pton(AF_INET, options.address, &target) != 1 || ntohl(target.s_addr) >> 24 != 127)
        give_up("%s is not a loopback address; only 127.0.0.0/8 is accepted", options.address);
    if (options.count < 1 || options.sources < 1 || options.window < 1) give_up("-n, -s and -w must be at least 1");
    if (options.skip_sources < 0 || options.skip_sources + options.sources > 0xfffe00) give_up("there are not that many loopback addresses");
}

int main(int count, char **arguments) {
    const char *ticket_file = read_options(count, arguments);
    check_options();
    if (ticket_file) read_tickets(ticket_file);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    connections = calloc((size_t)options.count, sizeof *connections);
    poller = epoll_create1(0);
    if (!connections || poller < 0) give_up("no memory");
    if (options.commands) {
        struct epoll_event wanted = { .events = EPOLLIN, .data.u32 = STDIN_EVENT };
        epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &wanted);
    }
    may_greet = !options.hold_hello;
    began_ns = window_began_ns = now_ns();
    run();
    return 0;
}
