#pragma once
#include <microhttpd.h>

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
