#pragma once
// Random numbers in memory of their own size, comparisons, and how many of those passed and failed.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"
#include "random.h"

static long passed, failed;
static const char *set_name;

static bool coin(void) { return bits() & 1; }
static float number(void) { return (float)(int32_t)(bits() >> 32) * (2.0f / 2147483648.0f); }

// Memory of its own size exactly, 4 to 32 bytes past a multiple of 64: an access outside is seen by the sanitizer.
typedef struct {
    char *memory;
    float *at;
    long count;
} floats;

static floats numbers(long count) {
    long shift = between(0, 7) * 4;
    floats f = {malloc((size_t)(count * 4 + shift)), NULL, count};
    if (!f.memory) abort();
    f.at = (float *)(f.memory + shift);
    for (long i = 0; i < count; i++) f.at[i] = number();
    return f;
}

static floats copy(floats other) {
    floats f = numbers(other.count);
    memcpy(f.at, other.at, (size_t)other.count * 4);
    return f;
}

static void drop(floats f) { free(f.memory); }

static void check(const char *kernel, floats found, floats expected, double tolerance) {
    double worst = 0;
    for (long i = 0; i < found.count; i++) {
        double gap = fabs((double)found.at[i] - expected.at[i]) / fmax(1, fabs(expected.at[i]));
        if (!(gap <= worst)) worst = gap;
    }
    if (worst <= tolerance) {
        passed++;
    } else {
        failed++;
        if (failed < 20) printf("%s, %s: off by %g\n", set_name, kernel, worst);
    }
}

static void check_sums(const char *kernel, const double *found, const double *expected, long count, double tolerance) {
    floats a = numbers(count), b = numbers(count);
    for (long i = 0; i < count; i++) a.at[i] = (float)found[i], b.at[i] = (float)expected[i];
    check(kernel, a, b, tolerance);
    drop(a), drop(b);
}

// Whether <a, b> = <c, d>, as it is where one pair is the other's image by a map and its adjoint.
static void check_adjoint(const char *kernel, floats a, floats b, floats c, floats d) {
    double left = 0, right = 0, size = 0;
    for (long i = 0; i < a.count; i++) left += (double)a.at[i] * b.at[i], size += fabs((double)a.at[i] * b.at[i]);
    for (long i = 0; i < c.count; i++) right += (double)c.at[i] * d.at[i];
    floats one = numbers(1), two = numbers(1);
    one.at[0] = (float)(left / size), two.at[0] = (float)(right / size);
    check(kernel, one, two, 1e-5);
    drop(one), drop(two);
}
