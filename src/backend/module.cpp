// Builds a variant's weights as nested modules and runs its forward pass.
#include <fractal/torch/module.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "backend/fused_executor.hpp"
#include "backend/initial_weights.hpp"
#include "backend/own_convolution.hpp"
#include "backend/reference_executor.hpp"
#include "backend/signal_levels.hpp"

namespace fractal {

namespace {

/// A module that only holds other modules and weights under their names.
struct Shelf : torch::nn::Module {
    Shelf* child(const std::string& name) {
        auto& known = children_[name];
        if (known == nullptr) known = register_module(name, std::make_shared<Shelf>()).get();
        return known;
    }

    std::map<std::string, Shelf*> children_;
};

} // namespace

FractalNetImpl::FractalNetImpl(const Variant& variant, const ModuleOptions& options)
    : variant_(&variant),
      options_(options),
      spec_(*variant.spec) {
    if (options.classes > 0) spec_.classes = options.classes;
    InitialWeights initial(spec_, options_.init, options_.seed);
    std::map<std::string, Shelf*> tops;
    const auto slots =
        std::make_shared<std::vector<SlotWeights>>(static_cast<std::size_t>(SlotMap{spec_}.count()));
    for_each_slot(spec_, [&](const Slot& slot) {
        if (slot.weights.count == 0) return;
        std::string_view rest = slot.path;
        Shelf* shelf = nullptr;
        while (!rest.empty()) {
            const std::string name(rest.substr(0, rest.find('.')));
            rest.remove_prefix(std::min(rest.size(), name.size() + 1));
            if (shelf != nullptr) {
                shelf = shelf->child(name);
            } else {
                Shelf*& top = tops[name];
                if (top == nullptr) top = register_module(name, std::make_shared<Shelf>()).get();
                shelf = top;
            }
        }
        SlotWeights& tensors = (*slots)[static_cast<std::size_t>(slot.index)];
        for (const WeightSpec& weight : slot.weights) {
            torch::Tensor tensor = initial.draw(slot, weight);
            if (tensor.dim() == 4) tensor = tensor.contiguous(torch::MemoryFormat::ChannelsLast);
            const std::string name(weight.name);
            tensors.push_back(weight.trainable ? shelf->register_parameter(name, tensor)
                                               : shelf->register_buffer(name, tensor));
        }
    });
    slots_ = slots;
    if (options_.init == Init::keep_variance) level_signal(variant, spec_, slots, initial.plan());
}

std::shared_ptr<torch::nn::Module> FractalNetImpl::clone(const std::optional<torch::Device>& device) const {
    ModuleOptions options = options_;
    options.init = Init::torch_default; // keep_variance takes a pass, and all is overwritten
    const auto copy = std::make_shared<FractalNetImpl>(*variant_, options);
    copy->become(*this, device);
    return copy;
}

void FractalNetImpl::clone_(torch::nn::Module& other, const std::optional<torch::Device>& device) {
    become(dynamic_cast<const FractalNetImpl&>(other), device);
}

void FractalNetImpl::become(const FractalNetImpl& other, const std::optional<torch::Device>& device) {
    TORCH_CHECK(variant_->fingerprint == other.variant_->fingerprint && spec_.classes == other.spec_.classes,
                variant_->name, ": expected a copy of the same network, got ", other.variant_->name);
    const torch::NoGradGuard no_grad;
    for (std::size_t slot = 0; slot < slots_->size(); ++slot) {
        for (std::size_t i = 0; i < (*slots_)[slot].size(); ++i) {
            torch::Tensor& target = (*slots_)[slot][i];
            const torch::Tensor& source = (*other.slots_)[slot][i];
            target.set_data(source.to(device.value_or(source.device()), source.scalar_type(), false, true));
        }
    }
    options_ = other.options_;
    train(other.is_training());
    step_ = other.step_;
    column_ = other.column_;
}

void FractalNetImpl::use_column(std::optional<int> column) {
    TORCH_CHECK(!column || (*column >= 0 && *column < spec_.columns), variant_->name, ": there is no column ",
                column.value_or(0), "; it has columns 0 to ", spec_.columns - 1);
    column_ = column;
}

DropPathSampler FractalNetImpl::sampler() const {
    return {options_.drop_path.value_or(spec_.drop_path), options_.drop_path_probability, options_.seed};
}

Paths FractalNetImpl::next_paths() const {
    if (column_) return Paths::one_column(*column_);
    return is_training() ? sampler().draw(step_, spec_.depth, spec_.columns) : Paths();
}

std::optional<int> FractalNetImpl::next_column() const {
    return column_ ? column_ : sampler().only_column(step_, spec_.columns);
}

void FractalNetImpl::keep_masks() {
    if (masks_ == nullptr) masks_ = std::make_shared<MaskBank>();
}

void FractalNetImpl::refill_masks() {
    if (masks_ != nullptr) masks_->refill(step_);
}

torch::Tensor FractalNetImpl::forward(const torch::Tensor& images, std::int64_t first_image) {
    const Shape& shape = spec_.input;
    TORCH_CHECK(images.dim() == 4 && images.size(1) == shape.channels && images.size(2) == shape.height &&
                    images.size(3) == shape.width,
                variant_->name, ": expected images of shape [N, ", shape.channels, ", ", shape.height, ", ",
                shape.width, "], got ", images.sizes());
    const PassOptions pass{.training = is_training(),
                           .checkpoint = options_.checkpoint,
                           .seed = options_.seed,
                           .step = is_training() ? step_ : 0,
                           .first_image = first_image,
                           .paths = next_paths(),
                           .masks = masks_.get()};
    if (is_training()) ++step_;
    const std::shared_ptr<ReferenceExecutor> executor =
        options_.kernels == Kernels::reference
            ? std::make_shared<ReferenceExecutor>(slots_, pass)
            : std::make_shared<FusedExecutor>(slots_, pass, own_convolutions(options_.kernels));
    const Value logits =
        variant_->forward(*executor, spec_, make_value(images.contiguous(torch::MemoryFormat::ChannelsLast)));
    macs_ = executor->macs() / std::max<std::int64_t>(images.size(0), 1);
    return tensor_of(logits);
}

} // namespace fractal
