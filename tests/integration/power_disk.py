# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after a power cut, given every call that changed it (recorded by power_shim.c).

The models follow Pillai et al., "All File Systems Are Not Created Equal: On the Complexity of Crafting
Crash-Consistent Applications", OSDI 2014 (their persistence properties: what may be reordered, what is
atomic), and Mohan et al., "Finding Crash-Consistency Bugs with Bounded Black-Box Crash Testing"
(CrashMonkey and ACE), OSDI 2018 (a state for each point in the record of calls). Two kinds of file system:

  journal   changes of names and attributes reach the disk in their order; any fsync takes all earlier ones
            with it. Bytes that were not synced may be missing although the name is there. ext4, XFS.
  loose     nothing is there that was not asked for: a name only by fsync of its folder, bytes and
            attributes only by fsync of the file; folders know nothing of each other's order. What was
            not asked for may be there too, for each folder by itself. A rename is atomic.
"""
import hashlib
import os
import shutil
import stat

NAMES = ("create", "link", "rename", "exchange", "unlink", "mkdir")


class Node:
    """A file or folder as the cut finds it: the number and times that `pare` was shown."""

    def __init__(self, number, mode, mtime, ctime, data=b""):
        self.number, self.mode, self.mtime, self.ctime, self.data = number, mode, mtime, ctime, data

    @property
    def is_folder(self):
        return stat.S_ISDIR(self.mode)


class Call:
    """One call: what it did to which node, and by which names."""

    def __init__(self, what, node, names, at, data, attributes):
        self.what, self.node, self.names, self.at, self.data = what, node, names, at, data
        self.attributes = attributes

    @property
    def folders(self):
        return {id(folder) for folder, _ in self.names}


class Tree:
    """Folders with their names; which node has which names. Node objects stay the same in all states."""

    def __init__(self, top):
        self.top, self.names = top, {id(top): {}}

    def copy(self):
        other = Tree(self.top)
        other.names = {folder: dict(names) for folder, names in self.names.items()}
        return other

    def find(self, parts):
        node = self.top
        for part in parts:
            node = self.names[id(node)][part]
        return node

    def change(self, call):
        """Does to the names what the call did, also where an earlier call is missing."""
        if call.what in ("create", "mkdir"):
            (folder, name), = call.names
            self.names[id(folder)][name] = call.node
            self.names.setdefault(id(call.node), {})
        elif call.what == "unlink":
            (folder, name), = call.names
            self.names[id(folder)].pop(name, None)
        elif call.what == "link":
            self.names[id(call.names[-1][0])][call.names[-1][1]] = call.node
        else:
            (folder, name), (to, to_name) = call.names
            target = self.names[id(to)].get(to_name)
            if self.names[id(folder)].get(name) is call.node:
                del self.names[id(folder)][name]
            if call.what == "exchange" and target:
                self.names[id(folder)][name] = target
            self.names[id(to)][to_name] = call.node

    def walk(self, node=None, path=""):
        """(path, node) of all that has a name, folders before what is in them."""
        for name, child in sorted(self.names.get(id(node or self.top), {}).items()):
            below = os.path.join(path, name)
            yield below, child
            if child.is_folder:
                yield from self.walk(child, below)


def snapshot(folder, bit):
    """The folder as it is, all of it on the disk; `bit` as in POWER_BIT."""
    top = Node(os.stat(folder).st_ino, stat.S_IFDIR | 0o755, 0, 0)
    tree, known = Tree(top), {}

    def add(node, path):
        tree.names[id(node)] = {}
        for name in os.listdir(path):
            child = os.path.join(path, name)
            st = os.lstat(child)
            if st.st_ino not in known:
                made = known[st.st_ino] = Node(st.st_ino, st.st_mode, st.st_mtime_ns, st.st_ctime_ns)
                if not made.is_folder:
                    made.number |= 1 << bit
                    with open(child, "rb") as file:
                        made.data = file.read()
            tree.names[id(node)][name] = known[st.st_ino]
            if stat.S_ISDIR(st.st_mode):
                add(known[st.st_ino], child)

    add(top, folder)
    return tree


def read_log(path, folder, start):
    """The calls below the folder, in their order."""
    calls, tree = [], start.copy()
    nodes = {node.number: node for _, node in tree.walk()}
    nodes[tree.top.number] = tree.top

    def place(name):
        parts = os.path.relpath(name, folder).split(os.sep)
        return None if parts[0] == ".." else (tree.find(parts[:-1]), parts[-1])

    with open(path, "rb") as log:
        while line := log.readline():
            what, number, mode, mtime, ctime, at, length, *paths = line.decode().rstrip("\n").split("\t")
            data = log.read(int(length)) if what == "write" else b""
            attributes = int(mode, 8), int(mtime), int(ctime)
            names = [place(name) for name in paths if name]
            if None in names:
                continue
            if what in ("create", "mkdir"):
                nodes[int(number)] = Node(int(number), *attributes)
            node = nodes.get(int(number))
            if what == "unlink":
                node = tree.names[id(names[0][0])][names[0][1]]
                attributes = None
            if node is None and what != "syncfs":
                continue
            call = Call(what, node, names, int(at), data, attributes)
            if what in NAMES:
                tree.change(call)
            calls.append(call)
    return calls


class Cut:
    """The power is cut behind call `count`: makes the states that the disk may be in."""

    def __init__(self, start, calls, count):
        self.start, self.calls = start, calls[:count]
        synced, everything, anything = {}, -1, -1
        for number, call in enumerate(self.calls):
            if call.what == "sync":
                synced[id(call.node)] = anything = number
            elif call.what == "syncfs":
                everything = anything = number
        self.synced, self.everything, self.anything = synced, everything, anything

    def is_synced(self, node, number):
        return number < max(self.synced.get(id(node), -1), self.everything)

    def has_name(self, call, number):
        """Did an fsync of one of its folders follow?"""
        return any(number < max(self.synced.get(folder, -1), self.everything) for folder in call.folders)

    def state(self, keeps_name, keeps_attributes, bytes_of):
        """The tree, and for each node what it holds. bytes_of(node): what is left of bytes that were
        not synced: all, none, half or zeros."""
        tree, held = self.start.copy(), {}
        left = {}
        for number, call in enumerate(self.calls):
            if call.what in ("write", "truncate") and not self.is_synced(call.node, number):
                left[id(call.node)] = left.get(id(call.node), 0) + 1
        seen = dict.fromkeys(left, 0)
        for number, call in enumerate(self.calls):
            node = call.node
            if call.what in NAMES:
                kept = keeps_name(call, number)
                if kept:
                    tree.change(call)
            elif call.what in ("write", "truncate"):
                kept = True
                data, how = call.data, "all"
                if not self.is_synced(node, number):
                    seen[id(node)] += 1
                    how = bytes_of(node)
                    half = (left[id(node)] + 1) // 2
                    if how == "half" and seen[id(node)] <= half:
                        if seen[id(node)] == half:
                            data = data[:len(data) // 2]
                        how = "all"
                    kept = keeps_attributes(node, number)
                old = held.get(id(node), [node.data])[0]
                new = changed(old, call, data, how)
                held[id(node)] = [new, held[id(node)][1] if id(node) in held else None]
            else:
                kept = call.what == "meta" and keeps_attributes(node, number)
            if kept and call.attributes:
                held[id(node)] = [held.get(id(node), [node.data])[0], call.attributes]
        return State(tree, held)

    def states(self, ledger):
        """(name, state) of all that is tried here. ledger(path): is it of the ledger?"""
        def yes(*_):
            return True

        def of_journal(_, number):
            return number < self.anything

        yield "everything is there", self.state(yes, yes, lambda node: "all")
        yield "journal: as of the last fsync", self.state(of_journal, of_journal, lambda node: "none")
        for how in ("none", "half", "zeros"):
            yield f"journal: names are there, bytes: {how}", self.state(yes, yes, lambda node, how=how: how)
        yield "loose: only what was synced", self.state(self.has_name, self.is_synced, lambda node: "none")
        folders = {}
        for number, call in enumerate(self.calls):
            if call.what in NAMES and not self.has_name(call, number):
                folders.update(dict.fromkeys(call.folders))
        for folder in folders:
            yield "loose: one folder also as it was", self.state(
                lambda call, number, folder=folder: folder in call.folders or self.has_name(call, number),
                yes, lambda node: "none")
            yield "loose: all but one folder as they were", self.state(
                lambda call, number, folder=folder: call.folders != {folder} or self.has_name(call, number),
                yes, lambda node: "all")
        of_ledger = {id(call.node) for call in self.calls
                     if call.names and any(ledger(name) for _, name in call.names)}
        of_ledger |= {id(node) for path, node in self.start.walk() if ledger(path)}
        for how in ("none", "zeros"):
            yield f"journal: names and the ledger are there, bytes: {how}", self.state(
                yes, yes, lambda node, how=how: "all" if id(node) in of_ledger else how)
        yield "journal: all but what the ledger did not sync", self.state(
            yes, yes, lambda node: "none" if id(node) in of_ledger else "all")


def changed(old, call, data, how):
    """The bytes after a call that was to write `data`, or to set a length."""
    if call.what == "truncate":
        return old if how == "none" else old[:call.at].ljust(call.at, b"\0")
    if how in ("none", "half"):
        return old
    end = call.at + len(call.data if how == "zeros" else data)
    if how == "zeros":
        return old.ljust(end, b"\0")
    return old[:call.at].ljust(call.at, b"\0") + data + old[end:]


class State:
    """One content of the disk; can be laid out in a folder."""

    def __init__(self, tree, held):
        self.entries = []
        for path, node in tree.walk():
            data, attributes = held.get(id(node), (node.data, None))
            self.entries.append((path, node, data, attributes or (node.mode, node.mtime, node.ctime)))

    def key(self):
        """The same for states that `pare` cannot tell apart."""
        sums = hashlib.sha256()
        for path, node, data, (mode, mtime, _) in self.entries:
            if node.is_folder or path.endswith("-shm"):
                sums.update(f"{path}\0".encode())
                continue
            sums.update(f"{path}\0{node.number} {mode} {mtime} {len(data)}\0".encode() + data)
        return sums.digest()

    def lay_out(self, folder, files):
        """Puts it on the disk; `files`: where to write what the files are to be shown as."""
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        first = {}
        for path, node, data, (mode, mtime, _) in self.entries:
            to = os.path.join(folder, path)
            if node.is_folder:
                os.mkdir(to)
            elif id(node) in first:
                os.link(first[id(node)], to)
            else:
                first[id(node)] = to
                with open(to, "wb") as file:
                    file.write(data)
                os.chmod(to, stat.S_IMODE(mode))
                os.utime(to, ns=(mtime, mtime))
        with open(files, "w", encoding="ascii") as out:
            for path, node, _, (_, _, ctime) in self.entries:
                if not node.is_folder:
                    st = os.lstat(os.path.join(folder, path))
                    out.write(f"{st.st_ino} {st.st_ctime_ns} {node.number} {ctime}\n")
