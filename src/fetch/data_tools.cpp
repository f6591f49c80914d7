// The entry of the library.
#include "fetch/data_tools.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "data/cifar.hpp"
#include "fetch/fetch.hpp"

namespace fractal {
namespace {

class Tools final : public DataTools {
public:
    FetchReport fetch(const FetchRequest& request, FetchObserver& observer) override {
        if (request.name == "cifar10") return fractal::fetch(data::cifar10, request, observer);
        if (request.name == "cifar100") return fractal::fetch(data::cifar100, request, observer);
        throw UsageError(fmt::format("{} cannot be fetched: expected cifar10 or cifar100", request.name));
    }
    data::ImageSet load(std::string_view name, const std::filesystem::path& folder) override {
        return data::load_images(name, folder);
    }
};

} // namespace
} // namespace fractal

extern "C" fractal::DataTools* fractal_data_tools() { return new fractal::Tools; }
