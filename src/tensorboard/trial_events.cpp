// Rows to protocol buffers.
#include "tensorboard/trial_events.hpp"

#include <concepts>
#include <ctime>
#include <optional>
#include <type_traits>

#include <event.pb.h>
#include <fmt/format.h>

#include "reflect/value_text.hpp"
#include "tensorboard/record.hpp"

namespace fractal::tensorboard {
namespace {

using store::Disposition;

/// Seconds since 1970 of a time in the results, ISO 8601 in UTC.
double seconds_of(const std::string& time) {
    std::tm parts{};
    return ::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr
               ? 0
               : static_cast<double>(::timegm(&parts));
}

proto::Event event_at(double time, std::int64_t step) {
    proto::Event event;
    event.set_wall_time(time);
    event.set_step(step);
    return event;
}

void add_scalar(proto::Event& event, const char* tag, std::optional<double> value) {
    if (value) {
        proto::Summary::Value& added = *event.mutable_summary()->add_value();
        added.set_tag(tag);
        added.set_simple_value(static_cast<float>(*value));
    }
}

void add_session(proto::Event& event, const char* tag, const proto::HParamsPluginData& data) {
    proto::Summary::Value& value = *event.mutable_summary()->add_value();
    value.set_tag(tag);
    auto& plugin = *value.mutable_metadata()->mutable_plugin_data();
    plugin.set_plugin_name("hparams");
    plugin.set_content(data.SerializeAsString());
}

template <reflect::Described S>
void add_hparams(proto::SessionStartInfo& session, const S& object) {
    reflect::for_each_field<S>([&](const auto& field) {
        proto::SessionStartInfo::Entry& entry = *session.add_hparams();
        entry.set_key(std::string(field.name()));
        const auto& value = field(object);
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::same_as<T, bool>) {
            entry.mutable_value()->set_bool_value(value);
        } else if constexpr (reflect::Number<T>) {
            entry.mutable_value()->set_number_value(static_cast<double>(value));
        } else {
            entry.mutable_value()->set_string_value(reflect::value_text(value));
        }
    });
}

proto::Event start_of(const store::Trial& trial, double began) {
    proto::HParamsPluginData data;
    proto::SessionStartInfo& session = *data.mutable_session_start_info();
    add_hparams(session, trial.subject);
    add_hparams(session, trial.conditions);
    add_hparams(session, trial.recipe);
    session.set_group_name(fmt::format("trial {}", trial.id));
    session.set_start_time_secs(began);
    proto::Event event = event_at(began, 0);
    add_session(event, "_hparams_/session_start_info", data);
    return event;
}

proto::Event epoch_event(const store::Epoch& epoch, double time) {
    proto::Event event = event_at(time, epoch.epoch);
    add_scalar(event, "loss/train", epoch.train_loss);
    add_scalar(event, "loss/validation", epoch.validation_loss);
    add_scalar(event, "accuracy/train", epoch.train_accuracy);
    add_scalar(event, "accuracy/validation", epoch.validation_accuracy);
    add_scalar(event, "lr", epoch.lr);
    add_scalar(event, "images_per_second", epoch.images_per_second);
    return event;
}

/// One that was interrupted, or that a search has paused, goes on, so it has not ended.
bool has_ended(Disposition disposition) {
    const store::Standing standing = store::standing_of(disposition);
    return standing == store::Standing::done || standing == store::Standing::faulty;
}

proto::Event end_of(const store::Trial& trial, double time) {
    const store::Outcome& outcome = trial.outcome;
    proto::Event event = event_at(time, outcome.epochs_done);
    add_scalar(event, "loss/test", outcome.test_loss);
    add_scalar(event, "accuracy/test", outcome.test_accuracy);
    proto::HParamsPluginData data;
    data.mutable_session_end_info()->set_status(outcome.disposition == Disposition::finished
                                                    ? proto::SessionEndInfo::SUCCESS
                                                    : proto::SessionEndInfo::FAILURE);
    data.mutable_session_end_info()->set_end_time_secs(time);
    add_session(event, "_hparams_/session_end_info", data);
    return event;
}

} // namespace

TrialEvents events_of(const store::Trial& trial, std::span<const store::Epoch> epochs) {
    TrialEvents events;
    const auto add = [&](const proto::Event& event) {
        events.records.push_back(record(event.SerializeAsString()));
    };
    double time = seconds_of(trial.outcome.started);
    proto::Event version = event_at(time, 0);
    version.set_file_version("brain.Event:2");
    add(version);
    add(start_of(trial, time));
    events.heading = events.records.size();
    for (const store::Epoch& epoch : epochs) {
        time += epoch.seconds;
        add(epoch_event(epoch, time));
    }
    if (has_ended(trial.outcome.disposition)) {
        add(end_of(trial, time));
    }
    return events;
}

} // namespace fractal::tensorboard
