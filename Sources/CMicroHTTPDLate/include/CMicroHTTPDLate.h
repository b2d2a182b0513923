#pragma once
#include <microhttpd.h>
#include <stddef.h>

/// Loads libmicrohttpd at the first call; before it, no function of it may be called.
///
/// Returns NULL, or one line that says why it is not there and what to install.
const char *raut_load_microhttpd(void);

/// MHD_start_daemon(3), which takes its options as variable arguments, with which neither Swift nor a function that
/// passes calls on can do anything. One thread serves all connections of a socket that listens already.
struct MHD_Daemon *raut_http_start(
    int listening, MHD_AccessHandlerCallback answer, void *context, unsigned int connections, size_t memory,
    unsigned int timeout);
