/* One frame to many descriptors in one call: what a native round would do (benchmarks/native_rounds.py). Python lets its lock go meanwhile. */
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

/* Returns how many took the whole frame; sent[i] is the number of bytes that fds[i] took, or -errno. */
int send_to_all(const int *fds, int count, const char *frame, size_t length, int *sent)
{
    int whole = 0;
    for (int i = 0; i < count; i++) {
        ssize_t n = send(fds[i], frame, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent[i] = n < 0 ? -errno : (int)n;
        whole += n == (ssize_t)length;
    }
    return whole;
}
