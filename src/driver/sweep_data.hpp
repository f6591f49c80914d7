// The data that trials are trained and judged on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "store/rows.hpp"
#include "train/trainer.hpp"

namespace fractal::driver {

/// The data a sweep runs on, opened when a trial first needs it.
class SweepData {
public:
    /// `folder_of` says where the files of a data set lie; empty for one that needs none. `moved` is a data
    /// file for trials whose own is no longer where it was.
    using FolderOf = std::function<std::string(const std::string& name)>;
    SweepData(Trainer& trainer, FolderOf folder_of, std::string moved = {})
        : trainer_(trainer),
          folder_of_(std::move(folder_of)),
          moved_(std::move(moved)) {}

    /// Opens the data set `source`, a name or the path of a data file, with so many images held out, unless
    /// it is open already. Those held out are the same for every trial and run, so that all are judged alike.
    const DataSummary& open(const std::string& source, std::int64_t validation_images);

    /// Opens the data set that a trial was asked for. DataError when its file is another one now.
    const DataSummary& open(const store::Trial& trial);

    /// The same for a trial to go on with. DataError also when its folder holds another number of images.
    const DataSummary& open_to_train(const store::Trial& trial);

private:
    std::string source_of(const store::Conditions& conditions) const;

    Trainer& trainer_;
    FolderOf folder_of_;
    std::string moved_;
    std::map<std::string, std::string, std::less<>> files_; ///< by the names of what was read from them
    std::string source_;
    std::int64_t validation_images_ = -1;
    DataSummary summary_;
};

} // namespace fractal::driver
