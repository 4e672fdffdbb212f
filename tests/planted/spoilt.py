"""The trees that are spoilt: copies of the source, each beside its own build, kept for the next
run. The first is built; others begin as copies of it, objects and all."""
import os
import re
import shutil
import subprocess

SETUP = [
    "-Dtests=enabled", "-Dsystemd=disabled", "-Ddebug=false", "-Doptimization=1",
]  # fmt: skip
ERROR = re.compile(r"error:|undefined reference|FAILED:|ninja: error")


# of a build, what names the folder that it lies in
OF_FOLDER = {"build.ninja", "compile_commands.json", "meson-info", "meson-logs", "meson-private"}


class Broken(Exception):
    """It does not build; the text is the first line that says why."""


def files_of(root):
    """What belongs to the source: as git sees it, or all but builds where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"],
            cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
        ).stdout  # fmt: skip
        names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, below, files in os.walk(root):
            below[:] = [d for d in below if not d.startswith(("build", ".git", "__pycache__"))]
            names += [os.path.relpath(os.path.join(folder, file), root) for file in files]
    return {name for name in names if os.path.isfile(os.path.join(root, name))}


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


class Copy:
    def __init__(self, source, folder):
        self.source = source
        self.tree = os.path.join(folder, "tree")
        self.build = os.path.join(folder, "build")
        self.spoilt = set()  # files that are not the source's

    def refresh(self):
        """Bring the copy up to date. What did not change keeps its time, so ninja leaves it alone."""
        names = files_of(self.source)
        for folder, _, files in os.walk(self.tree):
            for file in files:
                path = os.path.join(folder, file)
                if os.path.relpath(path, self.tree) not in names and "__pycache__" not in path:
                    os.remove(path)
        for name in sorted(names):
            self.restore(name)
        self.spoilt.clear()

    def restore(self, name):
        source, target = os.path.join(self.source, name), os.path.join(self.tree, name)
        if read(source) != read(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
        shutil.copymode(source, target)

    def spoil(self, texts):
        """Put TEXTS, {name: text}, and take back what was put before."""
        for name in self.spoilt - set(texts):
            self.restore(name)
        self.spoilt = set(texts)
        for name, text in texts.items():
            with open(os.path.join(self.tree, name), "w", encoding="utf-8") as file:
                file.write(text)

    def setup(self):
        self.command([os.path.join(self.tree, "tests/lib/configure.sh"), self.build, *SETUP])

    def follow(self, first):
        """Take the tree of FIRST, if there is none yet. Files keep their times, so that what
        was built of them there counts as built of them here."""
        if not os.path.isdir(self.build):
            shutil.rmtree(self.tree, ignore_errors=True)
            shutil.copytree(first.tree, self.tree)
            return True
        self.refresh()
        return False

    def take_built(self, first):
        shutil.copytree(
            first.build, self.build, dirs_exist_ok=True,
            ignore=lambda folder, names: OF_FOLDER if folder == first.build else (),
        )  # fmt: skip

    def make(self, targets, jobs=1):
        self.command(["ninja", "-C", self.build, "-j", str(jobs), *targets])

    def command(self, command):
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode != 0:
            lines = done.stdout.decode("utf-8", "replace").splitlines()
            said = [line for line in lines if ERROR.search(line) and "FAILED" not in line]
            raise Broken((said or lines[-1:] or ["no word of why"])[0].replace(self.tree + "/", ""))
