// The relay's thread: one epoll loop that moves segments from sockets through the two link models to sockets. For link_relay.cc.
//
// A segment is read only when its queue has room; it is then given to the model, which says when it arrives, and held until
// then. What the receiving side does not take at once waits in its flow's `landed`, and the flow is not read further while much waits.
//
// Time on the link is the monotonic clock since the first connection, less the time spent paused.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/link_relay.h"
#include "net/socket.h"

namespace partway::net {

class LinkRelay::Loop {
 public:
  static absl::StatusOr<std::unique_ptr<Loop>> Make(const LinkOptions& options);
  ~Loop();

  Address address() const { return address_; }
  LinkCounters counters() const;
  void Stop();
  void CutAll();
  void SetDown(bool down);
  void SetPaused(bool paused);
  void Rewind();

 private:
  enum class Kind : uint8_t { kBytes, kEnd, kReset };
  struct Segment {
    Instant due;
    uint64_t connection;
    Kind kind;
    std::string bytes;
  };
  // One direction of one connection: 0 up (client to server), 1 down. Flow d reads side d and writes side 1 - d.
  struct Flow {
    bool readable = false, ended = false;   // ended: its end or reset is on the way, nothing more is read
    bool waiting_turn = false;              // stands in its direction's turns
    Instant readable_since{};               // when it took its place among them
    Instant open_at{};                      // the handshake is over
    std::deque<std::string> landed;         // arrived, not yet taken by the socket
    size_t landed_bytes = 0, landed_offset = 0;
    bool end_landed = false, done = false;
  };
  struct Connection {
    uint64_t id = 0;
    std::array<Fd, 2> side;   // client, server
    std::array<Flow, 2> flow;
    bool connected = false;
    size_t attempt = 0;   // which of the server's addresses
  };
  struct Direction {
    explicit Direction(LinkModel m) : model(std::move(m)) {}
    LinkModel model;
    Instant last_sent{};
    std::deque<Segment> under_way;   // in order of `due`
    int64_t under_way_bytes = 0;
    std::deque<uint64_t> turns;   // connections with something to read, next one first
    std::atomic<int64_t> bytes_in{0}, bytes_out{0}, queue_peak{0};
  };

  Loop(const LinkOptions& options, LinkModel up, LinkModel down);
  absl::Status Open();
  void Run();
  void Call(const std::function<void()>& body);   // on the loop's thread; returns when done
  void RunCalls();

  Instant RealNow() const;
  Instant Now() const { return paused_ ? paused_at_ : RealNow() - offset_; }
  void BeginTime();   // it is 0 now
  void RunFaults();   // those that are due
  bool down() const { return down_ || outage_; }
  void ArmTimer();

  void Accept();
  void ConnectNext(Connection& c);
  void FinishConnect(Connection& c);
  void OnSocket(uint64_t id, int side, uint32_t events);
  void WaitTurn(Connection& c, int direction);
  bool Eligible(const Connection& c, int direction) const;
  bool Admit(int direction);   // true if it stopped only to let others go first
  void Depart(int direction, uint64_t id, Kind kind, std::string bytes, Instant at);
  void Deliver(int direction);
  void Flush(Connection& c, int direction);
  void Land(Connection& c, int direction, Segment segment);
  void Reset(uint64_t id);   // both sides, at once
  void ResetAll();
  void Watch(const Fd& fd, uint64_t key, uint32_t events);

  const LinkOptions options_;
  std::array<Direction, 2> directions_;
  std::vector<SocketAddress> servers_;
  Address address_;
  Fd listener_, epoll_, timer_, wake_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t next_id_ = 0;
  std::deque<std::pair<Instant, uint64_t>> opening_;   // handshakes that end then, in order
  bool down_ = false, outage_ = false, paused_ = false;
  bool begun_ = false;   // somebody has connected
  Instant paused_at_{};
  Duration offset_{0};   // real time less the link's
  int64_t next_fault_ = 0;
  Instant accept_again_at_ = kNever;   // real time; set while out of descriptors
  std::vector<char> scratch_;

  std::atomic<int64_t> accepted_{0}, open_{0}, refused_{0}, rejected_{0}, cut_{0}, stalls_{0}, resets_{0}, outages_{0};
  std::mutex mutex_;
  std::condition_variable called_;
  std::vector<std::function<void()>> calls_;   // guarded by mutex_
  bool stopping_ = false, ended_ = false;      // guarded by mutex_
  std::mutex stop_mutex_;
  std::thread thread_;
};

}   // namespace partway::net
