#pragma once
#include <SDL2/SDL.h>
#include <SDL2/SDL_syswm.h>

// A union's member that Swift can't import: the display of Xlib, or NULL where the window is not X11's.
static inline void *raut_x11_display(SDL_Window *window) {
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(window, &info) || info.subsystem != SDL_SYSWM_X11) { return NULL; }
    return info.info.x11.display;
}

// The same of the window's number.
static inline unsigned long raut_x11_window(SDL_Window *window) {
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(window, &info) || info.subsystem != SDL_SYSWM_X11) { return 0; }
    return info.info.x11.window;
}
