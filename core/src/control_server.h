// The connections of one control socket: who may connect, how much, how long.
//
// Limits: 16 connections and 2 more that get 100 ms to say `off`; 64 KiB a frame; 5 s for a frame
// to become whole; one answer at a time, and no next frame is read before it is taken; 1000 frames
// a second over all, so that a flood costs the program little. Peers are checked before a byte is
// read. THREADS: one thread at a time; nothing blocks.
#pragma once

#include <poll.h>

#include <cstdint>
#include <string>
#include <vector>

#include "descriptors.h"
#include "overt/control.h"
#include "overt/control_socket.h"

namespace overt {

class ControlServer {
 public:
  ControlServer(Control control, std::string directory, int pid);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  result<void> open();
  // The name stays in the directory: for a forked child, which has its parent's.
  void abandon();
  std::string path() const { return listening_.path; }

  // What to wait for, and until when (seconds of the monotonic clock).
  void prepare(std::vector<pollfd>& descriptors, double now, double& until) const;
  // After the wait. `descriptors` are those that prepare() added, in its order.
  void serve(const pollfd* descriptors, std::size_t count, double now);
  // Once a second: the name is still ours, the descriptors too.
  void check();

 private:
  struct Connection {
    Descriptor fd;
    std::string actor;
    std::string in;
    std::string out;
    std::size_t sent = 0;
    double until = 0;  // when it is closed unless something whole has been said by then
    bool spare = false;
    bool closing = false;  // when `out` is taken
  };

  void accept_all(double now);
  bool admit(int fd, double now);
  void reject(const std::string& why);
  bool read(Connection& connection, double now);
  bool write(Connection& connection);
  bool answer_frames(Connection& connection, double now);
  bool take_token(double now);
  void make_room();

  Control control_;
  std::string directory_;
  int pid_;
  Listening listening_;
  Descriptor listener_;
  Descriptor spare_;  // given up for a moment when the program has no descriptor left
  std::vector<Connection> connections_;
  double paused_until_ = 0;  // no descriptor was left: wait before the next accept
  double tokens_ = 0;
  double refilled_ = 0;
  double rejection_told_ = -1e9;
  std::uint64_t rejected_ = 0;
};

}  // namespace overt
