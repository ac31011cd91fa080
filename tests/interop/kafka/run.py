"""Holds one client of Apache Kafka against a broker of ours, or lets several read each other's records.

usage: run.py [--bin DIR] [--cache DIR] [--only SCENARIO] [--keep] CLIENT...
"""

import argparse
import os
import shutil
import sys
import tempfile
import time

import prepare
import scenarios
from broker import Broker
from client import Client

SKIPPED = 77


def tail(path):
    with open(path, errors="replace") as file:
        return "".join(file.readlines()[-40:])


def converse(broker, clients, only):
    broker.start()
    for name, prepared in clients.items():
        clients[name] = Client(name, prepared, broker, broker.directory)
        print(f"{name}: {clients[name].hello['client']} {clients[name].hello['version']}", flush=True)
    if len(clients) > 1:
        scenarios.read_each_other(broker, list(clients.values()))
        print("all read each other")
    else:
        for scenario in scenarios.ALL:
            if only in (None, scenario.__name__):
                began = time.monotonic()
                scenario(broker, *clients.values())
                print(f"{scenario.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    for client in clients.values():
        client.close()
    broker.stop()


def main():
    words = argparse.ArgumentParser(prog="run.py")
    words.add_argument("--bin", default="build/release/bin", help="where ropewalkd and ropewalk are")
    words.add_argument("--cache", default="build/interop", help="where clients are fetched to and built")
    words.add_argument("--only", help="one scenario alone")
    words.add_argument("--keep", action="store_true", help="leave the data directory and the logs")
    words.add_argument("clients", nargs="+", choices=[*prepare.CLIENTS, "all"], metavar="CLIENT")
    asked = words.parse_args()
    clients = {}
    for name in prepare.CLIENTS if asked.clients == ["all"] else asked.clients:
        try:
            clients[name] = prepare.CLIENTS[name](os.path.abspath(asked.cache))
        except prepare.Unavailable as reason:
            print(f"skipped: {name}: {reason}", flush=True)
    if not clients:
        sys.exit(SKIPPED)
    directory = tempfile.mkdtemp(prefix="rw-interop-")
    broker = Broker(os.path.abspath(asked.bin), directory)
    try:
        converse(broker, clients, asked.only)
    except Exception:
        for log in ["broker", *clients]:
            if os.path.exists(os.path.join(directory, f"{log}.log")):
                print(f"--- {log}\n{tail(os.path.join(directory, f'{log}.log'))}")
        raise
    finally:
        if broker.process and broker.process.poll() is None:
            broker.kill()
        if asked.keep:
            print(directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)


main()
