#pragma once
// A shared library that is loaded at its first use, by functions that have the library's names and pass each call on.
//
// A program that is linked with a library maps it and all that it needs at its start, used or not. The library's own
// headers declare the functions, so that a parameter which differs from theirs does not compile.
#include <pthread.h>
#include <stddef.h>

/// One function of a late library, and where its address is put.
struct late_function {
    const char *name;
    void *address;
};

/// A library that is loaded once, or has failed to be.
struct late_library {
    const char *file;
    const char *package;
    const struct late_function *functions;
    size_t count;
    pthread_mutex_t lock;
    int is_tried;
    char reason[256];
};

/// Defines a function that calls the library's function of its name.
#define LATE_FORWARD(result, name, parameters, arguments) \
    static __typeof__(&name) name##_late;                 \
    result name parameters { return name##_late arguments; }

/// The function's row in the library's table.
#define LATE_ROW(result, name, parameters, arguments) {#name, &name##_late},

/// Defines `library` with the functions of an X-macro: the file's soname, and the Debian package that has it.
#define LATE_LIBRARY(library, file, package, FUNCTIONS)                                          \
    static const struct late_function library##_functions[] = {FUNCTIONS(LATE_ROW)};              \
    static struct late_library library = {                                                       \
        file, package, library##_functions, sizeof library##_functions / sizeof *library##_functions, \
        PTHREAD_MUTEX_INITIALIZER, 0, ""}

/// Loads a library at the first call.
///
/// Returns NULL, or one line that says why it is not there and what to install; the line lives as long as the library.
const char *late_library_load(struct late_library *library);
