// Traces a forward pass; the record is played once at another batch size before it is written.
#include "backend/torchscript.hpp"

#include <cctype>
#include <exception>
#include <map>
#include <string>

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/script.h>

#include "base/durable_file.hpp"
#include "base/error.hpp"

namespace fractal {

namespace {

namespace jit = torch::jit;

/// Puts a module's tensors under their names into TorchScript modules. Those of like content share a class.
class Shelves {
public:
    jit::Module shelf(const torch::nn::Module& module, const std::string& name) {
        std::vector<std::pair<std::string, jit::Module>> children;
        std::string content = name;
        for (const auto& child : module.named_children()) {
            children.emplace_back(child.key(), shelf(*child.value(), class_name(child.key())));
            content += " " + child.key() + ":" + children.back().second.type()->name()->qualifiedName();
        }
        for (const auto& weight : module.named_parameters(false)) content += " " + weight.key();
        for (const auto& weight : module.named_buffers(false)) content += " " + weight.key();

        const auto known = classes_.find(content);
        jit::Module made = known != classes_.end()
                               ? jit::Module(unit_, known->second)
                               : jit::Module(c10::QualifiedName("__torch__.fractal." + name), unit_, true);
        classes_.emplace(content, made.type());
        made.register_attribute("training", c10::BoolType::get(), false);
        for (const auto& weight : module.named_parameters(false)) {
            made.register_parameter(weight.key(), weight.value(), false);
        }
        for (const auto& weight : module.named_buffers(false)) {
            made.register_parameter(weight.key(), weight.value(), true);
        }
        for (const auto& [key, child] : children) made.register_module(key, child);
        return made;
    }

private:
    /// `column12` is a `Column`.
    static std::string class_name(std::string name) {
        std::erase_if(name, [](unsigned char c) { return std::isdigit(c) != 0; });
        name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
        return name;
    }

    std::shared_ptr<jit::CompilationUnit> unit_ = std::make_shared<jit::CompilationUnit>();
    std::map<std::string, c10::ClassTypePtr> classes_;
};

torch::Tensor some_images(const Shape& shape, std::int64_t count) {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    return torch::randn({count, shape.channels, shape.height, shape.width}, generator);
}

jit::Module traced(FractalNetImpl& module) {
    jit::Module script = Shelves().shelf(module, "Network");
    const auto forward = [&](const jit::Stack& in) { return jit::Stack{module.forward(in[0].toTensor())}; };
    const auto no_name = [](const torch::autograd::Variable&) { return std::string(); };
    const auto graph = jit::tracer::trace({some_images(module.spec().input, 2)}, forward, no_name, true,
                                          false, &script, {"images"})
                           .first->graph;
    const c10::QualifiedName name(*script.type()->name(), "forward");
    script.type()->addMethod(script._ivalue()->compilation_unit()->create_function(name, graph));
    return script;
}

/// Whether the record answers as the module does, for other images than it was made with and more of them.
bool answers_alike(jit::Module& script, FractalNetImpl& module) {
    const torch::Tensor images = some_images(module.spec().input, 3);
    try {
        return torch::allclose(script.forward({images}).toTensor(), module.forward(images), 1e-4, 1e-5);
    } catch (const std::exception&) { // a number of the first batch that stayed in the record
        return false;
    }
}

std::string own_layers(const LayerOrder& order) {
    std::string names;
    for (const LayerSpec* layer : order) {
        if (layer->kind == LayerKind::custom) {
            names += fmt::format("{}'{}' ({})", names.empty() ? "" : ", ", layer->name, layer->type);
        }
    }
    return names;
}

} // namespace

void write_torchscript(FractalNetImpl& module, const std::filesystem::path& file) {
    const torch::NoGradGuard no_grad;
    module.eval();
    jit::Module script = traced(module);
    if (!answers_alike(script, module)) {
        throw UsageError(fmt::format(
            "{}: its evaluation cannot be recorded as TorchScript; expected that the forward of layer {} "
            "calls "
            "LibTorch's operators on its input and weights alone, with no number that it reads from them",
            module.variant().name, own_layers(module.spec().order)));
    }
    write_durably(file, [&](const ByteSink& sink) {
        // LibTorch's writer is not made to be thrown through: it writes on when it is destroyed.
        std::exception_ptr fault;
        const auto write = [&](const void* bytes, std::size_t count) {
            try {
                if (!fault) sink({static_cast<const std::byte*>(bytes), count});
            } catch (...) {
                fault = std::current_exception();
            }
            return count;
        };
        jit::ExportModule(script, write, {{"fractal.network", std::string(full_name(module.spec()).view())}});
        if (fault) std::rethrow_exception(fault);
    });
}

} // namespace fractal
