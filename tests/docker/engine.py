"""A Docker engine to test with: the one that runs here, or one of our own.

Our own (as root) keeps its images in --cache, and changes nothing of the machine: images are built with the
machine's network and without a bridge or a firewall rule; then this process and the engine go into a network
namespace of their own, where containers and their published ports live.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BASE = "debian:bookworm-slim"
SECONDS_TO_START = 60
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def say(text):
    print(text, flush=True)


def run(*command, **options):
    """Its stdout; ends the test if it fails."""
    options.setdefault("env", os.environ)
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(str(word) for word in command)}: status {done.returncode}\n{done.stdout[-3000:]}")
    return done.stdout


class Failure(Exception):
    pass


class Skipped(Exception):
    pass


class Engine:
    """The one that answers `docker info`."""

    def __init__(self, docker="docker"):
        self.docker = docker
        if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
            self.compose_command = [docker, "compose"]
        elif shutil.which("docker-compose"):
            self.compose_command = ["docker-compose"]
        else:
            raise Skipped("neither 'docker compose' nor docker-compose is installed")

    def __call__(self, *words, **options):
        return run(self.docker, *words, **options)

    def has_image(self, name):
        return subprocess.run([self.docker, "image", "inspect", name], capture_output=True,
                              check=False).returncode == 0

    def need_base(self):
        if self.has_image(BASE):
            return
        if subprocess.run([self.docker, "pull", "--quiet", BASE], capture_output=True, check=False).returncode == 0:
            return
        if os.getuid() != 0 or not shutil.which("debootstrap"):
            raise Skipped(f"{BASE} is not here and cannot be pulled; root's debootstrap could make it")
        say(f"no registry: {BASE} is made by debootstrap")
        with tempfile.TemporaryDirectory(prefix="bookworm-") as folder:
            run("debootstrap", "--variant=minbase", "bookworm", folder)
            shutil.rmtree(f"{folder}/var/cache/apt/archives", ignore_errors=True)
            with subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE) as tar:
                self("import", "-", BASE, stdin=tar.stdout)

    def enter_network(self):
        """From here on containers run."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class OwnEngine(Engine):
    def __init__(self, cache):
        # Debian's, which fits its engine.
        super().__init__("/usr/bin/docker" if os.access("/usr/bin/docker", os.X_OK) else "docker")
        self.cache = cache
        # Names of sockets are short.
        self.state = tempfile.mkdtemp(prefix="dockerd-")
        os.environ["DOCKER_HOST"] = f"unix://{self.state}/socket"
        os.environ["DOCKER_BUILDKIT"] = "1"
        self.process = None

    def start(self, *flags):
        os.makedirs(self.cache, exist_ok=True)
        with open(f"{self.cache}/dockerd.log", "ab") as log:
            self.process = subprocess.Popen(
                ["dockerd", "--data-root", f"{self.cache}/engine", "--exec-root", f"{self.state}/exec",
                 "--pidfile", f"{self.state}/pid", "--host", os.environ["DOCKER_HOST"], *flags],
                stdout=log, stderr=log, preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM))
        deadline = time.time() + SECONDS_TO_START
        while subprocess.run([self.docker, "info"], capture_output=True, check=False).returncode != 0:
            if self.process.poll() is not None or time.time() > deadline:
                raise Failure(f"dockerd does not start: {self.cache}/dockerd.log")
            time.sleep(0.1)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        self.process.wait()
        self.process = None

    def enter_network(self):
        self.stop()
        if LIBC.unshare(CLONE_NEWNET) != 0:
            raise Skipped("a network namespace of our own is not permitted")
        run("ip", "link", "set", "lo", "up")
        self.start()

    def __enter__(self):
        self.start("--bridge=none", "--iptables=false", "--ip-forward=false")
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)


def find_engine(cache):
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        return Engine()
    if os.getuid() != 0 or not shutil.which("dockerd"):
        raise Skipped("there is no Docker engine, and none can be started (dockerd, as root)")
    return OwnEngine(cache)


def end(outcome):
    """Status 77: skipped."""
    print(outcome, file=sys.stderr)
    sys.exit(77 if isinstance(outcome, Skipped) else 1)
