// Calls of Linux and glibc that Swift's Glibc module leaves out, as it is built without _GNU_SOURCE.
#pragma once
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <time.h>

// A file without a name, open for writing; -1 and errno where the folder's file system has none such (O_TMPFILE).
static inline int open_unnamed(const char *folder, mode_t permissions) {
  return open(folder, __O_TMPFILE | O_WRONLY | O_CLOEXEC, permissions);
}
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
int memfd_create(const char *name, unsigned flags);
int ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask);
int pipe2(int ends[2], int flags);
int pthread_setname_np(pthread_t thread, const char *name);

/// Tells the processor that a loop waits for another thread, which leaves more of the core to others.
static inline void raut_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
