// The graph node of a checkpointed segment.
#include "backend/checkpoint.hpp"

#include "backend/once_differentiable.hpp"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/functions/utils.h>

namespace fractal {

namespace {

/// Autocast as it stands on this thread for one kind of device.
struct AutocastState {
    explicit AutocastState(c10::DeviceType kind)
        : device(kind),
          enabled(at::autocast::is_autocast_enabled(kind)),
          dtype(at::autocast::get_autocast_dtype(kind)),
          caches(at::autocast::is_autocast_cache_enabled()) {}

    void set() const {
        at::autocast::set_autocast_enabled(device, enabled);
        at::autocast::set_autocast_dtype(device, dtype);
        at::autocast::set_autocast_cache_enabled(caches);
    }

    c10::DeviceType device;
    bool enabled;
    at::ScalarType dtype;
    bool caches;
};

/// Sets autocast while it lives, without its cache: that would hand a weight's copy from a run without a
/// graph to one with a graph, and would let the firings that read a segment's input share a copy of it. Each
/// weight is read once in a run anyway.
class AutocastScope {
public:
    explicit AutocastScope(AutocastState inside) : outside_(inside.device) {
        inside.caches = false;
        inside.set();
    }
    AutocastScope(const AutocastScope&) = delete;
    AutocastScope& operator=(const AutocastScope&) = delete;
    ~AutocastScope() { outside_.set(); }

private:
    AutocastState outside_;
};

/// All that a second run needs; kept alive by the graph.
struct Rerun : torch::CustomClassHolder {
    Rerun(std::shared_ptr<ReferenceExecutor> e, const NetworkSpec& n, const Segment& s, Replay r,
          c10::DeviceType device)
        : executor(std::move(e)),
          net(n),
          segment(s),
          replay(r),
          autocast(device) {}

    /// The values that leave the segment, without those that drop-path left out.
    std::vector<torch::Tensor> run(const torch::Tensor& in) {
        const AutocastScope scope(autocast);
        std::vector<Value> out(static_cast<std::size_t>(segment.columns));
        replay(*executor, net, segment, make_value(in), out);
        std::vector<torch::Tensor> tensors;
        is_made.clear();
        for (const Value& value : out) {
            is_made.push_back(bool(value));
            if (value) tensors.push_back(tensor_of(value));
        }
        return tensors;
    }

    std::shared_ptr<ReferenceExecutor> executor;
    NetworkSpec net;
    Segment segment;
    Replay replay;
    AutocastState autocast;
    std::vector<bool> is_made{}; ///< for each value that leaves the segment
};

struct CheckpointFunction : torch::autograd::Function<CheckpointFunction> {
    /// `anchor` needs a gradient and gets none: it makes the outputs need one even where the input is an
    /// image.
    static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                  const torch::Tensor& in, const torch::Tensor& /*anchor*/,
                                                  const c10::intrusive_ptr<Rerun>& rerun) {
        context->save_for_backward({in});
        context->saved_data["rerun"] = c10::IValue::make_capsule(rerun);
        context->saved_data["needs_input"] = in.requires_grad();
        return rerun->run(in);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        refuse_second_derivative();
        TORCH_CHECK(
            torch::autograd::Engine::get_default_engine().is_checkpoint_valid(),
            "a checkpointed network gives gradients to all its weights, by backward() without inputs: "
            "build the module without a checkpoint plan to ask for those of chosen tensors");
        const auto capsule = context->saved_data["rerun"].toCapsule();
        auto& rerun = static_cast<Rerun&>(*capsule);
        const bool needs_input = context->saved_data["needs_input"].toBool();
        const torch::Tensor in = context->get_saved_variables()[0].detach().requires_grad_(needs_input);

        // Of the outputs the engine needs their places in the graph; the tensors may go. Without the anchor
        // an output has none where all that leads to it is frozen.
        torch::autograd::edge_list places;
        torch::autograd::variable_list of_places;
        {
            const at::AutoGradMode with_graph(true);
            const ReferenceExecutor::Recomputation again(*rerun.executor);
            const std::vector<torch::Tensor> outs = rerun.run(in);
            for (std::size_t i = 0; i < outs.size(); ++i) {
                if (!outs[i].requires_grad()) continue;
                places.push_back(torch::autograd::impl::gradient_edge(outs[i]));
                of_places.push_back(gradients[i]);
            }
        }
        if (places.empty()) return {torch::Tensor(), torch::Tensor(), torch::Tensor()};
        torch::autograd::Engine::get_default_engine().execute(places, of_places, /*keep_graph=*/false,
                                                              /*create_graph=*/false,
                                                              /*accumulate_grad=*/true);
        return {needs_input ? in.grad() : torch::Tensor(), torch::Tensor(), torch::Tensor()};
    }
};

} // namespace

void checkpointed(const std::shared_ptr<ReferenceExecutor>& executor, const NetworkSpec& net,
                  const Segment& segment, Replay replay, const Value& in, std::span<Value> out) {
    const torch::Tensor& x = tensor_of(in);
    const torch::Tensor anchor = torch::zeros({}, torch::TensorOptions().requires_grad(true));
    const auto rerun = c10::make_intrusive<Rerun>(executor, net, segment, replay, x.device().type());
    const auto tensors = CheckpointFunction::apply(x, anchor, rerun);
    auto made = tensors.begin();
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (rerun->is_made[i]) out[i] = make_value(*made++);
    }
}

} // namespace fractal
