#pragma once
/// Loads SDL2 at the first call; before it, no function of SDL's may be called.
///
/// Returns NULL, or one line that says why it is not there and what to install.
const char *raut_load_sdl2(void);
