// Included by network_body.h: what follows a normalisation, in one pass with it. Large maps don't fit the cache, and
// reading them is what takes the time; so what ReLU and maximum let through is worked out again, not kept.

// Where the values of a window lie, counted from its first.
#define WINDOW_OFFSETS(m)                                                                                        \
    const long offset[4] = {0, (m)->channels, (m)->width * (m)->channels, ((m)->width + 1) * (m)->channels}

// The normalised sum of the branches, after ReLU.
INLINE v8a activated(const activation_maps *m, const bool joined, long at, long c) {
    v8a value = load(m->shift + c);
    if (joined) value += load(m->z + at) * load(m->scale_z + c);
    return positive(load(m->x + at) * load(m->scale + c) + value);
}
INLINE float activated_one(const activation_maps *m, long at, long c) {
    float value = m->shift[c];
    if (m->z) value += m->z[at] * m->scale_z[c];
    return fmaxf(0, m->x[at] * m->scale[c] + value);
}

// Which part of a window's gradient each of its values gets: all of it the first of equal maxima above 0.
INLINE void share(const activation_maps *m, const bool joined, const int values, const long offset[4], long at, long c,
                  v8a dy, v8a g[4]) {
    v8a each[4], best;
    UNROLL for (int i = 0; i < values; i++) { each[i] = activated(m, joined, at + offset[i], c); }
    best = values == 4 ? larger(larger(each[0], each[1]), larger(each[2], each[3])) : each[0];
    v8a left = (v8a)((i8)dy & (best > 0.0f));
    if (values == 1) {
        g[0] = left;
        return;
    }
    UNROLL for (int i = 0; i < values; i++) {
        i8 hit = each[i] == best;
        g[i] = (v8a)((i8)left & hit);
        left = (v8a)((i8)left & ~hit);
    }
}
// The place in a window of the value that gets its gradient; -1 where ReLU lets none through.
INLINE int chosen(const activation_maps *m, const int values, const long offset[4], long at, long c) {
    int first = -1;
    float best = 0;
    for (int i = 0; i < values; i++) {
        float value = activated_one(m, at + offset[i], c);
        if (value > best) best = value, first = i;
    }
    return first;
}

// How many pixels the sums go through at a time, and how far ahead memory is asked for where there are no windows.
#define LINE 64

// Asks for the values one row of windows, or one line of pixels, behind a window, and for its gradient: the processor does not
// foresee how rows and channels are gone through.
INLINE void fetch_window(const activation_maps *m, const bool joined, const int side, const float *dy, long at) {
    long ahead = side == 2 ? 2 * m->width * m->channels : LINE * m->channels;
    for (long row = 0; row < side; row++) {
        long place = at + ahead + row * m->width * m->channels;
        for (long c = 0; c < side * m->channels; c += 16) {
            __builtin_prefetch(m->x + place + c, 0, 2);
            if (joined) __builtin_prefetch(m->z + place + c, 0, 2);
        }
    }
    if (!dy) return;
    for (long c = 0; c < m->channels; c += 16) __builtin_prefetch(dy + ahead / (side * side) + c, 0, 2);
}

// Calls the body once for each window: `at` is its first value's place, `out` its own.
#define EACH_WINDOW(m, side, ...)                                                                                \
    for (long row = 0, out = 0; row + side <= (m)->height; row += side)                                          \
        for (long column = 0; column + side <= (m)->width; column += side, out += (m)->channels) {               \
            long at = (row * (m)->width + column) * (m)->channels;                                               \
            __VA_ARGS__                                                                                          \
        }
// Calls a function with what it must know while it is compiled: whether there are two branches, and windows.
#define EACH_KIND(function, m, ...)                                                                              \
    if ((m)->pools) {                                                                                            \
        if ((m)->z) function(m, true, 2, __VA_ARGS__);                                                           \
        else function(m, false, 2, __VA_ARGS__);                                                                 \
    } else {                                                                                                     \
        if ((m)->z) function(m, true, 1, __VA_ARGS__);                                                           \
        else function(m, false, 1, __VA_ARGS__);                                                                 \
    }

INLINE void activate(const activation_maps *m, const bool joined, const int side, float *y) {
    WINDOW_OFFSETS(m);
    EACH_WINDOW(m, side, {
        long c = 0;
        fetch_window(m, joined, side, NULL, at);
        for (; c + 8 <= m->channels; c += 8) {
            v8a best = activated(m, joined, at + c, c);
            UNROLL for (int i = 1; i < side * side; i++) {
                best = larger(best, activated(m, joined, at + offset[i] + c, c));
            }
            store(y + out + c, best);
        }
        for (; c < m->channels; c++) {
            float best = 0;
            for (int i = 0; i < side * side; i++) best = fmaxf(best, activated_one(m, at + offset[i] + c, c));
            y[out + c] = best;
        }
    })
}

static void NAME(activation)(const activation_maps *maps, float *y) { EACH_KIND(activate, maps, y) }

// The sums over `count` windows beside each other, the first at `at`, of as many vectors of channels.
INLINE void line_of_gradient_sums(const activation_maps *m, const bool joined, const int side, const int vectors,
                                  const float *dy, long at, long count, long c, double *sums) {
    WINDOW_OFFSETS(m);
    v8a s[4] = {{0}}, q[4] = {{0}}, r[4] = {{0}};
    // Each pass over the line asks for its share of the next one.
    long first = count * c / m->channels, last = count * (c + 8 * vectors) / m->channels;
    for (long n = 0; n < count; n++, at += side * m->channels, dy += m->channels) {
        if (n >= first && n < last) fetch_window(m, joined, side, dy, at);
        UNROLL for (int v = 0; v < vectors; v++) {
            v8a g[4];
            share(m, joined, side * side, offset, at + c + 8 * v, c + 8 * v, load(dy + c + 8 * v), g);
            UNROLL for (int i = 0; i < side * side; i++) {
                long place = at + offset[i] + c + 8 * v;
                s[v] += g[i];
                q[v] += g[i] * load(m->x + place);
                if (joined) r[v] += g[i] * load(m->z + place);
            }
        }
    }
    UNROLL for (int v = 0; v < vectors; v++) {
        double *sum = sums + c + 8 * v;
        add_sums(s[v], sum);
        add_sums(q[v], sum + m->channels);
        if (joined) add_sums(r[v], sum + 2 * m->channels);
    }
}

INLINE void gradient_sums(const activation_maps *m, const bool joined, const int side, const float *dy, double *sums) {
    WINDOW_OFFSETS(m);
    // Without windows all pixels are one line.
    long lines = side == 2 ? m->height / 2 : 1, length = side == 2 ? m->width / 2 : m->height * m->width;
    for (long line = 0; line < lines; line++) {
        for (long start = 0; start < length; start += LINE) {
            long count = length - start < LINE ? length - start : LINE, c = 0;
            long at = (line * side * m->width + start * side) * m->channels;
            const float *from = dy + (line * length + start) * m->channels;
            if (side == 1)
                for (; c + 24 <= m->channels; c += 24)
                    line_of_gradient_sums(m, joined, side, 3, from, at, count, c, sums);
            for (; c + 8 <= m->channels; c += 8) line_of_gradient_sums(m, joined, side, 1, from, at, count, c, sums);
            for (; c < m->channels; c++) {
                for (long n = 0; n < count; n++) {
                    long first = at + n * side * m->channels + c;
                    int hit = chosen(m, side * side, offset, first, c);
                    if (hit < 0) continue;
                    double g = from[n * m->channels + c];
                    sums[c] += g;
                    sums[m->channels + c] += g * m->x[first + offset[hit]];
                    if (joined) sums[2 * m->channels + c] += g * m->z[first + offset[hit]];
                }
            }
        }
    }
}

static void NAME(activation_sums)(const activation_maps *maps, const float *dy, double *sums) {
    EACH_KIND(gradient_sums, maps, dy, sums)
}

INLINE void gradients(const activation_maps *m, const bool joined, const int side, const float *dy,
                      const float *factors, float *dx, float *dz) {
    WINDOW_OFFSETS(m);
    const float *b = factors, *d = b + m->channels, *bz = d + m->channels, *dd = bz + m->channels;
    EACH_WINDOW(m, side, {
        long c = 0;
        fetch_window(m, joined, side, dy + out, at);
        for (; c + 8 <= m->channels; c += 8) {
            v8a g[4];
            share(m, joined, side * side, offset, at + c, c, load(dy + out + c), g);
            UNROLL for (int i = 0; i < side * side; i++) {
                long place = at + offset[i] + c;
                v8a x = load(m->x + place), scale = load(m->scale + c);
                store(dx + place, g[i] * scale + (x * load(b + c) + load(d + c)));
                if (!joined) continue;
                v8a z = load(m->z + place), scale_z = load(m->scale_z + c);
                store(dz + place, g[i] * scale_z + (z * load(bz + c) + load(dd + c)));
            }
        }
        for (; c < m->channels; c++) {
            int hit = chosen(m, side * side, offset, at + c, c);
            for (int i = 0; i < side * side; i++) {
                long place = at + offset[i] + c;
                float g = i == hit ? dy[out + c] : 0;
                dx[place] = g * m->scale[c] + (m->x[place] * b[c] + d[c]);
                if (joined) dz[place] = g * m->scale_z[c] + (m->z[place] * bz[c] + dd[c]);
            }
        }
    })
}

static void NAME(activation_gradient)(const activation_maps *maps, const float *dy, const float *factors, float *dx,
                                      float *dz) {
    EACH_KIND(gradients, maps, dy, factors, dx, dz)
}

#undef LINE
