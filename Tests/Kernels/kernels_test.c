// Compares every kernel of each set that this processor has with its plain version, on random shapes, with the data
// at every alignment of a float. Usage: kernels_test [ROUNDS [SEED]]
#include "comparison.h"

// Beside the products of rounded operands, worked out plainly.
static void narrow_products(const bf16_kernels *kernels) {
    long m = between(1, 40), n = between(1, 140), k = between(1, 70), pad = between(0, 5), half = (k + 1) / 2;
    bool accumulate = coin(), transposed = coin();
    long row = transposed ? 1 : k + pad, column = transposed ? m + pad : 1;
    floats a = numbers((k + pad) * (m + pad)), b = numbers(k * (n + pad)), c = numbers(m * (n + pad)), e = copy(c);
    floats pairs = numbers(half * n), expected = numbers(half * n), scratch = numbers(half * m);
    if (coin()) a.at[between(0, a.count - 1)] = 1e-40f, b.at[between(0, b.count - 1)] = -1e-40f;
    kernels->pack(k, n, b.at, n + pad, pairs.at);
    plain_pairs(k, n, b.at, n + pad, expected.at);
    if (memcmp(pairs.at, expected.at, (size_t)pairs.count * 4)) {
        failed++;
        printf("bf16 %s: pairs are rounded otherwise\n", set_name);
    } else {
        passed++;
    }
    kernels->product(m, n, k, a.at, row, column, pairs.at, c.at, n + pad, accumulate, scratch.at);
    for (long i = 0; i < a.count; i++) a.at[i] = plain_rounded(a.at[i]);
    for (long i = 0; i < b.count; i++) b.at[i] = plain_rounded(b.at[i]);
    plain_product(m, n, k, a.at, row, column, NULL, NULL, b.at, n + pad, e.at, n + pad, accumulate);
    check("bf16 product", c, e, 1e-5);
    drop(a), drop(b), drop(c), drop(e), drop(pairs), drop(expected), drop(scratch);
}

static void products(const network_kernels *kernels) {
    long m = between(1, 40), n = between(1, 140), k = between(1, 70), pad = between(0, 5);
    bool accumulate = coin(), transposed = coin();
    long row = transposed ? 1 : k + pad, column = transposed ? m + pad : 1;
    floats a = numbers((k + pad) * (m + pad)), b = numbers(k * (n + pad)), c = numbers(m * (n + pad)), e = copy(c);
    kernels->matrix_product(m, n, k, a.at, row, column, b.at, n + pad, c.at, n + pad, accumulate);
    plain_product(m, n, k, a.at, row, column, NULL, NULL, b.at, n + pad, e.at, n + pad, accumulate);
    check("matrix_product", c, e, (double)(k + 2) * 0x1p-21);  // half a unit of the last place of each sum, below 16
    // The same with the columns, and the rows, of the left side at places of their own.
    long count = k > m ? k : m, places[140];
    for (long i = 0; i < count; i++) places[i] = between(0, (k + pad) * (m + pad) - 1);
    floats wide = numbers((k + pad) * (m + pad) + 8 * count);
    kernels->gathered_product(m, n, k, wide.at, 3, places, b.at, n + pad, c.at, n + pad, accumulate);
    plain_product(m, n, k, wide.at, 3, 0, NULL, places, b.at, n + pad, e.at, n + pad, accumulate);
    check("gathered_product", c, e, 1e-4);
    kernels->gathered_product_adjoint(m, n, k, wide.at, places, 2, b.at, n + pad, c.at, n + pad, accumulate);
    plain_product(m, n, k, wide.at, 0, 2, places, NULL, b.at, n + pad, e.at, n + pad, accumulate);
    check("gathered_product_adjoint", c, e, 1e-4);
    drop(a), drop(b), drop(c), drop(e), drop(wide);
}

static void rows_of_channels(const network_kernels *kernels) {
    long rows = between(1, 150), channels = between(1, 50);
    floats x = numbers(rows * channels), dy = numbers(rows * channels), y = numbers(rows * channels);
    floats a = numbers(channels), b = numbers(channels), d = numbers(channels);
    floats found = numbers(rows * channels), expected = numbers(rows * channels);
    double sums[4][50] = {{0}};
    bool relu = coin();
    kernels->channel_sums(x.at, rows, channels, sums[0], sums[1]);
    plain_channel_sums(x.at, rows, channels, sums[2], sums[3]);
    check_sums("channel_sums", sums[0], sums[2], channels, 1e-4);
    check_sums("channel_sums, squares", sums[1], sums[3], channels, 1e-4);
    kernels->scale_shift(x.at, rows, channels, a.at, b.at, relu, found.at);
    plain_scale_shift(x.at, rows, channels, a.at, b.at, relu, expected.at);
    check("scale_shift", found, expected, 1e-6);
    memset(sums, 0, sizeof sums);
    kernels->normalization_sums(dy.at, x.at, rows, channels, sums[0], sums[1]);
    plain_normalization_sums(dy.at, x.at, rows, channels, sums[2], sums[3]);
    check_sums("normalization_sums", sums[0], sums[2], channels, 1e-4);
    check_sums("normalization_sums, products", sums[1], sums[3], channels, 1e-4);
    kernels->normalization_gradient(dy.at, x.at, rows, channels, a.at, b.at, d.at, found.at);
    plain_normalization_gradient(dy.at, x.at, rows, channels, a.at, b.at, d.at, expected.at);
    check("normalization_gradient", found, expected, 2e-6);
    long count = rows * channels;
    kernels->add_relu(x.at, y.at, count, found.at);
    for (long i = 0; i < count; i++) expected.at[i] = fmaxf(0, x.at[i] + y.at[i]);
    check("add_relu", found, expected, 0);
    kernels->relu_gradient(dy.at, y.at, count, found.at);
    for (long i = 0; i < count; i++) expected.at[i] = y.at[i] > 0 ? dy.at[i] : 0;
    check("relu_gradient", found, expected, 0);
    drop(x), drop(dy), drop(y), drop(a), drop(b), drop(d), drop(found), drop(expected);
}

static void pools(const network_kernels *kernels) {
    long height = 2 * between(1, 8), width = 2 * between(1, 8), channels = between(1, 35);
    long count = height * width * channels;
    floats x = numbers(count), dy = numbers(count / 4), y = numbers(count / 4), e = numbers(count / 4);
    floats dx = numbers(count), expected = numbers(count);
    // Equal maxima: the first one gets the gradient.
    if (coin())
        for (long i = 0; i < count; i++) x.at[i] = roundf(x.at[i]);
    kernels->max_pool(x.at, height, width, channels, y.at);
    plain_max_pool(x.at, height, width, channels, e.at);
    check("max_pool", y, e, 0);
    kernels->max_pool_gradient(x.at, y.at, dy.at, height, width, channels, dx.at);
    plain_max_pool_gradient(x.at, dy.at, height, width, channels, expected.at);
    check("max_pool_gradient", dx, expected, 0);
    floats all[] = {x, dy, y, e, dx, expected};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void activations(const network_kernels *kernels) {
    activation_maps maps = {.channels = between(1, 50), .pools = coin()};
    maps.height = maps.pools ? 2 * between(1, 6) : between(1, 12);
    maps.width = maps.pools ? 2 * between(1, 6) : between(1, 12);
    long channels = maps.channels, count = maps.height * maps.width * channels, left = maps.pools ? count / 4 : count;
    floats x = numbers(count), z = numbers(count), dy = numbers(left), y = numbers(left), e = numbers(left);
    floats scale = numbers(channels), scale_z = numbers(channels), shift = numbers(channels);
    floats factors = numbers(4 * channels), dx = numbers(count), dz = numbers(count), g = numbers(count);
    maps.x = x.at, maps.z = coin() ? z.at : NULL;
    maps.scale = scale.at, maps.scale_z = scale_z.at, maps.shift = shift.at;
    kernels->activation(&maps, y.at);
    plain_activation(&maps, e.at);
    check("activation", y, e, 2e-6);
    // Rounded numbers and factors of powers of two, so that equal means equal in any precision.
    for (long i = 0; i < count; i++) x.at[i] = roundf(8 * x.at[i]) / 8, z.at[i] = roundf(8 * z.at[i]) / 8;
    for (long c = 0; c < channels; c++) {
        scale.at[c] = coin() ? 0.5f : -2, scale_z.at[c] = coin() ? 0.25f : -1;
        shift.at[c] = roundf(4 * shift.at[c]) / 4;
    }
    plain_activation_gradient(&maps, dy.at, g.at);
    double sums[6][50] = {{0}}, found[150] = {0};
    kernels->activation_sums(&maps, dy.at, found);
    plain_normalization_sums(g.at, x.at, maps.height * maps.width, channels, sums[0], sums[1]);
    plain_normalization_sums(g.at, z.at, maps.height * maps.width, channels, sums[2], sums[3]);
    check_sums("activation_sums", found, sums[0], channels, 1e-4);
    check_sums("activation_sums, products", found + channels, sums[1], channels, 1e-4);
    if (maps.z) check_sums("activation_sums, second products", found + 2 * channels, sums[3], channels, 1e-4);
    kernels->activation_gradient(&maps, dy.at, factors.at, dx.at, maps.z ? dz.at : NULL);
    floats expected = numbers(count);
    plain_normalization_gradient(g.at, x.at, maps.height * maps.width, channels, scale.at, factors.at,
                                 factors.at + channels, expected.at);
    check("activation_gradient", dx, expected, 2e-6);
    plain_normalization_gradient(g.at, z.at, maps.height * maps.width, channels, scale_z.at, factors.at + 2 * channels,
                                 factors.at + 3 * channels, expected.at);
    if (maps.z) check("activation_gradient, second branch", dz, expected, 2e-6);
    floats all[] = {x, z, dy, y, e, scale, scale_z, shift, factors, dx, dz, g, expected};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void steps(const network_kernels *kernels) {
    long rows = between(1, 6), hidden = 8 * between(1, 9), pad = between(0, 4);
    long gate_stride = 4 * hidden + pad, stride = hidden + pad;
    floats gates = numbers(rows * gate_stride), other = copy(gates), before = numbers(rows * stride);
    floats c = numbers(rows * stride), h = numbers(rows * stride), ec = copy(c), eh = copy(h);
    const float *previous = coin() ? before.at : NULL;
    kernels->lstm_step(rows, hidden, gates.at, gate_stride, previous, stride, c.at, stride, h.at, stride);
    plain_lstm_step(rows, hidden, other.at, gate_stride, previous, stride, ec.at, stride, eh.at, stride);
    check("lstm_step, gates", gates, other, 1e-6);
    check("lstm_step, cells", c, ec, 1e-6);
    check("lstm_step, outputs", h, eh, 1e-6);
    floats dh = numbers(rows * stride), dc = numbers(rows * hidden), edc = copy(dc);
    memcpy(gates.at, other.at, (size_t)other.count * 4);
    kernels->lstm_step_gradient(rows, hidden, gates.at, gate_stride, previous, stride, ec.at, stride, dh.at, stride,
                                dc.at);
    plain_lstm_step_gradient(rows, hidden, other.at, gate_stride, previous, stride, ec.at, stride, dh.at, stride,
                             edc.at);
    check("lstm_step_gradient, gates", gates, other, 2e-6);
    check("lstm_step_gradient, cells", dc, edc, 2e-6);
    floats all[] = {gates, other, before, c, h, ec, eh, dh, dc, edc};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

// A transform's matrices [rows, columns], filled at random, with zeros between them.
static floats transform(const winograd_kernels *w, long rows, long columns) {
    long plane = winograd_plane(rows, columns);
    floats all = numbers(w->positions * plane);
    for (long i = 0; i < all.count; i++) all.at[i] = i % plane < rows * columns ? all.at[i] : 0;
    return all;
}

// Puts the panels of each of a transform's matrices [rows, columns] beside each other again.
static void uncut(floats all, long positions, long rows, long columns, long panel) {
    long plane = winograd_plane(rows, columns);
    floats panels = copy(all);
    for (long p = 0; p < positions; p++) {
        for (long i = 0; i < rows * columns; i++) {
            long row = i / columns, column = i % columns, first = column / panel * panel;
            long width = columns - first < panel ? columns - first : panel;
            all.at[p * plane + i] = panels.at[p * plane + first * rows + row * width + column - first];
        }
    }
    drop(panels);
}

// A whole convolution by Winograd's transforms: weights, input, one product a position, output.
static void convolutions(const network_kernels *kernels, const winograd_kernels *w) {
    long images = between(1, 2), height = between(1, 13), width = between(1, 13);
    long in = 8 * between(1, 3), out = 8 * between(1, 3);
    long tiles = images * ((height + w->tile - 1) / w->tile) * ((width + w->tile - 1) / w->tile);
    long cells = images * height * width;
    floats x = numbers(cells * in), kernel = numbers(9 * in * out), bias = numbers(out), residual = numbers(cells * out);
    floats u = transform(w, in, out), v = transform(w, tiles, in);
    floats ut = transform(w, out, in), m = transform(w, tiles, out);
    floats y = numbers(cells * out), e = numbers(cells * out);
    bool relu = coin(), adds = coin();
    for (long i = 0; i < kernel.count; i++) kernel.at[i] *= 0.1f;
    bool turns = coin();
    long middle = 8 * between(0, in / 8);
    long panel = 8 * between(1, 4);
    w->weights(kernel.at, in, out, 0, middle, panel, u.at, turns ? ut.at : NULL);
    w->weights(kernel.at, in, out, middle, in, panel, u.at, turns ? ut.at : NULL);
    uncut(u, w->positions, in, out, panel);
    if (turns) uncut(ut, w->positions, out, in, panel);
    if (turns) {
        floats other = transform(w, out, in);
        for (long p = 0; p < w->positions; p++)
            for (long i = 0; i < in * out; i++)
                other.at[p * winograd_plane(out, in) + i] = u.at[p * winograd_plane(in, out) + i % in * out + i / in];
        check("winograd weights, turned", ut, other, 0);
        drop(other);
    }
    floats scale = numbers(in), shift = numbers(in), active = numbers(x.count), active_v = transform(w, tiles, in);
    kernels->scale_shift(x.at, cells, in, scale.at, shift.at, true, active.at);
    w->input(active.at, images, height, width, in, v.at);
    w->activated_input(x.at, images, height, width, in, scale.at, shift.at, active_v.at);
    check("winograd input, activated", active_v, v, 1e-5);
    drop(scale), drop(shift), drop(active), drop(active_v);
    w->input(x.at, images, height, width, in, v.at);
    for (long p = 0; p < w->positions; p++)
        kernels->matrix_product(tiles, out, in, v.at + p * winograd_plane(tiles, in), in, 1,
                                u.at + p * winograd_plane(in, out), out, m.at + p * winograd_plane(tiles, out), out, false);
    w->output(m.at, images, height, width, out, bias.at, adds ? residual.at : NULL, relu, y.at);
    plain_convolution(x.at, images, height, width, in, out, kernel.at, bias.at, adds ? residual.at : NULL, relu, e.at);
    char name[] = "winograd F(2x2)";
    name[11] = name[13] = (char)('0' + w->tile);
    check(name, y, e, 2e-4);
    // <A^T m, y> = <m, A y> and <B^T x, v> = <x, B v>: an adjoint is one where both sides agree.
    floats back = transform(w, tiles, out), dx = numbers(x.count), other = transform(w, tiles, in);
    w->output(m.at, images, height, width, out, NULL, NULL, false, y.at);
    w->output_adjoint(residual.at, images, height, width, out, back.at);
    check_adjoint("winograd output_adjoint", y, residual, m, back);
    w->input_adjoint(other.at, images, height, width, in, dx.at);
    check_adjoint("winograd input_adjoint", v, other, x, dx);
    floats dw = numbers(kernel.count), du = transform(w, in, out);
    w->weights_adjoint(du.at, in, out, 0, middle, dw.at);
    w->weights_adjoint(du.at, in, out, middle, in, dw.at);
    check_adjoint("winograd weights_adjoint", u, du, kernel, dw);
    floats all[] = {x, kernel, bias, residual, u, v, ut, m, y, e, back, dx, other, dw, du};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void optimiser(const network_kernels *kernels) {
    long count = between(1, 70);
    floats value = numbers(count), gradient = numbers(count), m = numbers(count), v = numbers(count);
    for (long i = 0; i < count; i++) v.at[i] = fabsf(v.at[i]) + 0.01f;
    floats expected = copy(value);
    for (long i = 0; i < count; i++) {
        double g = gradient.at[i] * 0.5, first = 0.9 * m.at[i] + 0.1 * g, second = 0.999 * v.at[i] + 0.001 * g * g;
        expected.at[i] = (float)(value.at[i] * (1 - 0.01) - 0.002 * first / (sqrt(second) * 1.1 + 1e-8));
    }
    kernels->adam(count, value.at, gradient.at, m.at, v.at, 0.9f, 0.999f, 0.002f, 1.1f, 1e-8f, 0.01f, 0.5f);
    check("adam", value, expected, 1e-6);
    drop(value), drop(gradient), drop(m), drop(v), drop(expected);
}

int main(int argc, char **argv) {
    long rounds = argc > 1 ? atol(argv[1]) : 200;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    const network_kernels *sets[] = {network_kernels_portable(), network_kernels_avx2(), network_kernels_avx512()};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (!sets[i]) continue;
        set_name = sets[i]->name;
        state = seed;
        for (long round = 0; round < rounds; round++) {
            products(sets[i]);
            rows_of_channels(sets[i]);
            pools(sets[i]);
            activations(sets[i]);
            steps(sets[i]);
            convolutions(sets[i], coin() ? (coin() ? &sets[i]->f3 : &sets[i]->f6) : coin() ? &sets[i]->f2 : &sets[i]->f4);
            optimiser(sets[i]);
        }
        printf("%s: %ld rounds of random shapes\n", set_name, rounds);
    }
    const bf16_kernels *narrow[] = {bf16_kernels_portable(), bf16_kernels_avx512()};
    for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) {
        if (!narrow[i]) continue;
        set_name = narrow[i]->name;
        for (long round = 0; round < rounds; round++) narrow_products(narrow[i]);
        printf("bf16, %s: %ld rounds of random shapes\n", set_name, rounds);
    }
    const picture_kernels *pictures[] = {picture_kernels_portable(), picture_kernels_avx2()};
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        if (!pictures[i]) continue;
        long faults = picture_faults(pictures[i], rounds, seed);
        if (faults) printf("%s: %ld rows of a picture are others than by the plain kernels\n", pictures[i]->name, faults);
        failed += faults, passed += 2 * rounds - faults;
    }
    const quantized_kernels *integers[] = {quantized_kernels_portable(), quantized_kernels_avx2(),
                                           quantized_kernels_avx_vnni(), quantized_kernels_avx512_vnni(),
                                           quantized_kernels_dotprod()};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        if (!integers[i]) continue;
        long faults = quantized_faults(integers[i], rounds, seed);
        printf("integers by %s: %ld rounds of random shapes\n", integers[i]->name, rounds);
        failed += faults, passed += 6 * rounds - faults;
    }
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed > 0;
}
