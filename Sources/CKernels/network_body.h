// Included once an instruction set; NAME(x) gives each function its own name, KERNEL_SET_NAME the set's.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "CKernels.h"

// Every function that takes a vector is inlined: no ABI is crossed.
#pragma clang diagnostic ignored "-Wpsabi"
typedef float v8 __attribute__((vector_size(32), aligned(4)));
typedef float v8a __attribute__((vector_size(32)));
typedef int32_t i8 __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE v8a load(const float *p) { return *(const v8 *)p; }
INLINE void store(float *p, v8a x) { *(v8 *)p = x; }
INLINE v8a all(float x) { return (v8a){x, x, x, x, x, x, x, x}; }
INLINE v8a select(i8 mask, v8a yes, v8a no) { return (v8a)((mask & (i8)yes) | (~mask & (i8)no)); }
INLINE v8a positive(v8a x) { return (v8a)((i8)x & (x > 0.0f)); }
INLINE v8a larger(v8a x, v8a y) { return select(x > y, x, y); }

// Rows become columns.
INLINE void transpose(v8a r[8]) {
    v8a t[8], q[8];
    UNROLL for (int i = 0; i < 4; i++) {
        t[2 * i] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        t[2 * i + 1] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    UNROLL for (int i = 0; i < 2; i++) {
        UNROLL for (int j = 0; j < 2; j++) {
            v8a a = t[4 * i + j], b = t[4 * i + 2 + j];
            q[4 * i + 2 * j] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
            q[4 * i + 2 * j + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    UNROLL for (int i = 0; i < 4; i++) {
        r[i] = __builtin_shufflevector(q[i], q[4 + i], 0, 1, 2, 3, 8, 9, 10, 11);
        r[4 + i] = __builtin_shufflevector(q[i], q[4 + i], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

#ifdef WIDE_PRODUCT
#define BLOCK_COLUMNS 32
#else
#define BLOCK_COLUMNS 16
#endif

#define LANES 8
#ifdef WIDE_PRODUCT
// There are 32 registers.
#define ROWS 8
#define THREE_VECTORS
#else
#define ROWS 6
#endif
#define P(x) x##_8
#include "product_body.h"
#undef LANES
#undef ROWS
#undef THREE_VECTORS
#undef P
#ifdef WIDE_PRODUCT
#define LANES 16
#define ROWS 12
#define P(x) x##_16
#include "product_body.h"
#undef LANES
#undef ROWS
#undef P
#endif

INLINE void product(long m, long n, long k, const float *a, long row, long column, const long *row_at,
                    const long *column_at, const float *b, long ldb, float *c, long ldc, bool accumulate, long j) {
#ifdef WIDE_PRODUCT
    j = columns_16(m, n, k, a, row, column, row_at, column_at, b, ldb, c, ldc, accumulate, j);
#endif
    j = columns_8(m, n, k, a, row, column, row_at, column_at, b, ldb, c, ldc, accumulate, j);
    for (; j < n; j++) {
        for (long i = 0; i < m; i++) {
            const float *start = a + (row_at ? row_at[i] : i * row);
            float sum = accumulate ? c[i * ldc + j] : 0;
            for (long l = 0; l < k; l++) sum += start[column_at ? column_at[l] : l * column] * b[l * ldb + j];
            c[i * ldc + j] = sum;
        }
    }
}

// One row of C by 64 columns: enough sums in flight to hide the latency of the multiply-adds.
INLINE void long_row(long k, const float *a, long column, const float *b, long ldb, float *c, bool accumulate) {
    v8a sum[8];
    UNROLL for (int j = 0; j < 8; j++) { sum[j] = accumulate ? load(c + 8 * j) : (v8a){0}; }
    for (long l = 0; l < k; l++) {
        v8a left = all(a[l * column]);
        UNROLL for (int j = 0; j < 8; j++) { sum[j] += left * load(b + l * ldb + 8 * j); }
    }
    UNROLL for (int j = 0; j < 8; j++) { store(c + 8 * j, sum[j]); }
}

static void NAME(matrix_product)(long m, long n, long k, const float *a, long row, long column, const float *b,
                                 long ldb, float *c, long ldc, bool accumulate) {
    long j = 0;
    if (m == 1)
        for (; j + 64 <= n; j += 64) long_row(k, a, column, b + j, ldb, c + j, accumulate);
    product(m, n, k, a, row, column, NULL, NULL, b, ldb, c, ldc, accumulate, j);
}

static void NAME(gathered_product)(long m, long n, long k, const float *a, long row, const long *column_at,
                                   const float *b, long ldb, float *c, long ldc, bool accumulate) {
    product(m, n, k, a, row, 0, NULL, column_at, b, ldb, c, ldc, accumulate, 0);
}

static void NAME(gathered_product_adjoint)(long m, long n, long k, const float *a, const long *row_at, long column,
                                           const float *b, long ldb, float *c, long ldc, bool accumulate) {
    product(m, n, k, a, 0, column, row_at, NULL, b, ldb, c, ldc, accumulate, 0);
}

#include "winograd_transforms.h"

// Where a matrix's row and column lie that is cut into panels of `panel` columns, each [rows, columns of the panel]; `width` becomes
// the floats from row to row.
INLINE float *in_panels(float *matrix, long rows, long columns, long panel, long row, long column, long *width) {
    long first = column / panel * panel;
    *width = columns - first < panel ? columns - first : panel;
    return matrix + first * rows + row * *width + column - first;
}

// Asks for the tile of a map that begins at `p`, a row of tiles before it is read: a batch's map lies in memory, and the
// processor does not foresee how tiles jump about in it.
INLINE void fetch(const float *p, const long tile, long width, long channels) {
    for (long row = 0; row < tile; row++) {
        for (long at = 0; at < tile * channels; at += 16) __builtin_prefetch(p + row * width * channels + at, 0, 2);
    }
}

// An array from a place on, where there is one.
INLINE const float *from(const float *values, long place) { return values ? values + place : NULL; }

// Asks for eight rows of a matrix.
INLINE void fetch_rows(const float *p, long width) {
    UNROLL for (int row = 0; row < 8; row++) { __builtin_prefetch(p + row * width, 0, 2); }
}

#define TILE 2
#define F(x) f2_##x
#include "winograd_body.h"
#undef TILE
#undef F
#define TILE 3
#define F(x) f3_##x
#include "winograd_body.h"
#undef TILE
#undef F
#define TILE 4
#define F(x) f4_##x
#include "winograd_body.h"
#undef TILE
#undef F
#define TILE 6
#define F(x) f6_##x
#include "winograd_body.h"
#undef TILE
#undef F

// Adds eight sums of floats to sums of doubles.
INLINE void add_sums(v8a s, double *sum) {
    UNROLL for (int i = 0; i < 8; i++) { sum[i] += s[i]; }
}

// `count` rows of as many vectors beside each other, so that no sum waits for the one before.
INLINE void line_of_sums(const int vectors, const float *x, long count, long channels, double *sum, double *square) {
    v8a s[4] = {{0}}, q[4] = {{0}};
    for (long r = 0; r < count; r++, x += channels) {
        UNROLL for (int v = 0; v < vectors; v++) {
            v8a value = load(x + 8 * v);
            s[v] += value;
            q[v] += value * value;
        }
    }
    UNROLL for (int v = 0; v < vectors; v++) { add_sums(s[v], sum + 8 * v), add_sums(q[v], square + 8 * v); }
}

static void NAME(channel_sums)(const float *x, long rows, long channels, double *sum, double *square) {
    for (long start = 0; start < rows; start += 64) {
        long count = rows - start < 64 ? rows - start : 64, c = 0;
        const float *base = x + start * channels;
        for (; c + 32 <= channels; c += 32) line_of_sums(4, base + c, count, channels, sum + c, square + c);
        for (; c + 8 <= channels; c += 8) line_of_sums(1, base + c, count, channels, sum + c, square + c);
        for (; c < channels; c++) {
            for (long r = 0; r < count; r++) {
                double value = base[r * channels + c];
                sum[c] += value, square[c] += value * value;
            }
        }
    }
}

static void NAME(scale_shift)(const float *x, long rows, long channels, const float *scale, const float *shift,
                              bool relu, float *y) {
    for (long r = 0; r < rows; r++, x += channels, y += channels) {
        long c = 0;
        for (; c + 8 <= channels; c += 8) {
            v8a value = load(x + c) * load(scale + c) + load(shift + c);
            store(y + c, relu ? positive(value) : value);
        }
        for (; c < channels; c++) {
            float value = x[c] * scale[c] + shift[c];
            y[c] = relu && !(value > 0) ? 0 : value;
        }
    }
}

static void NAME(normalization_sums)(const float *dy, const float *x, long rows, long channels, double *sum_g,
                                     double *sum_gx) {
    for (long start = 0; start < rows; start += 64) {
        long count = rows - start < 64 ? rows - start : 64, offset = start * channels;
        long c = 0;
        for (; c + 8 <= channels; c += 8) {
            v8a s[2] = {{0}}, q[2] = {{0}};
            for (long r = 0; r < count; r++) {
                long at = offset + r * channels + c;
                v8a g = load(dy + at);
                s[r & 1] += g;
                q[r & 1] += g * load(x + at);
            }
            add_sums(s[0] + s[1], sum_g + c), add_sums(q[0] + q[1], sum_gx + c);
        }
        for (; c < channels; c++) {
            for (long r = 0; r < count; r++) {
                long at = offset + r * channels + c;
                sum_g[c] += dy[at], sum_gx[c] += (double)dy[at] * x[at];
            }
        }
    }
}

static void NAME(normalization_gradient)(const float *dy, const float *x, long rows, long channels, const float *a,
                                         const float *b, const float *d, float *dx) {
    for (long r = 0; r < rows; r++) {
        long at = r * channels, c = 0;
        for (; c + 8 <= channels; c += 8)
            store(dx + at + c, load(dy + at + c) * load(a + c) + load(x + at + c) * load(b + c) + load(d + c));
        for (; c < channels; c++) dx[at + c] = dy[at + c] * a[c] + x[at + c] * b[c] + d[c];
    }
}

static void NAME(add_relu)(const float *a, const float *b, long count, float *y) {
    long i = 0;
    for (; i + 8 <= count; i += 8) store(y + i, positive(load(a + i) + load(b + i)));
    for (; i < count; i++) y[i] = a[i] + b[i] > 0 ? a[i] + b[i] : 0;
}

static void NAME(relu_gradient)(const float *dy, const float *y, long count, float *dx) {
    long i = 0;
    for (; i + 8 <= count; i += 8) store(dx + i, (v8a)((i8)load(dy + i) & (load(y + i) > 0.0f)));
    for (; i < count; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void NAME(max_pool)(const float *x, long height, long width, long channels, float *y) {
    long line = width * channels;
    for (long row = 0; row + 2 <= height; row += 2) {
        for (long column = 0; column + 2 <= width; column += 2, y += channels) {
            const float *p = x + row * line + column * channels;
            long c = 0;
            for (; c + 8 <= channels; c += 8) {
                v8a p0 = load(p + c), p1 = load(p + channels + c);
                v8a p2 = load(p + line + c), p3 = load(p + line + channels + c);
                store(y + c, larger(larger(p0, p1), larger(p2, p3)));
            }
            for (; c < channels; c++) {
                float top = fmaxf(p[c], p[channels + c]), bottom = fmaxf(p[line + c], p[line + channels + c]);
                y[c] = fmaxf(top, bottom);
            }
        }
    }
}

static void NAME(max_pool_gradient)(const float *x, const float *y, const float *dy, long height, long width,
                                    long channels, float *dx) {
    long line = width * channels;
    const long offset[4] = {0, channels, line, line + channels};
    for (long row = 0; row + 2 <= height; row += 2) {
        for (long column = 0; column + 2 <= width; column += 2, y += channels, dy += channels) {
            const float *p = x + row * line + column * channels;
            float *o = dx + row * line + column * channels;
            long c = 0;
            for (; c + 8 <= channels; c += 8) {
                v8a best = load(y + c), left = load(dy + c);
                UNROLL for (int i = 0; i < 4; i++) {
                    i8 hit = load(p + offset[i] + c) == best;
                    store(o + offset[i] + c, (v8a)((i8)left & hit));
                    left = (v8a)((i8)left & ~hit);
                }
            }
            for (; c < channels; c++) {
                float left = dy[c];
                for (int i = 0; i < 4; i++) {
                    bool hit = p[offset[i] + c] == y[c];
                    o[offset[i] + c] = hit ? left : 0;
                    if (hit) left = 0;
                }
            }
        }
    }
}

#include "activation_body.h"

// exp by range reduction to [-ln 2 / 2, ln 2 / 2] and a polynomial of degree 6 (Cephes' expf); error under 2 ulp.
INLINE v8a exponential(v8a x) {
    x = select(x < -87.0f, all(-87.0f), x);
    x = select(x > 88.0f, all(88.0f), x);
    v8a scaled = x * 1.44269504088896341f;
    v8a shifted = scaled + 12582912.0f;  // 1.5 * 2^23: rounds to the nearest whole number
    v8a whole = shifted - 12582912.0f;
    v8a r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    v8a p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    i8 exponent = (__builtin_convertvector(whole, i8) + 127) << 23;
    v8a power;
    memcpy(&power, &exponent, sizeof power);
    return p * power;
}
INLINE v8a logistic(v8a x) { return 1.0f / (1.0f + exponential(-x)); }
INLINE v8a hyperbolic_tangent(v8a x) { return 2.0f / (1.0f + exponential(-2.0f * x)) - 1.0f; }

// At most eight floats, the rest zeros: a row of cells need not end with a whole vector.
INLINE v8a load_part(const float *p, long count) {
    if (count >= 8) return load(p);
    float part[8] = {0};
    memcpy(part, p, (size_t)count * sizeof(float));
    return load(part);
}
INLINE void store_part(float *p, long count, v8a x) {
    if (count >= 8) {
        store(p, x);
        return;
    }
    float part[8];
    store(part, x);
    memcpy(p, part, (size_t)count * sizeof(float));
}

static void NAME(lstm_step)(long rows, long hidden, float *gates, long gate_stride, const float *c_previous,
                            long cp_stride, float *c, long c_stride, float *h, long h_stride) {
    for (long r = 0; r < rows; r++) {
        float *g = gates + r * gate_stride;
        for (long j = 0; j < hidden; j += 8) {
            long left = hidden - j;
            v8a input = logistic(load_part(g + j, left)), forget = logistic(load_part(g + hidden + j, left));
            v8a candidate = hyperbolic_tangent(load_part(g + 2 * hidden + j, left));
            v8a out = logistic(load_part(g + 3 * hidden + j, left));
            v8a cell = input * candidate;
            if (c_previous) cell += forget * load_part(c_previous + r * cp_stride + j, left);
            store_part(g + j, left, input);
            store_part(g + hidden + j, left, forget);
            store_part(g + 2 * hidden + j, left, candidate);
            store_part(g + 3 * hidden + j, left, out);
            store_part(c + r * c_stride + j, left, cell);
            store_part(h + r * h_stride + j, left, out * hyperbolic_tangent(cell));
        }
    }
}

static void NAME(lstm_step_gradient)(long rows, long hidden, float *gates, long gate_stride, const float *c_previous,
                                     long cp_stride, const float *c, long c_stride, const float *dh, long dh_stride,
                                     float *dc) {
    for (long r = 0; r < rows; r++) {
        float *g = gates + r * gate_stride;
        for (long j = 0; j < hidden; j += 8) {
            long left = hidden - j;
            // The next row lies far away.
            UNROLL for (int gate = 0; gate < 4; gate++) { __builtin_prefetch(g + gate_stride + gate * hidden + j, 1, 3); }
            __builtin_prefetch(c + (r + 1) * c_stride + j, 0, 3);
            if (c_previous) __builtin_prefetch(c_previous + (r + 1) * cp_stride + j, 0, 3);
            v8a input = load_part(g + j, left), forget = load_part(g + hidden + j, left);
            v8a candidate = load_part(g + 2 * hidden + j, left), out = load_part(g + 3 * hidden + j, left);
            v8a bounded = hyperbolic_tangent(load_part(c + r * c_stride + j, left));
            v8a upper = load_part(dh + r * dh_stride + j, left);
            v8a cell = load_part(dc + r * hidden + j, left) + upper * out * (1.0f - bounded * bounded);
            v8a before = c_previous ? load_part(c_previous + r * cp_stride + j, left) : (v8a){0};
            store_part(g + j, left, cell * candidate * input * (1.0f - input));
            store_part(g + hidden + j, left, cell * before * forget * (1.0f - forget));
            store_part(g + 2 * hidden + j, left, cell * input * (1.0f - candidate * candidate));
            store_part(g + 3 * hidden + j, left, upper * bounded * out * (1.0f - out));
            store_part(dc + r * hidden + j, left, cell * forget);
        }
    }
}

static void NAME(adam)(long count, float *value, const float *gradient, float *m, float *v, float beta1, float beta2,
                       float step, float root_correction, float epsilon, float decay, float gradient_scale) {
    long i = 0;
    for (; i + 8 <= count; i += 8) {
        v8a g = load(gradient + i) * gradient_scale;
        v8a first = beta1 * load(m + i) + (1 - beta1) * g, second = beta2 * load(v + i) + (1 - beta2) * g * g;
        store(m + i, first), store(v + i, second);
        v8a root = __builtin_elementwise_sqrt(second) * root_correction + epsilon;
        store(value + i, load(value + i) * (1 - decay) - step * first / root);
    }
    for (; i < count; i++) {
        float g = gradient[i] * gradient_scale;
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        value[i] = value[i] * (1 - decay) - step * m[i] / (sqrtf(v[i]) * root_correction + epsilon);
    }
}

static const network_kernels NAME(kernel_table) = {
    .name = KERNEL_SET_NAME,
    .block_columns = BLOCK_COLUMNS,
    .matrix_product = NAME(matrix_product),
    .gathered_product = NAME(gathered_product),
    .gathered_product_adjoint = NAME(gathered_product_adjoint),
    .f2 = {2, 16, NAME(f2_input), NAME(f2_activated_input), NAME(f2_output), NAME(f2_output_adjoint),
           NAME(f2_input_adjoint), NAME(f2_weights), NAME(f2_weights_adjoint)},
    .f3 = {3, 25, NAME(f3_input), NAME(f3_activated_input), NAME(f3_output), NAME(f3_output_adjoint),
           NAME(f3_input_adjoint), NAME(f3_weights), NAME(f3_weights_adjoint)},
    .f4 = {4, 36, NAME(f4_input), NAME(f4_activated_input), NAME(f4_output), NAME(f4_output_adjoint),
           NAME(f4_input_adjoint), NAME(f4_weights), NAME(f4_weights_adjoint)},
    .f6 = {6, 64, NAME(f6_input), NAME(f6_activated_input), NAME(f6_output), NAME(f6_output_adjoint),
           NAME(f6_input_adjoint), NAME(f6_weights), NAME(f6_weights_adjoint)},
    .channel_sums = NAME(channel_sums),
    .scale_shift = NAME(scale_shift),
    .normalization_sums = NAME(normalization_sums),
    .normalization_gradient = NAME(normalization_gradient),
    .activation = NAME(activation),
    .activation_sums = NAME(activation_sums),
    .activation_gradient = NAME(activation_gradient),
    .add_relu = NAME(add_relu),
    .relu_gradient = NAME(relu_gradient),
    .max_pool = NAME(max_pool),
    .max_pool_gradient = NAME(max_pool_gradient),
    .lstm_step = NAME(lstm_step),
    .lstm_step_gradient = NAME(lstm_step_gradient),
    .adam = NAME(adam),
};
