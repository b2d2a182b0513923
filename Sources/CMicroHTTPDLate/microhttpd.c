#include "CMicroHTTPDLate.h"

#include <CLateLibrary.h>

typedef struct MHD_Connection connection;
typedef struct MHD_Response response;

#define FUNCTIONS(F) \
    F(enum MHD_Result, MHD_add_response_header, (response *r, const char *name, const char *value), \
      (r, name, value)) \
    F(response *, MHD_create_response_from_buffer, (size_t count, void *bytes, enum MHD_ResponseMemoryMode mode), \
      (count, bytes, mode)) \
    F(response *, MHD_create_response_from_callback, \
      (uint64_t count, size_t block, MHD_ContentReaderCallback reader, void *context, \
       MHD_ContentReaderFreeCallback end), \
      (count, block, reader, context, end)) \
    F(void, MHD_destroy_response, (response *r), (r)) \
    F(const char *, MHD_lookup_connection_value, (connection *c, enum MHD_ValueKind kind, const char *name), \
      (c, kind, name)) \
    F(enum MHD_Result, MHD_queue_response, (connection *c, unsigned int status, response *r), (c, status, r)) \
    F(void, MHD_resume_connection, (connection *c), (c)) \
    F(void, MHD_stop_daemon, (struct MHD_Daemon *daemon), (daemon)) \
    F(void, MHD_suspend_connection, (connection *c), (c))

static __typeof__(&MHD_start_daemon) MHD_start_daemon_late;
#define ALL_FUNCTIONS(F) FUNCTIONS(F) F(, MHD_start_daemon, , )

FUNCTIONS(LATE_FORWARD)
LATE_LIBRARY(microhttpd, "libmicrohttpd.so.12", "libmicrohttpd12", ALL_FUNCTIONS);

const char *raut_load_microhttpd(void) { return late_library_load(&microhttpd); }

struct MHD_Daemon *raut_http_start(
    int listening, MHD_AccessHandlerCallback answer, void *context, unsigned int connections, size_t memory,
    unsigned int timeout) {
    return MHD_start_daemon_late(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, context,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)listening, MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_CONNECTION_TIMEOUT, timeout, MHD_OPTION_END);
}
