// Code for processors with AVX2, beside the same for all others: functions marked PARTWAY_AVX2 are called only where HaveAvx2().
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#define PARTWAY_HAS_AVX2 1
#define PARTWAY_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#else
#define PARTWAY_HAS_AVX2 0
#define PARTWAY_AVX2
#endif

namespace partway::codec {

inline bool HaveAvx2() {
#if PARTWAY_HAS_AVX2
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
#else
  return false;
#endif
}

}   // namespace partway::codec
