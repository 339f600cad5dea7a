#include "client.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "overt/control.h"
#include "overt/control_socket.h"
#include "overt/json_text.h"

namespace overt::cli {
namespace {

constexpr int kPatience = 3;  // seconds; the thread that answers waits for nothing
constexpr std::size_t kLargestAnswer = std::size_t{64} << 20U;

}  // namespace

Client::Client(int fd, int pid, std::string path) : fd_(fd), pid_(pid), path_(std::move(path)) {
  const timeval patience{kPatience, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      pid_(other.pid_),
      path_(std::move(other.path_)),
      in_(std::move(other.in_)),
      hello_(std::move(other.hello_)) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(pid_, other.pid_);
  path_.swap(other.path_);
  in_.swap(other.in_);
  hello_.swap(other.hello_);
  return *this;
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

std::string Client::name() const { return service() + ", pid " + std::to_string(pid_); }

result<Client> Client::connect(const std::string& directory, const std::string& name) {
  auto connected = connect_control_socket(directory, name);
  if (!connected) return tl::unexpected(connected.error());
  Client client(connected->fd, pid_of_socket(name), directory + "/" + name);
  if (auto greeted = client.greet(); !greeted) return tl::unexpected(greeted.error());
  return client;
}

result<void> Client::greet() {
  auto answer = call("hello");
  if (!answer) {
    const bool lives = ::kill(pid_, 0) == 0 || errno == EPERM;
    if (answer.error().code != Code::not_found || !lives) return tl::unexpected(answer.error());
    return fail(Code::io, "this process hung up: it takes this for another user, or is ending",
                std::to_string(pid_));
  }
  hello_ = std::move(*answer);
  const auto protocol = hello_.find("protocol");
  if (protocol == hello_.end() || *protocol != kProtocol) {
    return fail(Code::format,
                "this process runs overt " + hello_.value("overt", "?") +
                    ", this command is overt " + OVERT_VERSION +
                    "; use the command beside its python",
                std::to_string(pid_));
  }
  return {};
}

tl::unexpected<Error> Client::lost(const std::string& what) const {
  return fail(Code::not_found, what, std::to_string(pid_));
}

tl::unexpected<Error> Client::silent() const {
  return fail(Code::io, "this process does not answer; is it stopped?", std::to_string(pid_));
}

result<void> Client::send(const std::string& verb, const Json& params) {
  const Json request = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", verb}, {"params", params}};
  auto line = compact_json(request) + "\n";
  if (line.size() > kLargestFrame)
    return fail(Code::usage, "this is too much to ask at once", verb);
  for (std::string_view rest = line; !rest.empty();) {
    const auto put = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (put >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {
      return silent();
    } else if (errno != EINTR) {
      return lost("this process has ended meanwhile");
    }
  }
  return {};
}

result<Json> Client::receive() {
  std::array<char, 16384> buffer{};
  std::size_t end = 0;
  while ((end = in_.find('\n')) == std::string::npos) {
    if (in_.size() > kLargestAnswer) return fail(Code::format, "its answer has no end", path_);
    const auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      in_.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got < 0 && errno == EAGAIN) {
      return silent();
    } else if (got == 0 || errno != EINTR) {
      return lost("this process has ended meanwhile");
    }
  }
  auto answer =
      Json::parse(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
  in_.erase(0, end + 1);
  if (!answer.is_object()) return fail(Code::format, "what answers here is not overt", path_);
  if (const auto error = answer.find("error"); error != answer.end() && error->is_object()) {
    const int code = error->value("code", 0);
    const auto subject = error->contains("data") ? (*error)["data"].value("subject", "") : "";
    return fail(code == exit_status(Code::not_found) ? Code::not_found : Code::usage,
                error->value("message", ""), subject.empty() ? std::to_string(pid_) : subject);
  }
  if (!answer.contains("result"))
    return fail(Code::format, "what answers here is not overt", path_);
  return std::move(answer["result"]);
}

result<Json> Client::call(const std::string& verb, const Json& params) {
  if (auto sent = send(verb, params); !sent) return tl::unexpected(sent.error());
  return receive();
}

}  // namespace overt::cli
