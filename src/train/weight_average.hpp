// A moving average of a network's weights, which does better than the last weights while the rate is high.
#pragma once

#include <vector>

#include <fractal/torch/module.hpp>

namespace fractal {

/// The exponential moving average of all parameters and buffers over the steps of a trial (Polyak averaging
/// with a finite memory). Before step t (from 0) its factor is min(factor, (1 + t) / (10 + t)), so that the
/// first weights are soon forgotten.
class WeightAverage {
public:
    /// Starts with the network's present weights. The network outlives it.
    WeightAverage(FractalNetImpl& net, double factor);

    /// Takes in the weights that step `step` left.
    void update(std::int64_t step);

    /// The averages, in the order of the network's parameters, then of its buffers.
    const std::vector<torch::Tensor>& values() const { return averages_; }
    /// Goes on from a saved average of parameter or buffer `place`.
    void restore(std::size_t place, const torch::Tensor& value);

    /// Leaves the network the average for its weights, and is of no use any more.
    void replace_weights() { swap(); }

    /// While it lives, the network has the average for its weights; null leaves it as it is.
    class InPlace {
    public:
        explicit InPlace(WeightAverage* average) : average_(average) {
            if (average_ != nullptr) average_->swap();
        }
        InPlace(const InPlace&) = delete;
        InPlace& operator=(const InPlace&) = delete;
        ~InPlace() {
            if (average_ != nullptr) average_->swap();
        }

    private:
        WeightAverage* average_;
    };

private:
    void swap();

    double factor_;
    std::vector<torch::Tensor> weights_; ///< the network's own
    std::vector<torch::Tensor> averages_;
};

} // namespace fractal
