// Recording and replaying by LibTorch's CUDAGraph; without CUDA, the refusal.
#include "backend/cuda_graph.hpp"

#ifdef FRACTAL_WITH_CUDA
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

#include "base/error.hpp"

namespace fractal {

#ifdef FRACTAL_WITH_CUDA

struct CudaGraph::State {
    void record(const std::function<void()>& work) {
        // What other streams still do, and what the cache holds, stays outside of the record.
        c10::cuda::device_synchronize();
        c10::cuda::CUDACachingAllocator::emptyCache();
        graph.capture_begin();
        try {
            work();
        } catch (...) {
            try {
                graph.capture_end();
            } catch (const c10::Error&) { // the first fault is the one to tell
            }
            throw;
        }
        graph.capture_end();
        recorded = true;
    }

    at::cuda::CUDAGraph graph;
    // The default stream cannot be recorded. Preparation runs here too: what it allocates is used here again.
    c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool();
    int preparations = 3;
    bool recorded = false;
};

CudaGraph::CudaGraph() : state_(std::make_unique<State>()) {}

void CudaGraph::run(const std::function<void()>& work) {
    const c10::cuda::CUDAStream outside = c10::cuda::getCurrentCUDAStream();
    at::cuda::CUDAEvent before;
    at::cuda::CUDAEvent after;
    before.record(outside);
    before.block(state_->stream);
    {
        const c10::cuda::CUDAStreamGuard inside(state_->stream);
        if (state_->preparations > 0) {
            --state_->preparations;
            work();
        } else {
            if (!state_->recorded) state_->record(work);
            state_->graph.replay();
        }
        after.record(state_->stream);
    }
    after.block(outside);
}

bool CudaGraph::recorded() const { return state_->recorded; }

#else

struct CudaGraph::State {};

CudaGraph::CudaGraph() {
    throw UsageError(
        "--cuda-graphs: this LibTorch was built without CUDA; build with ./dev build --preset cuda");
}

void CudaGraph::run(const std::function<void()>& work) { work(); }

bool CudaGraph::recorded() const { return false; }

#endif

CudaGraph::~CudaGraph() = default;

} // namespace fractal
