#pragma once
// libpng behind two calls. Its errors come by longjmp, which must not cross a Swift frame: here the jump starts
// and ends in C.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Room for an error message with its closing zero.
#define PNG_CODEC_MESSAGE_SIZE 160

/// Decodes a PNG of any colour type, depth and interlace into 8-bit rows without gaps; alpha is dropped.
///
/// `pixels` has room for width * height * channels bytes, with width and height as in the file's header; another
/// size in the file is an error. `channels` is 1 (for grey files only) or 3. False with a message where the
/// file is broken.
bool png_codec_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, int channels, uint8_t *pixels,
    char *message);

/// Encodes 8-bit rows without gaps, 1 (grey) or 3 (RGB) channels, as PNG.
///
/// On success `*encoded` is the file's bytes, to be given to `free`. False with a message on failure.
bool png_codec_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, uint8_t **encoded, size_t *count,
    char *message);
