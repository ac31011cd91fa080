"""Runs other projects' own test suites, unmodified, against ropewalkd and Apache Kafka, and compares."""

import argparse
import concurrent.futures
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
CACHE = os.path.join(TOP, "build", "interop", "suites")
CASE_SECONDS = 120
ADDRESS = "localhost:9092"  # Stands in the tests of kafka-go; each broker has a network of its own.
ENVIRONMENT = os.environ | {"GOTOOLCHAIN": "local", "PYTHONDONTWRITEBYTECODE": "1"}


def output_of(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, env=ENVIRONMENT, **options).stdout


class Suite:
    """Tests that are run one by one, so that one that crashes or hangs takes no other with it."""

    settings = {}  # Of Kafka's names, for both brokers.
    environment = {}

    def __init__(self):
        self.folder = os.path.join(CACHE, self.name)

    def prepare(self):
        if not os.path.exists(os.path.join(self.folder, ".ready")):
            shutil.rmtree(self.folder, ignore_errors=True)
            self.fetch()
            subprocess.run(["chmod", "-R", "u+w", self.folder], check=True)
            self.build()
            open(os.path.join(self.folder, ".ready"), "w").close()

    def build(self):
        pass

    def statuses(self, case, code, printed):
        return {case: "pass" if code == 0 else "fail"}

    def run(self, case):
        process = subprocess.Popen(self.command(case), cwd=self.working_folder(case), text=True, errors="replace",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=ENVIRONMENT | self.environment, start_new_session=True)
        try:
            printed, _ = process.communicate(timeout=CASE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            printed, _ = process.communicate()
        return self.statuses(case, process.returncode, printed), printed

    def working_folder(self, _):
        return self.folder


class Go(Suite):
    """Counts what `go test -v` reports: tests and their subtests."""

    def fetch(self):
        shutil.copytree(json.loads(output_of("go", "mod", "download", "-json", f"{self.module}@{self.version}"))["Dir"],
                        self.folder)

    def build(self):
        output_of("go", "test", "-mod=mod", "-c", "-o", os.path.join(self.folder, "suite"), ".",
                  cwd=self.working_folder(None))

    def working_folder(self, _):
        return os.path.join(self.folder, self.package)

    def cases(self):
        listed = output_of(os.path.join(self.folder, "suite"), "-test.list", "^Test", cwd=self.working_folder(None))
        return [line for line in listed.splitlines() if line.startswith("Test")]

    def command(self, case):
        return [os.path.join(self.folder, "suite"), "-test.run", f"^{case}$", "-test.v"]

    def statuses(self, case, code, printed):
        all_of = {name: status.lower() for status, name in re.findall(r"--- (PASS|FAIL|SKIP): (\S+)", printed)}
        for name in re.findall(r"^=== RUN +(\S+)", printed, re.MULTILINE):
            all_of.setdefault(name, "fail")  # Its end was not seen.
        return all_of or {case: "fail"}


class FranzGo(Go):
    name, version = "franz-go", "v1.22.3"
    module, package = "github.com/twmb/franz-go", "pkg/kgo"
    environment = {"KGO_TEST_RF": "1", "KGO_TEST_RECORDS": "50000", "KGO_LOG_LEVEL": "none", "KGO_SEEDS": ADDRESS}


class KafkaGo(Go):
    name, version = "kafka-go", "v0.4.51"
    module, package = "github.com/segmentio/kafka-go", "."
    environment = {"KAFKA_VERSION": "3.7.0"}


class KafkaPython(Suite):
    name, version = "kafka-python", "3.0.12"
    settings = {"num.partitions": "4", "node.id": "0"}
    # It looks for the programs of Kafka, but starts none.
    environment = {"KAFKA_VERSION": "4.2.0", "KAFKA_URI": "kafka://" + ADDRESS, "KAFKA_ROOT": "/"}
    service = ("class ExternalService:\n    def __init__(self, host, port): self.host, self.port = host, port\n"
               "    open = close = lambda self: None\n\nclass SpawnedService: pass\n")
    packages = ["pytest==8.3.5", "pytest-mock==3.15.1", "pytest-timeout==2.4.0", "lz4==4.4.5", "zstandard==0.25.0",
                "python-snappy==0.7.3"]

    def fetch(self):
        output_of(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "kafka-python",
                  "--dest", self.folder, f"kafka-python=={self.version}")
        output_of("tar", "-xzf", glob.glob(self.folder + "/*.tar.gz")[0], "--strip-components=1", cwd=self.folder)
        output_of(sys.executable, "-m", "pip", "install", "--quiet", "--target", self.folder + "/packages",
                  *self.packages)
        # Not in the archive, as Python's own package `test` is found without the first; both are for starting brokers.
        for name, text in (("__init__.py", ""), ("service.py", self.service)):
            with open(os.path.join(self.folder, "test", name), "w", encoding="ascii") as file:
                file.write(text)

    def prepare(self):
        super().prepare()
        self.environment = self.environment | {"PYTHONPATH": f"{self.folder}:{self.folder}/packages"}

    def pytest(self, *arguments):
        return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]

    def cases(self):
        listed = subprocess.run(self.pytest("--collect-only", "test/integration"), cwd=self.folder, text=True,
                                check=True, stdout=subprocess.PIPE, env=ENVIRONMENT | self.environment).stdout
        return re.findall(r"^test/integration/\S+::.+$", listed, re.MULTILINE)

    def command(self, case):
        return self.pytest("--timeout", str(CASE_SECONDS - 10), case)

    def statuses(self, case, code, printed):
        return {case: "skip" if code == 0 and "1 skipped" in printed else "pass" if code == 0 else "fail"}


class Rust(Suite):
    features = []

    def fetch(self):
        for folder in self.unpacked(self.name, self.version):
            shutil.copytree(folder, self.folder)

    @staticmethod
    def unpacked(crate, version):
        """Where Cargo keeps the sources of a crate."""
        scratch = os.path.join(CACHE, "fetch")
        os.makedirs(scratch + "/src", exist_ok=True)
        open(scratch + "/src/lib.rs", "w").close()
        with open(scratch + "/Cargo.toml", "w", encoding="ascii") as file:
            file.write('[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n'
                       f'[dependencies]\n{crate} = "={version}"\n')
        packages = json.loads(output_of("cargo", "metadata", "--format-version", "1", cwd=scratch))["packages"]
        return [os.path.dirname(package["manifest_path"]) for package in packages if package["name"] == crate]

    def build(self):
        # Its lock file pins a crate that this compiler refuses, its toolchain file a compiler that is not here.
        for pin in ("Cargo.lock", "rust-toolchain.toml"):
            if os.path.exists(os.path.join(self.folder, pin)):
                os.remove(os.path.join(self.folder, pin))
        built = output_of("cargo", "test", "--no-run", "--message-format=json", cwd=self.folder)
        messages = [json.loads(line) for line in built.splitlines() if line.startswith("{")]
        with open(os.path.join(self.folder, "programs"), "w", encoding="ascii") as file:
            file.write("\n".join(message["executable"] for message in messages if message.get("executable")
                                 and "test" in message["target"]["kind"]))

    def cases(self):
        with open(os.path.join(self.folder, "programs"), encoding="ascii") as file:
            for program in file.read().split():
                for name in re.findall(r"^(\S+): test$", output_of(program, "--list", cwd=self.folder), re.MULTILINE):
                    yield f"{program} {name}"

    def command(self, case):
        program, name = case.split()
        return [program, "--exact", name, "--nocapture"]

    def statuses(self, case, code, printed):
        program, name = case.split()
        short = os.path.basename(program).rpartition("-")[0] + "::" + name
        return {short: "skip" if "1 ignored" in printed else "pass" if code == 0 else "fail"}


class RsKafka(Rust):
    name, version = "rskafka", "0.6.0"
    environment = {"TEST_INTEGRATION": "1", "TEST_BROKER_IMPL": "kafka", "KAFKA_CONNECT": ADDRESS}


class RdKafkaRust(Rust):
    name, version = "rdkafka", "0.39.0"
    settings = {"num.partitions": "3", "node.id": "0"}
    environment = {"KAFKA_HOST": ADDRESS, "KAFKA_VERSION": "4.0.0"}


class Librdkafka(Suite):
    name, version = "librdkafka", "2.12.1"  # As the crate rdkafka-sys carries it.
    settings = {"num.partitions": "4"}

    def fetch(self):
        for folder in Rust.unpacked("rdkafka-sys", "4.10.0"):
            shutil.copytree(os.path.join(folder, "librdkafka"), self.folder)

    def build(self):
        output_of("sh", "-c", "./configure --disable-gssapi && make -j2 libs && make -j2 -C tests test-runner",
                  cwd=self.folder, stderr=subprocess.STDOUT)
        with open(os.path.join(self.folder, "tests", "test.conf"), "w", encoding="ascii") as file:
            file.write(f"bootstrap.servers={ADDRESS}\ntest.topic.random=true\n")

    def working_folder(self, _):
        return os.path.join(self.folder, "tests")

    def cases(self):
        """Those that need a broker and no hand."""
        with open(os.path.join(self.folder, "tests", "test.c"), encoding="utf-8") as file:
            listed = re.findall(r"^    _TEST\(\s*(\d\w+),\s*([^,)]*)", file.read(), re.MULTILINE)
        return [name for name, flags in listed if "LOCAL" not in flags and "MANUAL" not in flags]

    def prepare(self):
        super().prepare()
        self.environment = {"LD_LIBRARY_PATH": f"{self.folder}/src:{self.folder}/src-cpp",
                            "TEST_KAFKA_VERSION": "4.0.0"}

    def command(self, case):
        return ["env", f"TESTS={case}", "./test-runner", "-Q", "-p1"]

    def statuses(self, case, code, printed):
        return {case: "skip" if re.search(case + r" +\S* *\| +SKIPPED", printed) else "pass" if code == 0 else "fail"}


SUITES = (FranzGo, KafkaGo, KafkaPython, RsKafka, RdKafkaRust, Librdkafka)


class Broker:
    def __init__(self, suite, settings):
        self.directory = os.path.join(CACHE, "brokers", f"{suite}.{self.name}")
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.log = open(os.path.join(self.directory, "log"), "ab")
        self.process = self.start(settings)
        while not self.listens():
            if self.process.poll() is not None:
                sys.exit(f"{self.name} did not start; see {self.directory}/log")
            time.sleep(0.1)

    @staticmethod
    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", 9092)) == 0

    def spawn(self, *command):
        return subprocess.Popen(command, stdout=self.log, stderr=self.log)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Kafka(Broker):
    name = "kafka"
    settings = {"process.roles": "broker,controller", "node.id": "1",
                "controller.quorum.bootstrap.servers": "localhost:9093",
                "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093", "advertised.listeners": "PLAINTEXT://" + ADDRESS,
                "controller.listener.names": "CONTROLLER", "offsets.topic.replication.factor": "1",
                "transaction.state.log.replication.factor": "1", "transaction.state.log.min.isr": "1",
                "share.coordinator.state.topic.replication.factor": "1", "share.coordinator.state.topic.min.isr": "1",
                "group.initial.rebalance.delay.ms": "0"}

    def start(self, settings):
        libraries = os.path.join(CACHE, "kafka-jars")
        properties = os.path.join(self.directory, "properties")
        with open(properties, "w", encoding="ascii") as file:
            for item in (self.settings | settings | {"log.dirs": self.directory + "/data"}).items():
                file.write("=".join(item) + "\n")
        java = ["java", "-Xmx1g", "-cp", libraries + "/*"]
        self.spawn(*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c",
                   properties).wait()
        return self.spawn(*java, "kafka.Kafka", properties)

    @staticmethod
    def prepare():
        libraries = os.path.join(CACHE, "kafka-jars")
        if not glob.glob(libraries + "/kafka_*.jar"):
            output_of("mvn", "-q", "-B", "-f", os.path.join(TOP, "tests/bench/kafka/pom.xml"),
                      "dependency:copy-dependencies", "-DoutputDirectory=" + libraries)


class Ropewalk(Broker):
    name = "ropewalkd"
    program = ""
    flags = {"num.partitions": "--default-partitions", "node.id": "--broker-id"}

    def start(self, settings):
        return self.spawn(self.program, "--data-dir", self.directory + "/data", "--native-listen", "127.0.0.1:9192",
                          "--kafka-listen", "127.0.0.1:9092", "--advertised", "kafka=" + ADDRESS,
                          "--admin-listen", "off", *(f"{self.flags[name]}={value}" for name, value in settings.items()))


BROKERS = {broker.name: broker for broker in (Ropewalk, Kafka)}


def run_all(broker_name, suites, match, workers):
    """In a network of the broker's own. Writes CACHE/results/SUITE.BROKER.json and what each test printed."""
    for suite in suites:
        suite.prepare()
        broker = BROKERS[broker_name](suite.name, suite.settings)
        outputs = os.path.join(CACHE, "results", f"{suite.name}.{broker_name}")
        shutil.rmtree(outputs, ignore_errors=True)
        os.makedirs(outputs)
        results = {}
        try:
            with concurrent.futures.ThreadPoolExecutor(workers) as pool:
                cases = [case for case in suite.cases() if re.search(match, case)]
                for case, (statuses, printed) in zip(cases, pool.map(suite.run, cases)):
                    results |= statuses
                    with open(os.path.join(outputs, re.sub(r"\W+", "_", case)[-150:]), "w", encoding="utf-8") as file:
                        file.write(printed)
        finally:
            broker.stop()
        with open(outputs + ".json", "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


def compare(suite):
    ours, kafka = {}, {}
    for results, broker in ((ours, Ropewalk), (kafka, Kafka)):
        with open(os.path.join(CACHE, "results", f"{suite.name}.{broker.name}.json"), encoding="utf-8") as file:
            results |= json.load(file)
    # A test that one of them passes and the other skips, for it lacks the call, counts for both.
    run = {name for name in ours | kafka if {ours.get(name, "skip"), kafka.get(name, "skip")} != {"skip"}}
    passed = [sum(results.get(name) == "pass" for name in run) for results in (ours, kafka)]
    print(f"{suite.name} {suite.version}: ropewalkd {passed[0]}, Apache Kafka {passed[1]} of {len(run)}")
    for name in sorted(run):
        if kafka.get(name) == "pass" and ours.get(name) != "pass":
            print(f"  Kafka alone: {name} ({ours.get(name, 'not run')})")
        if ours.get(name) == "pass" and kafka.get(name) != "pass":
            print(f"  ropewalkd alone: {name} ({kafka.get(name, 'not run')})")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="; ".join(suite.name for suite in SUITES))
    parser.add_argument("--bin", default=os.path.join(TOP, "build/release/bin"), help="where ropewalkd is")
    parser.add_argument("--match", default="", help="only tests whose names match this expression")
    parser.add_argument("--workers", type=int, default=2, help="tests at a time")
    parser.add_argument("--broker", choices=BROKERS, help="this one only, with no comparison")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)  # The network is the broker's own.
    arguments = parser.parse_args()
    Ropewalk.program = os.path.join(arguments.bin, "ropewalkd")
    suites = [suite() for suite in SUITES if suite.name in (arguments.suites or [suite.name])]
    if arguments.inside:
        run_all(arguments.broker, suites, arguments.match, arguments.workers)
        return
    Kafka.prepare()
    for suite in suites:
        suite.prepare()
    for broker in [arguments.broker] if arguments.broker else BROKERS:
        subprocess.run(["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
                        sys.executable, "-B", __file__, "--inside", "--broker", broker, "--bin", arguments.bin,
                        "--match", arguments.match, "--workers", str(arguments.workers),
                        *(suite.name for suite in suites)], check=True)
    if not arguments.broker:
        for suite in suites:
            compare(suite)


if __name__ == "__main__":
    main()
