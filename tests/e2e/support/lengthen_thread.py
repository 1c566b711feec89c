#!/usr/bin/env python3
"""Repeats the last question and answer of a thread until it has so many turns.

usage: lengthen_thread.py DATABASE THREAD TURNS

Only while no server runs on the database. Rows are copied whole, so that a new column needs no change here; thousands of real turns would take
the browser tests' whole time. A text's first number becomes the number of its turn.
"""
import os
import re
import sqlite3
import sys
import uuid


def copy(db, table, row, **changes):
    row = {**row, **changes}
    names = ", ".join(row)
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def main():
    path, thread_id, turns = sys.argv[1], uuid.UUID(sys.argv[2]).bytes, int(sys.argv[3])
    if not os.path.exists(path):
        sys.exit(f"{path}: no such database")
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    with db:
        thread = db.execute("SELECT n, head FROM threads WHERE id = ?", (thread_id,)).fetchone()
        answer = dict(db.execute("SELECT * FROM messages WHERE n = ?", (thread["head"],)).fetchone())
        question = dict(db.execute("SELECT * FROM messages WHERE n = ?", (answer["parent"],)).fetchone())
        generation = dict(db.execute("SELECT * FROM generations WHERE n = ?", (answer["n"],)).fetchone())
        next_row = db.execute("SELECT max(n) FROM messages").fetchone()[0] + 1
        done = db.execute("SELECT count(*) FROM messages WHERE thread = ? AND role = ?", (thread["n"], answer["role"])).fetchone()[0]
        parent, depth = answer["n"], answer["depth"]
        for turn in range(done + 1, turns + 1):
            for message in (question, answer):
                depth += 1
                text = re.sub(r"\d+", str(turn), message["text"], count=1) + "続き。" * (turn % 40)
                copy(db, "messages", message, n=next_row, id=uuid.uuid4().bytes, parent=parent, depth=depth, key=None, text=text)
                parent = next_row
                next_row += 1
            copy(db, "generations", generation, n=parent, id=uuid.uuid4().bytes, last_segment=None)
        db.execute("UPDATE threads SET head = ? WHERE n = ?", (parent, thread["n"]))
    db.close()


main()
