#pragma once
#include <sys/types.h>

// Starts a program in a process group of its own, with signals as a program expects them at its start; input, output
// and messages become its descriptors 0, 1 and 2, all others are closed. The kernel sends it death_signal when the
// calling thread ends, 0 for none: posix_spawn(3) has no such attribute, and Swift has no fork(2).
//
// Returns the child's number, or -1 with errno where it was not started.
pid_t spawn_child(const char *program, char *const arguments[], int input, int output, int messages, int death_signal);
