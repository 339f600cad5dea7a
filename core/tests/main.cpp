// The one translation unit that compiles doctest itself; tests are in *_test.cpp beside it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
