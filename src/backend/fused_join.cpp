// Hands tensors to the kernels, image by image over the threads, and figures of channels from pass to pass.
#include "backend/fused_join.hpp"

#include <cmath>
#include <memory>
#include <utility>

#include <torch/csrc/autograd/custom_function.h>

#include <fractal/spec/alphabet.hpp>

#include "backend/once_differentiable.hpp"
#include "backend/threads.hpp"
#include "kernels/channel_figures.hpp"
#include "kernels/fused_join.hpp"

namespace fractal {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A dropout layer of a branch.
struct Drop {
    int slot;
    int percent;
};

/// What the gradient needs to know again. The tensors of a join are, in order: its maps, then weight and bias
/// of each branch's normalisation.
struct Join : torch::CustomClassHolder {
    struct Passed {
        std::vector<Drop> first_drops{}; ///< before the normalisation
        std::vector<Drop> drops{};
        torch::Tensor running_mean{};
        torch::Tensor running_variance{};
    };

    kernels::Isa isa = kernels::Isa::portable;
    kernels::Chain chain{};
    kernels::Extents map{};
    torch::ScalarType type = torch::kFloat32; ///< of the maps
    bool pool = false;
    bool training = false;
    bool moves_statistics = false;
    MaskKey masks{}; ///< but for the slot
    std::vector<Passed> branches{};
};

// Rows of the figures of channels that are kept for each branch.
enum Row : std::int64_t { mean_row, scale_row, shift_row, inverse_deviation_row, rows };

/// Gives each thread images enough to be worth it.
template <class Body>
void for_images(const kernels::Extents& map, const Body& body) {
    const std::int64_t worth = 1 << 15; // elements
    const std::int64_t elements = map.pixels() * map.channels;
    in_parallel(map.images, (worth + elements - 1) / elements, body);
}

torch::Tensor empty_map(const kernels::Extents& map, torch::ScalarType type) {
    return torch::empty({map.images, map.channels, map.height, map.width},
                        torch::TensorOptions(type).memory_format(torch::MemoryFormat::ChannelsLast));
}

kernels::Extents pooled(kernels::Extents map) {
    map.height /= 2;
    map.width /= 2;
    return map;
}

/// The passes of one join over maps of a type.
template <class Scalar>
class Passes {
public:
    using Figure = kernels::AccumulateAs<Scalar>;

    Passes(const Join& join, std::span<const torch::Tensor> maps)
        : join_(join),
          map_(join.map),
          kernel_(kernels::fused_join<Scalar>(join.isa, join.chain, join.pool)),
          inflows_(maps.size()) {
        for (std::size_t i = 0; i < maps.size(); ++i) {
            kernels::Inflow<Scalar>& inflow = inflows_[i];
            if (maps[i].defined()) inflow.map = static_cast<const Scalar*>(maps[i].const_data_ptr());
            const Join::Passed& passed = join.branches[i];
            if (join.chain.first_dropout) inflow.first_factors = factors(passed.first_drops);
            if (join.chain.dropout) inflow.factors = factors(passed.drops);
        }
    }

    torch::TensorOptions figure_options() const { return torch::CppTypeToScalarType<Figure>::value; }

    /// Figures [branches, rows, channels] of the normalisations, from the batch or from what has run before.
    torch::Tensor normalisation_figures(std::span<const torch::Tensor> weights) {
        torch::Tensor figures = torch::empty({branches(), rows, map_.channels}, figure_options());
        for (std::size_t i = 0; i < inflows_.size(); ++i) {
            const kernels::ChannelStatistics found = statistics(i);
            auto* const row =
                figures.mutable_data_ptr<Figure>() + static_cast<std::int64_t>(i) * rows * map_.channels;
            const auto* weight = weights[2 * i].const_data_ptr<Figure>();
            const auto* bias = weights[2 * i + 1].const_data_ptr<Figure>();
            for (std::int64_t c = 0; c < map_.channels; ++c) {
                const auto at = static_cast<std::size_t>(c);
                const double inverse = 1.0 / std::sqrt(found.variance[at] + BatchNorm::epsilon);
                row[mean_row * map_.channels + c] = static_cast<Figure>(found.mean[at]);
                row[scale_row * map_.channels + c] =
                    static_cast<Figure>(inverse * static_cast<double>(weight[c]));
                row[shift_row * map_.channels + c] = bias[c];
                row[inverse_deviation_row * map_.channels + c] = static_cast<Figure>(inverse);
            }
        }
        return figures;
    }
    void take_figures(const torch::Tensor& figures) {
        const auto* row = figures.const_data_ptr<Figure>();
        for (kernels::Inflow<Scalar>& inflow : inflows_) {
            inflow.mean = row + mean_row * map_.channels;
            inflow.scale = row + scale_row * map_.channels;
            inflow.shift = row + shift_row * map_.channels;
            row += rows * map_.channels;
        }
    }

    void forward(torch::Tensor& out, torch::Tensor& taken) {
        auto* const to = static_cast<Scalar*>(out.mutable_data_ptr());
        auto* const places = taken.defined() ? taken.mutable_data_ptr<std::uint8_t>() : nullptr;
        for_images(map_, [&](std::int64_t first, std::int64_t last) {
            kernel_.forward(map_, inflows_, to, places, first, last);
        });
    }

    /// Gradients of the maps, then of weight and bias of each normalisation; undefined where none is wanted.
    variable_list backward(const torch::Tensor& gradient, const torch::Tensor& taken,
                           const torch::Tensor& figures, const std::vector<bool>& wanted) {
        const auto* const from = static_cast<const Scalar*>(gradient.const_data_ptr());
        const auto* const places = taken.defined() ? taken.const_data_ptr<std::uint8_t>() : nullptr;
        variable_list gradients(inflows_.size());
        torch::Tensor slopes;
        if (join_.chain.norm) slopes = normalisation_gradients(from, places, figures, gradients);
        bool any = false;
        for (std::size_t i = 0; i < inflows_.size(); ++i) {
            // Without layers all maps have one gradient.
            if (!wanted[i] || (any && join_.chain.empty())) continue;
            gradients[i] = empty_map(map_, join_.type);
            inflows_[i].gradient = static_cast<Scalar*>(gradients[i].mutable_data_ptr());
            any = true;
        }
        if (any) {
            for_images(map_, [&](std::int64_t first, std::int64_t last) {
                kernel_.backward(map_, inflows_, from, places, first, last);
            });
        }
        if (join_.chain.empty()) share_gradient(gradients, wanted);
        return gradients;
    }

private:
    std::int64_t branches() const { return static_cast<std::int64_t>(inflows_.size()); }

    const Figure* factors(const std::vector<Drop>& drops) {
        torch::Tensor product;
        for (const Drop& drop : drops) {
            MaskKey key = join_.masks;
            key.slot = drop.slot;
            const torch::Tensor mask =
                dropout_mask(key, drop.percent, map_.images, map_.channels, figure_options());
            product = product.defined() ? product * mask : mask;
        }
        masks_.push_back(product);
        return product.const_data_ptr<Figure>();
    }

    kernels::ChannelStatistics statistics(std::size_t branch) {
        const Join::Passed& passed = join_.branches[branch];
        if (!join_.training) return {values_of(passed.running_mean), values_of(passed.running_variance)};
        torch::Tensor parts = torch::empty({2, map_.images, map_.channels}, figure_options());
        auto* const means = parts.mutable_data_ptr<Figure>();
        auto* const squares = means + map_.images * map_.channels;
        for_images(map_, [&](std::int64_t first, std::int64_t last) {
            kernel_.statistics(map_, inflows_[branch], means, squares, first, last);
        });
        kernels::ChannelStatistics found =
            kernels::batch_statistics(means, squares, map_.images, map_.channels, map_.pixels());
        if (join_.moves_statistics && map_.images > 0) {
            const auto count = static_cast<double>(map_.images * map_.pixels());
            move(passed.running_mean, found.mean, 1.0);
            move(passed.running_variance, found.variance, count / (count - 1)); // unbiased
        }
        return found;
    }
    static std::vector<double> values_of(const torch::Tensor& running) {
        const auto* const values = running.const_data_ptr<Figure>();
        return {values, values + running.numel()};
    }
    static void move(torch::Tensor running, const std::vector<double>& batch, double factor) {
        auto* const values = running.mutable_data_ptr<Figure>();
        for (std::size_t c = 0; c < batch.size(); ++c) {
            values[c] = static_cast<Figure>((1 - BatchNorm::momentum) * static_cast<double>(values[c]) +
                                            BatchNorm::momentum * batch[c] * factor);
        }
        running.unsafeGetTensorImpl()->bump_version();
    }

    /// Appends the gradients of weights and biases, and has the inflows read their slopes in what is
    /// returned.
    torch::Tensor normalisation_gradients(const Scalar* from, const std::uint8_t* places,
                                          const torch::Tensor& figures, variable_list& gradients) {
        const std::int64_t channels = map_.channels;
        torch::Tensor parts = torch::empty({map_.images, branches(), 2, channels}, figure_options());
        auto* const sums = parts.mutable_data_ptr<Figure>();
        for_images(map_, [&](std::int64_t first, std::int64_t last) {
            kernel_.reduce(map_, inflows_, from, places, sums, first, last);
        });
        const std::vector<double> total =
            kernels::sum_over_images(sums, map_.images, branches() * 2 * channels);
        // In evaluation the statistics are constants.
        const double weight = join_.training ? 1.0 / static_cast<double>(map_.images * map_.pixels()) : 0.0;
        torch::Tensor slopes = torch::empty({branches(), 2, channels}, figure_options());
        for (std::int64_t i = 0; i < branches(); ++i) {
            const double* const sum = total.data() + i * 2 * channels;
            const Figure* const row = figures.const_data_ptr<Figure>() + i * rows * channels;
            torch::Tensor weight_gradient = torch::empty({channels}, figure_options());
            torch::Tensor bias_gradient = torch::empty({channels}, figure_options());
            auto* const offset = slopes.mutable_data_ptr<Figure>() + i * 2 * channels;
            auto* const slope = offset + channels;
            for (std::int64_t c = 0; c < channels; ++c) {
                const double scale = row[scale_row * channels + c];
                const double inverse = row[inverse_deviation_row * channels + c];
                bias_gradient.mutable_data_ptr<Figure>()[c] = static_cast<Figure>(sum[c]);
                weight_gradient.mutable_data_ptr<Figure>()[c] =
                    static_cast<Figure>(sum[channels + c] * inverse);
                offset[c] = static_cast<Figure>(weight * scale * sum[c]);
                slope[c] = static_cast<Figure>(weight * scale * inverse * inverse * sum[channels + c]);
            }
            inflows_[static_cast<std::size_t>(i)].offset = offset;
            inflows_[static_cast<std::size_t>(i)].slope = slope;
            gradients.push_back(weight_gradient);
            gradients.push_back(bias_gradient);
        }
        return slopes;
    }

    static void share_gradient(variable_list& gradients, const std::vector<bool>& wanted) {
        torch::Tensor shared;
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            if (gradients[i].defined()) shared = gradients[i];
            if (wanted[i]) gradients[i] = shared;
        }
    }

    const Join& join_;
    kernels::Extents map_;
    const kernels::FusedJoin<Scalar>& kernel_;
    std::vector<kernels::Inflow<Scalar>> inflows_;
    std::vector<torch::Tensor> masks_;
};

template <class Body>
auto with_scalar(torch::ScalarType type, const Body& body) {
    if (type == torch::kFloat32) return body.template operator()<float>();
    if (type == torch::kFloat64) return body.template operator()<double>();
    return body.template operator()<kernels::BFloat16>();
}

struct FusedJoinFunction : torch::autograd::Function<FusedJoinFunction> {
    static torch::Tensor forward(AutogradContext* context, at::TensorList tensors,
                                 const c10::intrusive_ptr<Join>& join) {
        const std::span<const torch::Tensor> all(tensors.data(), tensors.size());
        const std::size_t count = join->branches.size();
        const auto maps = all.first(count);
        const kernels::Extents out_extents = join->pool ? pooled(join->map) : join->map;
        torch::Tensor out = empty_map(out_extents, join->type);
        torch::Tensor taken;
        if (join->pool) taken = empty_map(out_extents, torch::kUInt8);
        torch::Tensor figures;
        with_scalar(join->type, [&]<class Scalar>() {
            Passes<Scalar> passes(*join, maps);
            if (join->chain.norm) {
                figures = passes.normalisation_figures(all.subspan(count));
                passes.take_figures(figures);
            }
            passes.forward(out, taken);
        });
        // A ReLU alone lets through what it made positive: then the map may go, and the output stays anyway.
        variable_list saved(count);
        if (join->chain.norm || (join->chain.relu && (count > 1 || join->pool))) {
            saved.assign(maps.begin(), maps.end());
        } else if (join->chain.relu) {
            saved.assign(1, out);
        }
        saved.push_back(figures);
        saved.push_back(taken);
        context->save_for_backward(saved);
        context->saved_data["join"] = c10::IValue::make_capsule(join);
        return out;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        refuse_second_derivative();
        const auto capsule = context->saved_data["join"].toCapsule();
        const auto& join = static_cast<const Join&>(*capsule);
        variable_list saved = context->get_saved_variables();
        const torch::Tensor taken = saved.back();
        saved.pop_back();
        const torch::Tensor figures = saved.back();
        saved.pop_back();
        const torch::Tensor gradient = gradients[0].contiguous(torch::MemoryFormat::ChannelsLast);
        std::vector<bool> wanted;
        for (std::size_t i = 0; i < saved.size(); ++i) wanted.push_back(context->needs_input_grad(i));
        variable_list found = with_scalar(join.type, [&]<class Scalar>() {
            Passes<Scalar> passes(join, saved);
            if (join.chain.norm) passes.take_figures(figures);
            return passes.backward(gradient, taken, figures, wanted);
        });
        found.emplace_back(); // of the join
        return found;
    }
};

} // namespace

bool worth_fusing(const torch::Tensor& map) {
    const torch::ScalarType type = map.scalar_type();
    return map.device().is_cpu() && map.dim() == 4 && (type == torch::kFloat32 || type == torch::kBFloat16);
}

torch::Tensor fused_join(std::span<const Branch> branches, bool pool, const JoinPass& pass) {
    const auto join = c10::make_intrusive<Join>();
    const torch::Tensor& like = branches[0].map;
    join->isa = pass.isa;
    join->map = {like.size(0), like.size(2), like.size(3), like.size(1)};
    join->type = like.scalar_type();
    join->chain = kernels::leading_chain(branches[0].layers).chain;
    if (!pass.training) join->chain.first_dropout = join->chain.dropout = false;
    join->pool = pool;
    join->training = pass.training;
    join->moves_statistics = pass.moves_statistics;
    join->masks = {.seed = pass.seed, .step = pass.step, .first_image = pass.first_image};
    std::vector<torch::Tensor> tensors;
    std::vector<torch::Tensor> weights;
    for (const Branch& branch : branches) {
        // The layers that are built in see to it; one of the user's own may return what it did not declare.
        TORCH_CHECK(branch.map.sizes() == like.sizes() && branch.map.scalar_type() == join->type,
                    "columns of a join differ: ", branch.map.scalar_type(), " ", branch.map.sizes(), " and ",
                    join->type, " ", like.sizes(),
                    "; expected equal ones, so look at what custom layers return");
        tensors.push_back(branch.map.contiguous(torch::MemoryFormat::ChannelsLast));
        Join::Passed& passed = join->branches.emplace_back();
        int slot = branch.first_slot;
        for (const LayerSpec& layer : branch.layers) {
            const SlotWeights& w = pass.slots[static_cast<std::size_t>(slot)];
            if (layer.kind == LayerKind::batch_norm) {
                weights.insert(weights.end(), {w[0], w[1]});
                passed.running_mean = w[2];
                passed.running_variance = w[3];
                passed.first_drops.swap(passed.drops);
            } else if (layer.kind == LayerKind::dropout) {
                passed.drops.push_back({slot, layer.argument});
            }
            ++slot;
        }
    }
    tensors.insert(tensors.end(), weights.begin(), weights.end());
    return FusedJoinFunction::apply(at::TensorList(tensors), join);
}

} // namespace fractal
