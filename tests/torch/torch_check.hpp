// LibTorch and doctest in one unit: LibTorch's logging has a macro CHECK too, which must go before doctest's
// comes.
#pragma once

#include <torch/torch.h>

#undef CHECK

#include <doctest/doctest.h>
