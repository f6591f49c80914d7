// The reference executor's operations.
#include "backend/reference_executor.hpp"

#include <fractal/torch/custom_layer.hpp>

#include "backend/checkpoint.hpp"

namespace fractal {

namespace {

Shape image_shape(const torch::Tensor& batch) {
    return {static_cast<int>(batch.size(1)), static_cast<int>(batch.size(2)),
            static_cast<int>(batch.size(3))};
}

} // namespace

Value ReferenceExecutor::convolution(int slot, const LayerSpec& layer, const Value& in) {
    const std::int64_t padding = layer.argument / 2;
    const torch::Tensor& weight = weights(slot)[0];
    torch::Tensor out = at::conv2d(tensor_of(in), weight, {}, 1, padding);
    count(out.numel() * weight[0].numel());
    return make_value(std::move(out));
}

Value ReferenceExecutor::pointwise(int first_slot, std::span<const LayerSpec> chain, const Value& in) {
    Value value = in;
    int slot = first_slot;
    for (const LayerSpec& layer : chain) {
        if (layer.kind == LayerKind::batch_norm) {
            value = make_value(batch_norm(slot, tensor_of(value)));
        } else if (layer.kind == LayerKind::relu) {
            value = make_value(at::relu(tensor_of(value)));
        } else {
            value = channel_dropout(slot, layer.argument, value);
        }
        ++slot;
    }
    return value;
}

torch::Tensor ReferenceExecutor::batch_norm(int slot, const torch::Tensor& in) const {
    const SlotWeights& w = weights(slot);
    // While training, LibTorch reads the running statistics only to update them.
    const bool update = !options_.training || !recomputing_;
    return at::batch_norm(in, w[0], w[1], update ? w[2] : torch::Tensor(), update ? w[3] : torch::Tensor(),
                          options_.training, BatchNorm::momentum, BatchNorm::epsilon,
                          at::globalContext().userEnabledCuDNN());
}

Value ReferenceExecutor::custom(int slot, const LayerSpec& layer, const Value& in) {
    const torch::Tensor& x = tensor_of(in);
    torch::Tensor out = CustomLayer::find(layer.name)(x, weights(slot), options_.training);
    count(x.size(0) * layer.macs(image_shape(x), image_shape(out)));
    return make_value(std::move(out));
}

Value ReferenceExecutor::join(int, int, std::span<const Value> values) {
    if (values.size() == 1) return values[0];
    torch::Tensor sum = tensor_of(values[0]) + tensor_of(values[1]);
    for (const Value& value : values.subspan(2)) sum = sum + tensor_of(value);
    return make_value(sum * (1.0 / static_cast<double>(values.size())));
}

Value ReferenceExecutor::pool(const Value& in) { return make_value(at::max_pool2d(tensor_of(in), {2, 2})); }

Value ReferenceExecutor::channel_dropout(int slot, int percent, const Value& in) {
    if (!options_.training || percent == 0) return in;
    const torch::Tensor& x = tensor_of(in);
    const MaskKey key{options_.seed, options_.step, slot, options_.first_image};
    return make_value(x * (options_.masks != nullptr
                               ? options_.masks->mask(key, percent, x.size(0), x.size(1), x.options())
                               : dropout_mask(key, percent, x.size(0), x.size(1), x.options())));
}

Value ReferenceExecutor::head(int slot, HeadKind kind, const Value& in) {
    const torch::Tensor& x = tensor_of(in);
    const torch::Tensor features = kind == HeadKind::flatten ? x.flatten(1) : x.mean({2, 3});
    count(features.numel() * weights(slot)[0].size(0));
    return make_value(at::linear(features, weights(slot)[0], weights(slot)[1]));
}

void ReferenceExecutor::segment(const NetworkSpec& net, const Segment& segment, Replay replay,
                                const Value& in, std::span<Value> out) {
    if (!options_.training || !at::GradMode::is_enabled()) return replay(*this, net, segment, in, out);
    if (options_.checkpoint.marks(net, segment)) {
        return checkpointed(shared_from_this(), net, segment, replay, in, out);
    }
    // A sub-fractal reads its input twice, in a part of its own and in its last firing. An alias for each
    // lets the gradients add up in twos, in the order in which they do where the sub-fractal is run again by
    // itself.
    const torch::Tensor& x = tensor_of(in);
    const bool read_twice =
        segment.kind == Segment::Kind::columns && segment.columns > 1 && x.requires_grad();
    replay(*this, net, segment, read_twice ? make_value(at::alias(x)) : in, out);
}

} // namespace fractal
