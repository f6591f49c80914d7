// Sets networks up for benchmarks, and measures what the machine has to give.
#include "workload.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "backend/threads.hpp"
#include "train/parameter_rules.hpp"

namespace fractal::bench {

namespace {

/// Runs a second of `amount` units of work at the best of five tries.
template <class Work>
double best_rate(double amount, const Work& work) {
    double best = 0;
    for (int i = 0; i < 5; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        best = std::max(best, amount / took.count());
    }
    return best;
}

torch::Tensor images_for(const Variant& variant, std::int64_t batch) {
    const Shape& shape = variant.spec->input;
    return torch::randn({batch, shape.channels, shape.height, shape.width})
        .contiguous(torch::MemoryFormat::ChannelsLast);
}

Sgd optimizer_of(const FractalNetImpl& net, const Setting& setting) {
    Recipe recipe;
    recipe.optimizer = setting.optimizer;
    return {net.parameters(), recipe, parameter_rules(net, recipe),
            setting.amp == Amp::bf16 ? torch::kBFloat16 : torch::kFloat32};
}

} // namespace

void add_setting_options(CLI::App& app, Setting& setting) {
    const std::vector<std::string> precisions{"off", "bf16"};
    const auto texts = reflect::enum_texts<Kernels>();
    app.add_option("--batch", setting.batch, "images in one pass")->check(CLI::PositiveNumber);
    app.add_option_function<std::string>(
           "--amp", [&](const std::string& text) { setting.amp = *reflect::parse_enum<Amp>(text); },
           "off or bf16 (off)")
        ->check(CLI::IsMember(precisions));
    app.add_option_function<std::string>(
           "--kernels",
           [&](const std::string& text) { setting.kernels = *reflect::parse_enum<Kernels>(text); },
           reflect::enum_list<Kernels>() + " (auto)")
        ->check(CLI::IsMember(std::vector<std::string>(texts.begin(), texts.end())));
    const auto optimizers = reflect::enum_texts<Optimizer>();
    app.add_option_function<std::string>(
           "--optimizer",
           [&](const std::string& text) { setting.optimizer = *reflect::parse_enum<Optimizer>(text); },
           reflect::enum_list<Optimizer>() + " (sgd)")
        ->check(CLI::IsMember(std::vector<std::string>(optimizers.begin(), optimizers.end())));
}

Workload::Workload(const Variant& variant, const Setting& setting)
    : setting_(setting),
      net_(variant, ModuleOptions{.kernels = setting.kernels}),
      sgd_(optimizer_of(*net_, setting)),
      images_(images_for(variant, setting.batch)),
      labels_(torch::randint(variant.spec->classes, {setting.batch}, torch::kInt64)) {
    net_->use_column(setting.column);
}

torch::Tensor Workload::forward() {
    const torch::NoGradGuard no_grad;
    net_->eval();
    const Autocast autocast(setting_.amp, torch::kCPU);
    return net_->forward(images_);
}

torch::Tensor Workload::loss() {
    const Autocast autocast(setting_.amp, torch::kCPU);
    return torch::cross_entropy_loss(net_->forward(images_).to(torch::kFloat32), labels_);
}

void Workload::update() {
    sgd_.step(1e-4);
    sgd_.zero_gradients();
}

void Workload::forward_backward() {
    loss().backward();
    sgd_.zero_gradients();
}

void Workload::step() {
    loss().backward();
    update();
}

double matrix_rate(bool bf16) {
    constexpr std::int64_t size = 2048;
    const torch::TensorOptions options(bf16 ? torch::kBFloat16 : torch::kFloat32);
    const torch::Tensor a = torch::randn({size, size}).to(options);
    torch::Tensor product = at::matmul(a, a);
    return best_rate(static_cast<double>(size * size * size), [&] { at::matmul_out(product, a, a); });
}

double copy_rate() {
    constexpr std::int64_t bytes = std::int64_t{1} << 27; // larger than any cache
    const std::vector<char> from(static_cast<std::size_t>(bytes), 1);
    std::vector<char> to(from.size());
    return best_rate(2 * static_cast<double>(bytes), [&] {
        in_parallel(bytes, std::int64_t{1} << 20, [&](std::int64_t first, std::int64_t last) {
            std::memcpy(to.data() + first, from.data() + first, static_cast<std::size_t>(last - first));
        });
    });
}

const Variant& variant_named(const std::string& name) {
    const Variant* const variant = compiled_registry().find(name);
    if (variant == nullptr) throw CLI::ValidationError(name, "no such variant; see fractal list");
    return *variant;
}

} // namespace fractal::bench
