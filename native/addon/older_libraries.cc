#include <stdlib.h>

// What a newer libcap.a, which is part of the addon, asks glibc 2.38 for.
extern "C" unsigned long __isoc23_strtoul(const char* text, char** end, int base) {
    return strtoul(text, end, base);
}
