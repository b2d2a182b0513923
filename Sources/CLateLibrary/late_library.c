#include "CLateLibrary.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

// What dlerror(3) says begins with the file's name, which the line has already.
static void refuse(struct late_library *library, const char *reason) {
    size_t length = strlen(library->file);
    if (reason && strncmp(reason, library->file, length) == 0 && strncmp(reason + length, ": ", 2) == 0)
        reason += length + 2;
    snprintf(
        library->reason, sizeof library->reason, "%s can't be loaded (%.120s): apt-get install %s", library->file,
        reason ? reason : "no reason given", library->package);
}

static void load(struct late_library *library) {
    void *handle = dlopen(library->file, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        refuse(library, dlerror());
        return;
    }
    // The handle is kept: the library stays as long as the process.
    for (size_t i = 0; i < library->count; i++) {
        void *symbol = dlsym(handle, library->functions[i].name);
        if (!symbol) {
            refuse(library, dlerror());
            return;
        }
        memcpy(library->functions[i].address, &symbol, sizeof symbol);
    }
}

const char *late_library_load(struct late_library *library) {
    pthread_mutex_lock(&library->lock);
    if (!library->is_tried) {
        library->is_tried = 1;
        load(library);
    }
    pthread_mutex_unlock(&library->lock);
    return library->reason[0] ? library->reason : NULL;
}
