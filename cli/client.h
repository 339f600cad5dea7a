// The command's end of the control protocol. See overt/control.h.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "overt/result.h"

namespace overt::cli {

using Json = nlohmann::ordered_json;

// A process that answers. Move-only; the connection ends with it.
class Client {
 public:
  // Connects and says hello. Errors say whether there is no such process, whether it is another
  // user's, has ended, hangs, or speaks another version.
  static result<Client> connect(const std::string& directory, const std::string& name);

  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // Sends a request; the answer to it is what receive() returns next. Two halves, so that a command
  // is on its way to all processes before the first answer is waited for.
  result<void> send(const std::string& verb, const Json& params);
  result<Json> receive();
  result<Json> call(const std::string& verb, const Json& params = Json::object());

  int pid() const { return pid_; }
  const Json& hello() const { return hello_; }
  std::string service() const { return hello_.value("service", ""); }
  std::string run() const { return hello_.value("run", ""); }
  std::string name() const;  // "gunicorn, pid 4711"

 private:
  Client(int fd, int pid, std::string path);
  result<void> greet();
  tl::unexpected<Error> lost(const std::string& what) const;
  tl::unexpected<Error> silent() const;

  int fd_ = -1;
  int pid_ = 0;
  std::string path_;
  std::string in_;
  Json hello_;
};

}  // namespace overt::cli
