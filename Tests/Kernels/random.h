#pragma once
// The numbers that tests of kernels draw, the same from a seed on every machine.
#include <stdint.h>

/// What the next number comes of: set it to begin anew.
static uint64_t state = 1;

/// SplitMix64 (Steele et al., 2014).
static inline uint64_t bits(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/// A whole number, both ends included.
static inline long between(long low, long high) { return low + (long)(bits() % (uint64_t)(high - low + 1)); }
