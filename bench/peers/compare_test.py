"""What the table says of a peer that was measured, was not, or failed."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from peers import compare  # noqa: E402
from table import BEGIN, END, Table, replace_measured  # noqa: E402

CHAINLIT = compare.CHAT_PEERS[0]


def measured(turns, seconds=10.0):
    return {"8": {"turns": turns, "broken": 1, "seconds": seconds, "cpu": 4.0}, "asked": 210, "stored": 209}


class Rows(unittest.TestCase):
    def test_a_peer_of_the_same_run_makes_the_budget_a_ratio(self):
        what, value, beside, budget, ok = compare.turn_row(CHAINLIT, 8, 2001.0, measured(200), None)
        self.assertEqual(value, "2,001/s = 100 × Chainlit (20.0/s)")
        self.assertEqual(beside, "Chainlit in the same run: 20 ms CPU each, 1 broken; 209 of 210 stored")
        self.assertTrue(ok)
        self.assertFalse(compare.turn_row(CHAINLIT, 8, 1999.0, measured(200), None)[-1])

    def test_a_figure_of_another_day_says_so_and_why(self):
        _, value, beside, _, ok = compare.turn_row(CHAINLIT, 8, 1105.0, None, "was not asked for")
        self.assertEqual(value, "1,105/s = 50 × Chainlit (22.1/s)")
        self.assertEqual(beside, "Chainlit was not asked for; its figure was measured on another day, on another machine of 2 cores")
        self.assertFalse(ok)

    def test_a_peer_that_finished_no_turn_is_not_beaten_without_end(self):
        _, value, beside, _, _ = compare.turn_row(CHAINLIT, 8, 1105.0, measured(0), None)
        self.assertIn("(22.1/s)", value)
        self.assertIn("finished no turn here", beside)

    def test_a_relayed_token_is_a_part_of_litellms(self):
        self.assertEqual(compare.relay_row("burst, 1 connection", 10.0, 500.0, None),
                         ("CPU per token beside LiteLLM, burst, 1 connection", "10.0 µs = 1/50 of LiteLLM's 500 µs", "LiteLLM in the same run", "≤ 1/50 of LiteLLM", True))
        self.assertFalse(compare.relay_row("burst, 1 connection", 10.1, 500.0, None)[-1])

    def test_what_was_never_measured_in_that_way_has_no_budget(self):
        self.assertEqual(compare.relay_row("burst, 1 connection", 10.0, None, "was not asked for")[3:], ("", None))

    def test_a_peer_that_could_not_be_installed_does_not_end_the_run(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(compare.run_litellm(Path(folder), Path(folder), 1, "none", True), (None, "could not be installed"))
            self.assertEqual(compare.run_chat_peer(Path(folder), CHAINLIT, Path(folder), 1, True), (None, "could not be installed"))
        self.assertIn("Chainlit could not be installed; its figure was", compare.turn_row(CHAINLIT, 8, 1105.0, None, "could not be installed")[2])


class Tables(unittest.TestCase):
    def test_only_what_is_between_the_marks_is_replaced(self):
        table = Table()
        with contextlib.redirect_stdout(io.StringIO()):
            table.row("start", "8 ms", "", "≤ 50 ms", True)
            table.row("a|b", "1", ok=None)
        page = replace_measured(f"before\n{BEGIN}\nold\n{END}\nafter\n", "2 cores.", table)
        self.assertEqual(page, f"before\n{BEGIN}\n2 cores.\n\n| what | Kaiwa | beside | budget | met |\n| --- | --- | --- | --- | --- |\n"
                               f"| start | 8 ms |  | ≤ 50 ms | yes |\n| a\\|b | 1 |  |  |  |\n{END}\nafter\n")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
