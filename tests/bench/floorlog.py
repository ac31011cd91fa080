"""floorlog: one server, or one with followers, each on a fresh file; its client's printed lines taken apart."""

import contextlib
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from free_ports import free_ports  # noqa: E402

SECONDS_TO_LISTEN = 0.05  # Who connects too early waits 100 ms.


class Floor:
    def __init__(self, program, directory, sync=False, followers=0):
        self.program = program
        self.ports = free_ports(1 + followers)
        self.files = [os.path.join(directory, f"floor-{port}") for port in self.ports]
        self.servers = []
        for number in range(followers, -1, -1):
            of_leader = [str(port) for port in self.ports[1:]] if number == 0 else []
            self.servers.append(subprocess.Popen([program, "serve", str(self.ports[number]), self.files[number],
                                                  str(int(sync)), *of_leader]))
            time.sleep(SECONDS_TO_LISTEN)

    def run(self, mode, *words):
        """A list with what each line says: its "key=value" words, and its rate."""
        pids = ",".join(str(server.pid) for server in self.servers)
        done = subprocess.run([self.program, mode, str(self.ports[0]), *map(str, words), pids], stdout=subprocess.PIPE,
                              text=True, check=True)
        return [dict(word.split("=", 1) for word in line.replace("= ", "=").split() if "=" in word)
                | {"MB/s": before(line, "MB/s")} for line in done.stdout.splitlines()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.kill()
            server.wait()
        for file in self.files:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(file)


def before(line, unit):
    words = line.split()
    return words[words.index(unit) - 1] if unit in words else "0"
