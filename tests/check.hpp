// The tests' one way to doctest.
#pragma once

#include <doctest/doctest.h>

/// Holds while compiling and while running, so that both readings of a constexpr function are tested.
#define STATIC_REQUIRE(...)                        \
    do {                                           \
        static_assert(__VA_ARGS__);                \
        const volatile bool while_running = true;  \
        REQUIRE((while_running && (__VA_ARGS__))); \
    } while (false)
