"""The client's end of posternd's socket, for users that the test itself is not.

say SOCKET            says each hexadecimal line of stdin on a connection of its own, prints the answers as a JSON list
relay SOCKET          passes on what is said by either end, until one of them ends
crowd SOCKET FIRST COUNT EACH   as root: has each of COUNT uids, from FIRST on, hold EACH connections until its stdin ends, and
                      connect again where posternd hangs up; prints "crowded" when all have begun
fill SOCKET SECONDS   keeps as many connections open as it gets; prints the most that it kept and how many were refused
"""

import json
import os
import select
import socket
import sys
import time


def connect(path):
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(10)
    end.connect(path)
    return end


def answer(path, message):
    heard = b""
    with connect(path) as end:
        try:
            end.sendall(message)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hung up early; what it said is still to be read
        try:
            while piece := end.recv(65536):
                heard += piece
        except ConnectionResetError:
            pass
    return heard.decode()


def say(path):
    print(json.dumps([answer(path, bytes.fromhex(line)) for line in sys.stdin]))


def relay(path):
    with connect(path) as end:
        end.settimeout(None)
        while True:
            for ready in select.select([sys.stdin.fileno(), end], [], [])[0]:
                try:
                    piece = end.recv(65536) if ready is end else os.read(ready, 65536)
                    if not piece:
                        return
                    os.write(1, piece) if ready is end else end.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    return


def fill(path, seconds):
    end_of_it = time.monotonic() + float(seconds)
    held, most, refused = {}, 0, 0
    print("filling", flush=True)
    while (now := time.monotonic()) < end_of_it:
        try:
            held[connect(path)] = now
        except OSError:
            refused += 1  # the queue is full
        if len(held) < 32:
            continue
        # Those that posternd hung up on are readable: there is nothing else for it to say.
        gone = select.select(list(held), [], [], 0.05)[0]
        for end in gone:
            del held[end]
            end.close()
        refused += len(gone)
        # What has just been connected may not have been looked at yet.
        most = max(most, sum(since < now - 0.5 for since in held.values()))
    print(json.dumps({"most": most, "refused": refused}))


def crowd(path, first, count, each):
    begun_reads, begun_writes = os.pipe()
    ends_reads, ends_writes = os.pipe()
    for uid in range(int(first), int(first) + int(count)):
        if os.fork():
            continue
        os.close(begun_reads)
        os.close(ends_writes)
        os.setgid(uid)
        os.setuid(uid)
        held = []
        for _ in range(int(each)):
            held.append(connect(path))
        os.write(begun_writes, b"x")
        while True:
            ready = select.select([ends_reads, *held], [], [], 30)[0]
            if ends_reads in ready or not ready:
                os._exit(0)
            for end in ready:
                held.remove(end)
                end.close()
                time.sleep(0.05)
                try:
                    held.append(connect(path))
                except OSError:
                    pass
    os.close(ends_reads)
    begun = 0
    while begun < int(count):
        begun += len(os.read(begun_reads, 4096))
    print("crowded", flush=True)
    sys.stdin.read()


{"say": say, "relay": relay, "fill": fill, "crowd": crowd}[sys.argv[1]](*sys.argv[2:])
