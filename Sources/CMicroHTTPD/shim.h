#pragma once
#include <microhttpd.h>

/* MHD_start_daemon(3) takes its options as variable arguments, which Swift can't pass. One thread serves all connections
   of a socket that listens already. */
static inline struct MHD_Daemon *raut_http_start(int listening, MHD_AccessHandlerCallback answer, void *context,
                                                 unsigned int connections, size_t memory, unsigned int timeout) {
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0,
        NULL, NULL, answer, context, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)listening, MHD_OPTION_CONNECTION_LIMIT,
        connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_CONNECTION_TIMEOUT, timeout, MHD_OPTION_END);
}

/* The library's enumerations are closed ones, whose members Swift names in a way of its own: by functions instead. */
static inline enum MHD_Result raut_http_refusal(void) { return MHD_NO; }

static inline const char *raut_http_header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static inline const char *raut_http_cookie(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, name);
}

static inline const char *raut_http_query(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

/* The bytes are copied before the call returns. */
static inline struct MHD_Response *raut_http_response(const void *bytes, size_t count) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}
