// Work on a CUDA device, recorded once and replayed: what the launches of many small kernels cost, once.
#pragma once

#include <functional>
#include <memory>

namespace fractal {

/// One piece of work on the current CUDA device, as a CUDA graph. The work reads and writes tensors that live
/// as long as this object, waits for nothing and decides nothing on the host.
class CudaGraph {
public:
    /// Throws UsageError where LibTorch was built without CUDA.
    CudaGraph();
    CudaGraph(const CudaGraph&) = delete;
    CudaGraph& operator=(const CudaGraph&) = delete;
    ~CudaGraph();

    /// Does the work: as it is the first three times, in which libraries make their handles and choose their
    /// algorithms, then by replaying a record of it. What the current stream was given before is done before
    /// it, and what it is given afterwards comes after it.
    void run(const std::function<void()>& work);
    /// Whether the work has been recorded.
    bool recorded() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace fractal
