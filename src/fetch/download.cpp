// libcurl's easy interface: one transfer after another until the file is whole.
#include "fetch/download.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <thread>

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.hpp"

namespace fractal {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what, const fs::path& file) {
    throw IoError(fmt::format("cannot {} '{}': {}", what, file.string(), std::strerror(errno)));
}

/// The file that grows; nobody else may write to it meanwhile.
class PartialFile {
public:
    explicit PartialFile(fs::path path)
        : path_(std::move(path)),
          descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
        if (descriptor_ < 0) fail("open", path_);
        if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
            const int reason = errno;
            ::close(descriptor_);
            errno = reason;
            if (reason != EWOULDBLOCK) fail("lock", path_);
            throw IoError(fmt::format("'{}' is being downloaded by another process; wait for it, or end it",
                                      path_.string()));
        }
        size_ = ::lseek(descriptor_, 0, SEEK_END);
    }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile() { ::close(descriptor_); }

    std::int64_t size() const { return size_; }
    std::int64_t appended() const { return appended_; }
    bool append(const char* bytes, std::size_t count) {
        while (count > 0) {
            const ssize_t written = ::write(descriptor_, bytes, count);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return false;
            bytes += written;
            count -= static_cast<std::size_t>(written);
            size_ += written;
            appended_ += written;
        }
        return true;
    }
    void clear() {
        if (::ftruncate(descriptor_, 0) != 0) fail("empty", path_);
        size_ = 0;
    }
    void sync() const {
        if (::fsync(descriptor_) != 0) fail("sync", path_);
    }

private:
    fs::path path_;
    int descriptor_;
    std::int64_t size_ = 0;
    std::int64_t appended_ = 0;
};

/// One request, from where the file ends.
class Transfer {
public:
    Transfer(const Download& wanted, PartialFile& file, FetchObserver& observer)
        : wanted_(wanted),
          file_(file),
          observer_(observer),
          curl_(::curl_easy_init(), ::curl_easy_cleanup) {
        if (!curl_) throw std::bad_alloc();
        constexpr long connect_seconds = 30;
        constexpr long silent_seconds = 60;
        set(CURLOPT_URL, wanted.url.c_str());
        set(CURLOPT_ERRORBUFFER, message_);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_FAILONERROR, 1L);
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, 10L);
        set(CURLOPT_CONNECTTIMEOUT, connect_seconds);
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, silent_seconds);
        set(CURLOPT_USERAGENT, "fractal");
#if LIBCURL_VERSION_NUM >= 0x075500
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
        set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
        set(CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
        set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(file.size()));
        set(CURLOPT_WRITEFUNCTION, &Transfer::on_bytes);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
        set(CURLOPT_XFERINFODATA, this);
    }

    CURLcode run() { return ::curl_easy_perform(curl_.get()); }

    bool is_stopped() const { return stopped_; }
    bool is_too_long() const { return too_long_; }
    int write_error() const { return write_error_; }
    long status() const {
        long status = 0;
        ::curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
        return status;
    }
    std::string message(CURLcode code) const {
        return message_[0] != '\0' ? message_ : ::curl_easy_strerror(code);
    }

private:
    template <class Value>
    void set(CURLoption option, Value value) {
        if (const CURLcode code = ::curl_easy_setopt(curl_.get(), option, value); code != CURLE_OK) {
            throw IoError(fmt::format("libcurl refuses option {}: {}", static_cast<int>(option),
                                      ::curl_easy_strerror(code)));
        }
    }

    static std::size_t on_bytes(char* bytes, std::size_t, std::size_t count, void* self) {
        auto& transfer = *static_cast<Transfer*>(self);
        const auto most = transfer.wanted_.most_bytes;
        transfer.too_long_ = transfer.file_.size() + static_cast<std::int64_t>(count) > most;
        if (transfer.too_long_) return 0;
        if (!transfer.file_.append(bytes, count)) {
            transfer.write_error_ = errno;
            return 0;
        }
        return count;
    }

    static int on_progress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
        auto& transfer = *static_cast<Transfer*>(self);
        const auto moment = Clock::now();
        constexpr std::chrono::milliseconds pause(100);
        if (moment - transfer.shown_ < pause) return 0;
        transfer.shown_ = moment;
        const std::chrono::duration<double> seconds = moment - transfer.begun_;
        const std::int64_t before = transfer.file_.size() - now;
        const bool go_on = transfer.observer_.on_progress(
            {.bytes = transfer.file_.size(),
             .total = total > 0 ? before + total : 0,
             .bytes_per_second = static_cast<double>(now) / std::max(seconds.count(), 1e-3)});
        transfer.stopped_ = !go_on;
        return go_on ? 0 : 1;
    }

    const Download& wanted_;
    PartialFile& file_;
    FetchObserver& observer_;
    std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> curl_;
    char message_[CURL_ERROR_SIZE] = {};
    Clock::time_point begun_ = Clock::now();
    Clock::time_point shown_{};
    bool stopped_ = false;
    bool too_long_ = false;
    int write_error_ = 0;
};

/// Whether the same request may well succeed a little later.
bool is_passing(CURLcode code, long status) {
    switch (code) {
        case CURLE_PARTIAL_FILE:
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
        case CURLE_OPERATION_TIMEDOUT:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
            return true;
        case CURLE_HTTP_RETURNED_ERROR:
            return status >= 500 || status == 429;
        default:
            return false;
    }
}

} // namespace

DownloadResult download(const Download& wanted, FetchObserver& observer) {
    static const CURLcode global = ::curl_global_init(CURL_GLOBAL_DEFAULT);
    if (global != CURLE_OK) throw IoError(fmt::format("libcurl: {}", ::curl_easy_strerror(global)));
    PartialFile file(wanted.file);
    if (file.size() > 0) observer.on_note(fmt::format("goes on after {} bytes", file.size()));
    constexpr int most_failures = 5;
    int restarts = 0;
    for (int failures = 0;;) {
        const std::int64_t before = file.size();
        Transfer transfer(wanted, file, observer);
        const CURLcode code = transfer.run();
        if (transfer.is_stopped()) return {false, file.appended()};
        if (transfer.write_error() != 0) {
            errno = transfer.write_error();
            fail("write", wanted.file);
        }
        if (transfer.is_too_long()) {
            throw DataError(fmt::format("{} gives more than {} bytes: it is not the archive", wanted.url,
                                        wanted.most_bytes));
        }
        if (code == CURLE_OK) {
            file.sync();
            return {true, file.appended()};
        }
        if (code == CURLE_RANGE_ERROR) {
            if (++restarts == most_failures) {
                throw IoError(
                    fmt::format("{}: the server cannot begin in the middle, and did not come to the end "
                                "{} times",
                                wanted.url, most_failures));
            }
            observer.on_note("the server cannot begin in the middle, so it begins anew");
            file.clear();
            continue;
        }
        failures = file.size() > before ? 0 : failures + 1;
        if (!is_passing(code, transfer.status()) || failures == most_failures) {
            throw IoError(fmt::format("{}: {}", wanted.url, transfer.message(code)));
        }
        observer.on_note(fmt::format("{}; goes on after {} bytes", transfer.message(code), file.size()));
        std::this_thread::sleep_for(std::chrono::milliseconds(500) * ((1 << failures) - 1));
    }
}

} // namespace fractal
