#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Nothing here but calls that are safe after fork(2) in a program with threads.
static void become(const char *program, char *const arguments[], char *const environment[], const int from[3],
                   int death_signal, pid_t parent, int report) {
    sigset_t none;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (death_signal && (prctl(PR_SET_PDEATHSIG, death_signal) != 0 || getppid() != parent)) _exit(127);
    // Above 2 first, so that no descriptor is overwritten before it is used.
    int high[3];
    int safe_report = fcntl(report, F_DUPFD_CLOEXEC, 3);
    for (int i = 0; i < 3; i++) {
        high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3);
        if (high[i] < 0) goto failed;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(high[i], i) < 0) goto failed;
#ifdef SYS_close_range
    // CLOSE_RANGE_CLOEXEC is 4; where the kernel lacks the call, descriptors without O_CLOEXEC stay open.
    syscall(SYS_close_range, 3U, ~0U, 4U);
#endif
    execve(program, arguments, environment);
failed:;
    int number = errno;
    ssize_t written = write(safe_report, &number, sizeof number);
    (void)written;
    _exit(127);
}

pid_t spawn_child(const char *program, char *const arguments[], int input, int output, int messages,
                  int death_signal) {
    extern char **environ;
    int report[2];
    const int from[3] = {input, output, messages};
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    pid_t parent = getpid();
    // No handler of ours may run in the child before it has its own signals.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    if (child == 0) become(program, arguments, environ, from, death_signal, parent, report[1]);
    int number = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child > 0) {
        ssize_t count;
        do count = read(report[0], &number, sizeof number);
        while (count < 0 && errno == EINTR);
        if (count == sizeof number) child = -1;
    }
    close(report[0]);
    errno = number;
    return child;
}
