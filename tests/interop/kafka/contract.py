"""What every client program in Python has in common: commands in, answers out, a JSON object a line (README.md)."""

import json
import sys
import threading

import records

_out = threading.Lock()


def say(**line):
    with _out:
        print(json.dumps(line), flush=True)


def _records_to_send():
    """The records that follow a produce, up to the line that ends them."""
    for line in sys.stdin:
        line = json.loads(line)
        if "end" in line:
            return
        yield records.from_json(line)


def _produce(client, **options):
    coming = _records_to_send()
    try:
        client.produce(coming, lambda index, offset: say(index=index, offset=offset), **options)
    finally:
        for _ in coming:
            pass


def _consume(client, topic, partitions):
    """`partitions`: by number, where to begin ("earliest", an offset) and where to end, an offset."""
    ranges = {int(number): (place["from"], place["to"]) for number, place in partitions.items()}
    left = {number for number, (_, end) in ranges.items() if end > 0}
    for offset, record in client.consume(topic, ranges):
        if offset < ranges[record.partition][1]:
            say(offset=offset, **records.to_json(record))
        if offset >= ranges[record.partition][1] - 1:
            left.discard(record.partition)
        if not left:
            return


def serve(client, name, version, **abilities):
    say(client=name, version=version, **abilities)
    for line in sys.stdin:
        command = json.loads(line)
        do = command.pop("do")
        try:
            if do == "produce":
                answer = _produce(client, **command)
            elif do == "consume":
                answer = _consume(client, **command)
            else:
                answer = getattr(client, do)(**command)
            say(done=answer)
        except Exception as error:  # Whatever it is, the driver shows it.
            say(error=f"{type(error).__name__}: {error}")
