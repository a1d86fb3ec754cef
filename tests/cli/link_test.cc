// `link` as a user runs it: rates and traces, faults on a schedule, what it says at its end, and how it refuses. What is measured here only bounds from
// below: bytes that arrive before a link can have carried them.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;

// A connection to a port on loopback; what it waits for it waits for with patience, not for ever.
class Client {
 public:
  explicit Client(const std::string& address) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{kPatience.count(), 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;

  // What comes back for `text`: as much again, or less if the connection ends first; then `reset` says how.
  std::string Echo(const std::string& text) {
    std::string got;
    if (!connected_ || ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) < 0) {
      reset = true;
      return got;
    }
    char buffer[4096];
    while (got.size() < text.size()) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) {
        reset = n < 0 && errno == ECONNRESET;
        break;
      }
      got.append(buffer, static_cast<size_t>(n));
    }
    return got;
  }
  bool reset = false;

 private:
  int fd_;
  bool connected_ = false;
};

class LinkTest : public testing::Test {
 protected:
  // Starts `link` to an echo, with --json.
  void Start(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"link", "--to", echo_.address(), "--json"});
    link_ = std::make_unique<Process>(flags);
    const auto listening = link_->WaitForLine("listening on ");
    ASSERT_TRUE(listening) << link_->Wait().err;
    address_ = *listening;
  }
  Json Stop() {
    link_->Signal(SIGTERM);
    return ExpectJson(link_->Wait());
  }
  void Refused(std::vector<std::string> flags, const std::string& names, int code = 2) {
    flags.insert(flags.begin(), {"link", "--to", "127.0.0.1:1"});
    ExpectOneLine(Partway(flags), code, names);
  }

  TempFolder folder_;
  Peer echo_{[](int socket) {
    char buffer[4096];
    for (ssize_t n; (n = ::recv(socket, buffer, sizeof buffer, 0)) > 0;) {
      if (::send(socket, buffer, static_cast<size_t>(n), MSG_NOSIGNAL) < 0) return;
    }
  }};
  std::unique_ptr<Process> link_;
  std::string address_;
};

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

TEST_F(LinkTest, ATraceThatShipsCarriesAndIsNamed) {
  Start({"--trace", "lte-walk", "--delay", "2ms", "--down-rate", "100Mbps"});
  {
    Client client(address_);
    EXPECT_EQ(client.Echo("there and back"), "there and back");
  }
  const Json summary = Stop();
  EXPECT_THAT(summary["link"].get<std::string>(),
              testing::MatchesRegex("trace generated-lte-walk \\(.* on average\\), 2.00 ms up; 100 Mbps, 2.00 ms down.*"));
  EXPECT_EQ(summary["up"]["out_bytes"], 14);
  EXPECT_EQ(summary["down"]["out_bytes"], 14);
  EXPECT_EQ(summary["faults"], Json({{"stalls", 0}, {"resets", 0}, {"outages", 0}}));
}

TEST_F(LinkTest, ATraceHoldsBackWhatItDoesNotCarry) {
  // Nothing for 300 ms, then a gigabit a second. Mahimahi: the first packet after 300 ms.
  WriteText(folder_ / "t.csv", "0,0\n0.3,1e9\n1000,1e9\n");
  WriteText(folder_ / "t.mahimahi", "300\n301\n302\n303\n");
  for (const char* name : {"t.csv", "t.mahimahi"}) {
    const auto start = std::chrono::steady_clock::now();
    Start({"--trace", folder_ / name, "--down-rate", "1Gbps"});
    Client client(address_);
    EXPECT_EQ(client.Echo("late"), "late");
    EXPECT_GE(Seconds(start), 0.3) << name;
    EXPECT_THAT(Stop()["link"].get<std::string>(), HasSubstr(name));
  }
}

TEST_F(LinkTest, ADownTraceHoldsBackTheWayBackOnly) {
  WriteText(folder_ / "t.csv", "0,0\n0.3,1e9\n1000,1e9\n");
  Start({"--rate", "1Gbps", "--down-trace", folder_ / "t.csv"});
  const auto start = std::chrono::steady_clock::now();
  Client client(address_);
  EXPECT_EQ(client.Echo("late"), "late");
  EXPECT_GE(Seconds(start), 0.29);   // the link's time begins with the connection
  EXPECT_THAT(Stop()["link"].get<std::string>(), HasSubstr("1.00 Gbps, 0 us up; trace t.csv"));
}

TEST_F(LinkTest, AStallHoldsAndBreaksNothing) {
  Start({"--stall", "0s,300ms", "--stall", "1h,1s"});
  const auto start = std::chrono::steady_clock::now();
  Client client(address_);
  EXPECT_EQ(client.Echo("held"), "held");
  EXPECT_GE(Seconds(start), 0.29);
  const Json summary = Stop();
  EXPECT_EQ(summary["faults"], Json({{"stalls", 1}, {"resets", 0}, {"outages", 0}}));
  EXPECT_EQ(summary["connections"]["rejected"], 0);
  EXPECT_THAT(summary["link"].get<std::string>(), HasSubstr("stall at 0 us for 300 ms, stall at 3600 s for 1.00 s"));
}

TEST_F(LinkTest, AResetCutsAndWelcomesTheNext) {
  Start({"--reset", "0s"});
  EXPECT_EQ(Client(address_).Echo("cut"), "");
  EXPECT_EQ(Client(address_).Echo("next"), "next");
  const Json summary = Stop();
  EXPECT_EQ(summary["faults"]["resets"], 1);
  EXPECT_GE(summary["connections"]["cut"], 1);
}

TEST_F(LinkTest, AnOutageTurnsAwayUntilItIsOver) {
  Start({"--outage", "0s,300ms"});
  const auto start = std::chrono::steady_clock::now();
  int turned_away = 0;
  while (Client(address_).Echo("x") != "x") {
    ++turned_away;
    ASSERT_LT(Seconds(start), static_cast<double>(kPatience.count()));
  }
  EXPECT_GE(Seconds(start), 0.29);
  EXPECT_GE(turned_away, 1);
  const Json summary = Stop();
  EXPECT_EQ(summary["faults"]["outages"], 1);
  // Each of them is counted, and one that was let in just as the outage began or ended may be counted both as cut and as turned away.
  const int counted = summary["connections"]["rejected"].get<int>() + summary["connections"]["cut"].get<int>();
  EXPECT_GE(counted, turned_away);
  EXPECT_LE(counted, turned_away + 1);
}

TEST_F(LinkTest, FaultsRepeat) {
  Start({"--reset", "0s", "--repeat-faults", "50ms"});
  // Whoever stays is cut at 50 ms at the latest; three who do are cut by three resets.
  for (int i = 0; i < 3; ++i) {
    Client client(address_);
    while (client.Echo("x") == "x") {}
  }
  EXPECT_GE(Stop()["faults"]["resets"], 3);
}

TEST_F(LinkTest, TheSummaryForPeopleCountsFaults) {
  Process link({"link", "--to", echo_.address(), "--reset", "0s"});
  const auto listening = link.WaitForLine("listening on ");
  ASSERT_TRUE(listening);
  Client(*listening).Echo("cut");
  EXPECT_EQ(Client(*listening).Echo("next"), "next");
  link.Signal(SIGINT);
  const Ended ended = link.Wait();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("faults: 0 stalls, 1 resets, 0 outages"));
}

TEST_F(LinkTest, BadTracesAreOneLine) {
  Refused({"--trace", "no-such-trace"},
          "no trace 'no-such-trace': not a file, and those that ship are lte-walk, 5g-drive, busy-wifi");
  Refused({"--down-trace", ""}, "--down-trace");
  Refused({"--trace", "lte-walk", "--rate", "5Mbps"}, "--rate");
  Refused({"--down-trace", "lte-walk", "--down-rate", "5Mbps"}, "--down-rate");
  Refused({"--rate", "0Mbps"}, "--rate");
  Refused({"--down-rate", "0kbps"}, "--down-rate");
  const auto file = [&](const char* text) {
    WriteText(folder_ / "t", text);
    return folder_ / "t";
  };
  Refused({"--trace", file("0,0\n1,0\n")}, "every rate is 0", 1);
  Refused({"--trace", file("0,1e6\n1,-5\n")}, "/t:2: the rate is -5", 1);
  Refused({"--trace", file("0,1e6\n0,1e6\n")}, "/t:2: ", 1);
  Refused({"--trace", file("1,1e6\n")}, "/t:1: the first time is 1; expected 0", 1);
  Refused({"--trace", file("")}, "the trace is empty", 1);
  Refused({"--trace", file("0\n0\n")}, "the trace ends at 0 ms", 1);
  Refused({"--trace", file("PNG\x01\x02\n")}, "/t:1: ", 1);
  Refused({"--trace", folder_.path()}, folder_.path(), 1);
}

TEST_F(LinkTest, BadFaultsAreOneLine) {
  Refused({"--stall", "5s"}, "--stall '5s': expected AT,LENGTH, for example 5s,2s");
  Refused({"--stall", "5,2"}, "--stall '5,2'");
  Refused({"--stall=-5s,2s"}, "--stall '-5s,2s'");
  Refused({"--stall", "-5s,2s"}, "--stall");
  Refused({"--stall", "5s,0s"}, "must last 1 ms to 30 days");
  Refused({"--stall", "800h,1s"}, "must begin 0 s to 30 days");
  Refused({"--reset", "5s,1s"}, "--reset '5s,1s': expected AT, for example 12s");
  Refused({"--reset", "soon"}, "--reset 'soon'");
  Refused({"--outage", "1s,2s,3s"}, "--outage '1s,2s,3s'");
  Refused({"--stall", "1s,2s", "--outage", "2s,2s"},
          "faults may not overlap, as stall at 1.00 s for 2.00 s and outage at 2.00 s for 2.00 s do");
  Refused({"--stall", "1s,2s", "--reset", "2s"}, "faults may not overlap");
  Refused({"--repeat-faults", "5s"}, "there are no faults to repeat");
  Refused({"--reset", "1s", "--repeat-faults", "0s"}, "--repeat-faults");
  Refused({"--stall", "1s,2s", "--repeat-faults", "2s"}, "must be over by then");
  Refused({"--stall", "0s,2s", "--repeat-faults", "2s"}, "leave no time for the link");
}

bool Answered(const std::vector<std::string>& lines) {
  size_t local = 0, edge_after = 0;
  for (const std::string& line : lines) {
    if (line.find("\"outcome\":\"local\"") != std::string::npos) ++local;
    if (local > 0 && line.find("\"outcome\":\"edge\"") != std::string::npos) ++edge_after;
  }
  return local >= 1 && edge_after >= 5;
}

// The link carries nothing at first: frames are answered on the device; when it carries again they go to the edge.
TEST_F(LinkTest, ARunOverALinkOfNoRateAnswersByItselfAndComesBack) {
  const std::string net = folder_ / "net.onnx", record = folder_ / "r.jsonl";
  WriteSmallNet(net);
  WriteText(folder_ / "gone.csv", "0,0\n2,50e6\n3600,50e6\n");
  Server server({net});
  Process run({"run",
               net,
               "--groups",
               "all",
               "--source",
               Photos(),
               "--frames",
               "1000000",
               "--fps",
               "50",
               "--edge",
               server.address(),
               "--cut",
               "2",
               "--link",
               folder_ / "gone.csv" + std::string(",1ms"),
               "--reply-timeout",
               "300ms",
               "--record",
               record,
               "--json"});
  EXPECT_TRUE(WaitForFile(record, Answered));
  run.Signal(SIGINT);
  const Json summary = ExpectJson(run.Wait());
  const Json& frames = summary["frames"];
  EXPECT_EQ(frames["dropped"], 0);
  EXPECT_EQ(frames["offered"].get<int>(), frames["edge"].get<int>() + frames["local"].get<int>());
  EXPECT_THAT(Rows(record, "header")[0]["link"].get<std::string>(), HasSubstr("trace gone.csv"));
}

}   // namespace
}   // namespace partway::cli
