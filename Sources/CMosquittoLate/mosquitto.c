#include "CMosquittoLate.h"

#include <CLateLibrary.h>
#include <mosquitto.h>

typedef struct mosquitto client;
typedef void (*on_code)(client *, void *, int);
typedef int (*on_password)(char *, int, int, void *);

#define FUNCTIONS(F) \
    F(int, mosquitto_connect, (client *c, const char *host, int port, int keepalive), (c, host, port, keepalive)) \
    F(void, mosquitto_connect_callback_set, (client *c, on_code callback), (c, callback)) \
    F(void, mosquitto_destroy, (client *c), (c)) \
    F(int, mosquitto_disconnect, (client *c), (c)) \
    F(void, mosquitto_disconnect_callback_set, (client *c, on_code callback), (c, callback)) \
    F(int, mosquitto_lib_init, (void), ()) \
    F(int, mosquitto_loop_misc, (client *c), (c)) \
    F(int, mosquitto_loop_read, (client *c, int most), (c, most)) \
    F(int, mosquitto_loop_write, (client *c, int most), (c, most)) \
    F(client *, mosquitto_new, (const char *name, bool is_clean, void *context), (name, is_clean, context)) \
    F(int, mosquitto_publish, \
      (client *c, int *number, const char *topic, int count, const void *bytes, int quality, bool is_retained), \
      (c, number, topic, count, bytes, quality, is_retained)) \
    F(void, mosquitto_publish_callback_set, (client *c, on_code callback), (c, callback)) \
    F(int, mosquitto_socket, (client *c), (c)) \
    F(const char *, mosquitto_strerror, (int number), (number)) \
    F(int, mosquitto_tls_set, \
      (client *c, const char *file, const char *folder, const char *certificate, const char *key, \
       on_password password), \
      (c, file, folder, certificate, key, password)) \
    F(int, mosquitto_username_pw_set, (client *c, const char *user, const char *password), (c, user, password)) \
    F(bool, mosquitto_want_write, (client *c), (c)) \
    F(int, mosquitto_will_set, \
      (client *c, const char *topic, int count, const void *bytes, int quality, bool is_retained), \
      (c, topic, count, bytes, quality, is_retained))

FUNCTIONS(LATE_FORWARD)
LATE_LIBRARY(mosquitto, "libmosquitto.so.1", "libmosquitto1", FUNCTIONS);

const char *raut_load_mosquitto(void) { return late_library_load(&mosquitto); }
