"""Makes each client ready to run: finds it, or fetches and builds it into the cache."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import typing

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM_PYTHON = "/usr/bin/python3"
FETCH_PATIENCE = 600  # Seconds for one tool.


class Unavailable(Exception):
    """Why a client cannot run here: a tool or a registry is missing. Not a fault."""


class Prepared(typing.NamedTuple):
    command: list
    environment: dict


def _folder(name):
    return os.path.join(HERE, "clients", name)


def _tool(name):
    found = shutil.which(name)
    if not found:
        raise Unavailable(f"there is no {name} on this machine")
    return found


def _fetch(*command, **options):
    """Runs a tool that may need a registry: that it fails says that there is none, or that it is too old."""
    try:
        subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, text=True,
                       timeout=FETCH_PATIENCE, **options)
    except subprocess.CalledProcessError as failed:
        last = [line for line in failed.stdout.splitlines() if line.strip()][-1:]
        raise Unavailable(f"{os.path.basename(command[0])} failed: {''.join(last)[:300]}") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{os.path.basename(command[0])} took more than {FETCH_PATIENCE} s") from None


def _build(*command, **options):
    """Builds what is ours: that it fails is a fault."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}")


def _cached(cache, name, pins, fill):
    """The folder in the cache that fill(folder) fills once for these pins (files of clients/)."""
    digest = hashlib.sha256()
    for pin in pins:
        with open(os.path.join(HERE, "clients", pin), "rb") as file:
            digest.update(file.read())
    folder = os.path.join(cache, f"{name}-{digest.hexdigest()[:12]}")
    os.makedirs(cache, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Tests run at the same time.
        if not os.path.exists(os.path.join(folder, "filled")):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            fill(folder)
            open(os.path.join(folder, "filled"), "w").close()
    return folder


def _python(program, python, *paths):
    return Prepared([python, "-B", os.path.join(_folder(program), "client.py")],
                    {"PYTHONPATH": os.pathsep.join([HERE, *paths])})


def _from_debian(program, module, package):
    def prepare(_):
        if subprocess.run([SYSTEM_PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode != 0:
            raise Unavailable(f"the Debian package {package} is not installed")
        return _python(program, SYSTEM_PYTHON)
    return prepare


def _from_pypi(program):
    def prepare(cache):
        python = _tool("python3")
        if subprocess.run([python, "-m", "pip", "--version"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 0:
            raise Unavailable("python3 has no pip")
        pins = f"{program}/requirements.txt"
        folder = _cached(cache, f"pypi-{program}", [pins], lambda into: _fetch(
            python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", into,
            "--requirement", os.path.join(HERE, "clients", pins)))
        return _python(program, python, folder)
    return prepare


def _kcat(_):
    _tool("kcat")
    return _python("kcat", SYSTEM_PYTHON)


def _kafkajs(cache):
    node, npm = _tool("node"), _tool("npm")

    def fill(into):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(_folder("kafkajs"), name), into)
        _fetch(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=into)

    folder = _cached(cache, "kafkajs", ["kafkajs/package.json", "kafkajs/package-lock.json"], fill)
    return Prepared([node, os.path.join(_folder("kafkajs"), "client.js")], {"NODE_PATH": f"{folder}/node_modules"})


def _java(cache):
    java, javac, mvn = _tool("java"), _tool("javac"), _tool("mvn")
    source = os.path.join(_folder("java"), "Client.java")

    def fill(into):
        _fetch(mvn, "--batch-mode", "--quiet", "--file", os.path.join(_folder("java"), "pom.xml"),
               "dependency:copy-dependencies", f"-DoutputDirectory={into}")
        _build(javac, "-cp", f"{into}/*", "-d", into, source)

    folder = _cached(cache, "java", ["java/pom.xml", "java/Client.java"], fill)
    return Prepared([java, "-cp", f"{folder}:{folder}/*", "Client"], {})


def _go(program):
    def prepare(cache):
        go = _tool("go")
        # Neither another toolchain than this nor a change of go.mod.
        environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}

        def fill(into):
            _fetch(go, "mod", "download", cwd=_folder("go"), env=environment)
            _build(go, "build", "-o", f"{into}/client", f"./{program}", cwd=_folder("go"), env=environment)

        pins = ["go/go.mod", "go/go.sum", "go/contract/contract.go", f"go/{program}/main.go"]
        return Prepared([f"{_cached(cache, f'go-{program}', pins, fill)}/client"], {})
    return prepare


def _rust(cache):
    cargo = _tool("cargo")

    def fill(into):
        manifest = ["--locked", "--manifest-path", os.path.join(_folder("rust"), "Cargo.toml")]
        _fetch(cargo, "fetch", "--quiet", *manifest)
        _build(cargo, "build", "--quiet", "--offline", *manifest, "--target-dir", into)

    folder = _cached(cache, "rust", ["rust/Cargo.toml", "rust/Cargo.lock", "rust/main.rs"], fill)
    return Prepared([f"{folder}/debug/client"], {})


CLIENTS = {
    "kcat": _kcat,
    "debian-kafka-python": _from_debian("kafka_python", "kafka", "python3-kafka"),
    "debian-confluent-kafka": _from_debian("confluent_kafka", "confluent_kafka", "python3-confluent-kafka"),
    "kafka-python": _from_pypi("kafka_python"),
    "confluent-kafka": _from_pypi("confluent_kafka"),
    "aiokafka": _from_pypi("aiokafka"),
    "kafkajs": _kafkajs,
    "kafka-clients": _java,
    "franz-go": _go("franz"),
    "sarama": _go("sarama"),
    "rskafka": _rust,
}
