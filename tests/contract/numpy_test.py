#!/usr/bin/env python3
"""NumPy's view of an array is the array (promise A1), where regions are files.

ISTHMUS_TOOL and ISTHMUS_PEER are the programs that see the same memory through the library.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np

TOOL, PEER = os.environ["ISTHMUS_TOOL"], os.environ["ISTHMUS_PEER"]
NAME = f"numpy-{os.getpid()}"
DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"


def tool(*arguments):
    done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


class Peer:
    """A process that has the array's region open, and looks at its bytes."""

    def __init__(self):
        self.process = subprocess.Popen(
            [PEER, "obey"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.ask("open", NAME) == "ISM_OK"

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(60)


def load(values):
    np.save("loaded.npy", values)
    tool("load", "loaded.npy", NAME)
    return json.loads(tool("stat", "--json", NAME))


def is_live(values):
    """Loaded by the tool, written by NumPy, saved by the tool."""
    look = load(values)
    assert look["dtype"] == values.dtype.name and look["shape"] == list(values.shape)
    view = np.load(look["path"], mmap_mode="r+")
    assert view.dtype == values.dtype and view.shape == values.shape
    assert view.flags.f_contiguous == values.flags.f_contiguous
    assert view.offset % 64 == 0
    assert view.tobytes("A") == values.tobytes("A"), "NumPy reads something else than was loaded"

    view[...] = (values != values[(0,) * values.ndim]) if values.dtype == bool else values * 2 + 1
    expected = np.array(view)
    tool("save", NAME, "saved.npy")
    saved = np.load("saved.npy")
    assert saved.dtype == expected.dtype and saved.shape == expected.shape
    assert saved.tobytes("A") == expected.tobytes("A"), "the tool saves something else than NumPy wrote"
    del view
    tool("rm", NAME)


def test_every_dtype_and_order():
    for dtype in DTYPES.split():
        values = (np.arange(60) % 7 % 2 if dtype == "bool" else np.arange(60)).astype(dtype)
        for shaped in values, values.reshape(3, 4, 5), values.reshape((3, 4, 5), order="F"), values[:1].reshape(()):
            is_live(shaped)


def test_other_process_sees_each_write_at_once():
    look = load(np.zeros((100, 100), "uint8"))
    peer = Peer()
    view = np.load(look["path"], mmap_mode="r+")
    for index in (0, 0), (0, 99), (57, 3), (99, 99):
        offset = view.offset + index[0] * 100 + index[1]
        view[index] = 7
        assert peer.ask("peek", offset) == "7", f"the peer does not see element {index}"
        assert peer.ask("poke", offset, 9) == "ok"
        assert view[index] == 9, f"NumPy does not see element {index}"
    assert str(peer.process.pid) in tool("stat", NAME)

    tool("rm", NAME)
    view[1, 1] = 5
    assert peer.ask("peek", view.offset + 101) == "5", "a removed array is not shared any more"
    peer.end()


def test_view_can_be_read_only():
    look = load(np.arange(10.0))
    view = np.load(look["path"], mmap_mode="r")
    assert list(view) == list(range(10))
    assert not view.flags.writeable
    tool("rm", NAME)


def regions_are_files():
    look = load(np.zeros(1))
    tool("rm", NAME)
    return look["path"] is not None


def main():
    os.chdir(tempfile.mkdtemp(prefix="isthmus-numpy-"))
    try:
        if not regions_are_files():
            print("skipped: regions are no files on this backend")
            return 77
        for name, test in sorted(globals().items()):
            if name.startswith("test_"):
                test()
                print(f"ok {name}")
    finally:
        subprocess.run([TOOL, "rm", NAME], capture_output=True, check=False)
        folder = os.getcwd()
        os.chdir("/")
        for file in os.listdir(folder):
            os.remove(os.path.join(folder, file))
        os.rmdir(folder)
    return 0


sys.exit(main())
