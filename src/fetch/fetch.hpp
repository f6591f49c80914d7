// A CIFAR data set from its official archive: downloaded, checked, unpacked.
#pragma once

#include "data/cifar.hpp"
#include "fetch/data_tools.hpp"

namespace fractal {

/// See `DataTools::fetch`.
FetchReport fetch(const data::CifarFormat& format, const FetchRequest& request, FetchObserver& observer);

} // namespace fractal
