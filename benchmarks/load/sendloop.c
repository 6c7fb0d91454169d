// sendloop: the least a server can do, as the limit to compare with. Accepts, answers every upgrade with the same 101, and sends
// one frame to everybody with a plain send() loop. No names, no limits, no care for slow viewers.
//
// usage: sendloop port payload_bytes. Commands on stdin: "<rounds> <microseconds between their starts>"; says "done" after each.
// Build: cc -O2 -o sendloop sendloop.c
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { VIEWERS_MAX = 400000, EVENTS = 512, PAYLOAD_MIN = 150, PAYLOAD_MAX = 60000 };
static int viewers[VIEWERS_MAX], viewer_count, poller;
static char frame[PAYLOAD_MAX + 4];

// The accept value belongs to the one key that wsload sends.
static const char UPGRADED[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void watch(int fd) {
    struct epoll_event wanted = { .events = EPOLLIN, .data.fd = fd };
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted);
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8192)) {
        perror("listen");
        exit(1);
    }
    return fd;
}

static void accept_all(int listener) {
    int fd, yes = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        watch(fd);
    }
}

static void forget(int fd) {
    for (int i = 0; i < viewer_count; i++)
        if (viewers[i] == fd) {
            viewers[i] = viewers[--viewer_count];
            break;
        }
    close(fd);
}

static void read_from(int fd) {
    char bytes[4096];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) forget(fd);
    else if (got > 3 && !memcmp(bytes, "GET", 3) && viewer_count < VIEWERS_MAX) {
        send(fd, UPGRADED, sizeof UPGRADED - 1, MSG_NOSIGNAL);
        viewers[viewer_count++] = fd;
    }
}

static void send_round(int payload_bytes) {
    char *payload = frame + 4;
    int head = sprintf(payload, "{\"type\":\"tick\",\"ts\":%lu,\"viewers\":123456,\"offer\":{\"id\":42,\"left\":977},\"comment\":\"", now_ns());
    memset(payload + head, 'x', (size_t)(payload_bytes - head - 2));
    memcpy(payload + payload_bytes - 2, "\"}", 2);
    frame[0] = (char)0x81;
    frame[1] = 126;
    frame[2] = (char)(payload_bytes >> 8);
    frame[3] = (char)payload_bytes;
    for (int i = 0; i < viewer_count; i++) send(viewers[i], frame, (size_t)payload_bytes + 4, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_rounds(long count, uint64_t interval_us, int payload_bytes) {
    uint64_t next = now_ns();
    for (; count > 0; count--) {
        send_round(payload_bytes);
        next += interval_us * 1000;
        uint64_t now = now_ns();
        if (next > now) usleep((useconds_t)((next - now) / 1000));
    }
    puts("done");
}

static void take_command(int payload_bytes) {
    char line[64];
    long count;
    unsigned long interval_us;
    if (!fgets(line, sizeof line, stdin)) exit(0);
    if (sscanf(line, "%ld %lu", &count, &interval_us) == 2) send_rounds(count, interval_us, payload_bytes);
}

int main(int count, char **arguments) {
    int payload_bytes = count == 3 ? atoi(arguments[2]) : 0;
    if (payload_bytes < PAYLOAD_MIN || payload_bytes > PAYLOAD_MAX) {
        fprintf(stderr, "usage: sendloop port payload_bytes (%d to %d)\n", PAYLOAD_MIN, PAYLOAD_MAX);
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    // Unbuffered: a second command must not hide from epoll in a buffer of ours.
    setvbuf(stdin, NULL, _IONBF, 0);
    int listener = listen_on(atoi(arguments[1]));
    poller = epoll_create1(0);
    watch(listener);
    watch(STDIN_FILENO);
    struct epoll_event ready[EVENTS];
    for (;;) {
        int events = epoll_wait(poller, ready, EVENTS, -1);
        for (int i = 0; i < events; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) accept_all(listener);
            else if (fd == STDIN_FILENO) take_command(payload_bytes);
            else read_from(fd);
        }
    }
}
