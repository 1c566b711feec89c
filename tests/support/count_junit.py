"""Prints "N passed, M failed" of a JUnit report as pytest writes it. What was skipped counts as neither.

Usage: count_junit.py REPORT
"""

import sys
import xml.etree.ElementTree as tree

suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
failed = int(suite.get("failures")) + int(suite.get("errors"))
print(f"{int(suite.get('tests')) - failed - int(suite.get('skipped'))} passed, {failed} failed")
