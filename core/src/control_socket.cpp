#include "overt/control_socket.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "descriptors.h"
#include "overt/runtime_dir.h"

namespace overt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".sock";
constexpr std::string_view kTemporary = ".binding-";

tl::unexpected<Error> refused(const std::string& what, const std::string& path) {
  return fail(Code::io, what + " (" + std::strerror(errno) + ")", path);
}

// The address of a name in an open directory, short enough whatever the directory is called.
class Address {
 public:
  Address(const std::string& directory, const std::string& name) {
    auto path = directory + "/" + name;
    if (path.size() >= sizeof(address_.sun_path)) {
      directory_ = Descriptor(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      path = "/proc/self/fd/" + std::to_string(directory_.get()) + "/" + name;
    }
    address_.sun_family = AF_UNIX;
    path.copy(address_.sun_path, sizeof(address_.sun_path) - 1);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static socklen_t size() { return sizeof(sockaddr_un); }

 private:
  Descriptor directory_;
  sockaddr_un address_{};
};

// A process that has ended and that nobody has waited for yet is none.
bool is_alive(int pid) {
  if (::kill(pid, 0) != 0 && errno != EPERM) return false;
  std::ifstream stream("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stream, line);
  const auto name_end = line.rfind(')');
  return name_end == std::string::npos || line.substr(name_end + 1, 2) != " Z";
}

int pid_of_temporary(const std::string& name) {
  int pid = 0;
  if (!name.starts_with(kTemporary)) return 0;
  std::from_chars(name.data() + kTemporary.size(), name.data() + name.size(), pid);
  return pid;
}

// Nobody answers on this name, and it is a socket of ours. A process of another container may have
// the same number: it answers.
bool is_stale(const std::string& directory, const std::string& name) {
  struct stat info{};
  const auto path = directory + "/" + name;
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode) || info.st_uid != ::geteuid()) {
    return false;
  }
  const Descriptor trial(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const Address address(directory, name);
  if (::connect(trial.get(), address.get(), Address::size()) == 0) return false;
  return errno == ECONNREFUSED;
}

}  // namespace

int pid_of_socket(const std::string& name) {
  if (!name.ends_with(kEnding)) return 0;
  int pid = 0;
  const char* end = name.data() + name.size() - kEnding.size();
  const auto [stop, error] = std::from_chars(name.data(), end, pid);
  return error == std::errc() && stop == end && pid > 0 ? pid : 0;
}

result<Listening> open_control_socket(const std::string& directory, int pid) {
  if (const auto checked = check_private(directory); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto name = std::to_string(pid) + std::string(kEnding);
  const auto path = directory + "/" + name;
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0 && !is_stale(directory, name)) {
    return fail(Code::io,
                "another process answers on this name, or it is no socket; remove it, or set "
                "OVERT_RUNTIME_DIR",
                path);
  }
  Descriptor fd(move_up(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  if (!fd.is_open()) return refused("no socket is left for control", path);
  const auto temporary = std::string(kTemporary) + std::to_string(pid);
  const auto temporary_path = directory + "/" + temporary;
  ::unlink(temporary_path.c_str());
  const Address address(directory, temporary);
  if (::bind(fd.get(), address.get(), Address::size()) != 0) {
    return refused("cannot make the control socket", path);
  }
  if (::chmod(temporary_path.c_str(), 0600) != 0 || ::listen(fd.get(), 64) != 0 ||
      ::lstat(temporary_path.c_str(), &info) != 0 ||
      ::rename(temporary_path.c_str(), path.c_str()) != 0) {
    const auto error = refused("cannot make the control socket", path);
    ::unlink(temporary_path.c_str());
    return error;
  }
  Listening listening{::fcntl(fd.get(), F_DUPFD_CLOEXEC, fd.get()), path, info.st_dev, info.st_ino};
  if (listening.fd >= 0) return listening;
  const auto error = refused("no descriptor is left for control", path);
  ::unlink(path.c_str());
  return error;
}

bool is_in_place(const Listening& socket) {
  struct stat info{};
  return ::lstat(socket.path.c_str(), &info) == 0 && info.st_dev == socket.device &&
         info.st_ino == socket.inode;
}

void unlink_control_socket(const Listening& socket) {
  if (is_in_place(socket)) ::unlink(socket.path.c_str());
}

result<Connected> connect_control_socket(const std::string& directory, const std::string& name) {
  const auto path = directory + "/" + name;
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) {
    return fail(Code::not_found, "there is no such process under overt", path);
  }
  if (!S_ISSOCK(info.st_mode)) return fail(Code::io, "this is no socket", path);
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return refused("cannot make a socket", path);
  const Address address(directory, name);
  if (::connect(fd.get(), address.get(), Address::size()) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) {
      return fail(Code::not_found, "this process has ended; its socket is stale", path);
    }
    return refused("cannot connect to this process", path);
  }
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return refused("cannot tell who answers", path);
  }
  if (::geteuid() != 0 && peer.uid != ::geteuid() && peer.uid != 0) {
    return fail(Code::io, "a process of another user answers on this socket", path);
  }
  const int kept = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3);
  if (kept < 0) return refused("no descriptor is left", path);
  return Connected{kept, peer.pid};
}

std::vector<std::string> control_sockets(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const auto name = it->path().filename().string();
    const int binding = pid_of_temporary(name);
    const int pid = pid_of_socket(name);
    if (binding > 0 && !is_alive(binding)) ::unlink(it->path().c_str());
    if (pid == 0) continue;
    if (!is_alive(pid) && is_stale(directory, name)) {
      ::unlink(it->path().c_str());
    } else {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return pid_of_socket(a) < pid_of_socket(b); });
  return names;
}

}  // namespace overt
