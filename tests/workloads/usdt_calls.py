# SPDX-License-Identifier: Apache-2.0
"""usdt_calls.py FILE: calls functions of its own and writes how often each was called, as Python's profiler counts them,
to FILE as JSON."""
import json
import sys

counts = {}


def count_call(frame, event, arg):
    if event == "call" and frame.f_code.co_filename == __file__:
        counts[frame.f_code.co_name] = counts.get(frame.f_code.co_name, 0) + 1


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def squares(n):
    for i in range(n):
        yield i * i


class Account:
    def __init__(self):
        self.balance = 0

    def add(self, amount):
        self.balance += amount
        return self


def may_fail(n):
    if n % 3 == 0:
        raise ValueError(n)
    return n


def work():
    fibonacci(12)
    sum(squares(10))
    account = Account()
    for i in range(25):
        account.add(i)
    for i in range(9):
        try:
            may_fail(i)
        except ValueError:
            pass
    sorted([3, 1, 2], key=lambda x: -x)
    json.dumps({"a": [1, 2, {"b": None}]}, indent=1)


sys.setprofile(count_call)
work()
sys.setprofile(None)
with open(sys.argv[1], "w") as out:
    json.dump(counts, out)
