#include "CSDL2Late.h"

#include <CLateLibrary.h>
#include <SDL2/SDL.h>
#include <SDL2/SDL_syswm.h>

#define FUNCTIONS(F) \
    F(void, SDL_ClearError, (void), ()) \
    F(SDL_Renderer *, SDL_CreateRenderer, (SDL_Window *window, int index, Uint32 flags), (window, index, flags)) \
    F(SDL_Texture *, SDL_CreateTexture, (SDL_Renderer *renderer, Uint32 format, int access, int w, int h), \
      (renderer, format, access, w, h)) \
    F(SDL_Window *, SDL_CreateWindow, (const char *title, int x, int y, int w, int h, Uint32 flags), \
      (title, x, y, w, h, flags)) \
    F(void, SDL_DestroyRenderer, (SDL_Renderer *renderer), (renderer)) \
    F(void, SDL_DestroyTexture, (SDL_Texture *texture), (texture)) \
    F(void, SDL_DestroyWindow, (SDL_Window *window), (window)) \
    F(void *, SDL_GL_GetProcAddress, (const char *name), (name)) \
    F(const char *, SDL_GetCurrentVideoDriver, (void), ()) \
    F(int, SDL_GetDisplayBounds, (int display, SDL_Rect *bounds), (display, bounds)) \
    F(int, SDL_GetDisplayDPI, (int display, float *diagonal, float *across, float *down), \
      (display, diagonal, across, down)) \
    F(int, SDL_GetDisplayUsableBounds, (int display, SDL_Rect *bounds), (display, bounds)) \
    F(const char *, SDL_GetError, (void), ()) \
    F(int, SDL_GetRendererInfo, (SDL_Renderer *renderer, SDL_RendererInfo *info), (renderer, info)) \
    F(int, SDL_GetRendererOutputSize, (SDL_Renderer *renderer, int *w, int *h), (renderer, w, h)) \
    F(void, SDL_GetVersion, (SDL_version *version), (version)) \
    F(int, SDL_GetWindowDisplayIndex, (SDL_Window *window), (window)) \
    F(void, SDL_GetWindowPosition, (SDL_Window *window, int *x, int *y), (window, x, y)) \
    F(void, SDL_GetWindowSize, (SDL_Window *window, int *w, int *h), (window, w, h)) \
    F(SDL_Surface *, SDL_GetWindowSurface, (SDL_Window *window), (window)) \
    F(SDL_bool, SDL_GetWindowWMInfo, (SDL_Window *window, SDL_SysWMinfo *info), (window, info)) \
    F(int, SDL_InitSubSystem, (Uint32 flags), (flags)) \
    F(int, SDL_PollEvent, (SDL_Event *event), (event)) \
    F(int, SDL_PushEvent, (SDL_Event *event), (event)) \
    F(void, SDL_QuitSubSystem, (Uint32 flags), (flags)) \
    F(int, SDL_RenderClear, (SDL_Renderer *renderer), (renderer)) \
    F(int, SDL_RenderCopy, \
      (SDL_Renderer *renderer, SDL_Texture *texture, const SDL_Rect *source, const SDL_Rect *target), \
      (renderer, texture, source, target)) \
    F(int, SDL_RenderCopyExF, \
      (SDL_Renderer *renderer, SDL_Texture *texture, const SDL_Rect *source, const SDL_FRect *target, \
       const double angle, const SDL_FPoint *center, const SDL_RendererFlip flip), \
      (renderer, texture, source, target, angle, center, flip)) \
    F(int, SDL_RenderFlush, (SDL_Renderer *renderer), (renderer)) \
    F(void, SDL_RenderPresent, (SDL_Renderer *renderer), (renderer)) \
    F(int, SDL_RenderReadPixels, \
      (SDL_Renderer *renderer, const SDL_Rect *box, Uint32 format, void *pixels, int pitch), \
      (renderer, box, format, pixels, pitch)) \
    F(SDL_bool, SDL_SetHint, (const char *name, const char *value), (name, value)) \
    F(int, SDL_SetRenderDrawColor, (SDL_Renderer *renderer, Uint8 r, Uint8 g, Uint8 b, Uint8 a), \
      (renderer, r, g, b, a)) \
    F(int, SDL_SetTextureBlendMode, (SDL_Texture *texture, SDL_BlendMode mode), (texture, mode)) \
    F(int, SDL_SetTextureScaleMode, (SDL_Texture *texture, SDL_ScaleMode mode), (texture, mode)) \
    F(int, SDL_SetWindowFullscreen, (SDL_Window *window, Uint32 flags), (window, flags)) \
    F(void, SDL_SetWindowMinimumSize, (SDL_Window *window, int w, int h), (window, w, h)) \
    F(void, SDL_SetWindowPosition, (SDL_Window *window, int x, int y), (window, x, y)) \
    F(void, SDL_SetWindowSize, (SDL_Window *window, int w, int h), (window, w, h)) \
    F(void, SDL_SetYUVConversionMode, (SDL_YUV_CONVERSION_MODE mode), (mode)) \
    F(int, SDL_ShowCursor, (int toggle), (toggle)) \
    F(int, SDL_UpdateNVTexture, \
      (SDL_Texture *texture, const SDL_Rect *box, const Uint8 *y, int y_pitch, const Uint8 *uv, int uv_pitch), \
      (texture, box, y, y_pitch, uv, uv_pitch)) \
    F(int, SDL_UpdateTexture, (SDL_Texture *texture, const SDL_Rect *box, const void *pixels, int pitch), \
      (texture, box, pixels, pitch)) \
    F(int, SDL_UpdateYUVTexture, \
      (SDL_Texture *texture, const SDL_Rect *box, const Uint8 *y, int y_pitch, const Uint8 *u, int u_pitch, \
       const Uint8 *v, int v_pitch), \
      (texture, box, y, y_pitch, u, u_pitch, v, v_pitch)) \
    F(int, SDL_WaitEventTimeout, (SDL_Event *event, int milliseconds), (event, milliseconds))

FUNCTIONS(LATE_FORWARD)
LATE_LIBRARY(sdl2, "libSDL2-2.0.so.0", "libsdl2-2.0-0", FUNCTIONS);

const char *raut_load_sdl2(void) { return late_library_load(&sdl2); }
