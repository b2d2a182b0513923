// Compares the kernels of integers of each set that this processor has with plain versions, on random shapes, the data at
// any alignment: codes and sums must be the same numbers, floats the same to rounding. Memory ends where the data end, so
// that the address sanitizer sees what leaves it.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"
#include "random.h"

// Memory of `count` things of `size` bytes, at any of eight alignments of its own; kept until all are let go.
static void *kept[64];
static int keeping;
static void *room(long count, size_t size) {
    size_t shift = (size_t)between(0, 7) * size;
    char *memory = calloc(1, (size_t)count * size + shift);
    if (!memory || keeping == 64) abort();
    kept[keeping++] = memory;
    return memory + shift;
}
static void let_go(void) {
    while (keeping) free(kept[--keeping]);
}
static float *numbers(long count, float reach) {
    float *p = room(count, 4);
    for (long i = 0; i < count; i++) p[i] = reach * (float)(int32_t)(bits() >> 32) / 2147483648.0f;
    return p;
}

static int32_t whole(float x, int32_t least, int32_t most) {
    return x < (float)least ? least : x > (float)most ? most : (int32_t)rintf(x);
}

static long faults;
static void check(const char *set, const char *kernel, bool same) {
    if (!same && ++faults < 20) printf("%s, %s: other numbers than the plain version's\n", set, kernel);
}
static bool near(const float *found, const float *expected, long count) {
    for (long i = 0; i < count; i++)
        if (!(fabsf(found[i] - expected[i]) <= 1e-5f * fmaxf(1, fabsf(expected[i])))) return false;
    return true;
}

static void products(const quantized_kernels *set) {
    long m = between(1, 40), n = 8 * between(1, 16), length = 8 * between(1, 9), pieces = bits() & 1 ? 1 : 3;
    long row = bits() & 1 ? length * pieces : 8, apart = pieces == 1 ? 0 : bits() & 1 ? length : length + 16;
    long k = length * pieces, count = (m - 1) * row + (pieces - 1) * apart + length;
    uint8_t *codes = room(count, 1);
    int8_t *weights = room(k * n, 1), *packed = room(k * n, 1);
    int32_t *correction = room(n, 4), *found = room(m * n, 4), *expected = room(m * n, 4);
    // The largest numbers show where a pair would not fit in sixteen bits.
    bool extreme = bits() & 1;
    for (long i = 0; i < count; i++) codes[i] = extreme ? (bits() & 1 ? 255 : 0) : (uint8_t)bits();
    for (long i = 0; i < k * n; i++) weights[i] = (int8_t)(extreme ? (bits() & 1 ? 127 : -127) : between(-127, 127));
    for (long j = 0; j < n; j++)
        for (long l = 0; l < k; l++) correction[j] -= 128 * weights[l * n + j];
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++)
            for (long l = 0; l < k; l++)
                expected[i * n + j] +=
                    (codes[i * row + l / length * apart + l % length] - 128) * weights[l * n + j];
    set->pack(k, n, weights, packed);
    set->product(m, n, codes, row, pieces, length, apart, packed, correction, found);
    check(set->name, "product", !memcmp(found, expected, (size_t)(m * n) * 4));
    float *factor = numbers(n, 0.01f), *bias = numbers(n, 2), *residual = numbers(m * n, 2);
    float *y = numbers(m * n, 1), *e = numbers(m * n, 1);
    bool relu = bits() & 1, shifts = bits() & 1, adds = bits() & 1;
    for (long i = 0; i < m * n; i++) {
        e[i] = (float)expected[i] * factor[i % n] + (shifts ? bias[i % n] : 0) + (adds ? residual[i] : 0);
        if (relu) e[i] = fmaxf(0, e[i]);
    }
    set->decode(found, m, n, factor, shifts ? bias : NULL, adds ? residual : NULL, relu, y);
    check(set->name, "decode", near(y, e, m * n));
    let_go();
}

static void codes(const quantized_kernels *set) {
    long height = between(1, 9), width = between(1, 9), rows = height * width, channels = 8 * between(1, 9);
    long count = rows * channels, line = (width + 2) * channels, whole_map = (height + 2) * line;
    float *x = numbers(count, 200), *scale = numbers(channels, 2);
    // Halves, and what no byte and no 32 bits hold.
    for (long i = 0; i < count; i++)
        if (bits() & 1) x[i] = (float)between(-600, 600) / 2;
    x[between(0, count - 1)] = 1e20f, x[between(0, count - 1)] = -1e20f;
    for (long c = 0; c < channels; c++) scale[c] = bits() & 1 ? 1 : fabsf(scale[c]) + 0.1f;
    uint8_t *found = room(count, 1), *expected = room(count, 1);
    uint8_t *padded = room(whole_map, 1), *around = room(whole_map, 1);
    int zero = bits() & 1 ? 128 : bits() & 1 ? 0 : (int)between(0, 255);
    memset(around, zero, (size_t)whole_map);
    for (long i = 0; i < count; i++) {
        expected[i] = (uint8_t)(zero + whole(x[i] * scale[i % channels], -zero, 255 - zero));
        long cell = i / channels;
        around[(cell / width + 1) * line + (cell % width + 1) * channels + i % channels] = expected[i];
    }
    set->encode(x, rows, channels, scale, zero, found);
    check(set->name, "encode", !memcmp(found, expected, (size_t)count));
    set->encode_padded(x, height, width, channels, scale, zero, padded);
    check(set->name, "encode_padded", !memcmp(padded, around, (size_t)whole_map));
    let_go();
}

// B^T of F(2, 3), and A^T.
static const int bt[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
static const int at[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};

static void transforms(const quantized_kernels *set) {
    long height = between(1, 11), width = between(1, 11), channels = 8 * between(1, 7);
    long down = (height + 1) / 2, across = (width + 1) / 2, tiles = down * across, cells = height * width;
    float *x = numbers(cells * channels, 3), *scale = numbers(channels, 1);
    int16_t *multiplier = room(16 * channels, 2), *padded = room((2 * down + 2) * (2 * across + 2) * channels, 2);
    for (long c = 0; c < channels; c++) scale[c] = 2000 * (1 + fabsf(scale[c]));
    for (long i = 0; i < 16 * channels; i++) multiplier[i] = (int16_t)(bits() & 1 ? between(1, 900) : between(1, 32767));
    uint8_t *found = room(16 * tiles * channels, 1), *expected = room(16 * tiles * channels, 1);
    int32_t *sums = room(16 * tiles * channels, 4);
    float *factor = numbers(16 * channels, 1e-3f), *bias = numbers(channels, 1), *residual = numbers(cells * channels, 1);
    float *y = numbers(cells * channels, 1), *e = numbers(cells * channels, 1);
    bool relu = bits() & 1, adds = bits() & 1;
    for (long i = 0; i < 16 * tiles * channels; i++) sums[i] = (int32_t)between(-9000, 9000);
    for (long tile = 0; tile < tiles; tile++) {
        long top = 2 * (tile / across), left = 2 * (tile % across);
        for (long c = 0; c < channels; c++) {
            for (long p = 0; p < 16; p++) {
                long place = (p * tiles + tile) * channels + c;
                int32_t sum = 0;
                for (long i = 0; i < 4; i++) {
                    for (long j = 0; j < 4; j++) {
                        long row = top + i - 1, column = left + j - 1;
                        if (row < 0 || row >= height || column < 0 || column >= width) continue;
                        float value = x[(row * width + column) * channels + c] * scale[c];
                        sum += bt[p / 4][i] * bt[p % 4][j] * whole(value, -8191, 8191);
                    }
                }
                int32_t code = (sum * multiplier[p * channels + c] + 0x4000) >> 15;
                expected[place] = (uint8_t)(128 + (code < -128 ? -128 : code > 127 ? 127 : code));
            }
            for (long i = 0; i < 2; i++) {
                for (long j = 0; j < 2; j++) {
                    if (top + i >= height || left + j >= width) continue;
                    long to = ((top + i) * width + left + j) * channels + c;
                    double sum = bias[c] + (adds ? residual[to] : 0);
                    for (long p = 0; p < 16; p++)
                        sum += at[i][p / 4] * at[j][p % 4] * (double)sums[(p * tiles + tile) * channels + c] *
                               factor[p * channels + c];
                    e[to] = (float)(relu && sum < 0 ? 0 : sum);
                }
            }
        }
    }
    set->winograd_pad(x, height, width, channels, scale, padded);
    set->winograd_input(padded, down, across, channels, multiplier, found);
    check(set->name, "winograd_input", !memcmp(found, expected, (size_t)(16 * tiles * channels)));
    set->winograd_output(sums, height, width, channels, factor, bias, adds ? residual : NULL, relu, y);
    check(set->name, "winograd_output", near(y, e, cells * channels));
    let_go();
}

long quantized_faults(const quantized_kernels *set, long rounds, uint64_t seed) {
    state = seed;
    faults = 0;
    for (long round = 0; round < rounds; round++) products(set), codes(set), transforms(set);
    return faults;
}
