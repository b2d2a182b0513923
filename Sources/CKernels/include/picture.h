#pragma once
// What a window that the processor draws in needs: pixels of 32 bits, blue in the lowest byte, then green and red, the
// highest all ones; and their bilinear enlargement, first along the rows, then between them.
#include <stdint.h>

/// What turns luma and chroma into colours, in 1/65536.
typedef struct {
    int32_t black, luma, red_from_red, green_from_red, green_from_blue, blue_from_blue;
} picture_weights;

/// Kernels of the picture for one instruction set.
typedef struct {
    const char *name;
    /// A row of pixels from luma and chroma of half its width: pixel `x` has its luma at `x * luma_step` and its chroma
    /// at `x / 2 * chroma_step`.
    void (*pixels_of_yuv)(const uint8_t *luma, long luma_step, const uint8_t *blue, const uint8_t *red,
                          long chroma_step, long count, const picture_weights *weights, uint32_t *pixels);
    /// A row of pixels from bytes: `step` bytes a pixel, with red, green and blue at places in them.
    void (*pixels_of_bytes)(const uint8_t *bytes, long step, long red, long green, long blue, long count,
                            uint32_t *pixels);
    /// stretched[x] = row[at[x]] + (row[at[x] + 1] - row[at[x]]) * share[x] / 256, rounded, for each colour. `row` holds
    /// a pixel after the last place in `at`.
    void (*stretch)(const uint32_t *row, const int32_t *at, const uint16_t *share, long count, uint32_t *stretched);
    /// mixed[x] = upper[x] + (lower[x] - upper[x]) * share / 256, rounded, for each byte; share from 0 to 256.
    void (*mix)(const uint8_t *upper, const uint8_t *lower, long share, long count, uint8_t *mixed);
} picture_kernels;

/// The fastest kernels that this processor runs.
const picture_kernels *picture_kernels_best(void);
/// The portable kernels (SSE2 on x86-64, NEON on arm64).
const picture_kernels *picture_kernels_portable(void);
/// Those for AVX2, or null where the processor has it not.
const picture_kernels *picture_kernels_avx2(void);
