"""Unix socket ends that run as another user than the test.

exchange SOCKET               sends stdin, prints all that comes back
impostor SOCKET FILE ANSWER   listens, notes in FILE what it hears, answers everybody with ANSWER
"""

import socket
import sys


def exchange(path):
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(15)
        end.connect(path)
        try:
            end.sendall(sys.stdin.buffer.read())
            end.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hung up early; what it said is still to be read
        try:
            while piece := end.recv(65536):
                sys.stdout.buffer.write(piece)
        except ConnectionResetError:
            pass


def impostor(path, file, answer):
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen(8)
        # The file appears once the door is open.
        with open(file, "wb", buffering=0) as heard:
            while True:
                end, _ = door.accept()
                with end:
                    end.settimeout(2)
                    try:
                        heard.write(end.recv(65536))
                        end.sendall(answer.encode() + b"\n")
                    except OSError:
                        pass


{"exchange": exchange, "impostor": impostor}[sys.argv[1]](*sys.argv[2:])
