// The detector's kernels for any processor of the architecture: SSE2 on x86-64, NEON on arm64.
#include "haar_common.h"

#define NAME(x) NAME_(x, _portable)
#define NAME_(x, set) NAME__(x, set)
#define NAME__(x, set) haar_##x##set
#define LANES 8
#include "haar_body.h"

static void blend_rows(const uint8_t *first, const uint8_t *second, long width, uint32_t share, uint16_t *blended) {
    for (long x = 0; x < width; x++) blended[x] = (uint16_t)(first[x] * (256 - share) + second[x] * share);
    blended[width] = 0;
}

static void sum_row(const uint16_t *blended, haar_taps columns, uint8_t *pixels, haar_tables tables, long row) {
    long half = tables.stride / 2;
    uint32_t *sums = tables.sums + row * tables.stride, *squares = tables.squares + row * tables.stride;
    uint32_t sum = 0, square = 0;
    sums[0] = squares[0] = 0;
    for (long x = 0; x < columns.count; x++) {
        const uint16_t *pair = blended + columns.first[x];
        uint32_t share = columns.share[x];
        uint32_t pixel = (pair[0] * (256 - share) + pair[1] * share + (1 << 15)) >> 16;
        pixels[x] = (uint8_t)pixel;
        sum += pixel;
        square += pixel * pixel;
        long at = tables.split ? ((x + 1) & 1) * half + ((x + 1) >> 1) : x + 1;
        sums[at] = sums[at - tables.stride] + sum;
        squares[at] = squares[at - tables.stride] + square;
    }
}

static const haar_kernels portable = {"portable", blend_rows, sum_row, haar_scan_row_portable};

const haar_kernels *haar_kernels_portable(void) { return &portable; }

const haar_kernels *haar_kernels_best(void) {
    const haar_kernels *wide = haar_kernels_avx512();
    if (!wide) wide = haar_kernels_avx2();
    return wide ? wide : &portable;
}
