"""Whether a table with known sums of rows leaves a cell open (docs/REPORTS.md, "Small figures").

Two tables of whole numbers with the same sums differ by rings: one more here, one less in the
same column there, one more in that row, and so round; a total takes part as the end of its
column. So what a cell can be is left open if a ring goes through it for which there is room.
"""

END = "end"


class Table:
    def __init__(self, values, bounds):
        """VALUES: rows of numbers, the totals last; BOUNDS: the least and the most of each."""
        self.steps = {END: set()}  # from where one person can be moved to where
        self.n_rows = len(values) - 1
        for r, (row, limits) in enumerate(zip(values, bounds)):
            for c, (value, (low, high)) in enumerate(zip(row, limits)):
                a, b = self.ends(r, c)
                for node in (a, b):
                    self.steps.setdefault(node, set())
                if value < high:
                    self.steps[a].add(b)
                if value > low:
                    self.steps[b].add(a)

    def ends(self, r, c):
        return (("column", c), END) if r == self.n_rows else (("row", r), ("column", c))

    def goes(self, start, goal):
        """Whether there is a way from START to GOAL that is not the step between them."""
        seen, left = {start}, [start]
        while left:
            node = left.pop()
            for to in self.steps[node]:
                if to == goal and node != start:
                    return True
                if to not in seen and to != goal:
                    seen.add(to)
                    left.append(to)
        return False

    def is_open(self, r, c):
        a, b = self.ends(r, c)
        return (b in self.steps[a] and self.goes(b, a)) or (a in self.steps[b] and self.goes(a, b))
