#include "apps/verb.h"

namespace partway::apps {

// One line each, here and in the table.
VerbBody MakeRun(CLI::App& command);
VerbBody MakeDemo(CLI::App& command);
VerbBody MakeCompare(CLI::App& command);
VerbBody MakeReplay(CLI::App& command);
VerbBody MakeServe(CLI::App& command);
VerbBody MakeLink(CLI::App& command);
VerbBody MakeCheck(CLI::App& command);
VerbBody MakeZoo(CLI::App& command);
VerbBody MakeInspect(CLI::App& command);
VerbBody MakeSplit(CLI::App& command);
VerbBody MakeProfile(CLI::App& command);
VerbBody MakeAccuracy(CLI::App& command);
VerbBody MakePrivacy(CLI::App& command);
VerbBody MakePlan(CLI::App& command);
VerbBody MakeSweep(CLI::App& command);
VerbBody MakeSimulate(CLI::App& command);
VerbBody MakeTrain(CLI::App& command);
VerbBody MakeReproduce(CLI::App& command);
VerbBody MakeCompletion(CLI::App& command);
VerbBody MakeReport(CLI::App& command);
VerbBody MakeTimeline(CLI::App& command);

const std::vector<Verb>& Verbs() {
  static const std::vector<Verb> verbs = {
      {"demo", "the main job on real photos, with nothing to configure", "partway demo", MakeDemo},
      {"serve", "the edge server", "partway serve --listen 127.0.0.1:8001", MakeServe},
      {"run", "the device: pictures in, answers out",
       "partway run efficientnet_lite0 --edge 127.0.0.1:8001 --source assets/photos --cut 3", MakeRun},
      {"compare", "policies against each other, live, over the same links",
       "partway compare efficientnet_lite0 --source assets/photos --rate 10Mbps --slowdown 8", MakeCompare},
      {"replay", "recorded live runs played again in the event simulator, and how far it is off",
       "partway replay records/*.jsonl -o replay.html", MakeReplay},
      {"check", "compare the split model with the whole one", "partway check efficientnet_lite0", MakeCheck},
      {"link", "a TCP relay that behaves as a slow, changing or failing link",
       "partway link --listen 127.0.0.1:9001 --to 127.0.0.1:8001 --rate 20Mbps --delay 10ms", MakeLink},
      {"zoo", "list and build the models that come with the product", "partway zoo build resnet50 -o resnet50.onnx", MakeZoo},
      {"inspect", "show a model's groups and cuts", "partway inspect efficientnet_lite0 --groups auto", MakeInspect},
      {"split", "write the head and the tail of a model", "partway split efficientnet_lite0 --cut 4 -o parts", MakeSplit},
      {"profile", "what a model costs on this machine, group by group",
       "partway profile efficientnet_lite0 --sizes 128,224 -o lite0.profile.json", MakeProfile},
      {"accuracy", "how often a model is right, by size, codec and cut",
       "partway accuracy efficientnet_lite0 --images assets/photos --sizes 128,224 -o lite0.accuracy.json", MakeAccuracy},
      {"privacy", "what the values sent at each cut give away about pictures",
       "partway privacy efficientnet_lite0 --images assets/photos -o lite0.privacy.json", MakePrivacy},
      {"plan", "where to cut, at which size, in which encoding, and why",
       "partway plan efficientnet_lite0 --device 5GFLOPS --edge 100GFLOPS --uplink 20Mbps --rtt 10ms --why", MakePlan},
      {"sweep", "the best option over a grid of two quantities",
       "partway sweep efficientnet_lite0 --uplink 1Mbps:100Mbps:x1.1 --device 1GFLOPS:50GFLOPS:x1.1 --edge 100GFLOPS -o map",
       MakeSweep},
      {"simulate", "policies over the slots of a scenario, against each other and the best possible",
       "partway simulate assets/scenarios/parecon-fig4.toml", MakeSimulate},
      {"train", "teach the policy `learned` on runs drawn around a scenario",
       "partway train assets/scenarios/learned-training.toml -o learned.json", MakeTrain},
      {"reproduce", "a paper's experiment, run again and judged", "partway reproduce resnet50-fig3 -o fig3", MakeReproduce},
      {"completion", "print the completion script of a shell", "source <(partway completion bash)", MakeCompletion},
      {"report", "write a page about one or more recorded runs", "partway report partway-demo/demo.jsonl -o report.html",
       MakeReport},
      {"timeline", "write a recorded run as a Perfetto trace", "partway timeline partway-demo/demo.jsonl -o timeline.json",
       MakeTimeline},
  };
  return verbs;
}

}   // namespace partway::apps
