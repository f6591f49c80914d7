// A variant as a torch::nn::Module: parameters(), to(device), train()/eval(), save and load work as usual.
//
//     fractal::FractalNet net(fractal::variant_of<Net>);
//     torch::optim::SGD optimizer(net->parameters(), 0.1);
//     auto logits = net->forward(images);
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <torch/torch.h>

#include <fractal/exec/drop_path.hpp>
#include <fractal/exec/kernels.hpp>
#include <fractal/plan/checkpoint.hpp>
#include <fractal/plan/init.hpp>
#include <fractal/registry/variant.hpp>

namespace fractal {

/// The weights of one slot; empty where a layer has none. A slot of a layer that is not built in keeps
/// its tensors in the order of the layer's WeightList.
using SlotWeights = std::vector<torch::Tensor>;

class MaskBank;

/// What a module may be built with, apart from its variant.
struct ModuleOptions {
    int classes = 0;                 ///< 0: as many as the variant's head has
    Init init = Init::torch_default; ///< how weights start
    std::uint64_t seed = 0;          ///< of the initial weights, of dropout masks and of dropped paths
    /// What keeps its input alone for the backward pass, and is run again in it. Gradients are then had by
    /// backward() of all weights, not by autograd::grad of some.
    CheckpointPlan checkpoint{};
    std::optional<DropPathMode>
        drop_path{}; ///< how paths are dropped in training; absent: as the variant's type says
    double drop_path_probability = 0.15;  ///< that a value falls at a join, in local mode
    Kernels kernels = Kernels::automatic; ///< what computes
};

/// A network in LibTorch's terms. Parameters and buffers are named `unit0.step1.column0.layer0.weight`,
/// `unit0.transition.weight`, `head.weight`, `head.bias` and so on; they are registered in slot order.
class FractalNetImpl : public torch::nn::Module {
public:
    /// A network with initial weights. `variant` must outlive it.
    explicit FractalNetImpl(const Variant& variant, const ModuleOptions& options = {});

    /// A module of the same variant with copies of all weights, on `device` where one is given.
    std::shared_ptr<torch::nn::Module> clone(const std::optional<torch::Device>& device = {}) const override;

    /// Logits [N, classes] of images [N, C, H, W]. In training each call is one step: its dropout masks are a
    /// function of the seed and the step's number. Throws c10::Error for images of another shape, and
    /// std::logic_error where a layer of the user's own has no forward. For a part of a batch, `first_image`
    /// is the part's place in it, and `set_step` says that the step is the same: then each image meets the
    /// masks that it meets in the whole batch. In evaluation several threads may call it at once. Derivatives
    /// of derivatives need Kernels::reference.
    torch::Tensor forward(const torch::Tensor& images, std::int64_t first_image = 0);

    /// Lets one column alone run, 0 being the deepest: the plain chain of its firings, a network of its own
    /// that needs no training (the anytime answer). Without a column all run, and in training drop-path
    /// chooses. Throws c10::Error for a column that the network does not have.
    void use_column(std::optional<int> column);

    /// The column that runs alone in the next training step, chosen by `use_column` or by drop-path.
    std::optional<int> next_column() const;

    /// For training steps that are recorded and replayed, as by CUDA graphs: from now on dropout masks are
    /// kept in tensors that stay where they are, all batches being of one size (c10::Error for another).
    /// The fused kernels of the CPU keep none and draw theirs in every step.
    void keep_masks();
    /// Puts the masks of the next training step into the tensors that are kept, as a forward pass would draw
    /// them.
    void refill_masks();

    /// Multiply-accumulates of the last forward pass, for one image: with dropped paths fewer than the
    /// variant's.
    std::int64_t macs() const { return macs_; }

    /// The number of the next training step, from 0; a resumed run sets it.
    void set_step(std::int64_t step) { step_ = step; }
    /// The same, as it stands.
    std::int64_t step() const { return step_; }

    /// What this is a module of.
    const Variant& variant() const { return *variant_; }
    /// The network, its head with the module's number of classes.
    const NetworkSpec& spec() const { return spec_; }
    /// Weights by slot (fractal/plan/slots.hpp).
    const std::vector<SlotWeights>& slots() const { return *slots_; }

private:
    /// Takes weights and all else that may change from a module of the same network.
    void become(const FractalNetImpl& other, const std::optional<torch::Device>& device);
    /// For clones of modules that this is a part of.
    void clone_(torch::nn::Module& other, const std::optional<torch::Device>& device) override;
    DropPathSampler sampler() const;
    Paths next_paths() const;

    const Variant* variant_;
    ModuleOptions options_;
    NetworkSpec spec_;
    std::shared_ptr<std::vector<SlotWeights>> slots_;
    std::int64_t step_ = 0;
    std::atomic<std::int64_t> macs_ = 0;
    std::optional<int> column_;
    std::shared_ptr<MaskBank> masks_;

    FORWARD_HAS_DEFAULT_ARGS({1, torch::nn::AnyValue(std::int64_t{0})}) // for torch::nn::Sequential
};
TORCH_MODULE(FractalNet);

} // namespace fractal
