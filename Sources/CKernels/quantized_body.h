// Included once an instruction set, after quantized_common.h, when the set has said: SET, KERNEL_SET_NAME,
// HAS_DOT_PRODUCT; ROWS, how many rows of sums are held in registers; `dot`, which adds to each of eight sums the products
// of a row's four codes with four weights; where WIDE is defined, `dot_wide`, which does sixteen; and where OWN_CODES is,
// what stands under it below.
#include <stddef.h>
#include <string.h>

#include "quantized.h"

// Every function that takes a vector is inlined: no ABI is crossed.
#pragma clang diagnostic ignored "-Wpsabi"
// Fused or not, a multiply-add rounds otherwise; the codes must be the same everywhere.
#pragma clang fp contract(off)

INLINE f8 load(const float *p) { return *(const f8_loose *)p; }
INLINE void store(float *p, f8 x) { *(f8_loose *)p = x; }
INLINE f8 all(float x) { return (f8){x, x, x, x, x, x, x, x}; }
INLINE f8 positive(f8 x) { return (f8)((w8)x & (x > 0.0f)); }
INLINE f8 floats(const int32_t *p) { return __builtin_convertvector(*(const w8_loose *)p, f8); }

#ifndef OWN_CODES
// The nearest whole numbers, clipped. What is added to a float has no bits below 1.
INLINE w8 whole(f8 x, float least, float most) {
    x = (f8)(((w8)x & (x < most)) | ((w8)all(most) & ~(x < most)));
    x = (f8)(((w8)x & (x > least)) | ((w8)all(least) & ~(x > least)));
    return (w8)(x + 12582912.0f) - 0x4b400000;
}
INLINE void store_bytes(uint8_t *p, f8 x, int zero) {
    *(bytes_8 *)p = __builtin_convertvector(whole(x, (float)-zero, (float)(255 - zero)) + zero, bytes_8);
}
INLINE void store_words(int16_t *p, f8 x) {
    *(words_loose_8 *)p = __builtin_convertvector(whole(x, -WORD_LIMIT, WORD_LIMIT), words_8);
}
INLINE words_8 scaled_8(words_8 x, words_8 multiplier) {
    w8 product = __builtin_convertvector(x, w8) * __builtin_convertvector(multiplier, w8);
    return __builtin_convertvector((product + 0x4000) >> 15, words_8);
}
INLINE void store_codes_8(uint8_t *p, long apart, words_8 x, words_8 y) {
    words_8 two[2] = {x, y};
    UNROLL for (int i = 0; i < 2; i++) {
        words_8 low = (two[i] & (two[i] < 127)) | (127 & ~(two[i] < 127));
        words_8 clipped = (low & (low > -128)) | (-128 & ~(low > -128));
        *(bytes_8 *)(p + i * apart) = __builtin_convertvector(clipped + 128, bytes_8);
    }
}
#endif

static void NAME(encode)(const float *x, long rows, long channels, const float *scale, int zero, uint8_t *codes) {
    for (long r = 0; r < rows; r++, x += channels, codes += channels)
        for (long c = 0; c < channels; c += 8) store_bytes(codes + c, load(x + c) * load(scale + c), zero);
}

static void NAME(encode_padded)(const float *x, long height, long width, long channels, const float *scale, int zero,
                                uint8_t *padded) {
    size_t line = (size_t)((width + 2) * channels), edge = (size_t)channels;
    memset(padded, zero, line);
    padded += line;
    for (long row = 0; row < height; row++, x += width * channels, padded += line) {
        memset(padded, zero, edge);
        NAME(encode)(x, width, channels, scale, zero, padded + edge);
        memset(padded + line - edge, zero, edge);
    }
    memset(padded, zero, line);
}

static void NAME(decode)(const int32_t *sums, long rows, long channels, const float *factor, const float *bias,
                         const float *residual, bool relu, float *y) {
    for (long at = 0; at < rows * channels; at += channels) {
        for (long c = 0; c < channels; c += 8) {
            f8 value = floats(sums + at + c) * load(factor + c);
            if (bias) value += load(bias + c);
            if (residual) value += load(residual + at + c);
            store(y + at + c, relu ? positive(value) : value);
        }
    }
}

#define LANES 8
#define P(x) x##_8
#define DOT dot
#include "quantized_product.h"
#include "quantized_winograd.h"
#undef LANES
#undef P
#undef DOT
#define LANES 16
#define P(x) x##_16
#ifdef WIDE
#define DOT dot_wide
#include "quantized_product.h"
#undef DOT
#define WIDEST 32
#else
#define WIDEST 16
#endif
#ifdef OWN_CODES
#include "quantized_winograd.h"
#endif
#undef LANES
#undef P

// Columns that lie together from column `j` on: as many as are multiplied at once.
INLINE long columns_from(long j, long n) {
    for (long width = WIDEST; width > 8; width /= 2)
        if (n - j >= width) return width;
    return 8;
}

// [columns that lie together][four rows][column][row].
static void NAME(pack)(long k, long n, const int8_t *weights, int8_t *packed) {
    for (long j = 0; j < n; j += columns_from(j, n)) {
        long width = columns_from(j, n);
        for (long l = 0; l < k; l += 4)
            for (long column = 0; column < width; column++)
                for (long i = 0; i < 4; i++) *packed++ = weights[(l + i) * n + j + column];
    }
}

static void NAME(product)(long m, long n, const uint8_t *codes, long row, long pieces, long length, long apart,
                          const int8_t *packed, const int32_t *correction, int32_t *sums) {
    code_rows rows = {codes, row, pieces, length, apart};
    for (long j = 0; j < n;) {
        long width = columns_from(j, n);
        switch (width) {
#ifdef WIDE
        case 32: panel_16(2, m, n, rows, packed, correction + j, sums + j); break;
        case 16: panel_16(1, m, n, rows, packed, correction + j, sums + j); break;
#else
        case 16: panel_8(2, m, n, rows, packed, correction + j, sums + j); break;
#endif
        default: panel_8(1, m, n, rows, packed, correction + j, sums + j); break;
        }
        packed += width * pieces * length;
        j += width;
    }
}

static void NAME(winograd_pad)(const float *x, long height, long width, long channels, const float *scale,
                               int16_t *padded) {
    long down = (height + 1) / 2, across = (width + 1) / 2, line = (2 * across + 2) * channels;
    memset(padded, 0, (size_t)line * sizeof *padded);
    for (long row = 0; row < height; row++, x += width * channels) {
        int16_t *target = padded + (row + 1) * line;
        memset(target, 0, (size_t)channels * sizeof *padded);
        target += channels;
        for (long column = 0; column < width; column++, target += channels)
            for (long c = 0; c < channels; c += 8)
                store_words(target + c, load(x + column * channels + c) * load(scale + c));
        memset(target, 0, (size_t)(line - (width + 1) * channels) * sizeof *padded);
    }
    memset(padded + (height + 1) * line, 0, (size_t)((2 * down + 1 - height) * line) * sizeof *padded);
}

static void NAME(winograd_input)(const int16_t *padded, long down, long across, long channels,
                                 const int16_t *multiplier, uint8_t *codes) {
    long line = (2 * across + 2) * channels, plane = down * across * channels;
    for (long ty = 0; ty < down; ty++) {
        for (long tx = 0; tx < across; tx++, codes += channels) {
            const int16_t *tile = padded + 2 * ty * line + 2 * tx * channels;
            long c = 0;
#ifdef OWN_CODES
            for (; c + 16 <= channels; c += 16)
                input_tile_16(tile + c, line, channels, multiplier + c, codes + c, plane);
#endif
            for (; c < channels; c += 8) input_tile_8(tile + c, line, channels, multiplier + c, codes + c, plane);
        }
    }
}

INLINE void output_line(const f8 d[4], f8 o[2]) {
    o[0] = d[0] + d[1] + d[2];
    o[1] = d[1] - d[2] - d[3];
}

static void NAME(winograd_output)(const int32_t *sums, long height, long width, long channels, const float *factor,
                                  const float *bias, const float *residual, bool relu, float *y) {
    long down = (height + 1) / 2, across = (width + 1) / 2, plane = down * across * channels;
    for (long ty = 0; ty < down; ty++) {
        for (long tx = 0; tx < across; tx++, sums += channels) {
            long first = (2 * ty * width + 2 * tx) * channels;
            for (long c = 0; c < channels; c += 8) {
                f8 half[2][4];
                UNROLL for (int j = 0; j < 4; j++) {
                    f8 column[4], done[2];
                    UNROLL for (int i = 0; i < 4; i++) {
                        long position = i * 4 + j;
                        column[i] = floats(sums + position * plane + c) * load(factor + position * channels + c);
                    }
                    output_line(column, done);
                    half[0][j] = done[0], half[1][j] = done[1];
                }
                UNROLL for (int i = 0; i < 2; i++) {
                    f8 done[2];
                    if (2 * ty + i >= height) break;
                    output_line(half[i], done);
                    UNROLL for (int j = 0; j < 2; j++) {
                        if (2 * tx + j >= width) break;
                        long at = first + (i * width + j) * channels + c;
                        f8 value = done[j] + load(bias + c);
                        if (residual) value += load(residual + at);
                        store(y + at, relu ? positive(value) : value);
                    }
                }
            }
        }
    }
}

static const quantized_kernels NAME(quantized_table) = {
    .name = KERNEL_SET_NAME,
    .has_dot_product = HAS_DOT_PRODUCT,
    .pack = NAME(pack),
    .product = NAME(product),
    .encode = NAME(encode),
    .encode_padded = NAME(encode_padded),
    .decode = NAME(decode),
    .winograd_pad = NAME(winograd_pad),
    .winograd_input = NAME(winograd_input),
    .winograd_output = NAME(winograd_output),
};
