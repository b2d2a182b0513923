// Works a recorded network out again by this processor's kernels, face by face, and compares the logits: within 1e-4 of
// the recording's, or the file is said. Usage: replay_network FILE [ROUNDS [KERNELS]]; so many rounds through the faces,
// by the kernels "portable", "avx2", or the best ones.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"
#include "recording.h"

static const network_kernels *kernels;
static long hidden, widths[4];

static long between(long least, long most) {
    int64_t value = whole();
    if (value < least || value > most) {
        fprintf(stderr, "the recording says %lld where %ld to %ld is\n", (long long)value, least, most);
        exit(2);
    }
    return (long)value;
}

static float *room(long count) {
    float *memory = aligned_alloc(64, ((size_t)count * 4 + 63) / 64 * 64);
    if (!memory) abort();
    memset(memory, 0, (size_t)count * 4);
    return memory;
}

// The next tensor, which has so many numbers.
static float *tensor(long count) {
    between(count, count);
    float *values = room(count);
    take(values, (size_t)count * 4);
    return values;
}

// A convolution and the normalisation behind it, which is scale and shift outside training.
typedef struct {
    long in, out, size;
    float *weight, *gamma, *beta, *mean, *variance;
    float *scale, *shift;
    // Winograd's transform of the weight, and which, for 3x3 kernels of channels in multiples of 8.
    float *transform;
    const winograd_kernels *winograd;
} block;

static block take_block(long in, long out, long size, long map) {
    block b = {.in = in, .out = out, .size = size, .weight = tensor(size * size * in * out)};
    b.gamma = tensor(out), b.beta = tensor(out);
    b.scale = room(out), b.shift = room(out);
    if (size == 3 && in % 8 == 0 && out % 8 == 0) {
        b.winograd = map % 4 == 0 ? &kernels->f4 : &kernels->f2;
        b.transform = room(b.winograd->positions * winograd_plane(in, out));
        b.winograd->weights(b.weight, in, out, 0, in, out, b.transform, NULL);
    }
    return b;
}

static void take_statistics(block *b) {
    b->mean = tensor(b->out), b->variance = tensor(b->out);
    for (long c = 0; c < b->out; c++) {
        double scale = b->gamma[c] / sqrt((double)b->variance[c] + 1e-5);
        b->scale[c] = (float)scale, b->shift[c] = (float)(b->beta[c] - b->mean[c] * scale);
    }
}

static float *run_block(const block *b, const float *x, long map, bool relu) {
    long cells = map * map;
    float *y = room(cells * b->out);
    if (b->winograd) {
        const winograd_kernels *w = b->winograd;
        long side = (map + w->tile - 1) / w->tile, tiles = side * side;
        long before = winograd_plane(tiles, b->in), after = winograd_plane(tiles, b->out);
        float *v = room(w->positions * before), *m = room(w->positions * after);
        w->input(x, 1, map, map, b->in, v);
        for (long p = 0; p < w->positions; p++)
            kernels->matrix_product(tiles, b->out, b->in, v + p * before, b->in, 1,
                                    b->transform + p * winograd_plane(b->in, b->out), b->out, m + p * after, b->out, false);
        w->output(m, 1, map, map, b->out, NULL, NULL, false, y);
        free(v), free(m);
    } else {
        long reach = b->size / 2, line = (map + 2 * reach) * b->in, taps = b->size * b->size * b->in;
        float *padded = room((map + 2 * reach) * line);
        long *places = malloc((size_t)taps * sizeof *places);
        if (!places) abort();
        for (long i = 0; i < taps; i++) places[i] = i / (b->size * b->in) * line + i % (b->size * b->in);
        for (long row = 0; row < map; row++)
            memcpy(padded + (row + reach) * line + reach * b->in, x + row * map * b->in, (size_t)(map * b->in) * 4);
        for (long row = 0; row < map; row++)
            kernels->gathered_product(map, b->out, taps, padded + row * line, b->in, places, b->weight, b->out,
                                      y + row * map * b->out, b->out, false);
        free(padded), free(places);
    }
    float *z = room(cells * b->out);
    kernels->scale_shift(y, cells, b->out, b->scale, b->shift, relu, z);
    free(y);
    return z;
}

static float *pooled(float *x, long map, long channels) {
    float *y = room(map / 2 * (map / 2) * channels);
    kernels->max_pool(x, map, map, channels, y);
    free(x);
    return y;
}

// An LSTM's weights, turned so that a step's product has its features as rows.
typedef struct {
    float *input, *state, *bias;
} direction;

static float *turned(float *values, long rows, long columns) {
    float *result = room(rows * columns);
    for (long i = 0; i < rows * columns; i++) result[i % columns * rows + i / columns] = values[i];
    free(values);
    return result;
}

static direction take_direction(long in) {
    direction d = {turned(tensor(4 * hidden * in), 4 * hidden, in), turned(tensor(4 * hidden * hidden), 4 * hidden, hidden),
                   tensor(4 * hidden)};
    float *second = tensor(4 * hidden);
    for (long i = 0; i < 4 * hidden; i++) d.bias[i] += second[i];
    free(second);
    return d;
}

// Adds the mean of its states over all cells to `mean`.
static void read_cells(const direction *d, bool reversed, const float *x, long cells, long in, float *mean) {
    long width = 4 * hidden;
    float *gates = room(cells * width), *cell = room(hidden), *state = room(hidden);
    for (long i = 0; i < cells; i++) memcpy(gates + i * width, d->bias, (size_t)width * 4);
    kernels->matrix_product(cells, width, in, x, in, 1, d->input, width, gates, width, true);
    for (long turn = 0; turn < cells; turn++) {
        float *now = gates + (reversed ? cells - 1 - turn : turn) * width;
        if (turn > 0) kernels->matrix_product(1, width, hidden, state, hidden, 1, d->state, width, now, width, true);
        kernels->lstm_step(1, hidden, now, width, turn > 0 ? cell : NULL, hidden, cell, hidden, state, hidden);
        for (long i = 0; i < hidden; i++) mean[i] += state[i] / (float)cells;
    }
    free(gates), free(cell), free(state);
}

int main(int argc, char **argv) {
    if (argc < 2 || !(file = fopen(argv[1], "rb"))) {
        fprintf(stderr, "usage: replay_network FILE [ROUNDS [KERNELS]]\n");
        return 2;
    }
    long rounds = argc > 2 ? atol(argv[2]) : 1;
    kernels = argc > 3 && !strcmp(argv[3], "portable") ? network_kernels_portable()
              : argc > 3 && !strcmp(argv[3], "avx2")   ? network_kernels_avx2()
                                                       : network_kernels_best();
    if (!kernels) {
        fprintf(stderr, "this processor has no %s\n", argv[3]);
        return 2;
    }
    between(4, 4);
    for (int i = 0; i < 4; i++) widths[i] = between(8, 1024);
    hidden = between(8, 1024);
    long heads = between(1, 2), classes[2];
    for (long i = 0; i < heads; i++) classes[i] = between(2, 16);

    // The architecture raut: two convolutions, three residual blocks, each read at half the size of the one before.
    block all[11];
    all[0] = take_block(1, widths[0], 3, 48);
    all[1] = take_block(widths[0], widths[0], 3, 48);
    for (int i = 1; i < 4; i++) {
        long map = 48 >> i;
        all[3 * i - 1] = take_block(widths[i - 1], widths[i], 3, map);
        all[3 * i] = take_block(widths[i], widths[i], 3, map);
        all[3 * i + 1] = take_block(widths[i - 1], widths[i], 1, map);
    }
    long last = widths[3], features = 2 * hidden + last;
    direction there = take_direction(last), back = take_direction(last);
    float *weights[2], *biases[2];
    for (long i = 0; i < heads; i++) {
        weights[i] = turned(tensor(classes[i] * features), classes[i], features);
        biases[i] = tensor(classes[i]);
    }
    for (int i = 0; i < 11; i++) take_statistics(all + i);

    long faces = between(1, 1000), wrong = 0;
    double worst = 0;
    float *images = room(faces * 48 * 48), *expected = room(faces * 32);
    for (long i = 0; i < faces; i++) {
        take(images + i * 48 * 48, 48 * 48 * 4);
        for (long head = 0; head < heads; head++) take(expected + i * 32 + head * 16, (size_t)classes[head] * 4);
    }
    for (long round = 0; round < rounds * faces; round++) {
        long face = round % faces, map = 48;
        float *x = run_block(all, images + face * 48 * 48, map, true), *y = run_block(all + 1, x, map, true);
        free(x);
        x = pooled(y, map, widths[0]);
        for (int i = 1; i < 4; i++) {
            map /= 2;
            if (i > 1) x = pooled(x, 2 * map, widths[i - 1]);
            float *middle = run_block(all + 3 * i - 1, x, map, true), *body = run_block(all + 3 * i, middle, map, false);
            float *side = run_block(all + 3 * i + 1, x, map, false);
            free(middle), free(x);
            x = room(map * map * widths[i]);
            kernels->add_relu(body, side, map * map * widths[i], x);
            free(body), free(side);
        }
        float *mean = room(features);
        read_cells(&there, false, x, map * map, last, mean);
        read_cells(&back, true, x, map * map, last, mean + hidden);
        for (long i = 0; i < map * map * last; i++) mean[2 * hidden + i % last] += x[i] / (float)(map * map);
        free(x);
        for (long head = 0; head < heads; head++) {
            float logits[16];
            memcpy(logits, biases[head], (size_t)classes[head] * 4);
            kernels->matrix_product(1, classes[head], features, mean, features, 1, weights[head], classes[head], logits,
                                    classes[head], true);
            for (long i = 0; i < classes[head]; i++) {
                double gap = fabs((double)logits[i] - expected[face * 32 + head * 16 + i]);
                if (!(gap <= worst)) worst = gap;
                if (!(gap <= 1e-4)) wrong++;
            }
        }
        free(mean);
    }
    printf("%s, %s: %ld faces, logits within %.1e\n", argv[1], kernels->name, rounds * faces, worst);
    return wrong > 0;
}
