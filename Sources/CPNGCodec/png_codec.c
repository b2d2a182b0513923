#include "CPNGCodec.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

struct source {
    const uint8_t *bytes;
    size_t count;
    size_t position;
};

struct sink {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
};

static void fail(png_structp png, png_const_charp reason) {
    char *message = png_get_error_ptr(png);
    strncpy(message, reason, PNG_CODEC_MESSAGE_SIZE - 1);
    message[PNG_CODEC_MESSAGE_SIZE - 1] = 0;
    png_longjmp(png, 1);
}

// Warnings are of ancillary chunks, which are not used.
static void ignore(png_structp png, png_const_charp reason) {
    (void)png;
    (void)reason;
}

static void read_bytes(png_structp png, png_bytep bytes, size_t count) {
    struct source *source = png_get_io_ptr(png);
    if (count > source->count - source->position) { png_error(png, "the file ends early"); }
    memcpy(bytes, source->bytes + source->position, count);
    source->position += count;
}

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
    struct sink *sink = png_get_io_ptr(png);
    if (count > sink->capacity - sink->count) {
        size_t capacity = sink->capacity * 2 > sink->count + count ? sink->capacity * 2 : sink->count + count;
        uint8_t *grown = realloc(sink->bytes, capacity);
        if (grown == NULL) { png_error(png, "out of memory"); }
        sink->bytes = grown;
        sink->capacity = capacity;
    }
    memcpy(sink->bytes + sink->count, bytes, count);
    sink->count += count;
}

static const png_byte brightness_chunks[] = "gAMA\0sRGB";

static void flush_nothing(png_structp png) { (void)png; }

bool png_codec_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, int channels, uint8_t *pixels,
    char *message) {
    struct source source = {bytes, count, 0};
    message[0] = 0;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, ignore);
    if (png == NULL) {
        strncpy(message, "out of memory", PNG_CODEC_MESSAGE_SIZE);
        return false;
    }
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return false;
    }
    if (info == NULL) { png_error(png, "out of memory"); }
    png_set_read_fn(png, &source, read_bytes);
    png_set_user_limits(png, width, height);
    // Text, profiles and the like are skipped unread: less that a hostile file can reach.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    // Where the file says how bright its numbers are, libpng weighs colours by it when it makes them grey.
    if (channels == 1) { png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, brightness_chunks, 2); }
    png_read_info(png, info);

    png_byte color = png_get_color_type(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height) {
        png_error(png, "two different sizes");
    }
    png_set_expand(png);
    png_set_strip_alpha(png);
    if (channels == 3) {
        png_set_scale_16(png);
        png_set_gray_to_rgb(png);
    } else {
        // As OpenCV's imread makes pictures grey, so that a detector sees the same: fractions are dropped.
        png_set_strip_16(png);
        if ((color & PNG_COLOR_MASK_COLOR) != 0) { png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587); }
    }
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t row_size = (size_t)width * (size_t)channels;
    if (png_get_rowbytes(png, info) != row_size) { png_error(png, "an unknown layout"); }
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t y = 0; y < height; y++) { png_read_row(png, pixels + row_size * y, NULL); }
    }
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    return true;
}

// The sink belongs to the caller's frame: what the callbacks change in it must survive the longjmp.
static bool encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, struct sink *sink, char *message) {
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, fail, ignore);
    if (png == NULL) {
        strncpy(message, "out of memory", PNG_CODEC_MESSAGE_SIZE);
        return false;
    }
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return false;
    }
    if (info == NULL) { png_error(png, "out of memory"); }
    png_set_write_fn(png, sink, write_bytes, flush_nothing);
    png_set_IHDR(
        png, info, width, height, 8, channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
        PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    size_t row_size = (size_t)width * (size_t)channels;
    for (uint32_t y = 0; y < height; y++) { png_write_row(png, pixels + row_size * y); }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return true;
}

bool png_codec_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, uint8_t **encoded, size_t *count,
    char *message) {
    struct sink sink = {NULL, 0, 0};
    message[0] = 0;
    if (!encode(pixels, width, height, channels, &sink, message)) {
        free(sink.bytes);
        return false;
    }
    *encoded = sink.bytes;
    *count = sink.count;
    return true;
}
