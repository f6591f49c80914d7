// Kernels of ours know first derivatives alone.
#pragma once

#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

namespace fractal {

/// To be called in a backward pass: throws c10::Error where derivatives of it are asked for (create_graph),
/// which would silently lack all that goes through it.
inline void refuse_second_derivative() {
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "fractal's own kernels and checkpointing are differentiable once, and create_graph asks for "
                "more: build the module with Kernels::reference and without a checkpoint plan");
}

} // namespace fractal
