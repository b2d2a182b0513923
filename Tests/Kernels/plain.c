#include "plain.h"

#include <math.h>
#include <string.h>

void plain_product(long m, long n, long k, const float *a, long row, long column, const long *row_at,
                   const long *column_at, const float *b, long ldb, float *c, long ldc, bool accumulate) {
    for (long i = 0; i < m; i++) {
        for (long j = 0; j < n; j++) {
            const float *start = a + (row_at ? row_at[i] : i * row);
            double sum = accumulate ? c[i * ldc + j] : 0;
            for (long l = 0; l < k; l++)
                sum += (double)start[column_at ? column_at[l] : l * column] * b[l * ldb + j];
            c[i * ldc + j] = (float)sum;
        }
    }
}

float plain_rounded(float x) {
    // By its definition: the one of both neighbours that is nearer, or else the one whose last bit is 0.
    if (!isfinite(x)) return x;
    if (fabsf(x) < 0x1p-126f) return copysignf(0, x);
    int exponent;
    frexpf(x, &exponent);
    return ldexpf((float)nearbyint(ldexp(x, 8 - exponent)), exponent - 8);
}

void plain_pairs(long k, long n, const float *b, long ldb, float *pairs) {
    for (long i = 0; i < (k + 1) / 2 * n; i++) {
        long panel = i / ((k + 1) / 2 * 32), width = n - 32 * panel < 32 ? n - 32 * panel : 32;
        long place = i - panel * ((k + 1) / 2 * 32), l = place / width * 2, j = 32 * panel + place % width;
        float low = plain_rounded(b[l * ldb + j]), high = l + 1 < k ? plain_rounded(b[(l + 1) * ldb + j]) : 0;
        uint32_t first, second;
        memcpy(&first, &low, 4), memcpy(&second, &high, 4);
        first = first >> 16 | (second & 0xffff0000);
        memcpy(pairs + i, &first, 4);
    }
}

void plain_channel_sums(const float *x, long rows, long channels, double *sum, double *square) {
    for (long i = 0; i < rows * channels; i++) {
        sum[i % channels] += x[i];
        square[i % channels] += (double)x[i] * x[i];
    }
}

void plain_scale_shift(const float *x, long rows, long channels, const float *scale, const float *shift, bool relu,
                       float *y) {
    for (long i = 0; i < rows * channels; i++) {
        double value = (double)x[i] * scale[i % channels] + shift[i % channels];
        y[i] = relu && value < 0 ? 0 : (float)value;
    }
}

void plain_normalization_sums(const float *dy, const float *x, long rows, long channels, double *sum_g,
                              double *sum_gx) {
    for (long i = 0; i < rows * channels; i++) {
        sum_g[i % channels] += dy[i];
        sum_gx[i % channels] += (double)dy[i] * x[i];
    }
}

void plain_normalization_gradient(const float *dy, const float *x, long rows, long channels, const float *a,
                                  const float *b, const float *d, float *dx) {
    for (long i = 0; i < rows * channels; i++) {
        long c = i % channels;
        dx[i] = (float)((double)dy[i] * a[c] + (double)x[i] * b[c] + d[c]);
    }
}

// Calls `body` for each 2x2 window and channel: `out` is the place in y, `at[4]` those in x.
#define WINDOWS(...)                                                                                            \
    for (long row = 0; row + 2 <= height; row += 2)                                                              \
        for (long column = 0; column + 2 <= width; column += 2)                                                  \
            for (long c = 0; c < channels; c++) {                                                                \
                long out = (row / 2 * (width / 2) + column / 2) * channels + c;                                  \
                long first = (row * width + column) * channels + c;                                              \
                long at[4] = {first, first + channels, first + width * channels, first + (width + 1) * channels}; \
                __VA_ARGS__                                                                                      \
            }

static double activated(const activation_maps *m, long at, long c) {
    double value = (double)m->x[at] * m->scale[c] + m->shift[c];
    return fmax(0, m->z ? value + (double)m->z[at] * m->scale_z[c] : value);
}

void plain_activation(const activation_maps *m, float *y) {
    long height = m->height, width = m->width, channels = m->channels;
    if (!m->pools) {
        for (long i = 0; i < height * width * channels; i++) y[i] = (float)activated(m, i, i % channels);
        return;
    }
    WINDOWS({
        double best = 0;
        for (int i = 0; i < 4; i++) best = fmax(best, activated(m, at[i], c));
        y[out] = (float)best;
    })
}

void plain_activation_gradient(const activation_maps *m, const float *dy, float *g) {
    long height = m->height, width = m->width, channels = m->channels;
    if (!m->pools) {
        for (long i = 0; i < height * width * channels; i++) g[i] = activated(m, i, i % channels) > 0 ? dy[i] : 0;
        return;
    }
    WINDOWS({
        int chosen = -1;
        double best = 0;
        for (int i = 0; i < 4; i++) {
            double value = activated(m, at[i], c);
            g[at[i]] = 0;
            if (value > best) best = value, chosen = i;
        }
        if (chosen >= 0) g[at[chosen]] = dy[out];
    })
}

void plain_max_pool(const float *x, long height, long width, long channels, float *y) {
    WINDOWS({ y[out] = fmaxf(fmaxf(x[at[0]], x[at[1]]), fmaxf(x[at[2]], x[at[3]])); })
}

void plain_max_pool_gradient(const float *x, const float *dy, long height, long width, long channels, float *dx) {
    WINDOWS({
        int chosen = 0;
        for (int i = 0; i < 4; i++) {
            dx[at[i]] = 0;
            if (x[at[i]] > x[at[chosen]]) chosen = i;
        }
        dx[at[chosen]] = dy[out];
    })
}

static double logistic(double x) { return 1 / (1 + exp(-x)); }

void plain_lstm_step(long rows, long hidden, float *gates, long gate_stride, const float *c_previous, long cp_stride,
                     float *c, long c_stride, float *h, long h_stride) {
    for (long r = 0; r < rows; r++) {
        for (long j = 0; j < hidden; j++) {
            float *g = gates + r * gate_stride + j;
            double input = logistic(g[0]), forget = logistic(g[hidden]);
            double candidate = tanh(g[2 * hidden]), output = logistic(g[3 * hidden]);
            double cell = input * candidate + (c_previous ? forget * c_previous[r * cp_stride + j] : 0);
            g[0] = (float)input, g[hidden] = (float)forget;
            g[2 * hidden] = (float)candidate, g[3 * hidden] = (float)output;
            c[r * c_stride + j] = (float)cell;
            h[r * h_stride + j] = (float)(output * tanh(cell));
        }
    }
}

void plain_lstm_step_gradient(long rows, long hidden, float *gates, long gate_stride, const float *c_previous,
                              long cp_stride, const float *c, long c_stride, const float *dh, long dh_stride,
                              float *dc) {
    for (long r = 0; r < rows; r++) {
        for (long j = 0; j < hidden; j++) {
            float *g = gates + r * gate_stride + j;
            double input = g[0], forget = g[hidden], candidate = g[2 * hidden], output = g[3 * hidden];
            double bounded = tanh(c[r * c_stride + j]), upper = dh[r * dh_stride + j];
            double cell = dc[r * hidden + j] + upper * output * (1 - bounded * bounded);
            double before = c_previous ? c_previous[r * cp_stride + j] : 0;
            g[0] = (float)(cell * candidate * input * (1 - input));
            g[hidden] = (float)(cell * before * forget * (1 - forget));
            g[2 * hidden] = (float)(cell * input * (1 - candidate * candidate));
            g[3 * hidden] = (float)(upper * bounded * output * (1 - output));
            dc[r * hidden + j] = (float)(cell * forget);
        }
    }
}

void plain_convolution(const float *x, long images, long height, long width, long in, long out, const float *w,
                       const float *bias, const float *residual, bool relu, float *y) {
    for (long at = 0; at < images * height * width; at++) {
        long image = at / (height * width), row = at / width % height, column = at % width;
        for (long o = 0; o < out; o++) {
            double sum = bias ? bias[o] : 0;
            for (long dy = -1; dy <= 1; dy++) {
                for (long dx = -1; dx <= 1; dx++) {
                    if (row + dy < 0 || row + dy >= height || column + dx < 0 || column + dx >= width) continue;
                    const float *pixel = x + ((image * height + row + dy) * width + column + dx) * in;
                    const float *kernel = w + ((dy + 1) * 3 + dx + 1) * in * out + o;
                    for (long i = 0; i < in; i++) sum += (double)pixel[i] * kernel[i * out];
                }
            }
            if (residual) sum += residual[at * out + o];
            y[at * out + o] = relu && sum < 0 ? 0 : (float)sum;
        }
    }
}

void plain_pixels_of_yuv(const uint8_t *luma, long luma_step, const uint8_t *blue, const uint8_t *red, long chroma_step,
                         long count, const picture_weights *w, uint32_t *pixels) {
    for (long x = 0; x < count; x++) {
        const double y = (double)(luma[x * luma_step] - w->black) * w->luma;
        const double b = blue[x / 2 * chroma_step] - 128, r = red[x / 2 * chroma_step] - 128;
        const double parts[3] = {y + b * w->blue_from_blue, y - r * w->green_from_red - b * w->green_from_blue,
                                 y + r * w->red_from_red};
        pixels[x] = 0xFF000000u;
        for (int part = 0; part < 3; part++) {
            const double value = floor(parts[part] / 65536 + 0.5);
            pixels[x] |= (uint32_t)fmin(fmax(value, 0), 255) << 8 * part;
        }
    }
}
