// Included last by every generated module: stops the build where a LibTorch header came in, which would make
// each unit take seconds instead of milliseconds. Without an include guard, so that each module is looked at.
#if defined(TORCH_API) || defined(C10_API) || defined(TORCH_VERSION)
#error \
    "a generated module sees a LibTorch header; keep LibTorch out of fractal/{spec,plan,exec,registry} and of layer headers"
#endif
