#!/usr/bin/env python3
"""Python's shared memory is a native region, and the other way round (promise R11).

ISTHMUS_PEER is the program that uses the library.
"""

import os
import subprocess
import sys
from multiprocessing import resource_tracker, shared_memory

PEER = os.environ["ISTHMUS_PEER"]
NAME = f"/test-{os.getpid()}-python"
SIZE = 5000  # no whole pages


class Peer:
    def __init__(self):
        self.process = subprocess.Popen(
            [PEER, "obey"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(60) == 0


def attach(name):
    """Attach as Python does, but leave the object to who made it: the tracker would unlink it."""
    memory = shared_memory.SharedMemory(name)
    resource_tracker.unregister(memory._name, "shared_memory")
    return memory


def file_of(name):
    with open(f"/dev/shm{name}", "rb") as file:
        return file.read()


def test_python_makes_isthmus_attaches():
    memory = shared_memory.SharedMemory(create=True, size=SIZE)
    name = memory._name
    memory.buf[:] = b"\x5a" * SIZE
    peer = Peer()
    may_be_rounded = os.environ["ISTHMUS_LEASE"] == "sidefile"  # then fewer bytes are no contradiction
    if not may_be_rounded:
        assert peer.ask("open_native", name, f"size={SIZE - 1}") == "ISM_E_SIZE"
    assert peer.ask("open_native", name, f"size={SIZE}") == "ISM_OK"
    assert peer.ask("size") == str(SIZE)
    assert peer.ask("holds", 0x5A) == "yes"
    memory.buf[SIZE - 1] = 7
    assert peer.ask("peek", SIZE - 1) == "7"
    assert peer.ask("poke", 0, 9) == "ok"
    assert memory.buf[0] == 9
    assert peer.ask("close") == "ISM_OK"
    peer.end()
    assert file_of(name) == b"\x09" + b"\x5a" * (SIZE - 2) + b"\x07", "isthmus left bytes in it"
    memory.close()
    memory.unlink()


def test_isthmus_makes_python_attaches():
    peer = Peer()
    assert peer.ask("create_native", NAME, f"size={SIZE}") == "ISM_OK"
    assert file_of(NAME) == bytes(SIZE), "isthmus put bytes of its own in it"
    memory = attach(NAME[1:])
    assert memory.size == SIZE
    assert bytes(memory.buf) == bytes(SIZE)
    assert peer.ask("fill", 171) == "ok"
    assert bytes(memory.buf) == b"\xab" * SIZE
    memory.buf[1234] = 1
    assert peer.ask("peek", 1234) == "1"
    memory.close()
    peer.end()
    again = attach(NAME[1:])  # it stays, without isthmus
    assert again.buf[1234] == 1
    again.close()
    last = Peer()
    assert last.ask("remove_native", NAME) == "ISM_OK"
    assert last.ask("open_native", NAME) == "ISM_E_NOT_FOUND"
    last.end()


def test_python_unlinks_what_isthmus_made():
    peer = Peer()
    assert peer.ask("create_native", NAME, f"size={SIZE}") == "ISM_OK"
    memory = shared_memory.SharedMemory(NAME[1:])
    memory.unlink()
    assert peer.ask("fill", 3) == "ok"
    assert bytes(memory.buf) == b"\x03" * SIZE
    assert peer.ask("open_native", NAME) == "ISM_E_NOT_FOUND"
    memory.close()
    peer.end()


def main():
    if os.environ["ISTHMUS_BACKEND"] != "posix":
        print("skipped: Python's shared memory is shm_open() here, which is another backend's")
        return 77
    if os.environ["ISTHMUS_RUN"]:
        print("skipped: Python itself does not run under the limits that the library runs under")
        return 77
    try:
        for name, test in sorted(globals().items()):
            if name.startswith("test_"):
                test()
                print(f"[       OK ] r11_{name[5:]}")
    finally:
        subprocess.run([PEER, "obey"], input=f"remove_native {NAME}\n", text=True, capture_output=True, check=False)
    return 0


sys.exit(main())
