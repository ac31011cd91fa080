"""./dev bench failover: three real brokers, of which the leader is killed or falls silent under a steady load."""

import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import three_brokers  # noqa: E402

SESSION_MS = 3000  # Of the default settings.
# How a broker ends: what the goal is, how long it stays away.
DEAD = ("killed", 1000, "4s")
SILENT = ("silent", SESSION_MS + 1000, "9s")
CONTROLLER_SILENT_MS = SESSION_MS + 2000
RATE = 1000
PARTITIONS = 6


class KillableBrokers(three_brokers.TemporaryCluster):
    """Brokers that shell commands can kill and start: their process numbers are in files."""

    def pid_file(self, broker):
        return os.path.join(self.directory, f"broker-{broker}.pid")

    def begin(self, broker):
        super().begin(broker)
        with open(self.pid_file(broker), "w", encoding="ascii") as file:
            file.write(str(self.pid(broker)))
        start = " ".join(f"'{word}'" for word in self.words(broker))
        with open(os.path.join(self.directory, f"start-{broker}"), "w", encoding="ascii") as file:
            file.write(f"{start} >/dev/null 2>>'{self.log(broker)}' </dev/null &\necho $! >'{self.pid_file(broker)}'\n")

    def signal_command(self, name):
        return f"kill -{name} $(cat '{self.directory}/broker-'{{broker}}.pid)"

    def start_command(self):
        return f". '{self.directory}/start-'{{broker}}"

    def close(self):
        for broker in self.processes:
            with open(self.pid_file(broker), encoding="ascii") as file:
                pid = int(file.read())
            try:
                with open(f"/proc/{pid}/cmdline", encoding="ascii") as file:
                    ours = self.data[broker] in file.read()
                if ours:
                    os.kill(pid, signal.SIGCONT)
                    os.kill(pid, signal.SIGKILL)
            except OSError:
                pass  # It has ended.
        super().close()


def kills(cluster, how, victim, rounds):
    name, _, down = how
    kill, back = ("KILL", cluster.start_command()) if name == "killed" else ("STOP", cluster.signal_command("CONT"))
    command = cluster.command("bench", "failover", "failover", "--rate", str(RATE), "--rounds", str(rounds), "--victim",
                              victim, "--down", down, "--kill-command", cluster.signal_command(kill), "--restart-command",
                              back, "--json")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    report = json.loads(done.stdout or "{}")
    if done.returncode != 0:
        sys.exit(f"bench: failover: {report}; the brokers' messages were in {cluster.directory}")
    return report


def rows(bench):
    """Each kind has a cluster of its own, whose first controller is where it happens to be."""
    rounds = max(5, bench.rounds)
    for how in (DEAD, SILENT):
        for victim in ("other", "controller"):
            who = "leader" if victim == "other" else "leader and controller"
            name = f"failover, {who} {how[0]}, longest gap in acknowledgements"
            if not bench.wants(name):
                continue
            with KillableBrokers(bench.bin, bench.directory) as cluster:
                cluster.run("topic", "create", "failover", "--partitions", str(PARTITIONS))
                cluster.wait_until_whole()
                report = kills(cluster, how, victim, rounds)
            goal = CONTROLLER_SILENT_MS if how is SILENT and victim == "controller" else how[1]
            bench.row(name + ", p95", report["gap_ms"]["p95"], "ms", goal=goal)
            bench.row(name + ", p50", report["gap_ms"]["p50"], "ms")
            back = [one["return_gap_ms"] for one in report["rounds"] if one["return_gap_ms"] is not None]
            bench.row(f"failover, {who} {how[0]}, longest gap while it comes back", max(back), "ms")
            bench.row(f"failover, {who} {how[0]}, failed, lost, twice or out of order",
                      sum(report[kind] for kind in ("failed", "lost", "doubled", "out_of_order")), "records", goal=0)
