"""The table of what was measured, against the budgets."""

MET = {True: "yes", False: "**no**", None: ""}
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


class Table:
    def __init__(self):
        self.rows = []

    def row(self, what, value, beside="", budget="", ok=None):
        """`ok` is whether the budget is met, or None for what has none. Printed at once: a run takes minutes."""
        self.rows.append((what, value, beside, budget, MET[ok]))
        print(f"  {what}: {value}" + (f" | {beside}" if beside else "") + (f" | budget {budget}" if budget else ""), flush=True)

    def __str__(self):
        lines = ["| what | Kaiwa | beside | budget | met |", "| --- | --- | --- | --- | --- |"]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in self.rows]
        return "\n".join(lines)


def replace_measured(page, machine, table):
    """The page with everything between its two marks replaced."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{machine}\n\n{table}\n{END}{rest.split(END)[1]}"
