// --launcher slurm with commands of our own in Slurm's place: what is asked of them, and what the
// job's script does. slurm_test.py here has the real ones.
#include <catch2/catch.hpp>

#include <filesystem>

#include "tests/runner/cli/desk.h"

using assay::testing::Desk;
using assay::testing::slurp;
using Catch::Contains;

namespace {

class Cluster : public Desk {
 public:
  Cluster() {
    program("sbatch", "for word; do echo \"$word\"; done >> sbatch.words; echo \"7;cluster\"");
    program("squeue", "cat queue 2>/dev/null; exit 0");
    program("scontrol", "echo \"$@\" >> scontrol.words");
    program("scancel", "echo \"$@\" >> scancel.words; rm -f queue");
  }

  std::string file(const std::string& name) const { return slurp(folder.path() / name); }

  /// What squeue says of task k from now on.
  void queue(const std::string& state, int k = 0) const {
    folder.write("queue", "7|" + std::to_string(k) + "|" + state + "|Priority|" +
                              (folder.path() / "runs/two/slurm/1/task.sh").string() + "\n");
  }

  /// The script as Slurm runs it, for task 0.
  assay::testing::Said task(const std::string& environment = "") const {
    return command("PATH=" + folder.path().string() +
                   "/bin:$PATH SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=0 " + environment +
                   " sh runs/two/slurm/1/task.sh");
  }

  assay::testing::Said run(const std::string& words) const {
    return assay(words, "PATH=" + folder.path().string() + "/bin:$PATH");
  }

 private:
  void program(const std::string& name, const std::string& text) const {
    const auto path = folder.write("bin/" + name, "#!/bin/sh\n" + text + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
};

}  // namespace

TEST_CASE("sbatch is asked for what the manifest says") {
  const Cluster cluster;
  const auto said = cluster.run(
      "run two.yaml --launcher slurm +limits.slurm='{partition: gpu, account: lab, qos: low, time: "
      "90m, cpus: 3, memory: 1500MiB, gpus: 2, signal_before: 5m, extra: [--exclusive]}'");
  CHECK(said.code == 0);
  CHECK(said.out ==
        "two: submitted 2 trials as job 7; `assay status runs/two` shows their states\n");
  const auto here = std::filesystem::canonical(cluster.folder.path() / "runs/two/slurm/1").string();
  CHECK(cluster.file("sbatch.words") ==
        "--parsable\n--array=0-1%2\n--job-name=assay-two\n--output=" + here +
            "/%a.txt\n--open-mode=append\n--requeue\n--signal=B:USR1@300\n--nodes=1\n--ntasks=1\n"
            "--cpus-per-task=3\n--time=90\n--mem=1500M\n--gres=gpu:2\n--partition=gpu\n"
            "--account=lab\n--qos=low\n--exclusive\n" +
            here + "/task.sh\n");
  CHECK_THAT(cluster.file("runs/two/slurm/1/task.sh"), Contains("/bin/assay'\ncd '"));
}

TEST_CASE("ASSAY_LAUNCHER and -j say the same as flags and limits") {
  const Cluster cluster;
  const auto said =
      cluster.assay("run two.yaml -j 1 --json",
                    "ASSAY_LAUNCHER=slurm PATH=" + cluster.folder.path().string() + "/bin:$PATH");
  const auto answer = nlohmann::json::parse(said.out);
  CHECK(answer.at("slurm")[0].at("job") == "7");
  CHECK(answer.at("slurm")[0].at("submitted") == 2);
  CHECK(answer.at("trials")[0].at("state") == "queued");
  CHECK_THAT(cluster.file("sbatch.words"), Contains("--array=0-1%1\n") &&
                                               Contains("--cpus-per-task=1\n") &&
                                               !Contains("--time") && !Contains("--mem"));
}

TEST_CASE("what Slurm has is not submitted again, and status says so") {
  const Cluster cluster;
  REQUIRE(cluster.run("run two.yaml --launcher slurm").code == 0);
  cluster.queue("PENDING", 1);
  CHECK_THAT(cluster.run("status two.yaml").out,
             Contains("queued       seed=1  0/0  slurm 7_1 PENDING (Priority)\n"));
  CHECK(cluster.run("run two.yaml --launcher slurm").out ==
        "two: submitted 1 trial as job 7, 1 trial is already in Slurm; `assay status runs/two` "
        "shows their states\n");
  CHECK(cluster.file("runs/two/slurm/2/tasks").size() == 17);
}

TEST_CASE("stop cancels what waits and asks what runs") {
  const Cluster cluster;
  REQUIRE(cluster.run("run two.yaml --launcher slurm").code == 0);
  cluster.queue("PENDING");
  CHECK(cluster.run("stop two.yaml").out == "stopped runs/two\n");
  cluster.queue("RUNNING");
  CHECK(cluster.run("stop runs/two").code == 0);
  CHECK(cluster.file("scancel.words") == "7_0\n--batch --signal=TERM 7_0\n");
}

TEST_CASE("the script runs its trial and writes the report of all") {
  const Cluster cluster;
  REQUIRE(cluster.run("run two.yaml --launcher slurm").code == 0);
  const auto said = cluster.task();
  CHECK(said.code == 0);
  CHECK_THAT(said.out, Contains("task 7_0 on ") && Contains(", restart 0: "));
  CHECK(cluster.json("status two.yaml").at("trials")[0].at("state") == "done");
  CHECK(cluster.json("status two.yaml").at("trials")[1].at("state") == "queued");
  CHECK(std::filesystem::exists(cluster.folder.path() / "runs/two/report.html"));
  CHECK(cluster.file("runs/two/scontrol.words").empty());
}

TEST_CASE("the script requeues its task after SIGUSR1 and not after SIGTERM") {
  for (const auto& [signal, code] : {std::pair("USR1", 75), std::pair("TERM", 143)}) {
    const Cluster cluster;
    REQUIRE(
        cluster.run("run two.yaml --launcher slurm procedure.act=slow procedure.units=500").code ==
        0);
    // The shell that waits becomes the script.
    const std::string begun = "runs/two/*/job.json";
    const auto said = cluster.command(
        "sh -c 'me=$$; (until ls " + begun + " >/dev/null 2>&1; do sleep 0.05; done; kill -s " +
        signal +
        " $me) & PATH=$PWD/bin:$PATH SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=0; export "
        "PATH SLURM_ARRAY_JOB_ID SLURM_ARRAY_TASK_ID; exec sh runs/two/slurm/1/task.sh'");
    CHECK(said.code == code);
    CHECK(cluster.file("runs/two/scontrol.words") == (code == 75 ? "requeue 7_0\n" : ""));
  }
}

TEST_CASE("a task tries again what failed where Slurm has started it again, and else does not") {
  const Cluster cluster;
  REQUIRE(cluster.run("run two.yaml --launcher slurm procedure.act=fail").code == 0);
  const auto attempts = [&] {
    return cluster.json("status runs/two").at("trials")[0].at("stages")[0].at("attempts");
  };
  CHECK(cluster.task().code == 5);
  CHECK(attempts() == 1);
  CHECK(cluster.task().code == 5);
  CHECK(attempts() == 1);
  CHECK(cluster.task("SLURM_RESTART_COUNT=1").code == 5);
  CHECK(attempts() == 2);
}

TEST_CASE("two tasks of one trial, as when Slurm takes a node for lost that is not, run it once") {
  const Cluster cluster;
  REQUIRE(cluster.run("run two.yaml --launcher slurm procedure.act=slow procedure.units=40").code ==
          0);
  const auto said = cluster.command(
      "sh -c 'export SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=0; sh runs/two/slurm/1/task.sh & "
      "sh runs/two/slurm/1/task.sh; wait'");
  CHECK(said.code == 0);
  CHECK_THAT(said.err, Contains("is being run by another task; waiting for it"));
  const auto trial = cluster.json("status runs/two").at("trials")[0];
  CHECK(trial.at("state") == "done");
  CHECK(trial.at("stages")[0].at("attempts") == 1);
}

TEST_CASE("a launcher that does not exist is named") {
  const Desk desk;
  const auto said = desk.assay("run two.yaml --launcher sulrm");
  CHECK(said.code == 2);
  CHECK_THAT(said.err, Contains("--launcher is `sulrm`, expected local or slurm"));
}

TEST_CASE("what sbatch says against a job is passed on") {
  const Cluster cluster;
  cluster.folder.write("bin/sbatch", "#!/bin/sh\necho no such partition >&2; exit 1\n");
  const auto said = cluster.run("run two.yaml --launcher slurm");
  CHECK(said.code == 1);
  CHECK_THAT(said.err, Contains("sbatch failed with code 1: no such partition"));
  CHECK(!std::filesystem::exists(cluster.folder.path() / "runs/two/slurm/1"));
}
