#include "control_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "overt/json_text.h"
#include "overt/text.h"

namespace overt {
namespace {

constexpr std::size_t kConnections = 16;
constexpr std::size_t kSpare = 2;
constexpr int kAcceptsAtOnce = 32;
constexpr double kPatience = 5.0;
constexpr double kSparePatience = 0.1;
constexpr double kFramesPerSecond = 1000;
constexpr double kBurst = 200;
constexpr uid_t kOverflow = 65534;  // what a user of no mapping looks like in a user namespace

// Whether that number stands for one user here, nobody, and not for all that have no mapping.
bool maps_overflow() {
  std::ifstream map("/proc/self/uid_map");
  std::uint64_t first = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (map >> first >> outside >> count) {
    if (kOverflow >= first && kOverflow - first < count) return true;
  }
  return false;
}

// May this peer read and switch? The same user may, and root.
bool is_welcome(const ucred& peer) {
  if (peer.uid == 0) return true;
  return peer.uid == ::geteuid() && (peer.uid != kOverflow || maps_overflow());
}

std::string program_of(int pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(stream, name);
  return name;
}

std::string actor_of(const ucred& peer) {
  std::string text = "uid " + std::to_string(peer.uid) + ", pid " + std::to_string(peer.pid);
  const auto program = program_of(peer.pid);
  return program.empty() ? text : text + " (" + printable(program) + ")";
}

}  // namespace

ControlServer::ControlServer(Control control, std::string directory, int pid)
    : control_(control), directory_(std::move(directory)), pid_(pid) {}

ControlServer::~ControlServer() {
  if (listener_.is_open()) unlink_control_socket(listening_);
}

result<void> ControlServer::open() {
  auto opened = open_control_socket(directory_, pid_);
  if (!opened) return tl::unexpected(opened.error());
  listening_ = std::move(*opened);
  listener_ = Descriptor(listening_.fd);
  spare_ = Descriptor(move_up(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  return {};
}

void ControlServer::abandon() {
  connections_.clear();
  listener_.reset();
}

void ControlServer::prepare(std::vector<pollfd>& descriptors, double now, double& until) const {
  const bool paused = now < paused_until_;
  if (paused) until = std::min(until, paused_until_);
  descriptors.push_back({paused ? -1 : listener_.get(), POLLIN, 0});
  const bool throttled = tokens_ < 1 && now - refilled_ < 1 / kFramesPerSecond;
  if (throttled && !connections_.empty()) until = std::min(until, now + 1 / kFramesPerSecond);
  for (const auto& connection : connections_) {
    const bool writing = !connection.out.empty();
    const auto events = static_cast<short>(writing ? POLLOUT : throttled ? 0 : POLLIN);
    descriptors.push_back({connection.fd.get(), events, 0});
    until = std::min(until, connection.until);
    // A whole frame waits for a token or for the answer before it to be taken.
    const bool waiting = !writing && connection.in.find('\n') != std::string::npos;
    if (waiting) until = std::min(until, now + 1 / kFramesPerSecond);
  }
}

void ControlServer::serve(const pollfd* descriptors, std::size_t count, double now) {
  // Connections first: their places in the list are those of `descriptors`.
  for (std::size_t i = 0; i < connections_.size() && i + 1 < count; ++i) {
    auto& connection = connections_[i];
    const short events = descriptors[i + 1].revents;
    bool alive = (events & (POLLERR | POLLNVAL)) == 0;
    if (alive && (events & POLLOUT) != 0) alive = write(connection);
    if (alive && (events & (POLLIN | POLLHUP)) != 0 && connection.out.empty()) {
      alive = read(connection, now);
    }
    if (alive) alive = answer_frames(connection, now);
    if (alive && now >= connection.until) alive = false;
    if (!alive) connection.fd.reset();
  }
  std::erase_if(connections_, [](const auto& each) { return !each.fd.is_open(); });
  if (count > 0 && descriptors[0].fd >= 0 && descriptors[0].revents != 0) accept_all(now);
}

void ControlServer::accept_all(double now) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
      // The program has used up its descriptors: say so with the one that was kept for this.
      spare_.reset();
      fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        static_cast<void>(::send(fd, busy_answer().data(), busy_answer().size(), MSG_NOSIGNAL));
        ::close(fd);
      }
      spare_ = Descriptor(move_up(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
      paused_until_ = now + 0.1;
      return;
    }
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) paused_until_ = now + 0.1;
      return;
    }
    if (!admit(move_up(fd), now)) return;
  }
}

bool ControlServer::admit(int fd, double now) {
  Descriptor descriptor(fd);
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return true;
  if (!is_welcome(peer)) {
    ++rejected_;
    if (now - rejection_told_ < 1) return true;
    rejection_told_ = now;
    reject(actor_of(peer) + " is another user");
    return true;
  }
  if (connections_.size() >= kConnections + kSpare) make_room();
  const bool spare = connections_.size() >= kConnections;
  Connection connection;
  connection.fd = std::move(descriptor);
  connection.actor = actor_of(peer);
  connection.until = now + (spare ? kSparePatience : kPatience);
  connection.spare = spare;
  connections_.push_back(std::move(connection));
  return true;
}

void ControlServer::reject(const std::string& why) {
  control_.history.add("control", R"({"rejected": )" + std::to_string(rejected_) + R"(, "why": )" +
                                      json_string(why) + "}");
}

// Whoever has waited longest without a word goes; spare ones go by themselves.
void ControlServer::make_room() {
  const auto oldest =
      std::min_element(connections_.begin(), connections_.end(), [](const auto& a, const auto& b) {
        return std::pair(a.spare, a.until) < std::pair(b.spare, b.until);
      });
  if (oldest != connections_.end()) connections_.erase(oldest);
}

bool ControlServer::read(Connection& connection, double now) {
  char buffer[8192];
  while (connection.in.size() <= kLargestFrame) {
    const auto got = ::recv(connection.fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (got > 0) {
      connection.in.append(buffer, static_cast<std::size_t>(got));
      continue;
    }
    if (got == 0) return answer_frames(connection, now) && !connection.out.empty();
    if (errno == EINTR) continue;
    return errno == EAGAIN;
  }
  return true;
}

// True while the connection is to be kept.
bool ControlServer::answer_frames(Connection& connection, double now) {
  while (connection.out.empty() && !connection.closing) {
    const auto end = connection.in.find('\n');
    if (end == std::string::npos || end > kLargestFrame) {
      if (connection.in.size() <= kLargestFrame) return true;
      connection.out =
          R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a frame has at most 64 KiB"}})"
          "\n";
      connection.closing = true;
      return write(connection);
    }
    if (!take_token(now)) return true;
    const auto reply =
        overt::answer(control_, std::string_view(connection.in).substr(0, end), connection.actor);
    connection.in.erase(0, end + 1);
    if (connection.spare && !reply.turns_off) {
      connection.out = busy_answer();
      connection.closing = true;
    } else {
      connection.out = reply.line;
      connection.until = now + (connection.spare ? kSparePatience : kPatience);
    }
    if (!write(connection)) return false;
  }
  return true;
}

bool ControlServer::write(Connection& connection) {
  while (connection.sent < connection.out.size()) {
    const auto put = ::send(connection.fd.get(), connection.out.data() + connection.sent,
                            connection.out.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put >= 0) {
      connection.sent += static_cast<std::size_t>(put);
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
  connection.out.clear();
  connection.sent = 0;
  return !connection.closing;
}

bool ControlServer::take_token(double now) {
  tokens_ = std::min(kBurst, tokens_ + (now - refilled_) * kFramesPerSecond);
  refilled_ = now;
  if (tokens_ < 1) return false;
  --tokens_;
  return true;
}

void ControlServer::check() {
  if (listener_.is_ours() && is_in_place(listening_)) return;
  // Closed by a daemon, or its name was taken away: make another, where that can be done.
  abandon();
  if (auto opened = open(); opened) {
    control_.history.add("control", R"({"reopened": )" + json_string(listening_.path) + "}");
  }
}

}  // namespace overt
