"""What the machine must allow for some faults: namespaces, mounts. All of it ends with this process."""

import ctypes
import fcntl
import os
import struct
import subprocess

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
WITHOUT_LOG_FLUSH = 2
HUB = "10.77.0.1"
LIBC = ctypes.CDLL(None, use_errno=True)


class Skipped(Exception):
    pass


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise Skipped(f"not possible here: {' '.join(command)}: {done.stdout.strip()[-300:]}")


def enter_namespaces(network=False):
    """Mounts of our own, and perhaps a network. What is made in them goes with the last process."""
    if LIBC.unshare(CLONE_NEWNS | (CLONE_NEWNET if network else 0)) != 0:
        raise Skipped(f"namespaces of our own are not permitted: {os.strerror(ctypes.get_errno())}")
    run("mount", "--make-rprivate", "/")


class Network:
    """Each broker in a network namespace of its own, on a bridge; clients are where this process is."""

    def __init__(self, brokers):
        enter_namespaces(network=True)
        os.makedirs("/run/netns", exist_ok=True)
        run("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "hub", "type", "bridge")
        run("ip", "address", "add", HUB + "/24", "dev", "hub")
        run("ip", "link", "set", "hub", "up")
        self.hosts = {broker: f"10.77.0.{10 + broker}" for broker in brokers}
        self.prefix = {broker: ["ip", "netns", "exec", f"broker-{broker}"] for broker in brokers}
        for broker in brokers:
            name = f"broker-{broker}"
            run("ip", "netns", "add", name)
            run("ip", "link", "add", f"port-{broker}", "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "link", "set", f"port-{broker}", "master", "hub", "up")
            for words in (["address", "add", self.hosts[broker] + "/24", "dev", "eth0"], ["link", "set", "eth0", "up"],
                          ["link", "set", "lo", "up"]):
                run("ip", "-n", name, *words)
        run("nft", "add table bridge faults; add set bridge faults cut { type ipv4_addr . ipv4_addr; }; "
            "add chain bridge faults forward { type filter hook forward priority 0; }; "
            "add rule bridge faults forward ip saddr . ip daddr @cut drop")

    def cut(self, source, target):
        """One direction between two brokers; clients still reach both."""
        run("nft", f"add element bridge faults cut {{ {self.hosts[source]} . {self.hosts[target]} }}")

    def heal(self):
        run("nft", "flush set bridge faults cut")

    def unplug(self, broker):
        """From clients, too."""
        run("ip", "link", "set", f"port-{broker}", "down")

    def plug(self, broker):
        run("ip", "link", "set", f"port-{broker}", "up")


class Disk:
    """An ext4 file system in a file, whose power can be cut."""

    def __init__(self, folder, name, megabytes):
        self.file = os.path.join(folder, name + ".img")
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        with open(self.file, "wb") as image:
            image.truncate(megabytes << 20)
        run("mkfs.ext4", "-q", "-F", self.file)
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.file, self.folder)

    def cut_power(self):
        """What was not synced is gone; everything fails from now on, until it is mounted again."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", WITHOUT_LOG_FLUSH))
        except OSError as error:
            raise Skipped(f"the shutdown of a mounted ext4 is not possible here: {error}") from error
        finally:
            os.close(descriptor)

    def remount(self):
        run("umount", self.folder)
        self.mount()

    def close(self):
        subprocess.run(["umount", self.folder], capture_output=True, check=False)


class SmallDisk:
    """A tmpfs that can be filled to its last byte."""

    def __init__(self, folder, megabytes):
        self.folder = folder
        self.ballast = os.path.join(folder, "ballast")
        os.makedirs(folder)
        run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)

    def fill(self):
        with open(self.ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass  # Full.

    def clear(self):
        os.unlink(self.ballast)

    def close(self):
        subprocess.run(["umount", self.folder], capture_output=True, check=False)
