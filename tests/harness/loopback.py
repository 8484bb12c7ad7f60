"""The first process in a network of its own: ``python -m tests.harness.loopback``.

It sets the loopback device up (what ``ip link set lo up`` does, without that program),
says so, and keeps the network alive until its standard input ends.
"""

import fcntl
import socket
import struct
import sys

_GET_FLAGS = 0x8913
_SET_FLAGS = 0x8914
_UP = 0x1
_REQUEST = struct.Struct("16sh14x")  # the device's name and its flags


def main() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _GET_FLAGS, _REQUEST.pack(b"lo", 0))
        _, flags = _REQUEST.unpack(answer)
        fcntl.ioctl(any_socket, _SET_FLAGS, _REQUEST.pack(b"lo", flags | _UP))
    sys.stdout.write("up\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
